/** The page's way to the HTTP API. What goes wrong becomes an error whose message is meant for people. */

/** The API's answer to what it does not take, or that none came. */
export class ApiError extends Error {
  /** As the API has it, such as `station.recording`; `page.offline` where no answer came. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A value as JSON carries it: nanoseconds, block ids and keys are text. */
export type AsText<T> = T extends bigint
  ? string
  : T extends readonly (infer E)[]
    ? readonly AsText<E>[]
    : T extends object
      ? { readonly [K in keyof T]: AsText<T[K]> }
      : T;

/** The address of a route below `/api/v1`, for links and pictures as well. What is undefined or null is left out of the query. */
export function apiUrl(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, String(value)]],
  );
  const text = new URLSearchParams(given).toString();
  return `./api/v1${path}${text === '' ? '' : `?${text}`}`;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    ask('GET', apiUrl(path, query), undefined, signal),
  post: <T>(path: string, body: unknown = {}): Promise<T> => ask('POST', apiUrl(path), body),
  put: <T>(path: string, body: unknown): Promise<T> => ask('PUT', apiUrl(path), body),
  patch: <T>(path: string, body: unknown): Promise<T> => ask('PATCH', apiUrl(path), body),
  delete: <T>(path: string): Promise<T> => ask('DELETE', apiUrl(path)),
};

async function ask<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError('page.offline', 'the station does not answer: is it running, and is the network there?');
  }
  const answer = await bodyOf(response);
  if (response.ok) return answer as T;
  const told = (answer as { error?: { code?: string; message?: string } } | null)?.error;
  throw new ApiError(
    told?.code ?? `http.${response.status}`,
    told?.message ?? `the station answered ${response.status}`,
  );
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** What a person is told of an error. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an answer was given up, since a newer one is asked for: nobody needs to be told. */
export function isGivenUp(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
