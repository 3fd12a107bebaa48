/** A station without an engine: stars that drift, times that are locked, controls that keep what they are set to. For tests of page and API. */
import { EventEmitter } from 'node:events';
import { AppulseError } from '#gps/errors.js';
import type { Preview } from '#pipeline/stages/preview-board.js';
import { HISTOGRAM_BINS } from '#pipeline/stages/steps.js';
import { type Control, controlNamed, controlValueOf, declareControl } from '#src/cameras/controls.js';
import type { SetControlsAnswer, SetControlsRequest, StationControls } from '#src/station/control-request.js';
import type { MarkAnswer, MarkRequest } from '#src/station/mark-request.js';
import type { PixelRegion, RegionPixels, StationEvents, StationFace } from '#src/station/station-face.js';
import type { CameraState, Gap, Message, StartSession } from '#src/station/station-state.js';

const FRAME = { width: 1200, height: 800, bitDepth: 12 } as const;
const PREVIEW = { width: 600, height: 400 } as const;
const FRAMES_PER_SECOND = 20;
const STARS = Array.from({ length: 60 }, (_, i) => ({
  x: (i * 197) % FRAME.width,
  y: (i * 331) % FRAME.height,
  peak: 300 + ((i * 523) % 3_500),
}));

export class ImitatedStation extends EventEmitter<StationEvents> implements StationFace {
  readonly id = '00000000-0000-4000-8000-000000000001';
  readonly name = 'Imitated station';
  readonly site = { latitudeDeg: 52.5, longitudeDeg: 13.4, heightM: 60 };
  readonly messages: Message[] = [];
  readonly gaps: Gap[] = [];
  session: string | null = null;
  grade: 'locked' | 'coarse' = 'locked';
  /** Frames that the disk did not take; above 0, it does not take any. */
  notRecorded = 0;
  lost = 0;
  diskWarning: string | null = null;
  readonly #begunMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #controls: Control[] = [
    exposure('ExposureTime', 'Exposure', 'us', 49_000, 20, 3_600_000_000),
    {
      ...declareControl({
        name: 'Gain',
        label: 'Gain',
        group: 'Gain',
        type: 'integer',
        minimum: 0,
        maximum: 100,
        help: 'Gain of the sensor.',
      }),
      value: 30,
      unavailable: null,
    },
    {
      ...declareControl({
        name: 'CoolerOn',
        label: 'Cooler',
        group: 'Cooling',
        type: 'boolean',
        help: 'Cools the sensor.',
      }),
      value: false,
      unavailable: null,
    },
  ];

  constructor() {
    super();
    this.#timer = setInterval(() => {
      for (const state of this.cameras) this.emit('camera', state);
    }, 250);
    this.say('info', 'the imitated station has begun');
  }

  close(): void {
    clearInterval(this.#timer);
  }

  say(level: Message['level'], text: string): void {
    const message = { number: this.messages.length, utcNs: nowNs(), level, camera: 0, text };
    this.messages.push(message);
    this.emit('message', message);
  }

  addGap(cause: Gap['cause'], frames: number): void {
    const now = nowNs();
    const gap = {
      camera: 0,
      sessionId: this.session ?? '',
      cause,
      frames,
      firstBlock: '100',
      lastBlock: String(99 + frames),
      fromUtcNs: now,
      toUtcNs: now,
      detail: `imitated ${cause}`,
    };
    this.gaps.push(gap);
    this.emit('gap', gap);
  }

  get cameras(): readonly CameraState[] {
    const frames = this.#frames();
    const locked = this.grade === 'locked';
    return [
      {
        camera: 0,
        uri: 'sim:imitated',
        model: 'Imitated camera',
        serial: '1',
        state: 'streaming',
        session: this.session,
        width: FRAME.width,
        height: FRAME.height,
        pixelFormat: 'Mono12p',
        bitDepth: FRAME.bitDepth,
        framesPerSecond: FRAMES_PER_SECOND,
        gigabitsPerSecond: 0.23,
        ringFill: 0.04,
        workerLoad: 0.3,
        frames: {
          received: frames,
          recorded: frames,
          indexed: frames,
          lost: this.lost,
          incomplete: 0,
          untriggered: 0,
          notRecorded: this.notRecorded,
        },
        times: { locked: locked ? frames : 0, holdover: 0, coarse: locked ? 0 : frames, untrusted: 0 },
        packetsResent: 0,
        diskBytesPerSecond: 12e6,
        freeBytes: 500e9,
        diskWarning: this.diskWarning,
        diskFails: this.notRecorded > 0,
        secondsLeft: 41_000,
        seconds: frames / FRAMES_PER_SECOND,
        marks: 0,
        outages: 0,
        waitsForTrigger: false,
        clock: {
          grade: this.grade,
          source: 'gps-header',
          uncertaintyNs: locked ? '120' : '2000000',
          why: locked ? null : 'the receiver has lost its satellites',
          sinceUtcNs: nowNs(),
          flags: [],
          receiver: 'GPS 3, PPS and position valid',
          ppsCount: 10_000_003,
          ppsErrorPpb: 300,
          satellites: 9,
          almanac: true,
          hostOffsetNs: '1200000',
          host: 'synchronised by NTP within 2 ms',
        },
      },
    ];
  }

  preview(camera: number): Preview | null {
    if (camera !== 0) return null;
    const frameNumber = this.#frames();
    const { width, height } = PREVIEW;
    const mean = new Uint16Array(width * height).fill(220);
    const histogram = new Uint32Array(HISTOGRAM_BINS);
    histogram[Math.floor((220 / 4096) * HISTOGRAM_BINS)] = width * height;
    for (const { x, y, peak } of STARS) {
      const at = Math.floor(y / 2) * width + (Math.floor(x / 2 + frameNumber / 10) % width);
      for (const [step, share] of [
        [0, 1],
        [1, 0.5],
        [width, 0.5],
        [-1, 0.5],
        [-width, 0.5],
      ] as const) {
        if (mean[at + step] !== undefined) mean[at + step] = 220 + peak * share;
      }
    }
    const startUtcNs = BigInt(nowNs());
    return {
      width,
      height,
      bitDepth: FRAME.bitDepth,
      frameNumber,
      mean,
      maximum: mean.slice(),
      histogram,
      lastPacketUtcNs: startUtcNs + 100_000_000n,
      time: {
        startUtcNs,
        leapSecond: false,
        exposureNs: 49_000_000n,
        uncertaintyNs: 120n,
        grade: this.grade,
        source: 'gps-header',
        lastRowOffsetNs: 20_000_000n,
        rowPairs: null,
      },
    };
  }

  previewCount(): number {
    return Math.floor(this.#frames() / 4);
  }

  askPreview(): void {}

  async pixels(camera: number, { x, y, width, height }: PixelRegion): Promise<RegionPixels> {
    const preview = this.preview(camera);
    if (preview === null) throw new AppulseError('station.no-camera', `there is no camera ${camera + 1}`);
    const pixels = new Uint16Array(width * height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const source = Math.floor((y + row) / 2) * preview.width + Math.floor((x + column) / 2);
        pixels[row * width + column] = preview.mean[source] ?? 0;
      }
    }
    return {
      x,
      y,
      width,
      height,
      frameNumber: preview.frameNumber,
      startUtcNs: preview.time.startUtcNs,
      bitDepth: FRAME.bitDepth,
      pixels,
    };
  }

  async startSession({ name }: StartSession): Promise<readonly string[]> {
    if (this.session !== null) throw new AppulseError('station.recording', 'a session is being recorded already');
    this.session = '0193f000-0000-7000-8000-000000000001';
    this.say('info', `session ${name ?? 'without a name'} began`);
    this.emit('sessions');
    return [this.session];
  }

  async stopSession(): Promise<readonly string[]> {
    if (this.session === null) throw new AppulseError('station.not-recording', 'no session is being recorded');
    const ended = this.session;
    this.session = null;
    this.emit('sessions');
    return [ended];
  }

  async mark({ atUtcNs }: MarkRequest): Promise<readonly MarkAnswer[]> {
    if (this.session === null) throw new AppulseError('station.not-recording', 'no session is being recorded');
    const at = atUtcNs ?? BigInt(nowNs());
    return [
      { session: this.session, camera: 'sim:imitated', fromUtcNs: at - 10_000_000_000n, toUtcNs: at + 20_000_000_000n },
    ];
  }

  async controls(): Promise<readonly StationControls[]> {
    const identity = { vendor: 'Appulse', model: 'Imitated camera', serial: '1', version: '1' };
    return [{ camera: 0, uri: 'sim:imitated', identity, controls: this.#controls, unavailable: null }];
  }

  async setControls({ set }: SetControlsRequest): Promise<SetControlsAnswer> {
    const changes = set.map(({ name, value }) => {
      const control = controlNamed(this.#controls, name);
      const now = { ...control, value: controlValueOf(control, value) };
      this.#controls = this.#controls.map((each) => (each.name === now.name ? now : each));
      const { unit, kept } = now;
      const isCommand = now.type === 'command';
      return {
        name: now.name,
        unit,
        from: control.value,
        asked: value,
        value: now.value,
        kept,
        isCommand,
        because: null,
      };
    });
    return { changes, refused: [], interrupted: false };
  }

  #frames(): number {
    return Math.floor(((performance.now() - this.#begunMs) / 1_000) * FRAMES_PER_SECOND) + 1;
  }
}

function exposure(name: string, label: string, unit: string, value: number, minimum: number, maximum: number): Control {
  const help = 'How long a row is exposed.';
  return {
    ...declareControl({ name, label, group: 'Exposure', type: 'float', unit, minimum, maximum, help }),
    value,
    unavailable: null,
  };
}

function nowNs(): string {
  return String(BigInt(Date.now()) * 1_000_000n);
}
