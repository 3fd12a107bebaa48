/** The WebSocket clients of the page. Each has one frame under way at most; what a client does not take costs the others nothing. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pack } from 'msgpackr';
import { WebSocketServer } from 'ws';
import type { ApiContext } from '../api/route.js';
import { statusOf } from '../api/status.js';
import { LiveClient } from './live-client.js';
import type { ToPage } from './live-protocol.js';
import type { PreviewFeed } from './preview-feed.js';

/** How often is looked for a new preview. */
const TICK_MS = 20;
const MESSAGE_LIMIT_BYTES = 4_096;

export class LiveHub {
  readonly #context: ApiContext;
  readonly #feed: PreviewFeed;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_LIMIT_BYTES });
  readonly #clients = new Set<LiveClient>();
  readonly #timer: NodeJS.Timeout;
  readonly #unlisten: () => void;

  constructor(context: ApiContext, feed: PreviewFeed) {
    this.#context = context;
    this.#feed = feed;
    const { station } = context;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    const camera = (state: Extract<ToPage, { kind: 'camera' }>['state']) => this.#tell({ kind: 'camera', state });
    const message = (told: Extract<ToPage, { kind: 'message' }>['message']) =>
      this.#tell({ kind: 'message', message: told });
    const gap = (found: Extract<ToPage, { kind: 'gap' }>['gap']) => this.#tell({ kind: 'gap', gap: found });
    const sessions = () => this.#tell({ kind: 'sessions' });
    station.on('camera', camera).on('message', message).on('gap', gap).on('sessions', sessions);
    this.#unlisten = () => {
      station.off('camera', camera).off('message', message).off('gap', gap).off('sessions', sessions);
    };
  }

  /** How many pages are open. */
  get clients(): number {
    return this.#clients.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (new URL(request.url ?? '/', 'http://station').pathname !== '/live') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const { station } = this.#context;
      const client = new LiveClient(webSocket, this.#feed);
      this.#clients.add(client);
      webSocket.on('close', () => this.#clients.delete(client));
      client.send(pack({ kind: 'status', status: statusOf(this.#context) } satisfies ToPage));
      for (const message of station.messages) client.send(pack({ kind: 'message', message } satisfies ToPage));
      for (const gap of station.gaps) client.send(pack({ kind: 'gap', gap } satisfies ToPage));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#unlisten();
    for (const client of this.#clients) client.close();
    this.#server.close();
  }

  #tick(): void {
    this.#feed.look([...this.#clients].flatMap(({ watched }) => watched ?? []));
    for (const client of this.#clients) client.tick();
  }

  /** Packed once for all. */
  #tell(message: ToPage): void {
    if (this.#clients.size === 0) return;
    const bytes = pack(message);
    for (const client of this.#clients) client.send(bytes);
  }
}
