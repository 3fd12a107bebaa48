/** Asks a station's HTTP API, and holds every answer against the station's own OpenAPI document: status, content type and JSON. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
  >;
}

export interface CheckedAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Where the answer is JSON. */
  readonly json: T;
  readonly bytes: Buffer;
}

const JSON_TYPE = 'application/json';

export class CheckedApi {
  readonly #url: URL;
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  /** Operations that were asked, as `GET /api/v1/status`. */
  readonly asked = new Set<string>();

  readonly #authorization: Readonly<Record<string, string>>;

  private constructor(url: URL, key: string | null, document: Document) {
    this.#url = url;
    this.#authorization = key === null ? {} : { authorization: `Bearer ${key}` };
    this.#document = document;
    this.#ajv.addSchema(document, 'api');
  }

  /** `server`: a station's page; without its key nothing can be changed. */
  static async of({ url, key = null }: { readonly url: string; readonly key?: string | null }): Promise<CheckedApi> {
    const response = await fetch(new URL('/api/v1/openapi.json', url));
    return new CheckedApi(new URL(url), key, (await response.json()) as Document);
  }

  get operations(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** Asks, and checks the answer. `body` goes as JSON. */
  async ask<T = unknown>(method: string, path: string, body?: unknown): Promise<CheckedAnswer<T>> {
    const response = await fetch(new URL(path, this.#url), {
      method,
      headers: { ...this.#authorization, ...(body !== undefined && { 'content-type': JSON_TYPE }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const json = type === JSON_TYPE ? JSON.parse(bytes.toString('utf8')) : undefined;
    this.#check(method, path, response.status, type, json);
    return { status: response.status, headers: response.headers, json: json as T, bytes };
  }

  /** Asks for what is there. */
  async get<T = unknown>(path: string): Promise<T> {
    const { status, json } = await this.ask<T>('GET', path);
    assert.is(status, 200, `${path}: ${JSON.stringify(json)}`);
    return json;
  }

  #check(method: string, path: string, status: number, type: string, json: unknown): void {
    const { pathname } = new URL(path, this.#url);
    const template = this.#templateOf(pathname, method.toLowerCase());
    this.asked.add(`${method} ${template}`);
    const content = this.#document.paths[template]?.[method.toLowerCase()]?.responses[status]?.content;
    const what = `${method} ${path}: ${status} ${type}`;
    assert.ok(content !== undefined && type in content, `${what} does not stand in the document`);
    if (content?.[type]?.schema === undefined) return;
    const pointer = ['paths', template, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
    const $ref = `api#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    const valid = this.#ajv.validate({ $ref }, json);
    assert.ok(valid, `${what}: ${this.#ajv.errorsText()}\n${JSON.stringify(json).slice(0, 2_000)}`);
  }

  /** Of several that fit, the one with the fewest parameters. */
  #templateOf(pathname: string, method: string): string {
    const fits = (template: string): boolean => {
      const [pattern, path] = [template.split('/'), pathname.split('/')];
      return pattern.length === path.length && pattern.every((part, i) => part.startsWith('{') || part === path[i]);
    };
    const [best] = Object.entries(this.#document.paths)
      .filter(([template, methods]) => method in methods && fits(template))
      .map(([template]) => template)
      .sort((a, b) => a.split('{').length - b.split('{').length);
    assert.ok(best, `${method} ${pathname} does not stand in the document`);
    return best as string;
  }
}
