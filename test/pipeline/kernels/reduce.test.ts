import * as assert from 'uvu/assert';
import { type BinFactor, bin16, bin16Reference, shiftTo16, shiftTo16Reference } from '#pipeline/kernels/bin.js';
import {
  encodeFits16,
  encodeFits16Reference,
  encodeFits32,
  encodeFits32Reference,
} from '#pipeline/kernels/fits-pixels.js';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import { PreviewReducer, previewRowStart, previewScratch, previewShape } from '#pipeline/kernels/preview.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const refused = (work: () => unknown, code = 'kernel.size') =>
  assert.throws(work, (error: unknown) => error instanceof KernelError && error.code === code);

test('binning sums and averages the boxes, worked out by hand', () => {
  const pixels = Uint16Array.of(1, 2, 3, 4, 99, 5, 6, 7, 9, 99, 99, 99, 99, 99, 99);
  const sums = new Uint32Array(2);
  bin16(pixels, 0, 5, 3, 2, 'sum', sums, new Uint32Array(5));
  assert.equal([...sums], [14, 23]);
  const means = new Uint16Array(2);
  bin16(pixels, 0, 5, 3, 2, 'mean', means, new Uint32Array(5));
  assert.equal([...means], [3, 5]);
  const large = new Uint32Array(1);
  bin16(new Uint16Array(16).fill(65_535), 0, 4, 4, 4, 'sum', large, new Uint32Array(4));
  assert.is(large[0], 16 * 65_535);
});

test('the addon bins as the specification does, whatever is left over at the sides', () => {
  for (const factor of [2, 3, 4] as const) {
    for (const [width, rows] of [
      [1, 1],
      [4, 4],
      [67, 13],
      [128, 12],
      [301, 7],
      [3, 200],
    ] as const) {
      const pixels = randomPixels(width * rows + 3, 16, width * factor);
      const boxes = Math.floor(width / factor) * Math.floor(rows / factor);
      for (const [kind, by] of [
        [Uint32Array, 'sum'],
        [Uint16Array, 'sum'],
        [Uint16Array, 'mean'],
      ] as const) {
        const [own, reference] = [new kind(boxes), new kind(boxes)];
        bin16(pixels, 3, width, rows, factor, by, own, new Uint32Array(width));
        bin16Reference(pixels, 3, width, rows, factor, by, reference);
        assert.equal(own, reference, `${by} ${factor}: ${width} x ${rows}`);
      }
    }
  }
  refused(() => bin16(new Uint16Array(15), 0, 4, 4, 2, 'sum', new Uint32Array(4), new Uint32Array(4)));
  refused(() => bin16(new Uint16Array(16), 0, 4, 4, 2, 'sum', new Uint32Array(3), new Uint32Array(4)));
  refused(() => bin16(new Uint16Array(16), 0, 4, 4, 2, 'sum', new Uint32Array(4), new Uint32Array(3)));
  refused(() => bin16(new Uint16Array(16), 0, 4, 4, 2, 'mean', new Uint32Array(4), new Uint32Array(4)));
  refused(() => bin16(new Uint16Array(25), 0, 5, 5, 5 as BinFactor, 'sum', new Uint32Array(4), new Uint32Array(5)));
});

/** A preview straight from its definition. */
function previewOf(pixels: Uint16Array, width: number, height: number, outWidth: number) {
  const shape = previewShape(width, height, outWidth);
  const mean = new Uint16Array(shape.width * shape.height);
  const maximum = new Uint16Array(mean.length);
  for (let y = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++) {
      let [sum, count, most] = [0, 0, 0];
      for (
        let row = previewRowStart(height, shape.height, y);
        row < previewRowStart(height, shape.height, y + 1);
        row++
      ) {
        for (let at = Math.floor((x * width) / outWidth); at < Math.floor(((x + 1) * width) / outWidth); at++) {
          const value = pixels[row * width + at] as number;
          sum += value;
          count++;
          most = Math.max(most, value);
        }
      }
      mean[y * shape.width + x] = Math.floor(sum / count);
      maximum[y * shape.width + x] = most;
    }
  }
  return { mean, maximum, shape };
}

test('a preview is the mean and maximum of its boxes, however the rows come', () => {
  for (const [width, height, outWidth] of [
    [1, 1, 1],
    [64, 48, 64],
    [100, 70, 33],
    [101, 71, 16],
    [320, 240, 7],
    [17, 300, 5],
    [300, 3, 10],
  ] as const) {
    const pixels = randomPixels(width * height, 16, width);
    const expected = previewOf(pixels, width, height, outWidth);
    for (const rowsAtOnce of [1, 7, height]) {
      const { mean, maximum } = { mean: expected.mean.slice().fill(0), maximum: expected.mean.slice().fill(0) };
      const reducer = new PreviewReducer({ width, height, outWidth }, mean, maximum, previewScratch(width));
      for (let row = 0; row < height; row += rowsAtOnce) {
        reducer.addRows(pixels, row * width, row, Math.min(rowsAtOnce, height - row));
      }
      assert.equal(mean, expected.mean, `${width} x ${height} to ${outWidth}`);
      assert.equal(maximum, expected.maximum);
    }
  }
});

test('bands make their rows of the preview in any order, and one bright pixel survives in the maximum', () => {
  const [width, height, outWidth] = [200, 150, 20];
  const pixels = new Uint16Array(width * height).fill(100);
  pixels[77 * width + 133] = 4095;
  const { shape, mean, maximum } = previewOf(pixels, width, height, outWidth);
  const own = { mean: new Uint16Array(mean.length), maximum: new Uint16Array(mean.length) };
  const scratch = previewScratch(width);
  const starts = [0, 4, 9, shape.height].map((row) => previewRowStart(height, shape.height, row));
  for (const band of [2, 0, 1]) {
    const [from = 0, to = 0] = [starts[band], starts[band + 1]];
    new PreviewReducer({ width, height, outWidth }, own.mean, own.maximum, scratch).addRows(
      pixels,
      from * width,
      from,
      to - from,
    );
  }
  assert.equal(own, { mean, maximum });
  assert.is(Math.max(...own.maximum), 4095);
  refused(
    () => new PreviewReducer({ width, height, outWidth }, own.mean, own.maximum, scratch).addRows(pixels, 0, 1, 1),
    'kernel.order',
  );
  refused(() => new PreviewReducer({ width, height, outWidth: 201 }, own.mean, own.maximum, scratch));
  refused(() => new PreviewReducer({ width, height, outWidth }, own.mean, own.maximum, previewScratch(199)));
});

test('FITS pixels are big-endian and 32768 lower', () => {
  const out = new Uint8Array(9);
  encodeFits16(Uint16Array.of(0, 1, 0x8000, 0xffff), 4, out, 1);
  assert.equal([...out], [0, 0x80, 0x00, 0x80, 0x01, 0x00, 0x00, 0x7f, 0xff]);
  const pixels = randomPixels(1_003, 16, 1);
  const [own, reference] = [new Uint8Array(2_009), new Uint8Array(2_009)];
  encodeFits16(pixels, 1_003, own, 3);
  encodeFits16Reference(pixels, 1_003, reference, 3);
  assert.equal(own, reference);
  refused(() => encodeFits16(pixels, 1_003, own, 4));
});

test('FITS pixels of 32 bits are big-endian and 2147483648 lower; wide sums are shifted to 16 bits', () => {
  const out = new Uint8Array(17);
  encodeFits32(Uint32Array.of(0, 1, 0x8000_0000, 0xffff_fffe), 4, out, 1);
  assert.equal([...out], [0, 0x80, 0, 0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xfe]);
  const values = Uint32Array.from(randomPixels(1_003, 16, 5), (value, i) => value * 65_537 + i);
  const [own, reference] = [new Uint8Array(4_015), new Uint8Array(4_015)];
  encodeFits32(values, 1_003, own, 3);
  encodeFits32Reference(values, 1_003, reference, 3);
  assert.equal(own, reference);
  refused(() => encodeFits32(values, 1_003, own, 4));
  for (const shift of [0, 4, 31]) {
    const [few, expected] = [new Uint16Array(1_003), new Uint16Array(1_003)];
    shiftTo16(values, 1_003, shift, few);
    shiftTo16Reference(values, 1_003, shift, expected);
    assert.equal(few, expected);
  }
  refused(() => shiftTo16(values, 1_003, 4, new Uint16Array(1_002)));
  refused(() => shiftTo16(values, 1_003, 32, new Uint16Array(1_003)));
});

againWithoutAvx2(import.meta.url);
test.run();
