/** The WebSocket clients of the page. Each has one frame under way at most; what a client does not take costs the others nothing. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pack } from 'msgpackr';
import { WebSocketServer } from 'ws';
import type { Pass } from '../access/gate.js';
import { WEB_LIMITS, type WebLimits } from '../access/limits.js';
import { senderOf } from '../access/rate-limit.js';
import type { RefusalKind } from '../access/refusals.js';
import type { ApiContext } from '../api/route.js';
import { hostNowUtcNs, statusOf } from '../api/status.js';
import { LiveClient } from './live-client.js';
import type { ToPage } from './live-protocol.js';
import type { PreviewFeed } from './preview-feed.js';

/** How often is looked for clients that take frames again. Previews, and frames that were shown, are told of at once. */
const TICK_MS = 50;
/** A new token ends what the one before had opened within so long. */
const PASS_MS = 1_000;
/** How often the time is told. */
const TIME_MS = 1_000;

export interface LiveHubOptions extends ApiContext {
  readonly limits?: WebLimits;
  /** Told of each client that is cut off or not let in. */
  readonly refused?: (kind: RefusalKind, sender: string) => void;
  /** Told of what went wrong in showing; the clients' pictures wait for the next turn. */
  readonly failed?: (error: unknown) => void;
}

export class LiveHub {
  readonly #context: ApiContext;
  readonly #feed: PreviewFeed;
  readonly #limits: WebLimits;
  readonly #refused: NonNullable<LiveHubOptions['refused']>;
  readonly #failed: NonNullable<LiveHubOptions['failed']>;
  readonly #server: WebSocketServer;
  readonly #clients = new Set<LiveClient>();
  readonly #timer: NodeJS.Timeout;
  readonly #heart: NodeJS.Timeout;
  readonly #passes: NodeJS.Timeout;
  readonly #clock: NodeJS.Timeout;
  readonly #unlisten: () => void;

  constructor(
    { limits = WEB_LIMITS, refused = () => {}, failed = () => {}, ...context }: LiveHubOptions,
    feed: PreviewFeed,
  ) {
    this.#context = context;
    this.#feed = feed;
    this.#limits = limits;
    this.#refused = refused;
    this.#failed = failed;
    const { station } = context;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.webSocketMessageBytes,
      maxFragments: 16,
      autoPong: false,
    });
    this.#server.on('wsClientError', (_, socket, { socket: { remoteAddress } }) => {
      refused('websocket-message', senderOf(remoteAddress));
      socket.destroy();
    });
    this.#heart = setInterval(() => {
      for (const client of this.#clients) client.beat();
    }, limits.pingMs);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#passes = setInterval(() => this.lookAtPasses(), PASS_MS);
    this.#clock = setInterval(() => this.#tell({ kind: 'time', nowUtcNs: hostNowUtcNs() }, true), TIME_MS);
    const camera = (state: Extract<ToPage, { kind: 'camera' }>['state']) => this.#tell({ kind: 'camera', state }, true);
    const message = (told: Extract<ToPage, { kind: 'message' }>['message']) =>
      this.#tell({ kind: 'message', message: told });
    const gap = (found: Extract<ToPage, { kind: 'gap' }>['gap']) => this.#tell({ kind: 'gap', gap: found });
    const sessions = () => this.#tell({ kind: 'sessions' });
    const preview = () => this.#tick();
    station.on('camera', camera).on('message', message).on('gap', gap).on('sessions', sessions).on('preview', preview);
    this.#unlisten = () => {
      station.off('camera', camera).off('message', message).off('gap', gap).off('sessions', sessions);
      station.off('preview', preview);
    };
  }

  /** How many pages are open. */
  get clients(): number {
    return this.#clients.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, pass: Pass): void {
    const sender = senderOf(request.socket.remoteAddress);
    if (request.url?.split('?', 1)[0] !== '/live') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n', () => socket.destroy());
      return;
    }
    if (this.#clients.size >= this.#limits.webSockets) {
      this.#refused('websocket-clients', sender);
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n', () => socket.destroy());
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const { station } = this.#context;
      const refused = (kind: RefusalKind) => this.#refused(kind, sender);
      const ready = () => this.#tick();
      const client = new LiveClient(webSocket, this.#feed, pass, { limits: this.#limits, refused, ready });
      this.#clients.add(client);
      webSocket.on('close', () => this.#clients.delete(client));
      const { mayChange, isLogin } = pass;
      client.send(pack({ kind: 'access', mayChange, isLogin } satisfies ToPage));
      client.send(pack({ kind: 'status', status: statusOf(this.#context) } satisfies ToPage));
      for (const message of station.messages) client.send(pack({ kind: 'message', message } satisfies ToPage));
      for (const gap of station.gaps) client.send(pack({ kind: 'gap', gap } satisfies ToPage));
    });
  }

  /** Those whose login or token counts no more are told so, and closed. */
  lookAtPasses(): void {
    for (const client of this.#clients) client.lookAtPass();
  }

  close(): void {
    clearInterval(this.#timer);
    clearInterval(this.#heart);
    clearInterval(this.#passes);
    clearInterval(this.#clock);
    this.#unlisten();
    for (const client of this.#clients) client.close();
    this.#server.close();
  }

  #tick(): void {
    try {
      this.#feed.look([...this.#clients].flatMap(({ watched }) => watched ?? []));
      const asked = this.#feed.heldCameras();
      for (const client of this.#clients) {
        const waits = client.tick();
        if (waits && client.watched !== null) asked.add(client.watched.camera);
      }
      for (const each of asked) this.#context.station.askPreview(each);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Packed once for all. `isReplaced`: the next of its kind says all of it again. */
  #tell(message: ToPage, isReplaced = false): void {
    if (this.#clients.size === 0) return;
    try {
      const bytes = pack(message);
      for (const client of this.#clients) client.send(bytes, isReplaced);
    } catch (error) {
      this.#failed(error);
    }
  }
}
