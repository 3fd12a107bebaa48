/**
 * Pixels of a rectangle of a frame, read out of its slot. A slot that was given back keeps its frame until another is received there, and
 * the producer takes the slots in turn, so that the newest frame is mostly there; whether it was overwritten meanwhile is looked up behind
 * the reading. In a full ring a slot is taken as soon as it is given back: there a frame is read before it is.
 */
import { AppulseError } from '#gps/errors.js';
import { bin16, shiftTo16 } from '#pipeline/kernels/bin.js';
import { unpack16, unpack32 } from '#pipeline/kernels/unpack.js';
import { SLOT_STATE } from '#pipeline/ring/layout.js';
import type { Ring } from '#pipeline/ring/ring.js';
import { type RecordedShape, recordedShape } from '#pipeline/stages/recorded-shape.js';
import { type PixelFormat, pixelFormatByCode } from '#pipeline/wire/pixel-formats.js';
import { UsageError } from '#src/config/usage-error.js';
import type { StreamContext } from './attached-stream.js';
import type { NewestFrame } from './frame-pipeline.js';
import { shapeOf } from './frame-shape.js';
import { MOST_REGION_PIXELS, type PixelRegion, type RegionPixels } from './station-face.js';

export interface NewestInRing {
  readonly ring: Ring;
  readonly frame: NewestFrame;
  readonly context: StreamContext;
}

/** @throws UsageError `usage.region`, AppulseError `station.no-frame`, `station.overwritten` where another frame is there already */
export function readPixels({ ring, frame, context }: NewestInRing, region: PixelRegion): RegionPixels {
  const { info, record } = frame;
  const shape = shapeOf(info, context);
  const format = pixelFormatByCode(shape.pixelFormat);
  if (format === undefined) throw new AppulseError('station.no-frame', 'the newest frame has pixels of another kind');
  const recorded = recordedShape(format, shape.width, shape.height, context.binning, context.largestValue);
  requireInside(region, recorded);
  const packed = { payload: ring.payload(info.slot), format, width: shape.width };
  const pixels = unpackRegion(packed, context.binning, recorded.bitDepth, region);
  const now = ring.slot(info.slot);
  if (now.generation !== info.generation || now.state === SLOT_STATE.filling) {
    throw new AppulseError('station.overwritten', 'the newest frame was overwritten while it was read');
  }
  const bitDepth = Math.min(16, recorded.bitDepth);
  const { x, y, width, height } = region;
  const { frameNumber, time } = record;
  return { x, y, width, height, frameNumber, startUtcNs: time.startUtcNs, bitDepth, pixels };
}

function requireInside({ x, y, width, height }: PixelRegion, frame: RecordedShape): void {
  const asked = `${width} x ${height} pixels from (${x}, ${y})`;
  const whole = [x, y, width, height].every(Number.isSafeInteger);
  if (!whole || x < 0 || y < 0 || width < 1 || height < 1 || x + width > frame.width || y + height > frame.height) {
    throw new UsageError('usage.region', `${asked}: the frame has ${frame.width} x ${frame.height}`);
  }
  if (width * height > MOST_REGION_PIXELS) {
    throw new UsageError('usage.region', `${asked}: at most ${MOST_REGION_PIXELS} pixels at a time`);
  }
}

interface Packed {
  readonly payload: Uint8Array;
  readonly format: PixelFormat;
  /** Of the frame as it came. */
  readonly width: number;
}

/** Of values of more than 16 bits the upper 16, as the preview shows them. */
function unpackRegion(
  { payload, format, width: frameWidth }: Packed,
  { factor, by }: StreamContext['binning'],
  bitDepth: number,
  { x, y, width, height }: PixelRegion,
): Uint16Array {
  // Shared: it goes to the main thread without a copy.
  const pixels = new Uint16Array(new SharedArrayBuffer(2 * width * height));
  const shift = Math.max(0, bitDepth - 16);
  const columns = width * factor;
  const raw = new Uint16Array(factor === 1 ? 0 : columns * factor);
  const wide = new Uint32Array(shift === 0 ? 0 : width);
  const scratch = new Uint32Array(factor === 1 ? 0 : columns);
  for (let row = 0; row < height; row++) {
    const first = (y + row) * factor * frameWidth + x * factor;
    const out = pixels.subarray(row * width, (row + 1) * width);
    if (format.bitsPerPixel === 32) unpack32(payload, first, width, wide);
    else if (factor === 1) unpack16(payload, format, first, width, pixels, row * width);
    else {
      for (let line = 0; line < factor; line++)
        unpack16(payload, format, first + line * frameWidth, columns, raw, line * columns);
      bin16(raw, 0, columns, factor, factor, by, shift === 0 ? out : wide, scratch);
    }
    if (shift > 0) shiftTo16(wide, width, shift, out);
  }
  return pixels;
}
