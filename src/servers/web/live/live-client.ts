/** One WebSocket client: the camera that it watches, and the frame that it has not shown yet. */
import { pack, unpack } from 'msgpackr';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { StationFace } from '#src/station/station-face.js';
import { liveFrameOf } from './live-frame.js';
import type { PreviewPlane } from './live-protocol.js';

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
  readonly #station: StationFace;
  #watched: { readonly camera: number; readonly plane: PreviewPlane } | null = null;
  #seen = 0;
  #underWay = false;
  #stuckSinceMs: number | null = null;

  constructor(socket: WebSocket, station: StationFace) {
    this.#socket = socket;
    this.#station = station;
    socket.on('message', (data) => this.#receive(data as Buffer));
    socket.on('error', () => socket.terminate());
  }

  /** Sends what is packed, unless the client takes nothing. */
  send(bytes: Uint8Array): void {
    if (this.#socket.bufferedAmount > BACKLOG_LIMIT_BYTES) {
      this.#stuckSinceMs ??= performance.now();
      if (performance.now() - this.#stuckSinceMs > STUCK_LIMIT_MS) this.#socket.terminate();
      return;
    }
    this.#stuckSinceMs = null;
    this.#socket.send(bytes);
  }

  /** Sends the newest preview where there is one that the client has not had and it has shown the one before. */
  tick(): void {
    if (this.#watched === null || this.#underWay) return;
    const { camera, plane } = this.#watched;
    const count = this.#station.previewCount(camera);
    if (count === this.#seen) return;
    const frame = liveFrameOf(this.#station, camera, plane);
    if (frame === null) return;
    this.#seen = count;
    this.#underWay = true;
    this.send(pack(frame));
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
      this.#watched = { camera: message.camera, plane: message.plane };
      this.#seen = 0;
      this.#underWay = false;
    }
  }
}
