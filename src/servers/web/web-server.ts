/** The station's page and HTTP API: fastify serves them, `ws` carries the live pictures. Lives in the main thread. */
import { createServer, type IncomingMessage, type ServerOptions, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import { reasonOf } from '#gps/errors.js';
import { type Asking, Gate, KEY_PATH, type Refusal } from './access/gate.js';
import { guardConnections } from './access/guard-connections.js';
import { pathInside } from './access/honest-path.js';
import { WEB_LIMITS, type WebLimits } from './access/limits.js';
import { serveLogin } from './access/login-form.js';
import type { PageToken } from './access/page-token.js';
import { senderOf } from './access/rate-limit.js';
import { type RefusalKind, Refusals, type WebLog } from './access/refusals.js';
import { Secrets } from './access/secrets.js';
import { SECURITY_HEADERS } from './access/security-headers.js';
import type { ApiContext } from './api/route.js';
import { serveRoutes } from './api/serve-routes.js';
import { historyOf } from './history/camera-history.js';
import { LiveHub } from './live/live-hub.js';
import { serveMjpeg } from './live/mjpeg.js';
import { PreviewFeed } from './live/preview-feed.js';

const PAGE = fileURLToPath(new URL('../../../page/', import.meta.url));
const EVERY_ADDRESS = ['0.0.0.0', '::'];

export interface WebServerOptions extends ApiContext {
  /** Address to listen on, such as 127.0.0.1. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** PEM. Null: without TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string } | null;
  /** For what clients have to show the key of the run or the token: for what changes anything, where this is left out. */
  readonly asking?: Asking;
  /** Where a token is kept that opens the page beside the key of the run. */
  readonly token?: PageToken | null;
  readonly limits?: Partial<WebLimits>;
  readonly log?: WebLog;
}

interface Parts {
  readonly server: FastifyInstance;
  readonly hub: LiveHub;
  readonly refusals: Refusals;
  readonly secrets: Secrets;
}

export class WebServer {
  readonly #server: FastifyInstance;
  readonly #hub: LiveHub;
  readonly #refusals: Refusals;
  readonly #scheme: 'http' | 'https';
  readonly #secrets: Secrets;
  readonly #log: WebLog;

  private constructor({ server, hub, refusals, secrets }: Parts, { tls, log }: WebServerOptions) {
    this.#server = server;
    this.#hub = hub;
    this.#refusals = refusals;
    this.#secrets = secrets;
    this.#scheme = tls ? 'https' : 'http';
    this.#log = log ?? (() => {});
  }

  /** @throws EADDRINUSE and the like, as the system gives them; what OpenSSL says about certificate and key */
  static async open(options: WebServerOptions): Promise<WebServer> {
    const { asking = 'writes', token = null, log = () => {}, host } = options;
    const limits = { ...WEB_LIMITS, ...options.limits };
    const isTls = Boolean(options.tls);
    const refusals = new Refusals(log);
    const secrets = new Secrets(token);
    const loginsPath = token?.loginsPath ?? null;
    const gate = new Gate({ listenAddress: host, asking, secrets, loginsPath, isTls, limits, refusals });
    const server = bareServer(options, limits, refusals);
    keepGate(server, gate, refusals);
    serveRoutes(server, options, () => hub.clients);
    // From now on, not from the first question.
    historyOf(options.station);
    serveLogin(server, gate, () => hub.lookAtPasses());
    await server.register(fastifyStatic, {
      root: PAGE,
      dotfiles: 'ignore',
      // Exports are sent from folders of their own.
      allowedPath: (path, root) => pathInside(String(root), `./${path}`) !== null,
    });
    const feed = new PreviewFeed(options.station);
    serveMjpeg(server, options.station, feed);
    let failures = 0;
    const failed = (error: unknown) => {
      if (failures++ === 0) log('error', `page: the live view failed: ${reasonOf(error)}`);
    };
    const refused = (kind: RefusalKind, sender: string) => refusals.note(kind, sender);
    const hub = new LiveHub({ ...options, limits, refused, failed }, feed);
    server.server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      try {
        const refusal = gate.check(request, true);
        if (refusal === null) hub.upgrade(request, socket, head, gate.passOf(request));
        else refuseUpgrade(socket, refusal);
      } catch (error) {
        failed(error);
        socket.destroy();
      }
    });
    guardConnections(server.server, { isTls, limits, refusals });
    try {
      await server.listen({ host, port: options.port });
    } catch (error) {
      hub.close();
      await server.close();
      throw error;
    }
    gate.listensAt((server.server.address() as AddressInfo).port);
    return new WebServer({ server, hub, refusals, secrets }, options);
  }

  /** Where the page is, such as http://127.0.0.1:8080/. Where it is at every address of the machine: one that others can open. */
  get url(): string {
    const { address, port } = this.#server.server.address() as AddressInfo;
    const shown = EVERY_ADDRESS.includes(address) ? outerAddress() : address;
    return `${this.#scheme}://${shown.includes(':') ? `[${shown}]` : shown}:${port}/`;
  }

  /** Opens all of the page until the server is closed. */
  get key(): string {
    return this.#secrets.key;
  }

  /** Where the page is for who may change things: logs the browser in, and leads to the page. */
  get loginUrl(): string {
    return `${this.url.slice(0, -1)}${KEY_PATH}${this.key}`;
  }

  /** How often something was refused, by its kind. */
  get refusals(): ReadonlyMap<RefusalKind, number> {
    return this.#refusals.counts;
  }

  async close(): Promise<void> {
    this.#hub.close();
    await this.#server.close();
    const summary = this.#refusals.summary();
    if (summary !== null) this.#log('info', summary);
  }
}

function outerAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

/** A fastify with this server's limits, TLS and words for what is not HTTP. */
function bareServer({ tls }: WebServerOptions, limits: WebLimits, refusals: Refusals): FastifyInstance {
  const http: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs / 2),
  };
  return fastify({
    bodyLimit: limits.bodyBytes,
    forceCloseConnections: true,
    serverFactory: (handler) => {
      const server = tls
        ? createTlsServer(
            { ...http, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: limits.headersMs },
            handler,
          )
        : createServer(http, handler);
      server.maxHeadersCount = limits.headers;
      server.setTimeout(limits.silenceMs);
      return server;
    },
    clientErrorHandler: (error, socket) => {
      // Browsers open connections ahead and drop them.
      if (error.code === 'ECONNRESET') {
        socket.destroy();
        return;
      }
      const [kind, status] = clientError(error.code);
      refusals.note(kind, senderOf(socket.remoteAddress));
      // Without a finished handshake nothing can be said.
      if (kind === 'tls' || !socket.writable) socket.destroy();
      else {
        socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
        socket.destroySoon();
      }
    },
  });
}

/** By the codes of Node's parser and of OpenSSL. */
function clientError(code: string): readonly [RefusalKind, number] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['slow', 408];
  if (/^ERR_(SSL|TLS)_/.test(code)) return ['tls', 400];
  return code === 'HPE_HEADER_OVERFLOW' ? ['size', 431] : ['malformed', 400];
}

/** Each request passes the gate; each answer has the security headers. */
function keepGate(server: FastifyInstance, gate: Gate, refusals: Refusals): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = gate.check(request.raw);
    if (refusal === null) return;
    const { status, code, message, retryAfter } = refusal;
    // The rest of a body that nobody wants is not read.
    reply.header('connection', 'close');
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
    if (status === 401) {
      if (wantsPage(request.raw)) return reply.redirect('/login', 303);
      reply.header('www-authenticate', 'Bearer realm="appulse"');
    }
    return reply.code(status).send({ error: { code, message } });
  });
  server.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode === 413) refusals.note('size', senderOf(request.ip));
  });
}

/** A browser that opens a page, and no program or script that asks for data. */
function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

function refuseUpgrade(socket: Duplex, { status, message }: Refusal): void {
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(message)}`,
      'connection: close',
      '',
      message,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}
