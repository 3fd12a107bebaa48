import * as assert from 'uvu/assert';
import { fitLedCalibration } from '#gps/calibration/led-calibration.js';
import { fitLedEdge, LedFitError, type LedPoint, type LedSeries } from '#gps/calibration/led-edge.js';
import type { RowModel } from '#gps/rows/row-model.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const GLOBAL: RowModel = {
  shutter: 'global',
  linePeriodNs: null,
  rowUnit: 'sensor-row',
  rowPairs: false,
  rowZeroEndOffsetNs: null,
  firstLine: 0,
  linesPerRow: 1,
  rowDirection: 'top-down',
  rows: 240,
  readoutBoundNs: 0n,
  origin: 'camera',
};
const ROLLING: RowModel = {
  ...GLOBAL,
  shutter: 'rolling',
  linePeriodNs: 13_800n,
  rowZeroEndOffsetNs: 1_974_300n,
  rowPairs: true,
  firstLine: 100,
};

function normalOf(seed: number): () => number {
  const random = randomOf(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

interface Truth {
  readonly edge: 'start' | 'end';
  readonly edgeNs: number;
  readonly widthNs?: number;
  readonly dark?: number;
  readonly light?: number;
  readonly noise?: number;
  readonly points?: number;
  /** Where the pulses stand about the edge, in widths. */
  readonly from?: number;
  readonly to?: number;
  readonly outliers?: number;
}

function seriesOf(truth: Truth, seed: number): LedSeries {
  const { edge, edgeNs, widthNs = 3_400, dark = 105, light = 1_500, noise = 5, points = 25, outliers = 0 } = truth;
  const { from = -1.5, to = 1.5 } = truth;
  const normal = normalOf(seed);
  const middleNs = edgeNs - widthNs / 2;
  const made = Array.from({ length: points }, (_, i): LedPoint => {
    const pulseNs = middleNs + widthNs * (from + ((to - from) * i) / (points - 1));
    const shared =
      edge === 'start' ? pulseNs + widthNs - Math.max(pulseNs, edgeNs) : Math.min(pulseNs + widthNs, edgeNs) - pulseNs;
    const share = Math.max(0, shared) / widthNs;
    const wild = i % 7 === 3 && i / 7 < outliers ? light / 3 : 0;
    return { pulseNs, brightness: dark + light * share + noise * normal() + wild, saturated: false };
  });
  return { edge, pulseWidthNs: widthNs, points: made, reference: { dark, lit: dark + light, noise } };
}

const codeOf = (series: LedSeries): string => {
  try {
    fitLedEdge(series);
    return 'no error';
  } catch (error) {
    assert.instance(error, LedFitError);
    return (error as LedFitError).code;
  }
};

test('edges are found without bias, and their standard deviation is what the errors show', () => {
  const random = randomOf(11);
  for (const edge of ['start', 'end'] as const) {
    const scores: number[] = [];
    for (let seed = 1; seed <= 400; seed++) {
      const edgeNs = (random() - 0.5) * 2e6;
      const noise = 1 + 30 * random();
      const fit = fitLedEdge(seriesOf({ edge, edgeNs, noise, widthNs: 700 + 2_700 * random() }, seed));
      scores.push((fit.edgeNs - edgeNs) / fit.sigmaNs);
    }
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const rms = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / scores.length);
    assert.ok(Math.abs(mean) < 0.2, `${edge}: mean ${mean}`);
    assert.ok(rms > 0.8 && rms < 1.35, `${edge}: rms ${rms}`);
    assert.ok(scores.filter((score) => Math.abs(score) > 3).length <= 12, `${edge}: beyond 3 sigma`);
  }
});

test('pixels of few units, which all frames round alike, are not believed more than places average out', () => {
  const random = randomOf(12);
  const scores: number[] = [];
  for (let seed = 1; seed <= 200; seed++) {
    const edgeNs = (random() - 0.5) * 2e6;
    const [light, phase] = [50 + 20 * random(), random() - 0.5];
    const span = { points: 14, from: -2 + phase, to: 2 + phase };
    const series = seriesOf({ edge: 'start', edgeNs, light, noise: 0.01, ...span }, seed);
    const rounded = series.points.map((point) => ({ ...point, brightness: Math.round(point.brightness) }));
    const fit = fitLedEdge({ ...series, points: [...rounded, ...rounded, ...rounded] });
    scores.push((fit.edgeNs - edgeNs) / fit.sigmaNs);
  }
  const rms = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / scores.length);
  assert.ok(rms > 0.4 && rms < 1.2, `rms ${rms}`);
  assert.ok(Math.max(...scores.map(Math.abs)) < 3.5);
});

test('light that is far above its noise is fitted as well: no step of the search is as fine', () => {
  const random = randomOf(13);
  for (const edge of ['start', 'end'] as const) {
    for (let seed = 1; seed <= 100; seed++) {
      const edgeNs = (random() - 0.5) * 2e6;
      const series = seriesOf({ edge, edgeNs, light: 22_000, noise: 3 * random(), from: -2, to: 2 }, seed);
      const fit = fitLedEdge(series);
      assert.is(fit.outliers, 0);
      assert.ok(Math.abs(fit.edgeNs - edgeNs) < 2, `${fit.edgeNs} for ${edgeNs}`);
    }
  }
});

test('points that lie far off are left out and told', () => {
  const clean = fitLedEdge(seriesOf({ edge: 'start', edgeNs: 12_345 }, 5));
  const fit = fitLedEdge(seriesOf({ edge: 'start', edgeNs: 12_345, outliers: 4 }, 5));
  assert.is(fit.outliers, 4);
  assert.is(fit.points, 21);
  assert.ok(Math.abs(fit.edgeNs - 12_345) < 4 * fit.sigmaNs, `${fit.edgeNs} +- ${fit.sigmaNs}`);
  assert.ok(fit.sigmaNs < 2 * clean.sigmaNs);
});

test('what shows no edge is refused by name', () => {
  const truth: Truth = { edge: 'end', edgeNs: -700 };
  const plain = seriesOf(truth, 3);
  assert.is(codeOf(plain), 'no error');
  assert.is(codeOf({ ...plain, points: plain.points.slice(0, 11) }), 'led.too-few-points');
  assert.is(codeOf(seriesOf({ ...truth, light: 30 }, 3)), 'led.not-seen');
  assert.is(codeOf({ ...plain, points: plain.points.map((p) => ({ ...p, saturated: true })) }), 'led.saturated');
  for (const [from, to] of [
    [-4, -1],
    [1, 4],
    [-1.5, 0],
    [0.2, 2],
  ] as const) {
    assert.is(codeOf(seriesOf({ ...truth, from, to }, 3)), 'led.no-edge', `${from} to ${to}`);
  }
  const noisy = { ...seriesOf({ ...truth, noise: 600 }, 3), reference: { dark: 105, lit: 1_605, noise: 5 } };
  assert.ok(['led.noise', 'led.no-edge'].includes(codeOf(noisy)), codeOf(noisy));
});

test('a global shutter has the offsets of its edges, a rolling one those of line 0', () => {
  for (const [startNs, endNs] of [
    [1_500n, -2_700n],
    [-250_000n, 310_000n],
    [0n, 0n],
  ] as const) {
    const ofGlobal = fitLedCalibration({
      start: seriesOf({ edge: 'start', edgeNs: Number(startNs) }, 1),
      end: seriesOf({ edge: 'end', edgeNs: Number(endNs) }, 2),
      rows: GLOBAL,
      ledRow: 77,
      exposureNs: 5_000_000n,
    });
    assert.ok(near(ofGlobal.startOffsetNs, startNs, 4n * ofGlobal.sigmaNs));
    assert.ok(near(ofGlobal.endOffsetNs, endNs, 4n * ofGlobal.sigmaNs));
    assert.ok(ofGlobal.sigmaNs < 20n && ofGlobal.residualNs < 40n, `${ofGlobal.sigmaNs} ${ofGlobal.residualNs}`);
    // Row 77 of the image is line 177, which ends with its pair's first, 176.
    const edge = 1_974_300n + 176n * 13_800n;
    const rolling = fitLedCalibration({
      start: seriesOf({ edge: 'start', edgeNs: Number(edge - 40_000_000n + startNs) }, 3),
      end: seriesOf({ edge: 'end', edgeNs: Number(edge + endNs) }, 4),
      rows: ROLLING,
      ledRow: 77,
      exposureNs: 40_000_000n,
    });
    assert.ok(near(rolling.startOffsetNs, startNs, 4n * rolling.sigmaNs));
    assert.ok(near(rolling.endOffsetNs, endNs, 4n * rolling.sigmaNs));
  }
});

test('without a line period only line 0 can be calibrated', () => {
  const run = {
    start: seriesOf({ edge: 'start', edgeNs: 100 - 1_000_000 }, 1),
    end: seriesOf({ edge: 'end', edgeNs: 100 }, 2),
    rows: { ...ROLLING, linePeriodNs: null, rowZeroEndOffsetNs: null, firstLine: 0 },
    exposureNs: 1_000_000n,
  };
  assert.throws(
    () => fitLedCalibration({ ...run, ledRow: 4 }),
    (error: Error) => (error as LedFitError).code === 'led.line-period',
  );
  const { startOffsetNs, endOffsetNs } = fitLedCalibration({ ...run, ledRow: 0 });
  assert.ok(near(startOffsetNs, 100n, 50n) && near(endOffsetNs, 100n, 50n));
});

const near = (a: bigint, b: bigint, within: bigint): boolean => a - b <= within && b - a <= within;

test.run();
