/** A QHY camera of the driver on a double of the library, each on a copy of its own, and a sink that keeps what comes. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlValue } from '#src/cameras/controls.js';
import { createQhyDriver } from '#src/cameras/qhy/qhy-driver.js';
import { QHY_LIMITS, type QhyLimits } from '#src/cameras/qhy/qhy-library.js';
import { doubleLibrary } from '#src/cameras/sdk/doubles.js';
import type {
  FrameSink,
  FrameSlot,
  SdkCamera,
  SdkDriver,
  SdkEvent,
  SdkFrame,
  SdkMode,
  SdkOptions,
  StreamRequest,
} from '#src/cameras/sdk/sdk-camera.js';
import type { DoubleTruth } from '#test/support/qhy-double.js';

const folders: string[] = [];

export function removeDoubles(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

export interface DoubleBench {
  readonly driver: SdkDriver;
  readonly options: SdkOptions;
  readonly events: SdkEvent[];
  /** Lines of the truth file. */
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  readonly truths: () => readonly DoubleTruth[];
  readonly misuses: () => readonly unknown[];
  readonly open: (id?: string) => Promise<SdkCamera>;
}

/** `words`: of APPULSE_QHY_DOUBLE. */
export async function doubleBench(
  words: string,
  limits: Partial<QhyLimits> = {},
  without: readonly string[] = [],
): Promise<DoubleBench> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-qhy-'));
  folders.push(folder);
  const library = join(folder, 'libqhyccd.so');
  copyFileSync(await doubleLibrary('qhyccd', { without }), library);
  const truth = join(folder, 'truth.ndjson');
  // The double reads its environment at the first call.
  process.env.APPULSE_QHY_DOUBLE = `truth=${truth};${words}`;
  const driver = createQhyDriver({ ...QHY_LIMITS, ...limits });
  const options = { library };
  const events: SdkEvent[] = [];
  await driver.find(options).catch(() => []);
  const lines = () => {
    const text = existsSync(truth) ? readFileSync(truth, 'utf8') : '';
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  };
  return {
    driver,
    options,
    events,
    lines,
    truths: () => lines().filter((line) => 'sequence' in line) as unknown as DoubleTruth[],
    misuses: () => lines().flatMap((line) => ('misuse' in line ? [line.misuse] : [])),
    open: (id = '') => driver.open(id, options, (event) => events.push(event)),
  };
}

export interface KeptFrame extends SdkFrame {
  readonly bytes: Uint8Array;
}

/** Keeps the frames' bytes. `slots`: how many there are; `held`: whether they stay taken. */
export class KeepingSink implements FrameSink {
  readonly frames: KeptFrame[] = [];
  readonly events: SdkEvent[] = [];
  readonly #free: FrameSlot[];
  readonly #held: boolean;
  readonly #keepBytes: number;
  #wake: () => void = () => {};

  constructor(mode: SdkMode, options: { slots?: number; held?: boolean; keepBytes?: number } = {}) {
    const { slots = 4, held = false, keepBytes = Number.POSITIVE_INFINITY } = options;
    this.#held = held;
    this.#keepBytes = keepBytes;
    this.#free = Array.from({ length: slots }, (_, index) => ({
      index,
      bytes: new Uint8Array(new SharedArrayBuffer(mode.bufferBytes)),
    }));
  }

  get free(): number {
    return this.#free.length;
  }

  take(): FrameSlot | null {
    return this.#free.pop() ?? null;
  }

  put(slot: FrameSlot, frame: SdkFrame): void {
    this.frames.push({ ...frame, bytes: slot.bytes.slice(0, Math.min(frame.pixelBytes, this.#keepBytes)) });
    if (!this.#held) this.#free.push(slot);
    this.#wake();
  }

  giveBack(slot: FrameSlot): void {
    this.#free.push(slot);
  }

  event(event: SdkEvent): void {
    this.events.push(event);
    this.#wake();
  }

  /** Resolves when `holds`, looked at after each frame and event. */
  async until(holds: (sink: this) => boolean): Promise<void> {
    while (!holds(this)) {
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
  }

  get lost(): SdkEvent[] {
    return this.events.filter(({ kind }) => kind === 'lost');
  }

  /** Frames told as lost, by their cause. */
  get losses(): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const event of this.events) {
      if (event.kind === 'frames-lost') found.set(event.cause, (found.get(event.cause) ?? 0) + event.frames);
    }
    return found;
  }

  get said(): string {
    return this.events.flatMap((event) => (event.kind === 'message' ? [event.text] : [])).join('\n');
  }
}

export const settingOf = (camera: SdkCamera, name: string): ControlValue =>
  camera.controls().find((control) => control.name === name)?.value ?? null;

export const reasonOfControl = (camera: SdkCamera, name: string): string | null =>
  camera.controls().find((control) => control.name === name)?.unavailable ?? null;

export async function setAll(camera: SdkCamera, values: Readonly<Record<string, ControlValue>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await camera.set(name, value);
}

/** Streams until `frames` have come, or until the stream is over; then stops it. */
export async function streamed(
  camera: SdkCamera,
  request: StreamRequest,
  frames: number,
  options: { keepBytes?: number } = {},
): Promise<KeepingSink> {
  const sink = new KeepingSink(camera.mode(), options);
  const { ended } = await camera.start(request, sink);
  await Promise.race([ended, sink.until(() => sink.frames.length >= frames)]);
  await camera.stop();
  return sink;
}
