/** What the format description of ADV version 2 (FSTF, 2020-02-09) fixes, by its own words. */
import { parseUtc } from '#gps/instant.js';

/** Begins every frame, little-endian as everything in the file. */
export const FRAME_MAGIC: readonly number[] = [0xff, 0x22, 0x01, 0xee];
/** Instants are counted from it, in nanoseconds. */
export const ADV_EPOCH_NS = parseUtc('2010-01-01T00:00:00');
/** The exposure of a frame has 32 bits; a longer one saturates. */
export const LONGEST_EXPOSURE_NS = 0xffff_ffffn;

/** Magic, stream, ticks of start and end, size of the image section. */
export const FRAME_HEAD_BYTES = 4 + 1 + 8 + 8 + 4;
/** Layout and mode, which the size of the image section counts. */
export const IMAGE_HEAD_BYTES = 2;
/** Middle and length of the exposure, count of entries. */
export const STATUS_HEAD_BYTES = 8 + 4 + 1;
/** Elapsed ticks, offset, length without the magic. */
export const INDEX_ENTRY_BYTES = 8 + 8 + 4;
/** Where the offsets of index and user metadata stand in the file. */
export const INDEX_OFFSET_AT = 0x09;
export const SYSTEM_METADATA_OFFSET_AT = 0x11;
export const USER_METADATA_OFFSET_AT = 0x19;

/** Types of status entries. Real has 32 bits. */
export const TAG_TYPES = { int8: 0, int16: 1, int32: 2, int64: 3, real: 4, utf8: 5 } as const;

/** SatelliteFixStatus. */
export const FIX = { none: 0, holdover: 1, time: 2, timeAndPosition: 3 } as const;
