/** The double of libtoupcam, called as a driver calls the library: for tests of the double itself. README.md beside its sources has the words. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LibraryHandle, load, proto, register, unregister } from 'koffi';
import { doubleLibrary } from '#src/cameras/sdk/doubles.js';

proto('void ToupcamDoubleEvent(uint32_t event, void *context)');
proto('void ToupcamDoubleHotPlug(void *context)');

export const E = {
  ok: 0,
  same: 1,
  unexpected: 0x8000ffff | 0,
  notImplemented: 0x80004001 | 0,
  invalid: 0x80070057 | 0,
  pointer: 0x80004003 | 0,
  generalFailure: 0x8007001f | 0,
  unreachable: 0x80072743 | 0,
  busy: 0x800700aa | 0,
  pending: 0x8000000a | 0,
  timeout: 0x8001011f | 0,
} as const;

const FUNCTIONS = {
  EnumV2: 'uint32_t Toupcam_EnumV2(uint8_t *list)',
  Open: 'void *Toupcam_Open(const char *id)',
  Close: 'void Toupcam_Close(void *h)',
  HotPlug: 'void Toupcam_HotPlug(ToupcamDoubleHotPlug *call, void *context)',
  GigeEnable: 'int Toupcam_GigeEnable(ToupcamDoubleHotPlug *call, void *context)',
  Replug: 'int Toupcam_Replug(const char *id)',
  Start: 'int Toupcam_StartPullModeWithCallback(void *h, ToupcamDoubleEvent *call, void *context)',
  Stop: 'int Toupcam_Stop(void *h)',
  Pause: 'int Toupcam_Pause(void *h, int paused)',
  Pull: 'int Toupcam_PullImageV4(void *h, uint8_t *to, int still, int bits, int pitch, uint8_t *info)',
  Wait: 'int Toupcam_WaitImageV4(void *h, uint32_t ms, uint8_t *to, int still, int bits, int pitch, uint8_t *info)',
  Trigger: 'int Toupcam_Trigger(void *h, uint16_t count)',
  TriggerSync: 'int Toupcam_TriggerSyncV4(void *h, uint32_t ms, uint8_t *to, int bits, int pitch, uint8_t *info)',
  Snap: 'int Toupcam_Snap(void *h, uint32_t index)',
  putOption: 'int Toupcam_put_Option(void *h, uint32_t id, int value)',
  getOption: 'int Toupcam_get_Option(void *h, uint32_t id, _Out_ int *value)',
  putExpoTime: 'int Toupcam_put_ExpoTime(void *h, uint32_t us)',
  getExpoTime: 'int Toupcam_get_ExpoTime(void *h, _Out_ uint32_t *us)',
  putGain: 'int Toupcam_put_ExpoAGain(void *h, uint16_t percent)',
  autoExposure: 'int Toupcam_put_AutoExpoEnable(void *h, int mode)',
  putRoi: 'int Toupcam_put_Roi(void *h, uint32_t x, uint32_t y, uint32_t w, uint32_t height)',
  putSize: 'int Toupcam_put_eSize(void *h, uint32_t index)',
  finalSize: 'int Toupcam_get_FinalSize(void *h, _Out_ int *w, _Out_ int *height)',
  putVFlip: 'int Toupcam_put_VFlip(void *h, int on)',
  putHFlip: 'int Toupcam_put_HFlip(void *h, int on)',
  putHue: 'int Toupcam_put_Hue(void *h, int hue)',
  putContrast: 'int Toupcam_put_Contrast(void *h, int contrast)',
  putWhite: 'int Toupcam_put_WhiteBalanceGain(void *h, int *gain)',
  putTempTint: 'int Toupcam_put_TempTint(void *h, int temp, int tint)',
  awbInit: 'int Toupcam_AwbInit(void *h, void *call, void *context)',
  abbOnce: 'int Toupcam_AbbOnce(void *h, void *call, void *context)',
  getTemperature: 'int Toupcam_get_Temperature(void *h, _Out_ int16_t *tenths)',
  putTemperature: 'int Toupcam_put_Temperature(void *h, int16_t tenths)',
  serial: 'int Toupcam_get_SerialNumber(void *h, _Out_ uint8_t *to)',
  guide: 'int Toupcam_ST4PlusGuide(void *h, uint32_t direction, uint32_t ms)',
  guideState: 'int Toupcam_ST4PlusGuideState(void *h)',
  ioControl: 'int Toupcam_IoControl(void *h, uint32_t line, uint32_t type, int out, _Out_ int *in)',
  maxBitDepth: 'int Toupcam_get_MaxBitDepth(void *h)',
  monoMode: 'int Toupcam_get_MonoMode(void *h)',
  realTime: 'int Toupcam_put_RealTime(void *h, int mode)',
} as const;
export type DoubleFunction = keyof typeof FUNCTIONS;

export interface FoundDevice {
  readonly name: string;
  readonly id: string;
}

export interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly flag: number;
  readonly sequence: number;
  readonly timestampUs: bigint;
  readonly exposureUs: number;
  readonly gain: number;
  readonly blackLevel: number;
  readonly utcStartNs: bigint;
  readonly utcEndNs: bigint;
  readonly longitude: number;
  readonly latitude: number;
  readonly altitude: number;
  readonly satellites: number;
}

export function frameInfo(bytes: Buffer): FrameInfo {
  return {
    width: bytes.readUInt32LE(0),
    height: bytes.readUInt32LE(4),
    flag: bytes.readUInt32LE(8),
    sequence: bytes.readUInt32LE(12),
    timestampUs: bytes.readBigUInt64LE(16),
    exposureUs: bytes.readUInt32LE(28),
    gain: bytes.readUInt16LE(32),
    blackLevel: bytes.readUInt16LE(34),
    utcStartNs: bytes.readBigUInt64LE(72),
    utcEndNs: bytes.readBigUInt64LE(80),
    longitude: bytes.readInt32LE(88),
    latitude: bytes.readInt32LE(92),
    altitude: bytes.readInt32LE(96),
    satellites: bytes.readUInt16LE(100),
  };
}

/** One double with a scenario of its own: a copy of the library, since a library is loaded once a process. */
export class ToupcamDouble {
  readonly events: number[] = [];
  readonly #folder: string;
  readonly #library: LibraryHandle;
  readonly #functions: Readonly<Record<DoubleFunction, ReturnType<LibraryHandle['func']>>>;
  readonly #callbacks: bigint[] = [];

  private constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#library = load(path);
    const bound = Object.entries(FUNCTIONS).map(([name, signature]) => [name, this.#library.func(signature)]);
    this.#functions = Object.fromEntries(bound) as Record<DoubleFunction, ReturnType<LibraryHandle['func']>>;
  }

  static async load(scenario: string): Promise<ToupcamDouble> {
    const folder = mkdtempSync(join(tmpdir(), 'toupcam-double-'));
    const path = join(folder, 'libtoupcam.so');
    copyFileSync(await doubleLibrary('toupcam'), path);
    const double = new ToupcamDouble(folder, path);
    process.env.APPULSE_TOUPCAM_DOUBLE = scenario;
    // The first call reads the scenario.
    double.call('EnumV2', null);
    return double;
  }

  call(name: DoubleFunction, ...args: unknown[]): number {
    return this.#functions[name](...args) as number;
  }

  /** In a thread of the pool: for what waits while callbacks must be served. */
  async aside(name: DoubleFunction, ...args: unknown[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#functions[name].async(...args, (error: unknown, value: number) => (error ? reject(error) : resolve(value)));
    });
  }

  devices(): FoundDevice[] {
    const list = Buffer.alloc(128 * 136);
    const count = this.call('EnumV2', list);
    return Array.from({ length: count }, (_, at) => {
      const text = (from: number) => list.toString('latin1', from, from + 64).replace(/\0.*$/s, '');
      return { name: text(at * 136), id: text(at * 136 + 64) };
    });
  }

  open(id: string | null): unknown {
    return this.#functions.Open(id);
  }

  option(h: unknown, id: number): number {
    const value: [number] = [0];
    const answer = this.call('getOption', h, id, value);
    return answer < 0 ? answer : value[0];
  }

  serial(h: unknown): string {
    const bytes = Buffer.alloc(32);
    this.call('serial', h, bytes);
    return bytes.toString('latin1').replace(/\0.*$/s, '');
  }

  finalSize(h: unknown): [number, number] {
    const width: [number] = [0];
    const height: [number] = [0];
    this.call('finalSize', h, width, height);
    return [width[0], height[0]];
  }

  temperature(h: unknown): number {
    const tenths: [number] = [0];
    this.call('getTemperature', h, tenths);
    return tenths[0] / 10;
  }

  start(h: unknown): number {
    const call = register((event: number) => {
      this.events.push(event);
    }, 'ToupcamDoubleEvent *');
    this.#callbacks.push(call);
    return this.call('Start', h, call, null);
  }

  hotPlug(call: () => void): void {
    const registered = register(call, 'ToupcamDoubleHotPlug *');
    this.#callbacks.push(registered);
    this.call('HotPlug', registered, null);
  }

  /** Waits for an event that has not been looked at yet. */
  async event(wanted: number, ms = 5000): Promise<boolean> {
    const until = Date.now() + ms;
    while (Date.now() < until) {
      const at = this.events.indexOf(wanted);
      if (at >= 0) {
        this.events.splice(0, at + 1);
        return true;
      }
      await new Promise((done) => setTimeout(done, 2));
    }
    return false;
  }

  /** The next frame of a stream, waited for. */
  async frame(h: unknown, bytes: number, ms = 5000): Promise<{ result: number; info: FrameInfo; pixels: Buffer }> {
    const pixels = Buffer.alloc(bytes);
    const info = Buffer.alloc(104);
    const result = await this.aside('Wait', h, ms, pixels, 0, 0, 0, info);
    return { result, info: frameInfo(info), pixels };
  }

  async end(...handles: unknown[]): Promise<void> {
    for (const h of handles) {
      await this.aside('Stop', h);
      await this.aside('Close', h);
    }
    for (const call of this.#callbacks) unregister(call);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Pixel of a column and row of the unbinned sensor that the double makes, of `bits` bits: the words of its README. */
export function scenePixel(x: number, y: number, bits: number, defectsLeft: boolean): number {
  let h = (Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77)) >>> 0;
  h = (h ^ (h >>> 15)) >>> 0;
  h = Math.imul(h, 0x2c1b3c6d) >>> 0;
  h = (h ^ (h >>> 13)) >>> 0;
  if (defectsLeft && (h & 0xfff) === 0) return 200 * 2 ** (bits - 8);
  return 4 * 2 ** (bits - 8) + (h >>> (36 - bits));
}
