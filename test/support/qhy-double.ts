/** The double of libqhyccd, called as a driver calls the library, and what its frames must be. */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LibraryHandle, load } from 'koffi';
import { doubleLibrary } from '#src/cameras/sdk/doubles.js';

export const ERROR = 0xffff_ffff;
export const ID = { gain: 6, offset: 7, exposure: 8, traffic: 12, temperature: 14, pwm: 15, manualPwm: 16 } as const;

const HANDLE = 'void *h';
const SIZES = 'uint32_t *w, uint32_t *hgt, uint32_t *bpp, uint32_t *channels, uint8_t *image';
/** Arguments of the functions that do not answer with a code alone, or take more than the handle. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  InitQHYCCDResource: 'void',
  ReleaseQHYCCDResource: 'void',
  ScanQHYCCD: 'void',
  GetQHYCCDId: 'uint32_t index, uint8_t *id',
  GetQHYCCDSDKVersion: 'uint32_t *y, uint32_t *m, uint32_t *d, uint32_t *s',
  GetQHYCCDPCIECardNum: 'uint32_t *n',
  GetQHYCCDFWVersion: `${HANDLE}, uint8_t *buf`,
  SetQHYCCDReadMode: `${HANDLE}, uint32_t mode`,
  GetQHYCCDNumberOfReadModes: `${HANDLE}, uint32_t *n`,
  GetQHYCCDReadModeName: `${HANDLE}, uint32_t mode, uint8_t *name`,
  SetQHYCCDStreamMode: `${HANDLE}, uint8_t mode`,
  GetQHYCCDChipInfo: `${HANDLE}, double *cw, double *ch, uint32_t *w, uint32_t *hgt, double *pw, double *ph, uint32_t *bpp`,
  GetQHYCCDEffectiveArea: `${HANDLE}, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt`,
  SetQHYCCDResolution: `${HANDLE}, uint32_t x, uint32_t y, uint32_t w, uint32_t hgt`,
  SetQHYCCDBinMode: `${HANDLE}, uint32_t w, uint32_t hgt`,
  SetQHYCCDBitsMode: `${HANDLE}, uint32_t bits`,
  IsQHYCCDControlAvailable: `${HANDLE}, int id`,
  SetQHYCCDParam: `${HANDLE}, int id, double value`,
  GetQHYCCDSingleFrame: `${HANDLE}, ${SIZES}`,
  GetQHYCCDLiveFrame: `${HANDLE}, ${SIZES}`,
  SetQHYCCDSingleFrameTimeOut: `${HANDLE}, uint32_t ms`,
  GetQHYCCDPreciseExposureInfo: `${HANDLE}, uint32_t *pixel, uint32_t *line, uint32_t *frame, uint32_t *clocks, uint32_t *lines, uint32_t *actual, uint8_t *isLong`,
  GetQHYCCDRollingShutterEndOffset: `${HANDLE}, uint32_t row, double *offset`,
  EnableQHYCCDBurstMode: `${HANDLE}, bool on`,
  SetQHYCCDBurstModeStartEnd: `${HANDLE}, uint16_t start, uint16_t end`,
  SetQHYCCDBurstModePatchNumber: `${HANDLE}, uint32_t value`,
  SetQHYCCDEnableLiveModeAntiRBI: `${HANDLE}, uint32_t value`,
  EnableQHYCCDImageOSD: `${HANDLE}, uint32_t what`,
  SetQHYCCDTrigerFunction: `${HANDLE}, bool on`,
  SetQHYCCDGPSVCOXFreq: `${HANDLE}, uint16_t dac`,
  GetQHYCCDCFWStatus: `${HANDLE}, uint8_t *status`,
};

export interface TakenFrame {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly bytes: Uint8Array;
}

/** A line of the truth file that is of a frame. */
export interface DoubleTruth {
  readonly sequence: number;
  readonly startUtcNs: string;
  readonly endUtcNs: string;
  readonly row0EndUtcNs: string;
  readonly edgeUtcNs: string;
  readonly exposureNs: string;
  readonly linePeriodNs: number;
  readonly rowPairing: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly level: number;
  readonly sigma: number;
  readonly filter: number;
  readonly temperature: number;
  readonly delivered: boolean;
  readonly faults: readonly string[];
}

/** A library of its own: two in a process do not share what they know, because each is another file. */
export class QhyDouble {
  readonly #library: LibraryHandle;
  readonly #functions = new Map<string, ReturnType<LibraryHandle['func']>>();
  readonly #truth: string;
  #memory = new Uint8Array(0);
  handle: unknown = null;

  private constructor(path: string, truth: string) {
    this.#library = load(path);
    this.#truth = truth;
  }

  static async load(folder: string, words: string): Promise<QhyDouble> {
    const path = join(folder, `libqhyccd-${Math.random().toString(36).slice(2)}.so`);
    copyFileSync(await doubleLibrary('qhyccd'), path);
    const truth = `${path}.ndjson`;
    process.env.APPULSE_QHY_DOUBLE = `truth=${truth};${words}`;
    const made = new QhyDouble(path, truth);
    // The environment is read at the first call.
    made.call('InitQHYCCDResource');
    return made;
  }

  call(name: string, ...args: unknown[]): number {
    let found = this.#functions.get(name);
    if (found === undefined) {
      found = this.#library.func(`uint32_t ${name}(${ARGUMENTS[name] ?? HANDLE})`);
      this.#functions.set(name, found);
    }
    return Number(found(...args));
  }

  /** A function whose first argument is the open camera. */
  on(name: string, ...args: unknown[]): number {
    return this.call(name, this.handle, ...args);
  }

  param(id: number): number {
    return Number(this.#library.func('double GetQHYCCDParam(void *h, int id)')(this.handle, id));
  }

  set(id: number, value: number): number {
    return this.on('SetQHYCCDParam', id, value);
  }

  /** Scans and opens the camera with this index; its id, or null. */
  open(index = 0): string | null {
    if (this.call('ScanQHYCCD') === ERROR) return null;
    const id = new Uint8Array(64);
    if (this.call('GetQHYCCDId', index, id) !== 0) return null;
    const text = Buffer.from(id).toString('latin1').replace(/\0.*/, '');
    this.handle = this.#library.func('void *OpenQHYCCD(const char *id)')(text);
    return text;
  }

  /** Opens the first camera in a stream mode. */
  begin(streamMode: 0 | 1, readMode = 0): void {
    this.open();
    this.on('SetQHYCCDReadMode', readMode);
    this.on('SetQHYCCDStreamMode', streamMode);
    this.on('InitQHYCCD');
  }

  shape(x: number, y: number, width: number, height: number, bits: number): void {
    this.on('SetQHYCCDBitsMode', bits);
    this.on('SetQHYCCDResolution', x, y, width, height);
  }

  /** One call of a function that gives a frame; null where it answers with an error. */
  frame(name: 'GetQHYCCDLiveFrame' | 'GetQHYCCDSingleFrame'): TakenFrame | null {
    const numbers = [0, 1, 2, 3].map(() => new Uint32Array(1));
    const needed = this.on('GetQHYCCDMemLength');
    if (needed !== ERROR && needed * 2 > this.#memory.length) this.#memory = new Uint8Array(needed * 2);
    if (this.on(name, ...numbers, this.#memory) !== 0) return null;
    const [width = 0, height = 0, bits = 0] = numbers.map((each) => each[0] ?? 0);
    return { width, height, bits, bytes: this.#memory.slice(0, (width * height * bits) / 8) };
  }

  /** Live frames until there are `count`, or none has come for `quietMs`. */
  async live(count: number, quietMs = 600): Promise<TakenFrame[]> {
    const frames: TakenFrame[] = [];
    let last = Date.now();
    while (frames.length < count && Date.now() - last < quietMs) {
      const frame = this.frame('GetQHYCCDLiveFrame');
      if (frame === null) await new Promise((done) => setTimeout(done, 2));
      else {
        frames.push(frame);
        last = Date.now();
      }
    }
    return frames;
  }

  lines(): readonly Readonly<Record<string, unknown>>[] {
    if (!existsSync(this.#truth)) return [];
    const lines = readFileSync(this.#truth, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  truths(): DoubleTruth[] {
    return this.lines().filter((line) => 'sequence' in line) as unknown as DoubleTruth[];
  }

  misuses(): unknown[] {
    return this.lines()
      .filter((line) => 'misuse' in line)
      .map(({ misuse }) => misuse);
  }
}

let noise: Int16Array | null = null;

function noiseTable(): Int16Array {
  if (noise !== null) return noise;
  noise = new Int16Array(65536);
  let state = 1;
  for (let i = 0; i < noise.length; i++) {
    let sum = -1530;
    for (let k = 0; k < 12; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state >>> 24;
    }
    noise[i] = sum;
  }
  return noise;
}

/** The pixel of a frame by the formula in the double's README, without hot pixels and banding. */
export function expectedPixel(
  frame: { sequence: number; level: number; sigma: number },
  x: number,
  y: number,
  bits: number,
  adcBits: number,
): number {
  let hash = (Math.imul(frame.sequence, 2654435761) ^ Math.imul(y, 2246822519)) >>> 0;
  hash = (hash ^ (hash >>> 15)) >>> 0;
  hash = Math.imul(hash, 2246822519) >>> 0;
  hash = (hash ^ (hash >>> 13)) >>> 0;
  const deviate = noiseTable()[(hash + x) & 65535] ?? 0;
  const value = Math.max(0, frame.level + Math.floor((frame.sigma * deviate) / 256));
  if (bits === 32) return value;
  const held = Math.min(65535, value);
  return bits === 8 ? held >> 8 : held & (0xffff << (16 - adcBits)) & 0xffff;
}
