/** What is connected: GigE Vision cameras that answer, and cameras that the makers' libraries find. */
import type { SdkSettings } from './camera.js';
import { identityOf } from './gige-vision/device-identity.js';
import { discover } from './gige-vision/discovery.js';
import { type ScanProblem, SdkScanner } from './sdk/sdk-scanner.js';
import { SDK_SCHEMES, type SdkScheme } from './sdk/sdk-uri.js';

export interface ConnectedCamera {
  readonly uri: string;
  readonly transport: 'gige' | SdkScheme;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  /** Of GigE Vision: the name that its owner gave it, and where it is; '' and null else. */
  readonly userName: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly mac: string | null;
  readonly version: string | null;
  /** Why it cannot be opened now; null where it can, or where that is not known. */
  readonly unavailable: string | null;
  /** No camera, but an imitation behind a double of the maker's library. */
  readonly double: boolean;
}

/** How the search through one maker's library went. */
export interface LibraryAnswer {
  readonly scheme: SdkScheme;
  readonly double: boolean;
  readonly problem: ScanProblem | null;
}

export interface Connected {
  readonly cameras: readonly ConnectedCamera[];
  readonly libraries: readonly LibraryAnswer[];
}

export interface SearchOptions {
  /** How long answers of GigE Vision cameras are collected. */
  readonly gigeMs: number;
  /** How long a maker's library may look. */
  readonly sdkMs: number;
  /** GigE Vision cameras that broadcasts do not reach. */
  readonly extra: readonly { host: string; port: number }[];
  readonly sdk: SdkSettings;
  readonly say: (notice: string) => void;
}

export class CameraSearch {
  readonly #options: SearchOptions;
  readonly #scanners: readonly SdkScanner[];

  constructor(options: SearchOptions) {
    this.#options = options;
    const { sdk, sdkMs, say } = options;
    this.#scanners = SDK_SCHEMES.map((scheme) => new SdkScanner(scheme, sdk, { limitMs: sdkMs, say }));
  }

  /** Looks everywhere at once. @throws CameraError `camera.address` */
  async look(): Promise<Connected> {
    const { gigeMs: timeoutMs, extra, sdk } = this.#options;
    const [devices, ...answers] = await Promise.all([
      discover({ timeoutMs, extra }),
      ...this.#scanners.map((scanner) => scanner.scan()),
    ]);
    const gige = devices.map((device): ConnectedCamera => {
      const identity = identityOf(device.description, device.address, device.port);
      return { ...identity, transport: 'gige', unavailable: null, double: false };
    });
    const found = answers.flatMap(({ cameras }, at) => {
      const transport = this.#scanners[at]?.scheme ?? 'qhy';
      return cameras.map((camera): ConnectedCamera => ({ ...NOT_OF_SDK, ...camera, transport, double: sdk.doubles }));
    });
    const libraries = answers.map(({ problem }, at) => {
      return { scheme: this.#scanners[at]?.scheme ?? 'qhy', double: sdk.doubles, problem };
    });
    return { cameras: [...gige, ...found], libraries };
  }

  async close(): Promise<void> {
    await Promise.all(this.#scanners.map((scanner) => scanner.close()));
  }
}

const NOT_OF_SDK = { userName: '', address: null, port: null, mac: null, version: null } as const;

/** Cameras of `now` that are not in `before`. */
export function newIn(now: readonly ConnectedCamera[], before: readonly ConnectedCamera[]): ConnectedCamera[] {
  const known = new Set(before.map(({ uri }) => uri));
  return now.filter(({ uri }) => !known.has(uri));
}
