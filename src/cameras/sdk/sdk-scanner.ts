/** Looks for the cameras behind a maker's library. The library runs in a process of its own, which has a deadline. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { SdkSettings } from '../camera.js';
import { libraryPath } from './doubles.js';
import type { FoundSdkCamera } from './sdk-camera.js';
import type { SdkScheme } from './sdk-uri.js';

/** Why there is no answer. Codes are those of SdkError, and `sdk.crashed`, `sdk.silent`. */
export interface ScanProblem {
  readonly code: string;
  readonly message: string;
  /** No library of the maker is installed, and none was named: nothing is wrong. */
  readonly harmless: boolean;
}

/** What a thrown value says of a scan. */
export function scanProblem(error: unknown): ScanProblem {
  if (!(error instanceof AppulseError)) return { code: 'unexpected', message: reasonOf(error), harmless: false };
  const { code, message, context } = error;
  return { code, message, harmless: code === 'sdk.library-missing' && context.path === undefined };
}

export interface ScanAnswer {
  readonly cameras: readonly FoundSdkCamera[];
  /** Null where the scan was whole. */
  readonly problem: ScanProblem | null;
}

export interface ScannerOptions {
  /** How long one scan may take. */
  readonly limitMs: number;
  /** Told once that a double stands in for the library. */
  readonly say: (notice: string) => void;
}

const END_LIMIT_MS = 2_000;
const ENTRY = fileURLToPath(new URL('./scan-process.js', import.meta.url));

export class SdkScanner {
  readonly scheme: SdkScheme;
  readonly #settings: SdkSettings;
  readonly #options: ScannerOptions;
  #library: Promise<string | null> | null = null;
  #child: ChildProcess | null = null;

  constructor(scheme: SdkScheme, settings: SdkSettings, options: ScannerOptions) {
    this.scheme = scheme;
    this.#settings = settings;
    this.#options = options;
  }

  /** One scan; the process stays for the next. Does not throw. */
  async scan(): Promise<ScanAnswer> {
    try {
      this.#library ??= libraryPath(this.scheme, this.#settings, this.#options.say);
      const library = await this.#library;
      return await this.#ask(library);
    } catch (error) {
      return { cameras: [], problem: scanProblem(error) };
    }
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    if (child.connected) child.disconnect();
    const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  }

  async #ask(library: string | null): Promise<ScanAnswer> {
    const child = this.#running(library);
    let timer: NodeJS.Timeout | undefined;
    const { scheme } = this;
    const answer = await new Promise<ScanAnswer>((done) => {
      const fail = (code: string, message: string) =>
        done({ cameras: [], problem: { code, message, harmless: false } });
      timer = setTimeout(() => {
        this.#child = null;
        child.kill('SIGKILL');
        const seconds = this.#options.limitMs / 1000;
        fail(
          'sdk.silent',
          `the library for ${scheme}: cameras did not answer within ${seconds} s: unplug its cameras and plug them in again, or give it more time by --sdk-timeout`,
        );
      }, this.#options.limitMs);
      child.once('message', (message) => done(message as ScanAnswer));
      child.once('exit', (status, signal) => {
        if (this.#child === child) this.#child = null;
        fail(
          'sdk.crashed',
          `the library for ${scheme}: cameras crashed while it looked for them (${signal ?? `code ${status}`}): try another version of it`,
        );
      });
      child.send('scan', (error) => {
        if (error !== null) fail('sdk.crashed', `the library for ${scheme}: cameras has ended: ${reasonOf(error)}`);
      });
    });
    clearTimeout(timer);
    child.removeAllListeners('message');
    child.removeAllListeners('exit');
    return answer;
  }

  #running(library: string | null): ChildProcess {
    if (this.#child?.connected) return this.#child;
    // Makers' libraries print what they do; that is no answer of ours.
    const output = process.env.APPULSE_DEBUG ? 'inherit' : 'ignore';
    const child = fork(ENTRY, [this.scheme, library ?? '-'], { stdio: ['ignore', 'ignore', output, 'ipc'] });
    child.on('error', () => {});
    this.#child = child;
    return child;
  }
}
