/** One WebSocket client: the camera that it watches, and the frame that it has not shown yet. */
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Pass } from '../access/gate.js';
import type { FlatMessage } from './flat-message.js';
import { GuardedSocket, type GuardedSocketOptions } from './guarded-socket.js';
import { LOGGED_OUT } from './live-protocol.js';
import type { PreviewFeed, Watched } from './preview-feed.js';

const fromPageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('watch'),
    camera: z.number().int().min(0).max(63),
    plane: z.enum(['mean', 'maximum']),
    holdSeconds: z.number().min(0).max(3_600),
  }),
  z.object({ kind: z.literal('shown'), camera: z.number().int(), number: z.number().int() }),
]);

export interface LiveClientOptions extends Omit<GuardedSocketOptions, 'receive'> {
  /** Called when it has shown a frame, or sees something else. */
  readonly ready: () => void;
}

export class LiveClient {
  readonly #socket: GuardedSocket;
  readonly #feed: PreviewFeed;
  readonly #pass: Pass;
  readonly #ready: () => void;
  #watched: Watched | null = null;
  #seen = 0;
  #underWay = false;

  constructor(socket: WebSocket, feed: PreviewFeed, pass: Pass, { ready, ...guard }: LiveClientOptions) {
    this.#ready = ready;
    this.#socket = new GuardedSocket(socket, { ...guard, receive: (message) => this.#receive(message) });
    this.#feed = feed;
    this.#pass = pass;
  }

  /** `isReplaced`: the next of its kind says all of it again. */
  send(bytes: Uint8Array, isReplaced = false): void {
    this.#socket.send(bytes, isReplaced);
  }

  beat(): void {
    this.#socket.beat();
  }

  /** It is closed when what it came in with counts no more. */
  lookAtPass(): void {
    if (!this.#pass.counts()) this.#socket.close(LOGGED_OUT, 'logged out');
  }

  /** What it sees; null before it has said so. */
  get watched(): Watched | null {
    return this.#watched;
  }

  /**
   * Sends the newest preview where there is one that the client has not had and it has shown the one before. Returns whether it waits
   * for another one: it has had the newest, and nothing of it is under way.
   */
  tick(): boolean {
    if (this.#watched === null || this.#underWay || !this.#socket.takesFrames) return false;
    const newest = this.#feed.packed(this.#watched);
    if (newest === null || newest.count === this.#seen) return true;
    this.#seen = newest.count;
    this.#underWay = true;
    this.send(newest.bytes);
    return false;
  }

  close(): void {
    this.#socket.close(1001, 'the station ends');
  }

  #receive(given: FlatMessage): boolean {
    const parsed = fromPageSchema.safeParse(given);
    if (!parsed.success) return false;
    const message = parsed.data;
    if (message.kind === 'shown') this.#underWay = false;
    else {
      this.#watched = message;
      this.#seen = 0;
      this.#underWay = false;
    }
    this.#ready();
    return true;
  }
}
