/** The calibration LED of a camera with a receiver of its own, by the calibration that users run, on the double of the library. */
import * as assert from 'uvu/assert';
import { decodeQhyHeader, stampUtcNs } from '#gps/header/qhy-header.js';
import { LedControl } from '#src/calibration/led-features.js';
import { LedRun } from '#src/calibration/led-run.js';
import type { CameraMode, StreamCamera } from '#src/cameras/camera.js';
import { controlNamed, controlValueOf } from '#src/cameras/controls.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { test } from '#test/support/test.js';
import {
  doubleBench,
  KeepingSink,
  reasonOfControl,
  removeDoubles,
  setAll,
  settingOf,
  streamed,
} from './open-double.js';

test.after(removeDoubles);

/** Exposures that begin sooner after a setting may have been planned before it. */
const SETTLE_NS = 20_000_000n;

function startOf(bytes: Uint8Array): bigint {
  const { start, ppsCount } = decodeQhyHeader(bytes.subarray(0, 44));
  return stampUtcNs(start, ppsCount);
}

/** The open camera as a calibration uses it. */
function calibrated(camera: SdkCamera): Pick<StreamCamera, 'mode' | 'features' | 'controls' | 'identity'> {
  const named = (name: string) => camera.controls().find((control) => control.name === name);
  const { width, height, offsetX, offsetY, pixelFormat, exposureNs, shutter, gpsHeader } = camera.mode();
  const mode = {
    width,
    height,
    offsetX,
    offsetY,
    pixelFormat,
    exposureNs,
    shutter,
    gpsHeader,
    frameRate: 200,
    binning: 1,
  };
  return {
    identity: camera.identity,
    mode: { ...mode, rowDirection: 'top-down' } as CameraMode,
    controls: { list: async () => camera.controls(), set: (name, value) => camera.set(name, value) },
    features: {
      has: (name) => named(name) !== undefined,
      integer: async (name) => BigInt(Number(named(name)?.value)),
      async set(name, value) {
        const control = controlNamed(camera.controls(), name);
        await camera.set(name, controlValueOf(control, typeof value === 'bigint' ? Number(value) : value));
      },
    },
  };
}

for (const format of ['Mono8', 'Mono16']) {
  test(`what exposures are late by is measured with the LED, ${format}`, async () => {
    const bench = await doubleBench('models=qhy174gps;fps=200;hot=0;led-late=12345,-2000;without-quirk=late');
    const camera = await bench.open();
    const region = { Width: 128, Height: 96, OffsetX: 896, OffsetY: 552 };
    await setAll(camera, { PixelFormat: format, ExposureTime: 2000, ...region, GpsHeader: true });
    const sink = new KeepingSink(camera.mode());
    await camera.start({ kind: 'live' }, sink);
    const tap = {
      async look<T>(count: number, look: (payload: Uint8Array) => T): Promise<T[]> {
        const settledUtcNs = BigInt(Date.now()) * 1_000_000n + SETTLE_NS;
        const fresh = () => sink.frames.filter(({ bytes }) => startOf(bytes) > settledUtcNs);
        await sink.until(() => fresh().length >= count || sink.lost.length > 0);
        const seen = fresh().slice(0, count);
        sink.frames.length = 0;
        return seen.map(({ bytes }) => look(bytes));
      },
    };
    const face = calibrated(camera);
    const led = await LedControl.open(face as StreamCamera, 255);
    const options = { places: 16, framesEach: 1, windowNs: 100_000, progress: () => {} };
    const run = new LedRun(face, tap, led, options).run();
    const { fit, stampExcessNs } = await run.finally(() => led.off().finally(() => camera.stop()));
    assert.ok(Math.abs(Number(fit.startOffsetNs) - 12_345) < 40, `start ${fit.startOffsetNs}`);
    assert.ok(Math.abs(Number(fit.endOffsetNs) + 2_000) < 40, `end ${fit.endOffsetNs}`);
    // Behind it the stamps are where they were: the pulse has moved them.
    assert.ok(Math.abs(Number(stampExcessNs) - 14_345) <= 220, `excess ${stampExcessNs}`);
    await camera.close();
    assert.equal(bench.misuses(), []);
  });
}

const exposureOf = (bytes: Uint8Array): number => {
  const { start, end, ppsCount } = decodeQhyHeader(bytes.subarray(0, 44));
  return Number(stampUtcNs(end, ppsCount) - stampUtcNs(start, ppsCount));
};

test('positions of the marks follow exposure and depth, can be set by hand, and come back after a change of mode', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60');
  const camera = await bench.open();
  await setAll(camera, { Height: 64, GpsHeader: true });
  for (const [format, us] of [
    ['Mono8', 1000],
    ['Mono16', 3000],
    ['Mono16', 9000],
  ] as const) {
    await setAll(camera, { PixelFormat: format, ExposureTime: us });
    const sink = await streamed(camera, { kind: 'single', frames: 1 }, 1, { keepBytes: 64 });
    const measured = exposureOf(sink.frames[0]?.bytes ?? new Uint8Array(64));
    assert.ok(Math.abs(measured - us * 1000) <= 300, `${measured} ns for ${us} us`);
  }
  // 75 ticks are a microsecond: the mark of the start goes 10 us to the front.
  await camera.set('GpsPositionStart', 303_011 - 750);
  await camera.set('PixelFormat', 'Mono8');
  await camera.set('PixelFormat', 'Mono16');
  const sink = await streamed(camera, { kind: 'single', frames: 1 }, 1, { keepBytes: 64 });
  const moved = exposureOf(sink.frames[0]?.bytes ?? new Uint8Array(64));
  assert.ok(Math.abs(moved - 9_010_000) <= 400, `${moved}`);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('a pulse that the count does not reach is refused, and what was set stays', async () => {
  const bench = await doubleBench('models=qhy174gps,qhy411');
  const [built, box] = await bench.driver.find(bench.options);
  const camera = await bench.open(built?.uri.slice(4));
  await setAll(camera, { PixelFormat: 'Mono8', ExposureTime: 5000, GpsHeader: true, LedCalMode: 'End' });
  const limits = controlNamed(camera.controls(), 'LedPulsePosition');
  assert.equal([limits.minimum, limits.maximum], [1_000_000 - 2849, 1_000_000 + 997_149]);
  assert.throws(() => controlValueOf(limits, 900_000), /LedPulsePosition cannot be 900000: a whole number from 997151/);
  let refusal = '';
  await camera.set('LedPulsePosition', 900_000).catch((error) => {
    refusal = String(error);
  });
  assert.match(refusal, /the pulse would stand at -97150 .* from 1 to 999999: set it nearer to LedPulseOrigin/);
  assert.equal([settingOf(camera, 'LedPulsePosition'), settingOf(camera, 'LedCalMode')], [1_000_000, 'End']);
  // Far behind the start of a short exposure there is no place any more when the start moves: the LED goes off, and it is said.
  await setAll(camera, { LedCalMode: 'Off', ExposureTime: 8000 });
  await setAll(camera, { LedCalMode: 'Start', LedPulsePosition: 1_990_000 });
  await camera.set('ExposureTime', 1000).catch((error) => {
    refusal = String(error);
  });
  assert.match(refusal, /the pulse would stand at 1476080/);
  assert.equal([settingOf(camera, 'ExposureTime'), settingOf(camera, 'LedCalMode')], [1000, 'Off']);
  await camera.close();
  const other = await bench.open(box?.uri.slice(4));
  assert.match(reasonOfControl(other, 'GpsPositionStart') ?? '', /QHY411M has no receiver of its own/);
  await other.close();
  assert.equal(bench.misuses(), []);
});

test.run();
