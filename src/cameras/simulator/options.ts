import { parseUtc } from '#gps/instant.js';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import { type PixelFormat, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { SendMethod } from '../gige-vision/device/frame-sender.js';
import { MINIMUM_PACKET_SIZE } from '../gige-vision/device/gige-vision-device.js';
import { type ClockFault, faultsNamed } from './clock-faults.js';
import type { Lateness, LeaderScale } from './clockwork.js';
import { parseClockFaults } from './fault-option.js';
import type { GpsState } from './gps-receiver.js';
import { type CameraModel, cameraModelByName, cameraModels } from './models.js';
import { SimulatorOptionError } from './option-error.js';
import { type RawOptions, type SimulatorOption, simulatorOptionTable } from './option-table.js';
import type { SceneName } from './sky.js';

export { SimulatorOptionError };

/** Probabilities and sizes of the faults of the stream; all 0 or null: none. */
export interface FaultOptions {
  readonly loss: number;
  readonly burstLoss: { readonly probability: number; readonly packets: number };
  readonly reorder: { readonly probability: number; readonly depth: number; readonly withinFrame: boolean };
  readonly duplicate: number;
  readonly corrupt: number;
  readonly stall: { readonly probability: number; readonly milliseconds: number };
  readonly frameGap: number;
  /** `silentMs` null: for good. */
  readonly vanish: { readonly afterFrames: number; readonly silentMs: number | null } | null;
}

/** The simulator's options, read and checked against the model. */
export interface SimulatorOptions {
  readonly model: CameraModel;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly count: number;
  readonly fps: number;
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly exposureNs: bigint;
  readonly gainDb: number;
  readonly scene: SceneName;
  readonly seed: number;
  readonly gps: GpsState;
  readonly send: SendMethod;
  /** Null: the client chooses, 16 until then. */
  readonly ids: '16' | '64' | null;
  /** Null: 9000, or the MTU where that is less. */
  readonly packetSize: number | null;
  /** What happens to packets, by chance. */
  readonly faults: FaultOptions;
  /** What happens to clock, header and frames, by plan. */
  readonly clockFaults: readonly ClockFault[];
  /** UTC at which an acquisition begins; null: the host's. */
  readonly originUtcNs: bigint | null;
  readonly leaderScale: LeaderScale;
  /** What the stamps leave out, and an LED calibration finds. */
  readonly lateness: Lateness;
  readonly resend: boolean;
  readonly historyFrames: number;
  readonly truth: string | null;
  readonly frames: number | null;
  readonly firstBlock: bigint;
  readonly exitWithParent: boolean;
}

/** The shortest exposure that the simulated sensors take. */
export const MINIMUM_EXPOSURE_NS = 10_000n;
export const MAXIMUM_EXPOSURE_NS = 3_600_000_000_000n;
export const MAXIMUM_GAIN_DB = 24;

/** Reads and checks all options. Throws {@link SimulatorOptionError}. */
export function simulatorOptions(modelName: string, raw: RawOptions): SimulatorOptions {
  const model = cameraModelByName(modelName);
  if (!model) fail(`there is no model ${modelName}; choose one of ${cameraModels.map((m) => m.name).join(', ')}`);
  const unknown = Object.keys(raw).find((name) => !simulatorOptionTable.some((option) => option.name === name));
  if (unknown !== undefined) fail(`there is no option ${unknown}; appulse simulate --help lists them`);
  const read = new OptionReader(raw);

  const addresses = read.list('address');
  for (const address of addresses) {
    try {
      parseIpv4(address);
    } catch (cause) {
      throw new SimulatorOptionError(`--address ${address}: not a dotted IPv4 address`, { cause });
    }
  }
  const port = read.number('port', 0, 65535) ?? 0;
  const count = read.number('count', 1, 64) ?? 1;
  if (addresses.length > 1 && count > 1) fail('--count goes with one --address; leave one of them out');
  if (port > 0 && port + count - 1 > 65535) fail(`--port ${port} leaves no room for ${count} cameras`);

  const formatName = read.text('format') ?? (model.formats[0] as string);
  const format = pixelFormatByName(formatName);
  if (!format || !model.formats.includes(formatName)) {
    fail(`--format ${formatName}: ${model.name} has ${model.formats.join(', ')}`);
  }
  const offsetX = read.number('offset-x', 0, model.sensorWidth - 1) ?? 0;
  const offsetY = read.number('offset-y', 0, model.sensorHeight - 1) ?? 0;
  const exposureNs = read.durationNs('exposure') ?? model.defaultExposureNs;
  if (exposureNs < MINIMUM_EXPOSURE_NS || exposureNs > MAXIMUM_EXPOSURE_NS) {
    fail('--exposure must lie between 10us and 3600s');
  }
  const clockFaults = parseClockFaults(read.list('fault').join(','));
  if (model.shutter.kind === 'rolling' && faultsNamed(clockFaults, 'led-offset').length > 0) {
    fail(`--fault led-offset: ${model.name} has a rolling shutter, whose header marks VSYNC`);
  }
  const vanish = read.text('vanish-after')?.split(':');
  return {
    model,
    addresses,
    port,
    count,
    fps: read.number('fps', 0.001, model.maximumFps) ?? model.defaultFps,
    format,
    width: read.number('width', 1, model.sensorWidth - offsetX) ?? model.sensorWidth - offsetX,
    height: read.number('height', 1, model.sensorHeight - offsetY) ?? model.sensorHeight - offsetY,
    offsetX,
    offsetY,
    exposureNs: (exposureNs / 100n) * 100n,
    gainDb: read.number('gain', 0, MAXIMUM_GAIN_DB) ?? 0,
    scene: read.text('scene') as SceneName,
    seed: read.number('seed', 0, 0xffffffff) ?? 1,
    gps: read.text('gps') as GpsState,
    send: read.text('send') as SendMethod,
    ids: read.text('ids') as '16' | '64' | null,
    packetSize: read.number('packet-size', MINIMUM_PACKET_SIZE, 65535),
    faults: {
      loss: read.number('loss', 0, 1) ?? 0,
      burstLoss: { probability: read.pair('burst-loss', 0), packets: Math.round(read.pair('burst-loss', 1, 1)) },
      reorder: {
        probability: read.pair('reorder', 0),
        depth: Math.round(read.pair('reorder', 1, 1)),
        withinFrame: read.pairWord('reorder') === 'frame',
      },
      duplicate: read.number('duplicate', 0, 1) ?? 0,
      corrupt: read.number('corrupt', 0, 1) ?? 0,
      stall: { probability: read.pair('stall', 0), milliseconds: read.pair('stall', 1) },
      frameGap: read.number('frame-gap', 0, 1) ?? 0,
      vanish: vanish
        ? {
            afterFrames: read.count('vanish-after', vanish[0] ?? ''),
            silentMs: vanish[1] === undefined ? null : read.count('vanish-after', vanish[1]),
          }
        : null,
    },
    clockFaults,
    originUtcNs: originOf(read.text('origin'), clockFaults),
    leaderScale: read.text('ticks') as LeaderScale,
    lateness: {
      startNs: BigInt(read.number('led-start-offset', -LARGEST_LATENESS_NS, LARGEST_LATENESS_NS) ?? 0),
      endNs: BigInt(read.number('led-end-offset', -LARGEST_LATENESS_NS, LARGEST_LATENESS_NS) ?? 0),
    },
    resend: !read.flag('no-resend'),
    historyFrames: read.number('history', 0, 65536) ?? 256,
    truth: read.text('truth'),
    frames: read.number('frames', 1, 2 ** 48),
    firstBlock: BigInt(read.number('first-block', 1, 2 ** 48) ?? 1),
    exitWithParent: read.flag('exit-with-parent'),
  };
}

const LARGEST_LATENESS_NS = 100_000_000;

/** QHY headers count from 1995-10-10; the last second of their 32 bits is in 2131. */
const EARLIEST_ORIGIN = '1995-10-11';
const LATEST_ORIGIN = '2131-01-01';
/** A few seconds before the last leap second so far. */
const BEFORE_LEAP_SECOND = '2016-12-31T23:59:57';

function originOf(text: string | null, faults: readonly ClockFault[]): bigint | null {
  const given = text ?? (faultsNamed(faults, 'leap-second').length > 0 ? BEFORE_LEAP_SECOND : null);
  if (given === null) return null;
  let originUtcNs: bigint;
  try {
    originUtcNs = parseUtc(given);
  } catch (cause) {
    throw new SimulatorOptionError(`--origin ${given}: write a UTC time such as 2016-12-31T23:59:50`, { cause });
  }
  if (originUtcNs < parseUtc(EARLIEST_ORIGIN) || originUtcNs > parseUtc(LATEST_ORIGIN)) {
    fail(`--origin ${given}: it must lie between ${EARLIEST_ORIGIN} and ${LATEST_ORIGIN}`);
  }
  return (originUtcNs / 100n) * 100n;
}

function fail(message: string): never {
  throw new SimulatorOptionError(message);
}

/** Takes values out of the raw options by the kinds of the table. */
class OptionReader {
  readonly #raw: RawOptions;

  constructor(raw: RawOptions) {
    this.#raw = raw;
  }

  #row(name: string): SimulatorOption {
    return simulatorOptionTable.find((row) => row.name === name) as SimulatorOption;
  }

  /** The text, or null where there is neither a value nor a default. */
  text(name: string): string | null {
    const row = this.#row(name);
    const value = this.#raw[name] ?? row.fallback;
    if (typeof value !== 'string') fail(`--${name} needs one value`);
    if (value === '') return null;
    if (row.choices && !row.choices.includes(value)) fail(`--${name} ${value}: choose ${row.choices.join(', ')}`);
    return value;
  }

  list(name: string): readonly string[] {
    const value = this.#raw[name] ?? this.#row(name).fallback;
    if (value === true) fail(`--${name} needs a value`);
    return typeof value === 'string' ? value.split(',') : value;
  }

  flag(name: string): boolean {
    const value = this.#raw[name];
    if (value === undefined || value === 'false' || value === '0') return false;
    if (value === true || value === '' || value === 'true' || value === '1') return true;
    fail(`--${name} takes no value`);
  }

  number(name: string, minimum: number, maximum: number): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = numberOf(name, text);
    const whole = this.#row(name).kind === 'integer';
    if (value < minimum || value > maximum || (whole && !Number.isInteger(value))) {
      fail(`--${name} ${text}: ${whole ? 'a whole number' : 'a number'} from ${minimum} to ${maximum} is needed`);
    }
    return value;
  }

  count(name: string, text: string): number {
    const value = numberOf(name, text);
    if (value < 0 || !Number.isInteger(value)) fail(`--${name} ${text}: a whole number is needed`);
    return value;
  }

  /** Part `index` of `p:x[:word]`; the first is a probability. */
  pair(name: string, index: 0 | 1, minimum = 0): number {
    const parts = (this.text(name) ?? '').split(':');
    if (parts.length < 2) fail(`--${name} ${parts[0]}: write ${this.#row(name).placeholder}`);
    const value = numberOf(name, parts[index] ?? '');
    if (value < minimum || value > (index === 0 ? 1 : 1e6)) fail(`--${name} ${parts.join(':')}: out of range`);
    return value;
  }

  pairWord(name: string): string | null {
    const word = (this.text(name) ?? '').split(':')[2];
    if (word !== undefined && word !== 'frame') fail(`--${name}: after the depth only ":frame" may follow`);
    return word ?? null;
  }

  durationNs(name: string): bigint | null {
    const text = this.text(name);
    if (text === null) return null;
    const match = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m)$/.exec(text);
    const scale = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9 }[match?.[2] ?? ''];
    if (!match || scale === undefined) fail(`--${name} ${text}: write a duration such as 500us, 40ms or 2s`);
    return BigInt(Math.round(Number(match[1]) * scale));
  }
}

function numberOf(name: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) fail(`--${name} ${text}: not a number`);
  return value;
}
