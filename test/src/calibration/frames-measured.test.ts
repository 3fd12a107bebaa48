/** Banding against USB traffic and the check of dark frames, on frames whose bands and hot pixels are known. */
import * as assert from 'uvu/assert';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { runDarks } from '#src/calibration/dark-run.js';
import { rowBanding, rowProfile } from '#src/calibration/row-banding.js';
import { runTraffic } from '#src/calibration/traffic-run.js';
import type { CameraMode } from '#src/cameras/camera.js';
import { type Control, type ControlValue, declareControl } from '#src/cameras/controls.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const [WIDTH, HEIGHT] = [400, 600];

interface Sight {
  readonly level: number;
  readonly sigma: number;
  /** Amplitude of a sine over rows, and its period. */
  readonly band?: number;
  readonly period?: number;
  /** Bands that differ from frame to frame. */
  readonly wanders?: boolean;
  readonly hot?: (place: number, frame: number) => number;
}

let frames = 0;
const random = randomOf(5);

function frameOf({ level, sigma, band = 0, period = 16, wanders = false, hot }: Sight): Uint16Array {
  const frame = frames++;
  const phase = wanders ? random() * 2 * Math.PI : 0;
  const pixels = new Uint16Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    // A sky that is not even; where pixels are hot, an overscan too.
    const row =
      level + y * 0.3 + band * Math.sin((2 * Math.PI * y) / period + phase) - (hot !== undefined && y > 590 ? 400 : 0);
    for (let x = 0; x < WIDTH; x++) {
      let noise = -6;
      for (let k = 0; k < 12; k++) noise += random();
      pixels[y * WIDTH + x] = Math.max(0, Math.round(row + sigma * noise));
    }
  }
  if (hot !== undefined)
    for (let i = 7; i < pixels.length; i += 211) pixels[i] = Math.min(65535, (pixels[i] ?? 0) + hot(i, frame));
  return pixels;
}

const profilesOf = (sight: Sight, count = 4) =>
  Array.from({ length: count }, () => rowProfile(frameOf(sight), WIDTH, HEIGHT, 1));

test('bands are measured beyond the noise of pixels, with the period of those that stand still', () => {
  const none = rowBanding(profilesOf({ level: 500, sigma: 20 }));
  assert.ok(none.bandingAdu < 0.5, String(none.bandingAdu));
  assert.is(none.periodRows, null);
  const still = rowBanding(profilesOf({ level: 500, sigma: 20, band: 10, hot: () => 5000 }));
  // A sine's standard deviation.
  assert.ok(Math.abs(still.bandingAdu - 7.07) < 0.5, String(still.bandingAdu));
  assert.ok(Math.abs(still.fixedAdu - 7.07) < 0.5, String(still.fixedAdu));
  assert.ok(Math.abs((still.periodRows ?? 0) - 16) < 0.2, String(still.periodRows));
  const wandering = rowBanding(profilesOf({ level: 500, sigma: 20, band: 10, wanders: true }, 12));
  assert.ok(Math.abs(wandering.bandingAdu - 7.07) < 0.5);
  assert.ok(wandering.fixedAdu < 3.5, String(wandering.fixedAdu));
});

/** A camera whose frames follow from what its controls are set to. */
function camera(controls: readonly Control[], sight: (value: (name: string) => number) => Sight) {
  const values = new Map<string, ControlValue>(controls.map(({ name, value }) => [name, value]));
  const set: [string, ControlValue][] = [];
  const pixelFormat = pixelFormatByName('Mono16');
  if (pixelFormat === undefined) throw new Error('no Mono16');
  return {
    set,
    camera: {
      identity: { vendor: 'QHYCCD', model: 'QHY411', serial: '1', version: '' },
      mode: { width: WIDTH, height: HEIGHT, pixelFormat, gpsHeader: true } as unknown as CameraMode,
      controls: {
        list: async () => controls.map((control) => ({ ...control, value: values.get(control.name) ?? null })),
        set: async (name: string, value: ControlValue) => {
          values.set(name, value);
          set.push([name, value]);
          return [];
        },
      },
    },
    tap: {
      look: async <T>(
        count: number,
        look: (payload: Uint8Array, frame: { blockId: bigint; firstPacketNs: bigint }) => T,
      ): Promise<T[]> =>
        Array.from({ length: count }, (_, i) => {
          const pixels = frameOf(sight((name) => Number(values.get(name))));
          const periodNs = BigInt(50_000_000 + 1_000_000 * Number(values.get('UsbTraffic') ?? 0));
          // Every second frame is looked at.
          return look(new Uint8Array(pixels.buffer), {
            blockId: BigInt(2 * i),
            firstPacketNs: BigInt(2 * i) * periodNs,
          });
        }),
    },
  };
}

const number = (name: string, value: number, minimum: number, maximum: number): Control => ({
  ...declareControl({ name, label: name, group: 'Other', type: 'float', help: '', minimum, maximum, step: 1 }),
  value,
  unavailable: null,
});

test('the value of USB traffic without bands and with the most frames is recommended, and the old one set again', async () => {
  const made = camera([number('UsbTraffic', 20, 0, 60)], (value) => ({
    level: 480,
    sigma: 20,
    band: value('UsbTraffic') >= 10 && value('UsbTraffic') < 30 ? 6 : 0,
  }));
  const result = await runTraffic(made.camera, made.tap, { values: null, frames: 3, progress: () => {} });
  assert.equal(
    result.measurements.map(({ traffic }) => traffic),
    [0, 10, 20, 30, 40, 50, 60],
  );
  assert.equal(
    result.measurements.map(({ bandingAdu }) => bandingAdu > 2),
    [false, true, true, false, false, false, false],
  );
  assert.is(result.recommended.traffic, 0);
  assert.ok(Math.abs((result.recommended.frameRate ?? 0) - 20) < 0.01);
  assert.equal(made.set.at(-1), ['UsbTraffic', 20]);
});

test('a camera without USB traffic is told so', async () => {
  const made = camera([], () => ({ level: 480, sigma: 20 }));
  try {
    await runTraffic(made.camera, made.tap, { values: [0], frames: 2, progress: () => {} });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'calibration.no-traffic');
  }
});

async function darkOf(sight: (exposureMs: number) => Sight) {
  const made = camera([number('ExposureTime', 20_000, 20, 3.6e9), number('DeviceTemperature', -5, -50, 50)], (value) =>
    sight(value('ExposureTime') / 1000),
  );
  const [result] = await runDarks(made.camera, made.tap, {
    shortNs: 1_000_000n,
    longNs: 1_000_000_000n,
    targetsC: [],
    progress: () => {},
    signal: new AbortController().signal,
  });
  assert.equal(made.set.at(-1), ['ExposureTime', 20_000]);
  return result;
}

test('hot pixels that grow with the exposure are ordinary, those that do not are the abnormal thermal noise', async () => {
  const ordinary = await darkOf((ms) => ({ level: 480, sigma: 20, hot: () => 2 * ms }));
  assert.is(ordinary?.verdict.finding, 'ordinary');
  assert.is(ordinary?.temperatureC, -5);
  assert.ok((ordinary?.long.hot ?? 0) > 1000);
  const abnormal = await darkOf(() => ({
    level: 480,
    sigma: 20,
    hot: (place, frame) => 1500 + ((place * 31 + frame * 977) % 4000),
  }));
  assert.is(abnormal?.verdict.finding, 'abnormal-thermal-noise');
  const lit = await darkOf((ms) => ({ level: 480 + 8 * ms, sigma: 20 }));
  assert.is(lit?.verdict.finding, 'not-dark');
});

test.run();
