/** The token that opens the page to other machines. Only its hash is kept, so that who reads the file cannot use it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { userFolder } from '#src/config/station-id.js';
import { writeSmallFile } from '#storage/small-file.js';

/** 256 random bits cannot be guessed, so that a fast hash is enough: scrypt is for what people think up. */
const TOKEN_BYTES = 32;
/** A new token counts after so long. */
const REREAD_MS = 1_000;
const LINE = /^sha256:([0-9a-f]{64})\s*$/;

export class PageToken {
  readonly path: string;
  #hash: Buffer | null = null;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(path: string = join(userFolder(), 'page-token')) {
    this.path = path;
  }

  /** Of the file with the logins that it opened. */
  get loginsPath(): string {
    return `${this.path}-logins`;
  }

  /** Makes a token and forgets the one before. The only time that anybody sees it. @throws AppulseError `token.not-kept` */
  make(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    try {
      writeSmallFile(this.path, `sha256:${hashOf(token).toString('hex')}\n`, { file: 0o600, folder: 0o700 });
    } catch (cause) {
      throw new AppulseError(
        'token.not-kept',
        `the page's token cannot be kept in ${this.path} (${reasonOf(cause)}): make its folder writable for this user`,
        { cause },
      );
    }
    this.#readMs = Number.NEGATIVE_INFINITY;
    return token;
  }

  /** Whether there is one. @throws AppulseError `token.file` where something else has its place */
  get exists(): boolean {
    try {
      if (LINE.test(readFileSync(this.path, 'utf8'))) return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw new AppulseError('token.file', `${this.path} cannot be read: ${reasonOf(error)}`, { cause: error });
    }
    throw new AppulseError('token.file', `${this.path} holds no token: 'appulse token' makes a new one`);
  }

  /** Of the token that counts now; null where there is none. */
  get hash(): Buffer | null {
    const now = performance.now();
    if (now - this.#readMs < REREAD_MS) return this.#hash;
    this.#readMs = now;
    try {
      const hex = LINE.exec(readFileSync(this.path, 'utf8'))?.[1];
      this.#hash = hex === undefined ? null : Buffer.from(hex, 'hex');
    } catch {
      this.#hash = null;
    }
    return this.#hash;
  }
}

export function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
