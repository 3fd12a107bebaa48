/** Calibration runs on the simulated camera's clockwork, scene and LED, without a network: any model, format and region. */
import * as assert from 'uvu/assert';
import { payloadBytesOf, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { LedRun, type LedRunResult } from '#src/calibration/led-run.js';
import { findSpot } from '#src/calibration/led-spot-finder.js';
import type { CameraMode } from '#src/cameras/camera.js';
import { Clockwork } from '#src/cameras/simulator/clockwork.js';
import { LED_TICKS_PER_SECOND, type LedPulse, LedSpot } from '#src/cameras/simulator/led-spot.js';
import { type CameraModel, cameraModelByName } from '#src/cameras/simulator/models.js';
import { Scene } from '#src/cameras/simulator/scene.js';
import { suite } from '#test/support/test.js';

const test = suite('LED run', 120_000);

interface Case {
  readonly model: string;
  readonly format: string;
  readonly exposureNs: bigint;
  readonly region?: readonly [width: number, height: number, offsetX: number, offsetY: number];
  readonly lateness: { readonly startNs: bigint; readonly endNs: bigint };
  readonly seed?: number;
  readonly gainDb?: number;
}

async function calibrate(each: Case): Promise<LedRunResult> {
  const model = cameraModelByName(each.model) as CameraModel;
  const pixelFormat = pixelFormatByName(each.format);
  if (pixelFormat === undefined) throw new Error(each.format);
  const [width, height, offsetX, offsetY] = each.region ?? [model.sensorWidth, model.sensorHeight, 0, 0];
  const place = { format: pixelFormat, width, height, offsetX, offsetY, seed: each.seed ?? 1 };
  const { exposureNs, lateness, gainDb = 0 } = each;
  const scene = new Scene(model, { ...place, scene: 'stars', exposureNs, gainDb });
  const payload = new Uint8Array(payloadBytesOf(pixelFormat, width, height));
  scene.fill(payload, 0);
  const { electronsPerUnit, maximumUnits } = scene;
  const spot = new LedSpot(model, { ...place, electronsPerUnit, maximumUnits });
  const fps = Math.min(model.maximumFps, 0.4e9 / Number(exposureNs));
  const clock = new Clockwork({
    fps,
    exposureNs,
    shutter: model.shutter,
    sensor: { width: model.sensorWidth, height: model.sensorHeight },
    region: { offsetY, rows: height, binning: 1, flip: false },
    originUtcNs: 1_786_665_610_012_300_000n,
    gps: 'locked',
    leaderScale: 'utc',
    lateness,
    faults: [],
    seed: 1,
  });
  let pulse: LedPulse | null = null;
  let frame = 0;
  const led = {
    pulseWidthNs: (255 * 1e9) / LED_TICKS_PER_SECOND,
    shine: async (edge: 'start' | 'end', atNs: number) => {
      const offsetNs = (Math.round((atNs * LED_TICKS_PER_SECOND) / 1e9) * 1e9) / LED_TICKS_PER_SECOND;
      pulse = { edge, offsetNs, widthNs: led.pulseWidthNs };
      return offsetNs;
    },
    reach: async () => ({ leastNs: Number.NEGATIVE_INFINITY, mostNs: Number.POSITIVE_INFINITY }),
    off: async () => {
      pulse = null;
    },
  };
  const look = async <T>(count: number, see: (payload: Uint8Array) => T): Promise<T[]> =>
    Array.from({ length: count }, () => {
      const at = pulse;
      const n = frame++;
      spot.draw(payload, 0, n, at === null ? null : (row) => clock.litNs(n, row, at));
      payload.set(clock.frame(n).header);
      return see(payload);
    });
  const mode: CameraMode = {
    width,
    height,
    offsetX,
    offsetY,
    pixelFormat,
    payloadBytes: payload.length,
    frameRate: fps,
    exposureNs,
    shutter: model.shutter,
    gpsHeader: true,
    gain: 0,
    offset: null,
    sensorTemperatureC: null,
    filter: null,
    binningX: 1,
    binning: 1,
    rowDirection: 'top-down',
    ptpLocked: false,
    timestampChunk: null,
    readoutMode: null,
  };
  const steps = { places: 16, framesEach: 2, windowNs: 200_000, progress: () => {} };
  return new LedRun({ mode }, { look }, led, steps).run();
}

test('offsets are found with either shutter, any depth and any region, stars in the spot or not', async () => {
  const cases: readonly Case[] = [
    ...Array.from({ length: 8 }, (_, seed): Case => {
      const lateness = { startNs: BigInt(1_000 * seed - 7_777), endNs: BigInt(8_888 - 3_210 * seed) };
      return { model: 'qhy174gps', format: 'Mono8', exposureNs: 5_000_000n, lateness, seed };
    }),
    ...['Mono8', 'Mono10p', 'Mono12Packed', 'Mono14p', 'BayerRG12p'].map(
      (format): Case => ({ model: 'tiny', format, exposureNs: 500_000n, lateness: { startNs: -55n, endNs: 12_345n } }),
    ),
    ...[3_000_000n, 20_000_000n, 200_000_000n].flatMap((exposureNs) =>
      [0, 1].map(
        (odd): Case => ({
          model: 'qhy461-14bit',
          format: 'Mono14p',
          exposureNs,
          region: [320, 240, 5_720, 4_300 + odd],
          lateness: { startNs: 44_321n, endNs: -12_345n },
        }),
      ),
    ),
  ];
  for (const each of cases) {
    const { fit, stampExcessNs, rows } = await calibrate(each);
    const what = `${each.model} ${each.format} ${each.exposureNs}: ${fit.startOffsetNs} ${fit.endOffsetNs} +- ${fit.sigmaNs}`;
    const near = (found: bigint, truth: bigint) =>
      found - truth <= 4n * fit.sigmaNs && truth - found <= 4n * fit.sigmaNs;
    assert.ok(near(fit.startOffsetNs, each.lateness.startNs) && near(fit.endOffsetNs, each.lateness.endNs), what);
    assert.ok(fit.sigmaNs < 30n, what);
    assert.is(stampExcessNs, 0n);
    assert.is(rows.rowZeroEndOffsetNs === null, rows.shutter === 'global');
  }
});

test("the LED's row is searched where no instant exposes all rows", async () => {
  // 49.5 ms of readout, 3 ms of exposure.
  const result = await calibrate({
    model: 'qhy411-bin3',
    format: 'Mono12p',
    exposureNs: 3_000_000n,
    region: [320, 3_588, 2_224, 0],
    lateness: { startNs: 1_500n, endNs: -2_700n },
  });
  assert.ok(result.ledRow >= 1_786 && result.ledRow <= 1_802, `row ${result.ledRow}`);
  assert.ok(
    Math.abs(Number(result.fit.startOffsetNs) - 1_500) < 30 && Math.abs(Number(result.fit.endOffsetNs) + 2_700) < 30,
  );
});

test('a spot is the bright blocks that hang together; an image that is lit all over is one spot', () => {
  const image = (value: (x: number, y: number) => number) => {
    const pixels = Uint16Array.from({ length: 128 * 96 }, (_, i) => value(i % 128, Math.floor(i / 128)));
    return { width: 128, height: 96, pixels };
  };
  const noise = (x: number, y: number) => (x * 7 + y * 13) % 5;
  const dark = image((x, y) => 100 + noise(x, y));
  const inside = (x: number, y: number) => x >= 40 && x < 64 && y >= 16 && y < 32;
  const lit = image((x, y) => 100 + noise(y, x) + (inside(x, y) ? 500 : 0) + (x === 100 && y === 80 ? 900 : 0));
  assert.equal(findSpot(dark, lit), { firstRow: 16, lastRow: 31, firstColumn: 40, lastColumn: 63 });
  const flooded = image((x, y) => 700 + noise(y, x));
  assert.equal(findSpot(dark, flooded), { firstRow: 0, lastRow: 95, firstColumn: 0, lastColumn: 127 });
  assert.throws(
    () =>
      findSpot(
        dark,
        image((x, y) => 100 + noise(y, x)),
      ),
    /not seen/,
  );
});

test.run();
