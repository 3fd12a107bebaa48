/** A WebSocket whose other end may hang, flood or lie: it is cut off, and costs nobody anything. */
import { randomBytes } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import type { WebLimits } from '../access/limits.js';
import { Bucket } from '../access/rate-limit.js';
import type { RefusalKind } from '../access/refusals.js';
import { type FlatMessage, readFlatMessage } from './flat-message.js';

/** How long the other end may take to hear why it is cut off. */
const LAST_WORD_MS = 500;

export interface GuardedSocketOptions {
  readonly limits: WebLimits;
  readonly refused: (kind: RefusalKind) => void;
  /** Returns false where the message is none of the page. */
  readonly receive: (message: FlatMessage) => boolean;
}

export class GuardedSocket {
  readonly #socket: WebSocket;
  readonly #options: GuardedSocketOptions;
  readonly #rate: Bucket;
  #missed = 0;
  /** What the last ping said: who has not read it cannot answer it. */
  #asked = randomBytes(4);
  #cut = false;

  constructor(socket: WebSocket, options: GuardedSocketOptions) {
    const { webSocketMessagesPerSecond, webSocketMessagesAtOnce } = options.limits;
    this.#socket = socket;
    this.#options = options;
    this.#rate = new Bucket(webSocketMessagesPerSecond, webSocketMessagesAtOnce);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('ping', (data) => this.#answerPing(data));
    socket.on('pong', (data) => {
      if (!this.#cut && this.#mayCome() && data.equals(this.#asked)) this.#missed = 0;
    });
    socket.on('error', () => this.#end('websocket-message'));
  }

  /** Whether a frame may be sent: what was sent before is nearly gone. */
  get takesFrames(): boolean {
    return !this.#cut && this.#socket.bufferedAmount <= this.#options.limits.unsentForFrames;
  }

  /** Where the client takes nothing, what the next of its kind replaces is left out, and what nothing replaces ends the connection. */
  send(bytes: Uint8Array, isReplaced = false): void {
    if (this.#cut || (isReplaced && !this.takesFrames)) return;
    if (this.#socket.bufferedAmount > this.#options.limits.unsentBytes) this.#end('websocket-stuck');
    else this.#socket.send(bytes);
  }

  /** Called every `pingMs`. */
  beat(): void {
    if (this.#cut) return;
    if (this.#missed >= this.#options.limits.missedPings) {
      this.#end('websocket-stuck');
      return;
    }
    this.#missed++;
    this.#asked = randomBytes(4);
    this.#socket.ping(this.#asked);
  }

  /** Says good-bye, and does not wait long for the answer. */
  close(code: number, reason: string): void {
    this.#cut = true;
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), LAST_WORD_MS).unref();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#cut || !this.#mayCome()) return;
    const message = isBinary && data instanceof Uint8Array ? readFlatMessage(data) : null;
    if (message !== null && this.#options.receive(message)) return;
    this.#options.refused('websocket-message');
    this.close(1008, 'not a message of this page');
  }

  #answerPing(data: Buffer): void {
    if (!this.#cut && this.#mayCome() && this.takesFrames) this.#socket.pong(data);
  }

  #mayCome(): boolean {
    if (this.#rate.take()) return true;
    this.#end('websocket-rate');
    return false;
  }

  #end(kind: RefusalKind): void {
    if (!this.#cut) this.#options.refused(kind);
    this.#cut = true;
    this.#socket.terminate();
  }
}
