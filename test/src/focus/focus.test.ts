import * as assert from 'uvu/assert';
import { saturationOf } from '#src/focus/focus-image.js';
import { measureMosaic, measureStars } from '#src/focus/measure-stars.js';
import type { Star } from '#src/focus/star.js';
import { bestOf, trendOf } from '#src/focus/trend.js';
import { randomOf } from '#test/support/random.js';
import { fluxOfSnr, type MadeStar, SCENE, starScene } from '#test/support/star-scene.js';
import { test } from '#test/support/test.js';

/** Stars far from each other, at places between the pixels that differ. */
function grid(count: number, make: Omit<MadeStar, 'x' | 'y'>, spacing = 48): MadeStar[] {
  const random = randomOf(7);
  return Array.from({ length: count }, (_, i) => ({
    ...make,
    x: spacing * ((i % 5) + 0.5) + random() - 0.5,
    y: spacing * (Math.floor(i / 5) + 0.5) + random() - 0.5,
  }));
}

function nearest(stars: readonly Star[], { x, y }: { readonly x: number; readonly y: number }): Star {
  const [star] = [...stars].sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y));
  if (star === undefined || Math.hypot(star.x - x, star.y - y) > 3) throw new Error(`no star at ${x}, ${y}`);
  return star;
}

const shares = (made: readonly MadeStar[], stars: readonly Star[], of: (star: Star) => number | null): number[] =>
  made.map((each) => (of(nearest(stars, each)) ?? Number.NaN) / each.fwhm).sort((a, b) => a - b);

const rms = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - 1) ** 2, 0) / values.length);

for (const beta of [undefined, 4.5, 3] as const) {
  const kind = beta === undefined ? 'Gaussian' : `Moffat (beta ${beta})`;
  for (const fwhm of [2, 3.3, 6]) {
    test(`the FWHM of ${kind} stars of ${fwhm} pixels is right within 5 % at a signal of 50 times the noise`, () => {
      const shape = { fwhm, ...(beta === undefined ? {} : { beta }) };
      const made = grid(25, { ...shape, flux: fluxOfSnr(50, shape) });
      const { stars, medianFwhm, telling } = measureStars(starScene(made));
      const found = shares(made, stars, (star) => star.fwhm);
      assert.ok(rms(found) < 0.05, `rms ${rms(found)} of ${found}`);
      assert.ok(Math.abs((medianFwhm ?? 0) / fwhm - 1) < 0.025, `median ${medianFwhm}`);
      assert.is(telling, 25);
    });
  }
}

test('bright stars are measured within 2 %, and their places within a hundredth of a pixel', () => {
  const made = grid(25, { fwhm: 3, beta: 3.5, flux: fluxOfSnr(1_000, { fwhm: 3, beta: 3.5 }) });
  const { stars } = measureStars(starScene(made));
  for (const each of made) {
    const star = nearest(stars, each);
    assert.ok(Math.abs((star.fwhm ?? 0) / 3 - 1) < 0.02, `FWHM ${star.fwhm}`);
    assert.ok(Math.hypot(star.x - each.x, star.y - each.y) < 0.01, `${star.x} ${star.y} is ${each.x} ${each.y}`);
  }
});

test('the half-flux diameter of a Gaussian star is its FWHM', () => {
  const made = grid(25, { fwhm: 4, flux: fluxOfSnr(200, { fwhm: 4 }) });
  const { stars, medianHfd } = measureStars(starScene(made));
  // With the width of a pixel in it.
  const seen = Math.sqrt(4 * 4 + 0.46) / 4;
  const found = shares(made, stars, (star) => star.hfd / seen);
  assert.ok(rms(found) < 0.03, `rms ${rms(found)}`);
  assert.ok(Math.abs((medianHfd ?? 0) / (4 * seen) - 1) < 0.02);
});

test('a star out of focus, which is a ring, is one star, with the diameter that holds half of its light', () => {
  const made: MadeStar[] = [
    { x: 70.3, y: 80.6, fwhm: 30, flux: 200_000, hole: 0.4 },
    { x: 180.3, y: 170.6, fwhm: 30, flux: 150_000, hole: 0.4 },
  ];
  const { stars } = measureStars(starScene(made));
  assert.is(stars.length, 2);
  // Half of the lit area lies within the radius r of r^2 = (1 + 0.4^2) / 2 of that of the ring.
  const truth = 30 * Math.sqrt((1 + 0.4 ** 2) / 2);
  for (const star of stars) assert.ok(Math.abs(star.hfd / truth - 1) < 0.04, `HFD ${star.hfd}, not ${truth}`);
});

test('a star that is longer than wide says how much', () => {
  const made = grid(9, { fwhm: 4, flux: fluxOfSnr(300, { fwhm: 4 }), axes: 1.25 });
  for (const each of made) {
    const { ellipticity, fwhm } = nearest(measureStars(starScene(made)).stars, each);
    assert.ok(Math.abs((ellipticity ?? 0) - 0.2) < 0.03, `ellipticity ${ellipticity}`);
    assert.ok(Math.abs((fwhm ?? 0) / 4 - 1) < 0.03);
  }
});

test('hot pixels are neither stars nor change them', () => {
  const random = randomOf(3);
  const made = grid(25, { fwhm: 3, flux: fluxOfSnr(100, { fwhm: 3 }) });
  const image = starScene(made);
  for (let i = 0; i < 300; i++) image.pixels[Math.floor(random() * image.pixels.length)] = 60_000;
  const { stars, hotPixels, medianFwhm } = measureStars(image);
  assert.ok(hotPixels > 250, `${hotPixels} hot pixels`);
  assert.ok(stars.length <= 30, `${stars.length} stars`);
  assert.ok(Math.abs((medianFwhm ?? 0) / 3 - 1) < 0.03, `FWHM ${medianFwhm}`);
});

test('noise alone has no star', () => {
  const { stars, noise } = measureStars(starScene([], { seed: 5 }));
  assert.is(stars.length, 0);
  assert.ok(Math.abs(noise / SCENE.noise - 1) < 0.05, `noise ${noise}`);
});

test('a saturated star is told, and has no part in the median', () => {
  const made: MadeStar[] = [
    { x: 60.2, y: 60.4, fwhm: 4, flux: 200_000 },
    { x: 180.1, y: 60.3, fwhm: 4, flux: 20_000 },
  ];
  const image = starScene(made, { bitDepth: 12 });
  assert.is(image.saturation, saturationOf(12));
  const { stars, telling } = measureStars(image);
  const bright = nearest(stars, { x: 60.2, y: 60.4 });
  assert.ok(bright.isSaturated);
  assert.ok(Math.abs((bright.fwhm ?? 0) / 4 - 1) < 0.1, `FWHM ${bright.fwhm}`);
  assert.not.ok(nearest(stars, { x: 180.1, y: 60.3 }).isSaturated);
  assert.is(telling, 1);
});

test('stars in each other and at the edge are told, and have no part in the median', () => {
  const made: MadeStar[] = [
    { x: 60, y: 60, fwhm: 3, flux: 20_000 },
    { x: 66, y: 60, fwhm: 3, flux: 15_000 },
    { x: 1.5, y: 150, fwhm: 3, flux: 20_000 },
    { x: 180, y: 180, fwhm: 3, flux: 20_000 },
  ];
  const { stars, telling, medianFwhm } = measureStars(starScene(made));
  assert.ok(nearest(stars, { x: 60, y: 60 }).isBlended);
  assert.ok(nearest(stars, { x: 66, y: 60 }).isBlended);
  assert.ok(nearest(stars, { x: 1.5, y: 150 }).isAtEdge);
  assert.is(telling, 1);
  assert.ok(Math.abs((medianFwhm ?? 0) / 3 - 1) < 0.05);
});

test('a sky that is not even changes nothing', () => {
  const made = grid(25, { fwhm: 3.5, flux: fluxOfSnr(100, { fwhm: 3.5 }) });
  const image = starScene(made);
  for (let i = 0; i < image.pixels.length; i++)
    image.pixels[i] = (image.pixels[i] ?? 0) + (i % 256) + Math.floor(i / 512);
  const { medianFwhm, telling } = measureStars(image);
  assert.ok(telling >= 24, `${telling} stars`);
  assert.ok(Math.abs((medianFwhm ?? 0) / 3.5 - 1) < 0.03, `FWHM ${medianFwhm}`);
});

test('a place that is given is measured where nothing stands out', () => {
  const star: MadeStar = { x: 100.4, y: 90.2, fwhm: 5, flux: fluxOfSnr(9, { fwhm: 5 }) };
  const { stars } = measureStars(starScene([star]), { x: 101, y: 90 });
  assert.is(stars.length, 1);
});

test('the pattern of a colour mosaic is no star, and its stars are measured in its pixels', () => {
  const made = grid(25, { fwhm: 6, flux: 40_000 });
  const image = starScene(made);
  for (let i = 0; i < image.pixels.length; i++) {
    const isGreen = ((i % 256) + Math.floor(i / 256)) % 2 === 1;
    if (!isGreen) image.pixels[i] = Math.round((image.pixels[i] ?? 0) / 2);
  }
  const { medianFwhm, telling } = measureMosaic(image);
  assert.is(telling, 25);
  assert.ok(Math.abs((medianFwhm ?? 0) / 6 - 1) < 0.06, `FWHM ${medianFwhm}`);
});

test('images without a sky to speak of are taken: one pixel, all the same, all saturated', () => {
  for (const value of [0, 500, 65_535]) {
    for (const size of [1, 2, 7, 100]) {
      const pixels = new Uint16Array(size * size).fill(value);
      assert.is(measureStars({ width: size, height: size, pixels, saturation: 64_000 }).stars.length, 0);
    }
  }
});

test('a focus that gets better is told from one that the air moves', () => {
  const steady = Array.from({ length: 10 }, (_, i) => 3 + (i % 2) * 0.02);
  assert.is(trendOf(steady), 'steady');
  assert.is(trendOf([...steady, 2.8, 2.7, 2.6, 2.5, 2.4]), 'better');
  assert.is(trendOf([...steady, 3.3, 3.4, 3.5, 3.6, 3.7]), 'worse');
  assert.is(trendOf([3, 2]), null);
});

test('the best focus is one that lasted, not the luck of a moment', () => {
  const widths = [5, 4, 3, 1, 3, 3.1, 4, 5];
  const best = bestOf(widths);
  assert.is(best?.width, 3);
  assert.is(bestOf([]), null);
  assert.equal(bestOf([4]), { width: 4, index: 0 });
});

test.run();
