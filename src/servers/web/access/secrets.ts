/** What opens a station: the key of this run, which lives in its memory alone, and the token, where one was made. Both open all of it. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashOf, type PageToken } from './page-token.js';

/** 128 random bits: cannot be guessed while the station runs, and the link with it fits into a line of a terminal. */
const KEY_BYTES = 16;

export class Secrets {
  /** The key of this run. */
  readonly key = randomBytes(KEY_BYTES).toString('base64url');
  readonly #keyHash = hashOf(this.key);
  readonly #token: PageToken | null;

  constructor(token: PageToken | null) {
    this.#token = token;
  }

  /** The hash of what was shown, where it opens the station; null where it does not. */
  hashOfRight(shown: string): Buffer | null {
    const hash = hashOf(shown);
    return this.counts(hash) ? hash : null;
  }

  /** Whether what has this hash opens the station still. In the same time for every wrong one. */
  counts(hash: Buffer): boolean {
    return timingSafeEqual(this.#keyHash, hash) || this.isToken(hash);
  }

  /** Whether it is the hash of the token that counts now. */
  isToken(hash: Buffer): boolean {
    const token = this.#token?.hash ?? null;
    return token !== null && hash.length === token.length && timingSafeEqual(token, hash);
  }
}
