/** What an ADV file of ours has in front of its first frame, and where in it stands what only its end knows. */

import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRecord } from '../frame-record.js';
import { toTaggedJson } from '../tagged-json.js';
import { AdvBytes } from './adv-bytes.js';
import { STATUS_TAGS } from './adv-status.js';
import { SYSTEM_METADATA_OFFSET_AT } from './adv-words.js';

/** The only layout of pixels in our files. */
export const LAYOUT_ID = 1;
/** Names of the system metadata that hold what the index knows of a segment, as tagged JSON. */
export const SEGMENT_TAG = 'APPULSE-SEGMENT';
/** The clock of the stream counts nanoseconds of the host's UTC. */
const CLOCK_HZ = 1_000_000_000n;

/** Offsets of what is patched when the file is complete. */
export interface AdvMarks {
  /** 32 bits: frames of MAIN. */
  readonly frameCountAt: number;
  /** 64 bits: the bound of the times' error, nanoseconds. */
  readonly accuracyAt: number;
}

export interface AdvStart {
  readonly bytes: Uint8Array;
  readonly marks: AdvMarks;
}

export function advStart(segment: SegmentHeader, first: FrameRecord): AdvStart {
  const out = new AdvBytes();
  const image = imageSection(first);
  const status = statusSection();
  // FSTF, revision, reserved, and the offsets of index, system metadata and user metadata.
  out.u32(0x4654_5346).u8(2).u32(0).u64(0).u64(0).u64(0);
  out.u8(2);
  const marks = { frameCountAt: 0, accuracyAt: 0 };
  const offsetsAt: number[] = [];
  for (const name of ['MAIN', 'CALIBRATION']) {
    out.text(name);
    if (name === 'MAIN') marks.frameCountAt = out.length;
    // The accuracy of the ticks is not known: 0.
    out.u32(0).u64(CLOCK_HZ).u32(0);
    offsetsAt.push(out.length);
    out.u64(0);
  }
  out.u8(2);
  for (const name of ['IMAGE', 'STATUS']) {
    out.text(name);
    offsetsAt.push(out.length);
    out.u64(0);
  }
  const offsets = [out.length];
  const main: readonly (readonly [string, string])[] = [
    ['TICKS', 'nanoseconds since 1970-01-01 UTC of the host clock'],
  ];
  out.u8(main.length).pairs(main);
  offsets.push(out.length);
  out.u8(0);
  offsets.push(out.length);
  const withImage = Buffer.concat([out.bytes(), image]);
  offsets.push(withImage.byteLength);
  marks.accuracyAt = withImage.byteLength + 1;
  const systemAt = withImage.byteLength + status.byteLength;
  const bytes = Buffer.concat([withImage, status, systemMetadata(segment, first)]);
  for (const [i, at] of offsetsAt.entries()) bytes.writeBigUInt64LE(BigInt(offsets[i] ?? 0), at);
  bytes.writeBigUInt64LE(BigInt(systemAt), SYSTEM_METADATA_OFFSET_AT);
  return { bytes, marks };
}

const BAYER_NAMES: Readonly<Record<string, string>> = { GR: 'GRBG', RG: 'RGGB', GB: 'GBRG', BG: 'BGGR' };

/** Depth of the camera; where 8 bits and less stand in words, that of the words, because ADVCore takes pixels of such a camera for bytes. */
function nativeBits({ bitDepth, sampleBytes }: FrameRecord): number {
  return sampleBytes === 2 && bitDepth <= 8 ? 16 : bitDepth;
}

/** Pixels of several colours are in one where they were added up. */
function bayerPattern({ pixelFormat, softwareBinning }: FrameRecord): string {
  const colours = softwareBinning === 1 ? /^Bayer([GRB]{2})/.exec(pixelFormat)?.[1] : undefined;
  return BAYER_NAMES[colours ?? ''] ?? 'MONOCHROME';
}

function imageSection(first: FrameRecord): Buffer {
  const { width, height, bitDepth, sampleBytes } = first;
  const out = new AdvBytes(512).u8(2).u32(width).u32(height).u8(nativeBits(first)).u8(1);
  const layout: [string, string][] = [
    ['DATA-LAYOUT', 'FULL-IMAGE-RAW'],
    ['SECTION-DATA-COMPRESSION', 'UNCOMPRESSED'],
  ];
  out
    .u8(LAYOUT_ID)
    .u8(2)
    .u8(8 * sampleBytes)
    .u8(layout.length)
    .pairs(layout);
  const tags: [string, string][] = [
    ['IMAGE-BAYER-PATTERN', bayerPattern(first)],
    ['IMAGE-BYTE-ORDER', 'LITTLE-ENDIAN'],
    ['IMAGE-MAX-PIXEL-VALUE', String(2 ** bitDepth - 1)],
  ];
  return out.u8(tags.length).pairs(tags).bytes();
}

/** The accuracy is 0, not known, until the file is complete. */
function statusSection(): Buffer {
  const out = new AdvBytes(512).u8(2).u64(0).u8(STATUS_TAGS.length);
  for (const [name, type] of STATUS_TAGS) out.text(name).u8(type);
  return out.bytes();
}

function systemMetadata(segment: SegmentHeader, first: FrameRecord): Buffer {
  const [software = '', version = ''] = segment.software.split(' ');
  const pairs: [string, string][] = [
    ['FSTF-TYPE', 'ADV'],
    ['ADV-VERSION', '2'],
    ['RECORDER-SOFTWARE', software],
    ['RECORDER-SOFTWARE-VERSION', version],
    ['CAMERA-MODEL', segment.cameraName],
    ['BITPIX', String(nativeBits(first))],
    ['WIDTH', String(first.width)],
    ['HEIGHT', String(first.height)],
  ];
  const add = (name: string, value: string | number | null) => {
    if (value !== null) pairs.push([name, String(value)]);
  };
  add('OBJNAME', first.object ?? segment.object);
  add('TELESCOPE', first.telescope ?? segment.telescope);
  add('OBSERVER', first.observer ?? segment.observer);
  const site = first.site ?? segment.site;
  add('LATITUDE', site?.latitudeDeg ?? null);
  add('LONGITUDE', site?.longitudeDeg ?? null);
  add('ALTITUDE', site?.heightM ?? null);
  add('FILTER', first.filter);
  add('FRAME-TYPE', first.frameType);
  add('PIXEL-FORMAT', first.pixelFormat);
  add('BINNING-X', first.binningX * first.softwareBinning);
  add('BINNING-Y', first.binningY * first.softwareBinning);
  add('STATION', segment.stationName);
  add(SEGMENT_TAG, toTaggedJson(segment));
  return new AdvBytes(2048).u32(pairs.length).pairs(pairs).bytes();
}
