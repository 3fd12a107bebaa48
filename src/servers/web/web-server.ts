/** The station's page and HTTP API: fastify serves them, `ws` carries the live pictures. Lives in the main thread. */
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import type { ApiContext } from './api/route.js';
import { serveRoutes } from './api/serve-routes.js';
import { historyOf } from './history/camera-history.js';
import { LiveHub } from './live/live-hub.js';
import { serveMjpeg } from './live/mjpeg.js';
import { PreviewFeed } from './live/preview-feed.js';

const PAGE = fileURLToPath(new URL('../../../page/', import.meta.url));
const BODY_LIMIT_BYTES = 65_536;

export interface WebServerOptions extends ApiContext {
  /** Address to listen on, such as 127.0.0.1. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export class WebServer {
  readonly #server: FastifyInstance;
  readonly #hub: LiveHub;

  private constructor(server: FastifyInstance, hub: LiveHub) {
    this.#server = server;
    this.#hub = hub;
  }

  /** @throws EADDRINUSE and the like, as the system gives them */
  static async open(options: WebServerOptions): Promise<WebServer> {
    const server = fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true });
    serveRoutes(server, options, () => hub.clients);
    // From now on, not from the first question.
    historyOf(options.station);
    await server.register(fastifyStatic, { root: PAGE });
    const feed = new PreviewFeed(options.station);
    serveMjpeg(server, options.station, feed);
    const hub = new LiveHub(options, feed);
    server.server.on('upgrade', (request, socket, head) => hub.upgrade(request, socket, head));
    await server.listen({ host: options.host, port: options.port });
    return new WebServer(server, hub);
  }

  /** Where the page is, such as http://127.0.0.1:8080/. */
  get url(): string {
    const { address, family, port } = this.#server.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
  }

  async close(): Promise<void> {
    this.#hub.close();
    await this.#server.close();
  }
}
