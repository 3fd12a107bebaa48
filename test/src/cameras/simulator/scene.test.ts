import * as assert from 'uvu/assert';
import { pixelFormatByName, pixelFormats } from '#pipeline/wire/pixel-formats.js';
import { type CameraModel, cameraModelByName } from '#src/cameras/simulator/models.js';
import { noiseProbabilities } from '#src/cameras/simulator/noise.js';
import { packPixels, readPixel, sampleFormatOf, writePixel } from '#src/cameras/simulator/pixel-packing.js';
import { Scene, type SceneOptions, scenePixels } from '#src/cameras/simulator/scene.js';
import { test } from '#test/support/test.js';

const tiny = cameraModelByName('tiny') as CameraModel;
const formatOf = (name: string) => {
  const format = pixelFormatByName(name);
  if (!format) throw new Error(name);
  return format;
};
const options = (changes: Partial<SceneOptions> = {}): SceneOptions => ({
  scene: 'noise',
  seed: 5,
  format: formatOf('Mono12'),
  width: 320,
  height: 240,
  offsetX: 0,
  offsetY: 0,
  exposureNs: 500_000n,
  gainDb: 0,
  ...changes,
});

function statistics(pixels: Uint16Array): { mean: number; variance: number } {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length;
  return { mean, variance };
}

test('noise has the mean and the variance of Poisson light over Gaussian read noise', () => {
  // 200,000 e/s for 0.5 ms: 100 e of sky at 4 e a unit; read noise 6 e.
  for (const gainDb of [0, 6]) {
    const electronsPerUnit = 4 / 10 ** (gainDb / 20);
    const expectedMean = 100 + 100 / electronsPerUnit;
    const expectedVariance = (100 + 36) / electronsPerUnit ** 2 + 1 / 12;
    const scene = new Scene(tiny, options({ gainDb }));
    for (const index of [0, 1, 77]) {
      const { mean, variance } = statistics(scene.pixels(index));
      // Five standard errors of 76,800 pixels.
      assert.ok(Math.abs(mean - expectedMean) < 5 * Math.sqrt(expectedVariance / 76_800), `mean ${mean}`);
      assert.ok(Math.abs(variance / expectedVariance - 1) < 5 * Math.sqrt(2 / 76_800), `variance ${variance}`);
    }
  }
});

test('faint light keeps the skewness of Poisson noise', () => {
  const { first, weights } = noiseProbabilities({
    skyElectrons: 2,
    readNoiseElectrons: 0.1,
    electronsPerUnit: 1,
    offsetUnits: 10,
    maximumUnits: 4095,
  });
  const at = (value: number) => weights[value - first] ?? 0;
  for (const [k, probability] of [0.1353, 0.2707, 0.2707, 0.1804, 0.0902].entries()) {
    assert.ok(Math.abs(at(10 + k) - probability) < 2e-4, `P(${k}) = ${at(10 + k)}`);
  }
});

test('pixels of different places and frames are independent', () => {
  const scene = new Scene(tiny, options());
  const [a, b] = [scene.pixels(3), scene.pixels(4)];
  const correlation = (x: Uint16Array, y: Uint16Array, shift: number) => {
    const [mx, my] = [statistics(x), statistics(y)];
    let sum = 0;
    for (let i = 0; i + shift < x.length; i++) {
      sum += ((x[i] as number) - mx.mean) * ((y[i + shift] as number) - my.mean);
    }
    return sum / x.length / Math.sqrt(mx.variance * my.variance);
  };
  for (const shift of [1, 2, 320]) assert.ok(Math.abs(correlation(a, a, shift)) < 0.02, `neighbour ${shift}`);
  assert.ok(Math.abs(correlation(a, b, 0)) < 0.02, 'next frame');
});

test('the payload holds the pixels of the scene in every format, odd sizes included', () => {
  for (const name of tiny.formats) {
    const format = formatOf(name);
    for (const [width, height] of [
      [320, 240],
      [33, 7],
    ] as const) {
      const scene = new Scene(tiny, options({ scene: 'stars', format, width, height, offsetX: 5, offsetY: 9 }));
      const pixels = scene.pixels(2);
      const payload = new Uint8Array(scene.payloadBytes);
      scene.fill(payload, 2);
      const packed = new Uint8Array(scene.payloadBytes);
      packPixels(pixels, format, packed);
      assert.ok(Buffer.from(payload).equals(Buffer.from(packed)), `${name} ${width}x${height}`);
      const read = pixels.map((_, i) => readPixel(payload, sampleFormatOf(format), i));
      assert.ok(Buffer.from(read.buffer).equals(Buffer.from(pixels.buffer)), `${name} ${width}x${height} read back`);
    }
  }
});

test('packed pixels lie as the naming convention says', () => {
  const pack = (name: string, values: number[]) => {
    const format = formatOf(name);
    const bytes = new Uint8Array(Math.ceil((values.length * format.bitsPerPixel) / 8));
    packPixels(Uint16Array.from(values), format, bytes);
    return Buffer.from(bytes).toString('hex');
  };
  assert.is(pack('Mono8', [0x12, 0x34]), '1234');
  assert.is(pack('Mono16', [0x1234, 0xabcd]), '3412cdab');
  assert.is(pack('Mono32', [0x1234, 0xabcd]), '34120000cdab0000');
  assert.is(pack('Mono12p', [0xabc, 0x123]), 'bc3a12');
  assert.is(pack('Mono12Packed', [0xabc, 0x123]), 'ab3c12');
  assert.is(pack('Mono10Packed', [0x2ab, 0x155]), 'aa1355');
  assert.is(pack('Mono10p', [1, 0, 0, 0x3ff]), '010000c0ff');
  assert.is(pack('Mono14p', [0x3fff, 0, 0, 1]), 'ff3f0000000400');
});

test('writing a pixel leaves its neighbours', () => {
  for (const format of pixelFormats.filter((f) => !f.color && f.name !== 'Mono8s')) {
    const bytes = new Uint8Array(40).fill(0xff);
    const all = 2 ** format.bitDepth - 1;
    writePixel(bytes, format, 5, 0);
    for (let i = 0; i < 10; i++) {
      const expected =
        i === 5 ? 0 : format.bitDepth < 16 && format.packing === 'unpacked' ? readPixel(bytes, format, 4) : all;
      assert.is(readPixel(bytes, format, i), expected, `${format.name} pixel ${i}`);
    }
  }
});

test('the same seed gives the same pixels, another seed others', () => {
  const a = scenePixels(tiny, options({ scene: 'stars' }), 9);
  assert.equal(a, scenePixels(tiny, options({ scene: 'stars' }), 9));
  assert.not.equal(a, scenePixels(tiny, options({ scene: 'stars', seed: 6 }), 9));
});

test('stars stay, the satellite crosses, the meteor comes and goes, the occulted star dims', () => {
  /** Mean of a part of the image above the star field alone. */
  const excess = (scene: SceneOptions['scene'], index: number, area: readonly number[] = [0, 320, 0, 240]) => {
    const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = area;
    const [pixels, stars] = [scene, 'stars' as const].map((name) => scenePixels(tiny, options({ scene: name }), index));
    let total = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        total += (pixels?.[y * 320 + x] as number) - (stars?.[y * 320 + x] as number);
      }
    }
    return total / ((x1 - x0) * (y1 - y0));
  };
  assert.ok(excess('noise', 0) < -0.5);
  // 256 frames in the loop: the satellite is at x = 320 index / 256, y from 0.2 to 0.7 of the height.
  const middle = [158, 164, 105, 112];
  assert.ok(excess('streak', 128, middle) > 100);
  assert.ok(Math.abs(excess('streak', 20, middle)) < 30);
  assert.ok(excess('meteor', 160) > 0.3);
  assert.ok(Math.abs(excess('meteor', 10)) < 0.3);
  const target = [158, 163, 118, 123];
  assert.ok(excess('occultation', 10, target) > 300);
  assert.ok(Math.abs(excess('occultation', 128, target)) < 60);
});

test('a region of interest shows its part of the sensor', () => {
  const whole = scenePixels(tiny, options({ scene: 'occultation' }), 0);
  const part = scenePixels(
    tiny,
    options({ scene: 'occultation', width: 40, height: 40, offsetX: 140, offsetY: 100 }),
    0,
  );
  const brightest = (pixels: Uint16Array) => pixels.indexOf(Math.max(...pixels));
  const at = brightest(part);
  assert.ok(Math.abs((at % 40) + 140 - 160) <= 2 && Math.abs(Math.floor(at / 40) + 100 - 120) <= 2);
  assert.is(whole.length, 320 * 240);
});

test.run();
