/** The page's way to the HTTP API. What goes wrong becomes an error whose message is meant for people. */
import { fetchToChange } from './access/access.js';

/** The API's answer to what it does not take, or that none came. */
export class ApiError extends Error {
  /** As the API has it, such as `station.recording`; `page.offline` where no answer came, `page.silent` where none came in time. */
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

/** `signal` gives up what was asked, or ends the time that it may take. @throws ApiError */
export const api = {
  get: async <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    parsed(await ask('GET', apiUrl(path, query), undefined, signal)),
  post: async <T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> =>
    parsed(await ask('POST', apiUrl(path), body, signal)),
  put: async <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
    parsed(await ask('PUT', apiUrl(path), body, signal)),
  patch: async <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
    parsed(await ask('PATCH', apiUrl(path), body, signal)),
  delete: async <T>(path: string, signal?: AbortSignal): Promise<T> =>
    parsed(await ask('DELETE', apiUrl(path), undefined, signal)),
  /** An answer that is not JSON, such as pixels. */
  bytes: async (path: string, query?: Query, signal?: AbortSignal): Promise<Bytes> => {
    const response = await ask('GET', apiUrl(path, query), undefined, signal);
    return { headers: response.headers, bytes: await read(response.arrayBuffer()) };
  },
};

export interface Bytes {
  readonly headers: Headers;
  readonly bytes: ArrayBuffer;
}

/** The station's answer where it is a good one. */
async function ask(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await (method === 'GET' ? fetch : fetchToChange)(url, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    throw unanswered(error);
  }
  if (response.ok) return response;
  const told = jsonOf<{ error?: { code?: string; message?: string } }>(await read(response.text()))?.error;
  throw new ApiError(
    told?.code ?? `http.${response.status}`,
    told?.message ?? `the station answered ${response.status}`,
  );
}

async function parsed<T>(response: Response): Promise<T> {
  return jsonOf<T>(await read(response.text())) as T;
}

/** What stands behind the head of an answer. */
async function read<T>(body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch (error) {
    throw unanswered(error);
  }
}

function jsonOf<T>(text: string): T | null {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** Why no answer came. */
function unanswered(error: unknown): unknown {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new ApiError('page.silent', 'the station did not answer in time: is it busy, or the network slow?');
  if (isGivenUp(error)) return error;
  return new ApiError('page.offline', 'the station does not answer: is it running, and is the network there?');
}

/** What a person is told of an error. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an answer was given up, since a newer one is asked for: nobody needs to be told. */
export function isGivenUp(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
