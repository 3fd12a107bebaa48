/** Puts the routes of the API on the server: parameters and bodies are checked by their schemas, bigints leave as decimal strings. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import { Archive } from '../archive/archive.js';
import { ExportJobs } from '../exports/export-jobs.js';
import type { ApiContext, ApiRoute, FileAnswer, RawAnswer, RouteContext } from './route.js';
import { ROUTES } from './routes.js';

/** `webClients`: how many pages are open. */
export function serveRoutes(server: FastifyInstance, given: ApiContext, webClients = (): number => 0): void {
  const archive = new Archive(given.dataFolders);
  const exports = new ExportJobs();
  const context: RouteContext = { ...given, archive, exports, webClients };
  server.addHook('onClose', async () => {
    await Promise.all([archive.close(), exports.close()]);
  });
  for (const entry of ROUTES) {
    server.route({
      method: entry.method,
      url: entry.path,
      handler: async (request, reply) => {
        // The station changes by the second: what was asked for before is no answer.
        reply.header('cache-control', 'no-store');
        const parts = {
          params: checked(entry.params, request.params, 'the path'),
          query: checked(entry.query, request.query, 'the query'),
          body: checked(entry.body, request.body ?? {}, 'the body'),
        };
        return answer(reply, entry, await entry.handle(context, parts));
      },
    });
  }
  server.setErrorHandler((error, _, reply) => {
    const { status, code } = statusOf(error);
    return json(reply.code(status), { error: { code, message: reasonOf(error) } });
  });
  server.setNotFoundHandler((request, reply) =>
    json(reply.code(404), {
      error: { code: 'api.not-found', message: `there is no ${request.method} ${request.url}` },
    }),
  );
}

function checked<T>(schema: z.ZodType<T> | undefined, given: unknown, where: string): unknown {
  if (schema === undefined) return given;
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UsageError('usage.request', `${where} is not what is asked for: ${inWords(parsed.error)}`);
}

function inWords({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => [path.join('.'), message].filter((part) => part !== '').join(': '))
    .join('; ');
}

function answer(reply: FastifyReply, entry: ApiRoute, value: unknown): FastifyReply {
  reply.code(entry.status ?? 200);
  if (!Array.isArray(entry.answer)) return json(reply, value);
  if (entry.ranges === true) return file(reply, value as FileAnswer);
  const { contentType, body, headers = {} } = value as RawAnswer;
  return reply.headers({ ...headers, 'content-type': contentType }).send(body);
}

/** `send` reads it piece by piece as the client takes it, and knows ranges and conditions. */
function file(reply: FastifyReply, { contentType, folder, name, ended }: FileAnswer): FastifyReply {
  reply.raw.once('close', ended);
  const plain = name.replace(/[^\w.+() -]/g, '_');
  const whole = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return reply
    .headers({
      'content-type': contentType,
      'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${whole}`,
    })
    .sendFile(name, folder, { contentType: false, cacheControl: false });
}

function json(reply: FastifyReply, value: unknown): FastifyReply {
  const text = JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? field.toString() : field));
  return reply.header('content-type', 'application/json; charset=utf-8').send(text);
}

/** What is neither asked wrongly nor only impossible now. Other codes that end in `.not-found` are 404, too. */
const STATUSES: Readonly<Record<string, number>> = {
  'station.no-camera': 404,
  'station.no-frame': 404,
  'storage.no-session': 404,
  'storage.no-camera': 404,
  'image.too-large': 413,
  'api.busy': 503,
  'station.unhealthy': 503,
};

/** 400 what was asked wrongly, 409 what cannot be done now, fastify's own for its own. */
function statusOf(error: unknown): { readonly status: number; readonly code: string } {
  if (error instanceof UsageError) return { status: 400, code: error.code };
  if (error instanceof AppulseError) {
    const { code } = error;
    return { status: STATUSES[code] ?? (code.endsWith('.not-found') ? 404 : 409), code };
  }
  const { statusCode = 500 } = error as { statusCode?: number };
  return { status: statusCode, code: statusCode < 500 ? 'api.request' : 'api.failed' };
}
