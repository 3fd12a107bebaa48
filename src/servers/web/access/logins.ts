/** Who has logged in: random names in cookies, kept in memory as hashes. They end with the station, after a month, and with the secret that was shown. */
import { randomBytes } from 'node:crypto';
import { hashOf } from './page-token.js';
import type { Secrets } from './secrets.js';

export const LOGIN_SECONDS = 30 * 86_400;
const MOST_LOGINS = 1_000;

interface Login {
  readonly untilMs: number;
  readonly secretHash: Buffer;
}

export class Logins {
  readonly #secrets: Secrets;
  readonly #logins = new Map<string, Login>();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** The cookie's value of somebody who has shown the secret with this hash. */
  begin(secretHash: Buffer): string {
    const name = randomBytes(32).toString('base64url');
    const oldest = this.#logins.keys().next().value;
    if (this.#logins.size >= MOST_LOGINS && oldest !== undefined) this.#logins.delete(oldest);
    this.#logins.set(keyOf(name), { untilMs: Date.now() + LOGIN_SECONDS * 1_000, secretHash });
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
    this.#logins.delete(keyOf(name));
  }
}

const keyOf = (name: string): string => hashOf(name).toString('base64');
