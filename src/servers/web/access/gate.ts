/** Who may come in. Asked before each request and each WebSocket, with nothing but the request's head. */
import type { IncomingMessage } from 'node:http';
import { fastifyCookie } from '@fastify/cookie';
import { hostNameOf, isForeign, ownNames } from './foreign.js';
import { isHonestPath } from './honest-path.js';
import type { WebLimits } from './limits.js';
import { LOGIN_SECONDS, Logins } from './logins.js';
import type { PageToken } from './page-token.js';
import { Bucket, SenderMap, senderOf } from './rate-limit.js';
import type { Refusals } from './refusals.js';

/** What is there without a token: the way to give it, and the icon that browsers ask for. */
const OPEN_PATHS: readonly string[] = ['/login', '/login.css', '/favicon.ico'];

/** Wrong tokens of a sender that cost it nothing; each one more doubles the time in which it may not try. */
const FREE_GUESSES = 3;
const LONGEST_WAIT_MS = 60_000;

export interface Refusal {
  readonly status: 400 | 401 | 403 | 421 | 429;
  readonly code: string;
  readonly message: string;
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number;
}

export interface GateOptions {
  readonly listenAddress: string;
  /** Null: none is asked for. */
  readonly token: PageToken | null;
  readonly isTls: boolean;
  readonly limits: WebLimits;
  readonly refusals: Refusals;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #names: ReadonlySet<string>;
  readonly #logins: Logins | null;
  readonly #requests: SenderMap<Bucket>;
  readonly #guesses = new SenderMap(() => ({ wrong: 0, untilMs: 0 }));
  /** Cookies do not know ports: two stations of one machine must not take each other's. */
  #port = 0;

  constructor(options: GateOptions) {
    const { limits, token, listenAddress } = options;
    this.#options = options;
    this.#names = ownNames(listenAddress);
    this.#logins = token === null ? null : new Logins(token);
    this.#requests = new SenderMap(() => new Bucket(limits.requestsPerSecond, limits.requestsAtOnce));
  }

  listensAt(port: number): void {
    this.#port = port;
  }

  /** Null: it may come in. */
  check(request: IncomingMessage, isUpgrade = false): Refusal | null {
    const { refusals, token } = this.#options;
    const sender = senderOf(request.socket.remoteAddress);
    if (!this.#requests.of(sender).take()) {
      refusals.note('rate', sender);
      return { status: 429, code: 'access.rate', message: 'more requests than a client may make', retryAfter: 1 };
    }
    const { url = '', headers } = request;
    if (!isHonestPath(url)) {
      refusals.note('path', sender, url);
      return { status: 400, code: 'access.path', message: 'the path is none of this server' };
    }
    const name = hostNameOf(headers.host);
    // With a token, names may lead here that nobody here knows: what a bent name could do needs the token, and a cookie goes to its own name only.
    if (name === null || (token === null && !this.#names.has(name))) {
      refusals.note('host', sender, headers.host);
      const message = `this page is not called ${name ?? 'so'}: open it at the address that the station showed when it began`;
      return { status: 421, code: 'access.host', message };
    }
    if (isForeign(request, isUpgrade)) {
      refusals.note('origin', sender, headers.origin);
      return { status: 403, code: 'access.origin', message: 'another page asks for this: only the station page may' };
    }
    return OPEN_PATHS.includes(url.split('?', 1)[0] ?? '') ? null : this.#withoutLogin(request, sender);
  }

  #withoutLogin(request: IncomingMessage, sender: string): Refusal | null {
    if (this.#logins === null) return null;
    const { cookie, authorization } = request.headers;
    const login = fastifyCookie.parse(cookie ?? '')[this.#cookieName];
    if (login !== undefined && this.#logins.has(login)) return null;
    const shown = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (shown !== undefined) return this.refusalOfToken(shown, sender);
    const message = "this needs the station's token: as 'Authorization: Bearer TOKEN', or log in at /login";
    return { status: 401, code: 'access.token', message };
  }

  /** Null: it is the right one. A sender of wrong ones has to wait. */
  refusalOfToken(shown: string, sender: string): Refusal | null {
    const guesses = this.#guesses.of(sender);
    const waitMs = guesses.untilMs - performance.now();
    if (waitMs > 0) {
      const retryAfter = Math.ceil(waitMs / 1_000);
      const message = `too many wrong tokens: try again in ${retryAfter} s`;
      return { status: 429, code: 'access.guesses', message, retryAfter };
    }
    if (this.#options.token?.isRight(shown) === true) {
      this.#guesses.forget(sender);
      return null;
    }
    guesses.wrong++;
    const beyond = guesses.wrong - FREE_GUESSES;
    if (beyond > 0) guesses.untilMs = performance.now() + Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(beyond, 16));
    this.#options.refusals.note('token', sender);
    return { status: 401, code: 'access.token', message: "that is not the station's token" };
  }

  /** The Set-Cookie header of somebody who has shown the token. */
  loginCookie(): string {
    const { isTls } = this.#options;
    return fastifyCookie.serialize(this.#cookieName, this.#logins?.begin() ?? '', {
      httpOnly: true,
      sameSite: 'strict',
      secure: isTls,
      path: '/',
      maxAge: LOGIN_SECONDS,
    });
  }

  /** Browsers take a name that begins so only with Secure and from this host itself. */
  get #cookieName(): string {
    return `${this.#options.isTls ? '__Host-' : ''}appulse-${this.#port}`;
  }
}
