/** Who may come in, and who may change anything. Asked before each request and each WebSocket, with nothing but the request's head. */
import type { IncomingMessage } from 'node:http';
import { fastifyCookie } from '@fastify/cookie';
import { hostNameOf, isForeign, ownNames } from './foreign.js';
import { isHonestPath } from './honest-path.js';
import type { WebLimits } from './limits.js';
import { LOGIN_SECONDS, Logins } from './logins.js';
import { Bucket, SenderMap, senderOf } from './rate-limit.js';
import type { Refusals } from './refusals.js';
import type { Secrets } from './secrets.js';

/** For what a token, or the key of the run, has to be shown. */
export type Asking = 'nothing' | 'writes' | 'everything';

/** What is there without either: the way to show it, the way out, and the icon that browsers ask for. */
const OPEN_PATHS: readonly string[] = ['/login', '/logout', '/login.css', '/favicon.ico'];
/** A link with the key of the run behind it. */
export const KEY_PATH = '/login/';

const READING: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

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

/** What somebody who came in may do. */
export interface Pass {
  readonly mayChange: boolean;
  /** Whether it is a browser that has logged in, and can log out. */
  readonly isLogin: boolean;
  /** False from when what was shown opens the station no more. */
  counts(): boolean;
}

export interface GateOptions {
  readonly listenAddress: string;
  readonly asking: Asking;
  readonly secrets: Secrets;
  /** Where logins by the token are kept; null keeps none. */
  readonly loginsPath: string | null;
  readonly isTls: boolean;
  readonly limits: WebLimits;
  readonly refusals: Refusals;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #names: ReadonlySet<string>;
  readonly #logins: Logins;
  readonly #requests: SenderMap<Bucket>;
  readonly #guesses = new SenderMap(() => ({ wrong: 0, untilMs: 0 }));
  /** Cookies do not know ports: two stations of one machine must not take each other's. */
  #port = 0;

  constructor(options: GateOptions) {
    const { limits, secrets, loginsPath, listenAddress } = options;
    this.#options = options;
    this.#names = ownNames(listenAddress);
    this.#logins = new Logins(secrets, loginsPath);
    this.#requests = new SenderMap(() => new Bucket(limits.requestsPerSecond, limits.requestsAtOnce));
  }

  listensAt(port: number): void {
    this.#port = port;
  }

  /** Null: it may come in. */
  check(request: IncomingMessage, isUpgrade = false): Refusal | null {
    const { refusals, asking } = this.#options;
    const sender = senderOf(request.socket.remoteAddress);
    if (!this.#requests.of(sender).take()) {
      refusals.note('rate', sender);
      return { status: 429, code: 'access.rate', message: 'more requests than a client may make', retryAfter: 1 };
    }
    const { url = '', headers } = request;
    if (!isHonestPath(url)) {
      refusals.note('path', sender, isKeyPath(url) ? KEY_PATH : url);
      return { status: 400, code: 'access.path', message: 'the path is none of this server' };
    }
    const name = hostNameOf(headers.host);
    // Where all asks for a token, names may lead here that nobody here knows: what a bent name could do needs it, and a cookie goes to its own name only.
    if (name === null || (asking !== 'everything' && !this.#names.has(name))) {
      refusals.note('host', sender, headers.host);
      const message = `this page is not called ${name ?? 'so'}: open it at the address that the station showed when it began`;
      return { status: 421, code: 'access.host', message };
    }
    if (isForeign(request, isUpgrade)) {
      refusals.note('origin', sender, headers.origin);
      return { status: 403, code: 'access.origin', message: 'another page asks for this: only the station page may' };
    }
    return OPEN_PATHS.includes(pathOf(url)) || isKeyPath(url) ? null : this.#withoutLogin(request, sender);
  }

  #withoutLogin(request: IncomingMessage, sender: string): Refusal | null {
    const { asking } = this.#options;
    if (asking === 'nothing' || this.#loginOf(request) !== null) return null;
    const shown = bearerOf(request);
    if (shown !== null) return this.refusalOf(shown, sender);
    const isReading = READING.includes(request.method ?? '');
    if (asking === 'writes' && isReading) return null;
    return {
      status: 401,
      code: 'access.token',
      message: `${isReading ? 'this' : 'to change anything'} needs the station's token or the key of its run: log in at /login, or send 'Authorization: Bearer TOKEN' ('appulse token --run' tells the key to the station's own user)`,
    };
  }

  /** What the sender of a request that came in may do. */
  passOf(request: IncomingMessage): Pass {
    const login = this.#loginOf(request);
    if (login !== null) return { mayChange: true, isLogin: true, counts: () => this.#logins.has(login) };
    const { asking, secrets } = this.#options;
    const hash = secrets.hashOfRight(bearerOf(request) ?? '');
    if (hash !== null) return { mayChange: true, isLogin: false, counts: () => secrets.counts(hash) };
    return { mayChange: asking === 'nothing', isLogin: false, counts: () => true };
  }

  /** Null: this opens the station. A sender of wrong ones has to wait. */
  refusalOf(shown: string, sender: string): Refusal | null {
    const guesses = this.#guesses.of(sender);
    const waitMs = guesses.untilMs - performance.now();
    if (waitMs > 0) {
      const retryAfter = Math.ceil(waitMs / 1_000);
      const message = `too many wrong tokens: try again in ${retryAfter} s`;
      return { status: 429, code: 'access.guesses', message, retryAfter };
    }
    if (this.#options.secrets.hashOfRight(shown) !== null) {
      this.#guesses.forget(sender);
      return null;
    }
    guesses.wrong++;
    const beyond = guesses.wrong - FREE_GUESSES;
    if (beyond > 0) guesses.untilMs = performance.now() + Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(beyond, 16));
    this.#options.refusals.note('token', sender);
    const message =
      "that is neither the station's token nor the key of its run: each start of the station has a new key";
    return { status: 401, code: 'access.token', message };
  }

  /** The Set-Cookie header of somebody who has shown `secret`, and was not refused. */
  loginCookie(secret: string): string {
    const hash = this.#options.secrets.hashOfRight(secret);
    return this.#cookie(hash === null ? '' : this.#logins.begin(hash), LOGIN_SECONDS);
  }

  /** Ends the login of a request, where it has one. The Set-Cookie header that takes its cookie back. */
  logOut(request: IncomingMessage): string {
    const login = this.#loginOf(request);
    if (login !== null) this.#logins.end(login);
    return this.#cookie('', 0);
  }

  /** The name in the request's cookie, where it counts. */
  #loginOf({ headers }: IncomingMessage): string | null {
    const login = fastifyCookie.parse(headers.cookie ?? '')[this.#cookieName];
    return login !== undefined && this.#logins.has(login) ? login : null;
  }

  #cookie(value: string, maxAge: number): string {
    const { isTls } = this.#options;
    const options = { httpOnly: true, sameSite: 'strict', secure: isTls, path: '/', maxAge } as const;
    return fastifyCookie.serialize(this.#cookieName, value, options);
  }

  /** Browsers take a name that begins so only with Secure and from this host itself. */
  get #cookieName(): string {
    return `${this.#options.isTls ? '__Host-' : ''}appulse-${this.#port}`;
  }
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';
const isKeyPath = (url: string): boolean => pathOf(url).startsWith(KEY_PATH);
const bearerOf = ({ headers }: IncomingMessage): string | null =>
  /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null;
