import * as assert from 'uvu/assert';
import { RingProducer } from '#pipeline/receive/ring-producer.js';
import { Ring } from '#pipeline/ring/ring.js';
import { NO_BINNING } from '#pipeline/stages/recorded-shape.js';
import type { StreamContext } from '#src/station/attached-stream.js';
import { readPixels } from '#src/station/frame-pixels.js';
import { MOST_REGION_PIXELS } from '#src/station/station-face.js';
import { sampleRecord } from '#test/storage/sample-session.js';
import { test } from '#test/support/test.js';

/** The QHY411 read out whole: 151 million pixels of 16 bits. */
const [WIDTH, HEIGHT] = [14_304, 10_748];
const MONO16 = 0x01100007;
const value = (x: number, y: number) => (x * 7 + y * 13) & 0xffff;

test('what a large screen shows of the largest frame is read by itself, and more is refused', () => {
  // Pages that nobody touches take no memory.
  const ring = Ring.create({ payloadBytes: 2 * WIDTH * HEIGHT, slots: 2, maxPayloadPackets: 4 });
  const producer = new RingProducer(ring.handle);
  const slot = producer.allocate();
  producer.putClosed(slot, 1);
  const info = ring.slot(slot);
  const [width, height] = [3_840, 2_160];
  const region = { x: WIDTH - width, y: HEIGHT - height, width, height };
  const payload = ring.payload(slot);
  const frame = new Uint16Array(payload.buffer, payload.byteOffset, WIDTH * HEIGHT);
  for (let y = region.y; y < HEIGHT; y += 97) {
    for (let x = region.x; x < WIDTH; x++) frame[y * WIDTH + x] = value(x, y);
  }
  const context = { width: WIDTH, height: HEIGHT, pixelFormat: MONO16, binning: NO_BINNING } as StreamContext;
  const newest = { ring, frame: { info, record: sampleRecord(1, 'session') }, context };
  const { pixels, ...told } = readPixels(newest, region);
  assert.equal([told.x, told.y, told.width, told.height, told.bitDepth], [region.x, region.y, width, height, 16]);
  assert.is(pixels.buffer.byteLength, 2 * width * height, 'nothing but the region is kept');
  for (let row = 0; row < height; row += 97) {
    for (const column of [0, 1_000, width - 1]) {
      assert.is(pixels[row * width + column], value(region.x + column, region.y + row));
    }
  }
  assert.ok(width * height <= MOST_REGION_PIXELS);
  assert.throws(
    () => readPixels(newest, { x: 0, y: 0, width: WIDTH, height: HEIGHT }),
    ({ code }: { code: string }) => code === 'usage.region',
  );
  ring.free(slot);
  producer.allocate();
  producer.allocate();
  assert.throws(
    () => readPixels(newest, region),
    ({ code }: { code: string }) => code === 'station.overwritten',
  );
});

test.run();
