import * as assert from 'uvu/assert';
import { LedControl } from '#src/calibration/led-features.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { test } from '#test/support/test.js';

/** A camera that has `values` for features and nothing else that is asked for here. */
function cameraWith(values: Record<string, bigint>) {
  const set: [string, unknown][] = [];
  const features: StreamCamera['features'] = {
    has: (name) => name in values,
    integer: async (name) => values[name] as bigint,
    set: async (name, value) => {
      set.push([name, value]);
    },
  };
  const identity = { vendor: 'Maker', model: 'ACE', serial: '7', version: '1' };
  const controls: StreamCamera['controls'] = { list: async () => [], set: async () => [] };
  return { camera: { controls, features, identity } as StreamCamera, set };
}

const FEATURES = {
  LedCalMode: 0n,
  LedPulsePosition: 0n,
  LedPulseWidth: 0n,
  LedPulseOrigin: 5_000n,
  LedPulseTickFrequency: 10_000_000n,
};

test('a camera that cannot drive an LED is refused with what it lacks', async () => {
  try {
    await LedControl.open(cameraWith({ LedCalMode: 0n, LedPulseWidth: 0n }).camera, 54);
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code: string }).code, 'calibration.features');
    assert.match((error as Error).message, 'ACE 7');
    assert.match((error as Error).message, 'LedPulsePosition, LedPulseOrigin, LedPulseTickFrequency');
  }
});

test('positions are set in whole ticks from the origin, and told as they really are', async () => {
  const { camera, set } = cameraWith(FEATURES);
  const led = await LedControl.open(camera, 54);
  assert.is(led.pulseWidthNs, 5_400);
  assert.is(await led.shine('start', -249), -200);
  assert.is(await led.shine('start', 1_000), 1_000);
  assert.is(await led.shine('end', 0), 0);
  await led.off();
  assert.equal(set, [
    ['LedPulseWidth', 54],
    ['LedPulsePosition', 4_998n],
    ['LedCalMode', 'Start'],
    ['LedPulsePosition', 5_010n],
    ['LedPulsePosition', 5_000n],
    ['LedCalMode', 'End'],
    ['LedCalMode', 'Off'],
  ]);
});

test.run();
