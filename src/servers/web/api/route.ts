/** A route of the HTTP API: one entry is what the server serves, the OpenAPI document says and the tests hold answers against. */
import type { z } from 'zod';
import type { StationFace } from '#src/station/station-face.js';
import type { Archive } from '../archive/archive.js';
import type { ExportJobs } from '../exports/export-jobs.js';

/** What is not JSON: a file, pixels, text of another kind. */
export interface RawAnswer {
  readonly contentType: string;
  readonly body: Uint8Array | string | NodeJS.ReadableStream;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A file as it stands on the disk, as a whole or in the part that is asked for. */
export interface FileAnswer {
  readonly contentType: string;
  readonly folder: string;
  /** In the folder. */
  readonly name: string;
  /** Called once, when the client has it or has gone. */
  readonly ended: () => void;
}

/** What routes work with. */
export interface ApiContext {
  readonly station: StationFace;
  readonly dataFolders: readonly string[];
}

/** What a route's handler works with. */
export interface RouteContext extends ApiContext {
  readonly archive: Archive;
  readonly exports: ExportJobs;
  /** Open pages. */
  readonly webClients: () => number;
}

export interface RequestParts<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

export interface ApiRoute<P = unknown, Q = unknown, B = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/sessions/:session`. */
  readonly path: string;
  readonly summary: string;
  /** More than the summary says, for the document. */
  readonly description?: string;
  /** The group that it stands in, in the document; left out: the first word of its path behind the version. */
  readonly tag?: string;
  /** Of the answer; left out: 200. */
  readonly status?: 200 | 201 | 202;
  /** Statuses of errors besides 400, 401, 429 and 500, which any route may answer with, and 413 where there is a body. */
  readonly errors?: readonly (404 | 409 | 413 | 503)[];
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** Whether parts of the answer can be asked for (`Range`, RFC 9110, section 14): a `FileAnswer`. */
  readonly ranges?: boolean;
  /** Of a JSON answer, or the content types of another one. */
  readonly answer: z.ZodType | readonly string[];
  handle(context: RouteContext, parts: RequestParts<P, Q, B>): unknown | Promise<unknown>;
}

/** A route with the types of its own schemas. */
export function route<P, Q, B>(entry: ApiRoute<P, Q, B>): ApiRoute {
  return entry as ApiRoute;
}
