/** One WebSocket client: the camera that it watches, and the frame that it has not shown yet. */
import { unpack } from 'msgpackr';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { PreviewFeed, Watched } from './preview-feed.js';

/** What may lie unsent for a client: beyond it nothing more is sent, and after a while it is cut off. */
const BACKLOG_LIMIT_BYTES = 8 * 2 ** 20;
const STUCK_LIMIT_MS = 30_000;

const fromPageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('watch'),
    camera: z.number().int().min(0).max(63),
    plane: z.enum(['mean', 'maximum']),
    holdSeconds: z.number().min(0).max(3_600),
  }),
  z.object({ kind: z.literal('shown'), camera: z.number().int(), number: z.number().int() }),
]);

export class LiveClient {
  readonly #socket: WebSocket;
  readonly #feed: PreviewFeed;
  #watched: Watched | null = null;
  #seen = 0;
  #underWay = false;
  #stuckSinceMs: number | null = null;

  constructor(socket: WebSocket, feed: PreviewFeed) {
    this.#socket = socket;
    this.#feed = feed;
    socket.on('message', (data) => this.#receive(data as Buffer));
    socket.on('error', () => socket.terminate());
  }

  /** Sends what is packed, unless the client takes nothing; whether it was sent. */
  send(bytes: Uint8Array): boolean {
    if (this.#socket.bufferedAmount > BACKLOG_LIMIT_BYTES) {
      this.#stuckSinceMs ??= performance.now();
      if (performance.now() - this.#stuckSinceMs > STUCK_LIMIT_MS) this.#socket.terminate();
      return false;
    }
    this.#stuckSinceMs = null;
    this.#socket.send(bytes);
    return true;
  }

  /** What it sees; null before it has said so. */
  get watched(): Watched | null {
    return this.#watched;
  }

  /** Sends the newest preview where there is one that the client has not had and it has shown the one before. */
  tick(): void {
    if (this.#watched === null || this.#underWay) return;
    const newest = this.#feed.packed(this.#watched);
    if (newest === null || newest.count === this.#seen) return;
    this.#seen = newest.count;
    this.#underWay = this.send(newest.bytes);
  }

  close(): void {
    this.#socket.close(1001, 'the station ends');
  }

  #receive(data: Buffer): void {
    let given: unknown;
    try {
      given = unpack(data);
    } catch {
      given = null;
    }
    const parsed = fromPageSchema.safeParse(given);
    if (!parsed.success) {
      this.#socket.close(1008, 'not a message of this page');
      return;
    }
    const message = parsed.data;
    if (message.kind === 'shown') this.#underWay = false;
    else {
      this.#watched = message;
      this.#seen = 0;
      this.#underWay = false;
    }
  }
}
