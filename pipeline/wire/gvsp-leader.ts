/** Leaders: the first packet of a block. Layouts as read by Wireshark's GVSP dissector; multi-part as in Aravis. */
import { readU16, readU32, readU48, readU64, writeU16, writeU32, writeU64 } from './big-endian.js';
import { GVSP_HEADER_EXTENDED, IMAGE_LEADER_BYTES, PAYLOAD_TYPE } from './gvsp-header.js';
import { readText } from './network-text.js';
import { requireBytes } from './wire-error.js';

/** Geometry of an image: the whole, or a part of a multi-part block. Sizes in pixels, paddings in bytes. */
export interface ImageGeometry {
  readonly pixelFormat: number;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** Bytes at the end of each line. */
  readonly paddingX: number;
  /** Bytes at the end of the image. */
  readonly paddingY: number;
}

interface LeaderStart {
  /** PAYLOAD_TYPE, with its flags. */
  readonly payloadType: number;
  /** Ticks of the camera's clock. */
  readonly timestamp: bigint;
}

export interface ImageLeader extends LeaderStart, ImageGeometry {
  readonly kind: 'image';
  readonly fieldId: number;
  readonly fieldCount: number;
}
export interface MultiZoneLeader extends LeaderStart, ImageGeometry {
  readonly kind: 'multi-zone';
  /** Zones of the image, 1..32. */
  readonly zones: number;
  /** Bit 31 is zone 0; set where the zone is sent bottom up. */
  readonly zoneDirections: number;
}
/** Raw data, and files with their name. */
export interface DataLeader extends LeaderStart {
  readonly kind: 'raw' | 'file';
  readonly dataBytes: bigint;
  readonly fileName: string;
}
export interface ChunkLeader extends LeaderStart {
  readonly kind: 'chunk';
}
export interface JpegLeader extends LeaderStart {
  readonly kind: 'jpeg';
  readonly dataBytes: bigint;
  readonly tickFrequencyHz: bigint;
  readonly dataFormat: number;
}
export interface ImagePart extends ImageGeometry {
  readonly dataType: number;
  readonly dataBytes: number;
  readonly sourceId: number;
  readonly purposeId: number;
  readonly regionId: number;
  readonly zones: number;
  readonly zoneDirections: number;
}
export interface MultiPartLeader extends LeaderStart {
  readonly kind: 'multi-part';
  readonly parts: readonly ImagePart[];
}
/** H.264, GenDC, device-specific and unknown types: recognised, their own fields left as bytes. */
export interface OtherLeader extends LeaderStart {
  readonly kind: 'other';
  readonly detail: Uint8Array;
}
export type Leader =
  | ImageLeader
  | MultiZoneLeader
  | DataLeader
  | ChunkLeader
  | JpegLeader
  | MultiPartLeader
  | OtherLeader;

const PART_BYTES = 48;

/**
 * Reads a leader. `bytes` is the whole datagram, its header `headerBytes` long (8 or 20).
 * Throws `wire.short` when the packet is shorter than its payload type wants.
 */
export function parseLeader(bytes: Uint8Array, headerBytes: number): Leader {
  const data = bytes.subarray(headerBytes);
  requireBytes(data, 12, 'a GVSP leader');
  const payloadType = readU16(data, 2);
  const start: LeaderStart = { payloadType, timestamp: readU64(data, 4) };
  switch (payloadType & ~PAYLOAD_TYPE.withChunks) {
    case PAYLOAD_TYPE.image:
    case PAYLOAD_TYPE.extendedChunkData: {
      requireBytes(data, IMAGE_LEADER_BYTES, 'an image leader');
      const fields = { fieldId: (data[0] as number) >> 4, fieldCount: (data[0] as number) & 15 };
      return { kind: 'image', ...fields, ...start, ...readGeometry(data, 12, 16) };
    }
    case PAYLOAD_TYPE.rawData:
      requireBytes(data, 20, 'a raw data leader');
      return { kind: 'raw', ...start, dataBytes: readU64(data, 12), fileName: '' };
    case PAYLOAD_TYPE.file:
      requireBytes(data, 20, 'a file leader');
      return { kind: 'file', ...start, dataBytes: readU64(data, 12), fileName: readText(data.subarray(20)) };
    case PAYLOAD_TYPE.chunkData:
      return { kind: 'chunk', ...start };
    case PAYLOAD_TYPE.jpeg:
    case PAYLOAD_TYPE.jpeg2000: {
      requireBytes(data, 32, 'a JPEG leader');
      const tickFrequencyHz = readU64(data, 20);
      return { kind: 'jpeg', ...start, dataBytes: readU64(data, 12), tickFrequencyHz, dataFormat: readU32(data, 28) };
    }
    case PAYLOAD_TYPE.multiZoneImage: {
      requireBytes(data, 40, 'a multi-zone leader');
      const zones = { zones: ((data[1] as number) & 0x1f) + 1, zoneDirections: readU32(data, 12) };
      return { kind: 'multi-zone', ...start, ...zones, ...readGeometry(data, 16, 20) };
    }
    case PAYLOAD_TYPE.multiPart:
      return { kind: 'multi-part', ...start, parts: readParts(bytes, headerBytes) };
    default:
      return { kind: 'other', ...start, detail: data.subarray(12) };
  }
}

function readGeometry(data: Uint8Array, formatAt: number, sizesAt: number): ImageGeometry {
  return {
    pixelFormat: readU32(data, formatAt),
    width: readU32(data, sizesAt),
    height: readU32(data, sizesAt + 4),
    offsetX: readU32(data, sizesAt + 8),
    offsetY: readU32(data, sizesAt + 12),
    paddingX: readU16(data, sizesAt + 16),
    paddingY: readU16(data, sizesAt + 18),
  };
}

/** The number of parts stands in the low byte of the extended header's reserved field; without it the length tells. */
function readParts(bytes: Uint8Array, headerBytes: number): ImagePart[] {
  const data = bytes.subarray(headerBytes + 12);
  const count = headerBytes === GVSP_HEADER_EXTENDED ? (bytes[7] as number) : Math.floor(data.length / PART_BYTES);
  requireBytes(data, count * PART_BYTES, `a multi-part leader of ${count} parts`);
  return Array.from({ length: count }, (_, i) => {
    const part = data.subarray(i * PART_BYTES);
    return {
      dataType: readU16(part, 0),
      dataBytes: readU48(part, 2),
      ...readGeometry(part, 8, 24),
      sourceId: part[14] as number,
      zones: ((part[15] as number) & 0x1f) + 1,
      zoneDirections: readU32(part, 16),
      purposeId: readU16(part, 20),
      regionId: readU16(part, 22),
    };
  });
}

/** What `writeImageLeader` needs; fields left out are 0, payload type image. */
export type ImageLeaderFields = Pick<ImageLeader, 'timestamp' | 'pixelFormat' | 'width' | 'height'> &
  Partial<Omit<ImageLeader, 'kind'>>;

/** Writes the 36 bytes of an image leader behind a header; returns 36. Throws `wire.short` when they do not fit. */
export function writeImageLeader(target: Uint8Array, headerBytes: number, leader: ImageLeaderFields): number {
  requireBytes(target, headerBytes + IMAGE_LEADER_BYTES, 'the target of an image leader');
  const data = target.subarray(headerBytes);
  data[0] = ((leader.fieldId ?? 0) << 4) | ((leader.fieldCount ?? 0) & 15);
  data[1] = 0;
  writeU16(data, 2, leader.payloadType ?? PAYLOAD_TYPE.image);
  writeU64(data, 4, leader.timestamp);
  writeU32(data, 12, leader.pixelFormat);
  writeU32(data, 16, leader.width);
  writeU32(data, 20, leader.height);
  writeU32(data, 24, leader.offsetX ?? 0);
  writeU32(data, 28, leader.offsetY ?? 0);
  writeU16(data, 32, leader.paddingX ?? 0);
  writeU16(data, 34, leader.paddingY ?? 0);
  return IMAGE_LEADER_BYTES;
}
