/**
 * A driver of an imitated camera, for tests of what stands between a driver and the engine: frames with a GPS header and, where asked
 * for, a Toupcam frame info; controls of each type; faults on request. APPULSE_SDK_DRIVER names its file; IMITATED_CAMERA sets it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import { type PixelFormat, payloadBytesOf, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { type Control, type ControlDeclaration, type ControlValue, declareControl } from '#src/cameras/controls.js';
import { clockPair } from '#src/cameras/gige-vision/device/frame-sender.js';
import { SdkError } from '#src/cameras/sdk/library.js';
import type {
  FrameSink,
  SdkCamera,
  SdkDriver,
  SdkEvent,
  SdkFrame,
  SdkMode,
  Sensor,
  StreamRequest,
} from '#src/cameras/sdk/sdk-camera.js';

export interface ImitatedCamera {
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly fps: number;
  readonly gpsHeader: boolean;
  /** A Toupcam frame info with GPS times behind each frame. */
  readonly info: boolean;
  /** Bytes that the library wants beyond a frame. */
  readonly spareBytes: number;
  /** A file that is made when a fault happens, and keeps it from happening again. */
  readonly faultOnce: string | null;
  /** The library's own count of frames is told. */
  readonly counts: boolean;
}

export const IMITATED: ImitatedCamera = {
  width: 64,
  height: 48,
  format: 'Mono8',
  fps: 100,
  gpsHeader: true,
  info: false,
  spareBytes: 0,
  faultOnce: null,
  counts: true,
};

export const FAULTS = ['None', 'Hang', 'Crash', 'Abort', 'Unplug', 'WrongSize', 'Lose', 'Exception'] as const;
const MODEL = 'Imitated 100M';
export const SERIAL = 'IMI-0042';

const settings = (): ImitatedCamera => ({
  ...IMITATED,
  ...(JSON.parse(process.env.IMITATED_CAMERA ?? '{}') as Partial<ImitatedCamera>),
});

/** The pixel at byte `i` of frame `n`, behind the header. */
export const pixelByte = (n: number, i: number): number => (i * 7 + (i >> 8) + (n % PATTERNS) * 31) & 0xff;
const PATTERNS = 4;

/** Exposure of frame `n`, whose end was at `endUtcNs`. */
export function headerOf(
  n: number,
  endUtcNs: bigint,
  { width, height }: ImitatedCamera,
  exposureNs: bigint,
): Uint8Array {
  const stamp = (utcNs: bigint) => utcNsToStamp(utcNs, 0x33);
  return encodeQhyHeader({
    ...{ sequence: n, reserved: 0, width, height, latitudeRaw: 411_026_600, longitudeRaw: 1_073_196_500 },
    start: stamp(endUtcNs - exposureNs),
    end: stamp(endUtcNs),
    now: stamp(endUtcNs),
    ppsCount: 10_000_000,
  });
}

/** ToupcamFrameInfoV4 of frame `n`. */
export function infoOf(n: number, endUtcNs: bigint, camera: ImitatedCamera, exposureNs: bigint): Uint8Array {
  const info = new Uint8Array(104);
  const view = new DataView(info.buffer);
  view.setUint32(0, camera.width, true);
  view.setUint32(4, camera.height, true);
  // sequence, time stamp, exposure, GPS
  view.setUint32(8, 0x01 | 0x02 | 0x04 | 0x40, true);
  view.setUint32(12, n, true);
  view.setBigUint64(16, BigInt(n) * 10_000n, true);
  view.setUint32(28, Number(exposureNs / 1_000n), true);
  view.setBigUint64(72, endUtcNs - exposureNs, true);
  view.setBigUint64(80, endUtcNs, true);
  view.setInt32(88, 11_000_000, true);
  view.setInt32(92, 48_000_000, true);
  view.setInt32(96, 520_000, true);
  view.setUint16(100, 9, true);
  return info;
}

function declarations(camera: ImitatedCamera): readonly [ControlDeclaration, ControlValue][] {
  const control = (
    given: Parameters<typeof declareControl>[0],
    value: ControlValue,
  ): [ControlDeclaration, ControlValue] => [declareControl(given), value];
  const help = 'Of an imitated camera.';
  return [
    control(
      {
        name: 'Width',
        label: 'Width',
        group: 'Image',
        type: 'integer',
        unit: 'px',
        minimum: 8,
        maximum: camera.width,
        step: 8,
        shapesFrames: true,
        live: false,
        help,
      },
      camera.width,
    ),
    control(
      {
        ...{
          name: 'PixelFormat',
          label: 'Pixel format',
          group: 'Image',
          type: 'choice',
          shapesFrames: true,
          live: false,
          help,
        },
        choices: ['Mono8', 'Mono12p', 'Mono16'].map((name) => ({ name, label: name })),
      },
      camera.format,
    ),
    control(
      {
        name: 'ExposureTime',
        label: 'Exposure < time',
        group: 'Exposure',
        type: 'float',
        unit: 'us',
        minimum: 20,
        maximum: 3.6e9,
        default: 2_000,
        help,
      },
      2_000,
    ),
    control(
      { name: 'Gain', label: 'Gain', group: 'Gain', type: 'integer', minimum: 0, maximum: 100, default: 10, help },
      10,
    ),
    control(
      {
        name: 'CoolerTarget',
        label: 'Cooler target',
        group: 'Cooling',
        type: 'float',
        unit: 'Cel',
        minimum: -40,
        maximum: 20,
        help,
      },
      -10,
    ),
    control(
      {
        name: 'DeviceTemperature',
        label: 'Temperature',
        group: 'Cooling',
        type: 'float',
        unit: 'Cel',
        readOnly: true,
        help,
      },
      -9.5,
    ),
    control({ name: 'FilterName', label: 'Filter', group: 'Filter', type: 'text', help }, 'Clear'),
    control({ name: 'LowNoise', label: 'Low noise', group: 'Gain', type: 'boolean', live: false, help }, false),
    control({ name: 'FrameCounterReset', label: 'Reset the counter', group: 'Burst', type: 'command', help }, null),
    control({ name: 'DdrBuffer', label: 'DDR', group: 'Transport', type: 'boolean', help }, true),
    control({ name: 'BurstMode', label: 'Burst', group: 'Burst', type: 'boolean', live: false, help }, false),
    control({ name: 'BurstStart', label: 'First', group: 'Burst', type: 'integer', minimum: 1, maximum: 100, help }, 1),
    control({ name: 'BurstEnd', label: 'Last', group: 'Burst', type: 'integer', minimum: 2, maximum: 100, help }, 5),
    control({ name: 'BurstCount', label: 'Bursts', group: 'Burst', type: 'integer', minimum: 1, maximum: 9, help }, 1),
    control(
      {
        ...{ name: 'Fault', label: 'Fault', group: 'Other', type: 'choice', kept: false, help },
        choices: FAULTS.map((name) => ({ name, label: name })),
      },
      'None',
    ),
    control(
      {
        name: 'FaultAfter',
        label: 'Frames before it',
        group: 'Other',
        type: 'integer',
        minimum: 0,
        maximum: 1e6,
        help,
      },
      0,
    ),
    control(
      {
        name: 'SlowAnswer',
        label: 'Milliseconds to set this',
        group: 'Other',
        type: 'integer',
        unit: 'ms',
        minimum: 0,
        maximum: 60_000,
        help,
      },
      0,
    ),
  ];
}

class ImitatedSdkCamera implements SdkCamera {
  readonly identity = { vendor: 'Imitated & Sons', model: MODEL, serial: SERIAL, version: '1.2' };
  readonly sensor: Sensor;
  readonly versions = { library: '26.1.1', firmware: '2026-01-01' };
  readonly #camera: ImitatedCamera;
  readonly #event: (event: SdkEvent) => void;
  readonly #declared: readonly ControlDeclaration[];
  readonly #values: Map<string, ControlValue>;
  readonly #patterns: Uint8Array[] = [];
  #frames = 0;
  #since = 0;
  #timer: NodeJS.Timeout | null = null;
  #ended: (() => void) | null = null;
  /** End of exposure of frame 0 of this stream. */
  #originUtcNs = 0n;

  constructor(camera: ImitatedCamera, event: (event: SdkEvent) => void) {
    this.#camera = camera;
    this.#event = event;
    const all = declarations(camera);
    this.#declared = all.map(([declared]) => declared);
    this.#values = new Map(all.map(([{ name }, value]) => [name, value]));
    const { width, height } = camera;
    this.sensor = { width, height, pixelWidthUm: 3.76, pixelHeightUm: 3.76, adcBits: 12, color: false };
  }

  controls(): readonly Control[] {
    const burst = this.#values.get('BurstMode') === true;
    return this.#declared.map((declared) => ({
      ...declared,
      value: this.#values.get(declared.name) ?? null,
      unavailable: /^Burst(Start|End|Count)$/.test(declared.name) && !burst ? 'needs burst mode' : null,
    }));
  }

  async set(name: string, value: ControlValue): Promise<readonly Control[]> {
    if (name === 'SlowAnswer') await new Promise((done) => setTimeout(done, Number(value)));
    if (name === 'Fault' && this.#values.get('FaultAfter') === 0) this.#fault(String(value));
    if (name === 'Gain' && value === 66) throw new SdkError('sdk.refused', 'the library does not like 66');
    this.#values.set(name, value);
    return this.controls().filter((control) => control.name === name);
  }

  mode(): SdkMode {
    const { height, fps, gpsHeader, info, spareBytes } = this.#camera;
    const width = Number(this.#values.get('Width'));
    const pixelFormat = pixelFormatByName(String(this.#values.get('PixelFormat'))) as PixelFormat;
    return {
      ...{ width, height, offsetX: 0, offsetY: 0, pixelFormat, binningX: 1, binningY: 1 },
      bufferBytes: payloadBytesOf(pixelFormat, width, height) + spareBytes,
      frameRate: fps,
      exposureNs: this.#exposureNs,
      shutter: { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false },
      gpsHeader,
      readMode: 'Standard',
      infoBytes: info ? 104 : 0,
    };
  }

  get #periodNs(): bigint {
    return BigInt(Math.round(1e7 / this.#camera.fps)) * 100n;
  }

  get #exposureNs(): bigint {
    return BigInt(Math.round(Number(this.#values.get('ExposureTime')) * 1_000));
  }

  async start(request: StreamRequest, sink: FrameSink): Promise<{ readonly ended: Promise<void> }> {
    const mode = this.mode();
    const pixelBytes = payloadBytesOf(mode.pixelFormat, mode.width, mode.height);
    this.#patterns.length = 0;
    for (let n = 0; n < PATTERNS; n++) {
      this.#patterns.push(new Uint8Array(pixelBytes));
      for (let i = 0; i < pixelBytes; i++) (this.#patterns[n] as Uint8Array)[i] = pixelByte(n, i);
    }
    const burst = request.kind === 'burst' ? request.bursts * (request.end - request.start - 1) : 0;
    const most =
      request.kind === 'live' ? Number.POSITIVE_INFINITY : request.kind === 'single' ? request.frames : burst;
    this.#since = 0;
    const beginMs = performance.now();
    this.#originUtcNs = (clockPair()[0] / 100n) * 100n - 1_000_000n - this.#periodNs * BigInt(this.#frames);
    const ended = new Promise<void>((done) => {
      this.#ended = done;
    });
    const periodMs = 1_000 / this.#camera.fps;
    const next = () => {
      const late = Math.min(20, Math.floor((performance.now() - beginMs) / periodMs) - this.#since);
      for (let i = 0; i < late && this.#since < most; i++) this.#frame(mode, pixelBytes, sink);
      if (this.#since >= most) this.#ended?.();
      else this.#timer = setTimeout(next, Math.max(1, beginMs + (this.#since + 1) * periodMs - performance.now()));
    };
    next();
    return { ended };
  }

  #frame(mode: SdkMode, pixelBytes: number, sink: FrameSink): void {
    const n = ++this.#frames;
    this.#since++;
    const fault = this.#values.get('Fault');
    const due = fault !== 'None' && this.#since === Number(this.#values.get('FaultAfter'));
    if (due) this.#fault(String(fault));
    const slot = sink.take();
    if (slot === null) {
      if (!this.#camera.counts) sink.event({ kind: 'frames-lost', frames: 1, cause: 'no memory was free for it' });
      return;
    }
    if (due && fault === 'Lose') {
      sink.giveBack(slot);
      return;
    }
    slot.bytes.set(this.#patterns[n % PATTERNS] as Uint8Array);
    const arrivedUtcNs = clockPair()[0];
    // On the beat of the camera, whenever the frame gets here.
    const endUtcNs = this.#originUtcNs + this.#periodNs * BigInt(n);
    if (mode.gpsHeader) slot.bytes.set(headerOf(n, endUtcNs, this.#camera, mode.exposureNs));
    const wrong = due && fault === 'WrongSize' ? 1 : 0;
    const frame: SdkFrame = {
      pixelBytes: pixelBytes - wrong,
      width: mode.width,
      height: mode.height,
      sequence: this.#camera.counts ? n : null,
      arrivedUtcNs,
      info: mode.infoBytes > 0 ? infoOf(n, endUtcNs, this.#camera, mode.exposureNs) : null,
    };
    sink.put(slot, frame);
  }

  #fault(fault: string): void {
    if (fault === 'None') return;
    const { faultOnce } = this.#camera;
    if (faultOnce !== null) {
      if (existsSync(faultOnce)) return;
      writeFileSync(faultOnce, fault);
    }
    if (fault === 'Crash') process.kill(process.pid, 'SIGSEGV');
    else if (fault === 'Abort') process.kill(process.pid, 'SIGABRT');
    else if (fault === 'Hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    else if (fault === 'Unplug') this.#event({ kind: 'lost', reason: 'the camera was unplugged' });
    else if (fault === 'Exception')
      setImmediate(() => {
        throw new Error('the imitated driver has a mistake');
      });
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#ended?.();
  }

  async poll(): Promise<readonly Control[]> {
    const before = Number(this.#values.get('DeviceTemperature'));
    this.#values.set('DeviceTemperature', before - 0.125);
    return this.controls().filter(({ name }) => name === 'DeviceTemperature');
  }

  close(): Promise<void> {
    return this.stop();
  }
}

export const driver: SdkDriver = {
  scheme: 'qhy',
  find: async () => [
    { uri: `qhy:${SERIAL}`, vendor: 'Imitated & Sons', model: MODEL, serial: SERIAL, unavailable: null },
  ],
  open: async (id, _options, event) => {
    if (id !== '' && id !== SERIAL) throw new SdkError('sdk.no-camera', `no camera ${id} is connected`);
    return new ImitatedSdkCamera(settings(), event);
  },
};
