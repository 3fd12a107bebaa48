/**
 * The IMAGE section of an ADV version 2 file, and the pixels of a frame. 8 and 16 bits a pixel, and 12 packed, are read; what
 * is compressed, in colour or in regions of interest is refused by its name.
 */
import { endianness } from 'node:os';
import type { Pixels } from '../formats/segment-reader.js';
import type { FileBytes } from '../times/file-bytes.js';
import { AdvCursor } from './adv-cursor.js';
import type { AdvFile } from './adv-file.js';
import type { AdvFrame } from './adv-frames.js';
import { FRAME_HEAD_BYTES, IMAGE_HEAD_BYTES } from './adv-words.js';

export interface AdvLayout {
  readonly id: number;
  /** Bits of a pixel in the file. */
  readonly bits: number;
  /** DATA-LAYOUT, SECTION-DATA-COMPRESSION, and what else the layout has. */
  readonly tags: ReadonlyMap<string, string>;
}

export interface AdvImage {
  readonly width: number;
  readonly height: number;
  /** Significant bits of a pixel. */
  readonly bitDepth: number;
  readonly layouts: ReadonlyMap<number, AdvLayout>;
  /** IMAGE-BYTE-ORDER and others. */
  readonly tags: ReadonlyMap<string, string>;
}

/** A CRC may follow the pixels, and of some recorders does although the file does not say so. It is not checked. */
const CRC_BYTES = 4;
const RESIDUE = [0, CRC_BYTES];
const EDGE_LIMIT = 1 << 20;

export function readImageConfiguration(bytes: FileBytes, adv: AdvFile): AdvImage {
  const what = 'the IMAGE section';
  const cursor = new AdvCursor(bytes, adv.imageOffset);
  const version = cursor.u8(what);
  if (version !== 2) throw bytes.unsupported(`an IMAGE section of version ${version} is not read`, 'version 2 is');
  const width = cursor.u32(what);
  const height = cursor.u32(what);
  if (width < 1 || height < 1 || width > EDGE_LIMIT || height > EDGE_LIMIT) {
    throw bytes.broken(adv.imageOffset, `frames of ${width} x ${height} pixels`);
  }
  const bitDepth = cursor.u8(what);
  const layouts = new Map<number, AdvLayout>();
  const count = cursor.u8(what);
  for (let i = 0; i < count; i++) {
    const id = cursor.u8(what);
    const layoutVersion = cursor.u8(what);
    if (layoutVersion !== 2) {
      throw bytes.unsupported(`a layout of pixels of version ${layoutVersion} is not read`, 'version 2 is');
    }
    const bits = cursor.u8(what);
    layouts.set(id, { id, bits, tags: cursor.pairs(cursor.u8(what), `layout ${id}`) });
  }
  return { width, height, bitDepth, layouts, tags: cursor.pairs(cursor.u8(what), 'the IMAGE section') };
}

/**
 * The pixels of `frame`. Throws `storage.times-unsupported` naming what is not read, `storage.times-broken` for pixels that are not
 * as the file says.
 */
export function framePixels(bytes: FileBytes, image: AdvImage, frame: AdvFrame): Pixels {
  const { width, height } = image;
  const at = frame.offset + FRAME_HEAD_BYTES;
  const [id = 0, mode = 0] = bytes.exactly(at, IMAGE_HEAD_BYTES, 'the image section of a frame');
  const layout = image.layouts.get(id);
  if (layout === undefined) throw bytes.broken(at, `a frame in layout ${id}, which the file does not have`);
  if (mode !== 0) throw bytes.unsupported(`frames coded as differences (mode ${mode}) are not read`, RECORD_PLAIN);
  refuseLayout(bytes, layout);
  const length = frame.imageBytes - IMAGE_HEAD_BYTES;
  const coding = codingOf(image, layout, length);
  if (coding === null) {
    throw bytes.broken(at, `${length} bytes of pixels are not ${width} x ${height} of ${layout.bits} bits`);
  }
  const data = new Uint8Array(coding.bytes);
  if (bytes.left(at + IMAGE_HEAD_BYTES) < coding.bytes || bytes.into(data, at + IMAGE_HEAD_BYTES) < coding.bytes) {
    throw bytes.broken(at, 'the file ends within the pixels of a frame');
  }
  return { width, height, data: samples(data, coding.kind, width * height, image) };
}

const RECORD_PLAIN = 'save the file again without it, for instance with Tangra';

function refuseLayout(bytes: FileBytes, { tags }: AdvLayout): void {
  const compression = tags.get('SECTION-DATA-COMPRESSION') ?? 'UNCOMPRESSED';
  if (compression !== 'UNCOMPRESSED') {
    throw bytes.unsupported(`pixels compressed by ${compression} are not read`, RECORD_PLAIN);
  }
  const kind = tags.get('DATA-LAYOUT') ?? 'FULL-IMAGE-RAW';
  if (kind !== 'FULL-IMAGE-RAW' && kind !== '12BIT-IMAGE-PACKED') {
    throw bytes.unsupported(`pixels in the layout ${kind} are not read`, 'save the file again as full grey images');
  }
  if (Number(tags.get('ROI-COUNT') ?? 0) > 0) {
    throw bytes.unsupported('regions of interest (ROI-COUNT) are not read', 'save the file again as full images');
  }
}

type Coding = 'bytes' | 'packed12' | 'words';

/**
 * How the pixels of a layout stand in `length` bytes. The length decides where recorders differ: 12 bits are packed or in words,
 * and a camera of 8 bits has bytes in a layout of 16.
 */
function codingOf({ width, height, bitDepth }: AdvImage, layout: AdvLayout, length: number) {
  const pixels = width * height;
  const sizes: Record<Coding, number> = { bytes: pixels, packed12: 3 * Math.ceil(pixels / 2), words: 2 * pixels };
  const possible: Coding[] =
    layout.bits === 8
      ? ['bytes']
      : layout.bits === 12
        ? layout.tags.get('DATA-LAYOUT') === '12BIT-IMAGE-PACKED'
          ? ['packed12']
          : ['words', 'packed12']
        : layout.bits <= 16
          ? bitDepth <= 8
            ? ['words', 'bytes']
            : ['words']
          : [];
  const kind = possible.find((each) => RESIDUE.includes(length - sizes[each]));
  return kind === undefined ? null : { kind, bytes: sizes[kind] };
}

/** `data` begins a buffer of its own. */
function samples(data: Uint8Array, coding: Coding, pixels: number, { tags }: AdvImage): Uint8Array | Uint16Array {
  if (coding === 'bytes') return data;
  if (coding === 'words') {
    const order = tags.get('IMAGE-BYTE-ORDER') === 'BIG-ENDIAN' ? 'BE' : 'LE';
    if (order !== endianness()) Buffer.from(data.buffer).swap16();
    return new Uint16Array(data.buffer);
  }
  const out = new Uint16Array(pixels);
  // Two pixels in three bytes, high bits first.
  for (let i = 0, at = 0; i < pixels; i += 2, at += 3) {
    const middle = data[at + 1] ?? 0;
    out[i] = ((data[at] ?? 0) << 4) | (middle >> 4);
    // A last pixel without a second one: the write beyond the end is none.
    out[i + 1] = ((middle & 0x0f) << 8) | (data[at + 2] ?? 0);
  }
  return out;
}
