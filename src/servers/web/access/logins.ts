/** Who has logged in: random names in cookies, kept in memory as hashes. They end with the station, after a month, and with the token. */
import { randomBytes } from 'node:crypto';
import { hashOf, type PageToken } from './page-token.js';

export const LOGIN_SECONDS = 30 * 86_400;
const MOST_LOGINS = 1_000;

interface Login {
  readonly untilMs: number;
  readonly tokenHash: Buffer;
}

export class Logins {
  readonly #token: PageToken;
  readonly #logins = new Map<string, Login>();

  constructor(token: PageToken) {
    this.#token = token;
  }

  /** The cookie's value of somebody who has shown the token. */
  begin(): string {
    const name = randomBytes(32).toString('base64url');
    const oldest = this.#logins.keys().next().value;
    if (this.#logins.size >= MOST_LOGINS && oldest !== undefined) this.#logins.delete(oldest);
    const tokenHash = this.#token.hash ?? Buffer.alloc(0);
    this.#logins.set(keyOf(name), { untilMs: Date.now() + LOGIN_SECONDS * 1_000, tokenHash });
    return name;
  }

  has(name: string): boolean {
    const key = keyOf(name);
    const login = this.#logins.get(key);
    if (login === undefined) return false;
    if (login.untilMs > Date.now() && this.#token.hash?.equals(login.tokenHash) === true) return true;
    this.#logins.delete(key);
    return false;
  }
}

const keyOf = (name: string): string => hashOf(name).toString('base64');
