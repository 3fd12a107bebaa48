import * as assert from 'uvu/assert';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { LedSpot } from '#src/cameras/simulator/led-spot.js';
import { type CameraModel, cameraModelByName } from '#src/cameras/simulator/models.js';
import { Scene } from '#src/cameras/simulator/scene.js';
import { test } from '#test/support/test.js';

const model = cameraModelByName('tiny') as CameraModel;

function frameOf(formatName: string, gainDb = 0, offsetX = 0) {
  const format = pixelFormatByName(formatName);
  if (format === undefined) throw new Error(formatName);
  const region = { format, width: 320 - offsetX, height: 240, offsetX, offsetY: 0 };
  const options = { scene: 'stars' as const, seed: 3, ...region, exposureNs: 500_000n, gainDb };
  const scene = new Scene(model, options);
  const payload = new Uint8Array(scene.payloadBytes);
  scene.fill(payload, 0);
  const spot = new LedSpot(model, {
    ...options,
    electronsPerUnit: scene.electronsPerUnit,
    maximumUnits: scene.maximumUnits,
  });
  return { payload, spot, before: payload.slice() };
}

test('the LED lights its spot and nothing else, and leaves nothing behind', () => {
  for (const name of ['Mono8', 'Mono12', 'Mono12p', 'Mono12Packed', 'Mono16']) {
    const { payload, spot, before } = frameOf(name);
    spot.draw(payload, 0, 1, null);
    assert.equal(payload, before, `${name}: off from the start`);
    spot.draw(payload, 0, 1, () => 3_400);
    const changed = payload.reduce((sum, byte, i) => sum + (byte === before[i] ? 0 : 1), 0);
    assert.ok(changed >= 300 && changed <= 24 * 16 * 2, `${name}: ${changed} bytes`);
    spot.draw(payload, 0, 2, () => 0);
    assert.equal(payload, before, `${name}: no light`);
    spot.draw(payload, 0, 3, () => 1_000);
    spot.draw(payload, 0, 4, null);
    assert.equal(payload, before, `${name}: off`);
  }
});

test('its light grows with the time it shines, to a quarter of the full well, and is cut at the largest value', () => {
  const mean = (gainDb: number, litNs: number) => {
    const { payload, spot, before } = frameOf('Mono12', gainDb);
    spot.draw(payload, 0, 1, () => litNs);
    const view = new DataView(payload.buffer);
    const dark = new DataView(before.buffer);
    let [sum, most] = [0, 0];
    for (let y = 112; y < 128; y++) {
      for (let x = 148; x < 172; x++) {
        const value = view.getUint16(2 * (320 * y + x), true);
        sum += value - dark.getUint16(2 * (320 * y + x), true);
        most = Math.max(most, value);
      }
    }
    return { mean: sum / 384, most };
  };
  assert.ok(Math.abs(mean(0, 3_400).mean - 1_024) < 15, String(mean(0, 3_400).mean));
  assert.ok(Math.abs(mean(0, 340).mean - 102) < 5, String(mean(0, 340).mean));
  assert.is(mean(24, 3_400).most, 4_095);
});

test('a region that leaves the spot out is not lit', () => {
  const { payload, spot, before } = frameOf('Mono12', 0, 200);
  spot.draw(payload, 0, 1, () => 3_400);
  assert.equal(payload, before);
});

test.run();
