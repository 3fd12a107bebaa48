/**
 * Who has logged in: random names in cookies, of which hashes are kept. They end after a month and with the secret that was shown: those
 * of the run's key with the station, those of the token with the token, for which they are kept in a file of their own beside it.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeSmallFile } from '#storage/small-file.js';
import { hashOf } from './page-token.js';
import type { Secrets } from './secrets.js';

export const LOGIN_SECONDS = 30 * 86_400;
const MOST_LOGINS = 1_000;

interface Login {
  readonly untilMs: number;
  readonly secretHash: Buffer;
}

const fileSchema = z
  .array(z.object({ login: z.string(), untilMs: z.number(), tokenHash: z.string() }))
  .max(MOST_LOGINS);

export class Logins {
  readonly #secrets: Secrets;
  readonly #path: string | null;
  readonly #logins: Map<string, Login>;

  /** `path`: of the file; null keeps none. */
  constructor(secrets: Secrets, path: string | null) {
    this.#secrets = secrets;
    this.#path = path;
    this.#logins = new Map(this.#kept());
  }

  /** The cookie's value of somebody who has shown the secret with this hash. */
  begin(secretHash: Buffer): string {
    const name = randomBytes(32).toString('base64url');
    const oldest = this.#logins.keys().next().value;
    if (this.#logins.size >= MOST_LOGINS && oldest !== undefined) this.#logins.delete(oldest);
    const login = { untilMs: Date.now() + LOGIN_SECONDS * 1_000, secretHash };
    this.#logins.set(keyOf(name), login);
    if (this.#secrets.isToken(secretHash)) this.#keep((others) => others.set(keyOf(name), login));
    return name;
  }

  has(name: string): boolean {
    const key = keyOf(name);
    const login = this.#logins.get(key);
    if (login === undefined) return false;
    if (login.untilMs > Date.now() && this.#secrets.counts(login.secretHash)) return true;
    this.#logins.delete(key);
    return false;
  }

  end(name: string): void {
    const login = this.#logins.get(keyOf(name));
    this.#logins.delete(keyOf(name));
    if (login !== undefined && this.#secrets.isToken(login.secretHash))
      this.#keep((others) => others.delete(keyOf(name)));
  }

  /** Those of the file that count still; none where there is no such file, or something else in its place. */
  #kept(): Map<string, Login> {
    if (this.#path === null) return new Map();
    try {
      const kept = fileSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
      return new Map(
        kept
          .map(
            ({ login, untilMs, tokenHash }) => [login, { untilMs, secretHash: Buffer.from(tokenHash, 'hex') }] as const,
          )
          .filter(([, { untilMs, secretHash }]) => untilMs > Date.now() && this.#secrets.isToken(secretHash)),
      );
    } catch {
      return new Map();
    }
  }

  /** Other stations of this user have the same token and the same file. A login that cannot be kept ends with the station. */
  #keep(change: (logins: Map<string, Login>) => void): void {
    if (this.#path === null) return;
    const logins = this.#kept();
    change(logins);
    const lines = [...logins].slice(-MOST_LOGINS).map(([login, { untilMs, secretHash }]) => {
      return { login, untilMs, tokenHash: secretHash.toString('hex') };
    });
    try {
      writeSmallFile(this.#path, `${JSON.stringify(lines)}\n`, { file: 0o600, folder: 0o700 });
    } catch {
      // the folder may have become read-only; who logged in stays so for this run
    }
  }
}

const keyOf = (name: string): string => hashOf(name).toString('base64');
