/** A whole image of Rice code whose rows are tiles, as FITS has it (FITS 4.0, section 10.1): the table of the rows, then their code. */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';
import { checkFlip, type RiceValues, riceDecodeReference } from './rice.js';

/** Bytes of a row of the table: length and offset of its code, 32 bits each, big-endian. */
const DESCRIPTOR_BYTES = 8;

/**
 * Decodes `rows` rows of `width` values out of `data`, the table and the code behind it, into `out` from its start; the kind of
 * `out` says how many bits a value has. @throws KernelError `kernel.size`, `kernel.rice` with the damaged row in its context
 */
export function riceDecodeRows(data: Uint8Array, rows: number, width: number, flip: number, out: RiceValues): void {
  const heapOffset = DESCRIPTOR_BYTES * rows;
  if (!(rows >= 0 && width >= 0) || heapOffset > data.length || rows * width > out.length) {
    throw new KernelError('kernel.size', `an image of ${width} x ${rows} from ${data.length} bytes does not fit`, {
      out: out.length,
    });
  }
  checkFlip(out, flip);
  const native = nativeAddon();
  const broken =
    native === null
      ? riceDecodeRowsReference(data, rows, width, flip, out)
      : native.riceDecodeRows(data, rows, width, flip, heapOffset, out);
  if (broken >= 0) throw new KernelError('kernel.rice', `the code of row ${broken} is damaged`, { row: broken });
}

/** The specification of `riceDecodeRows`, and its fallback: the number of the first damaged row, -1 where none is. */
export function riceDecodeRowsReference(
  data: Uint8Array,
  rows: number,
  width: number,
  flip: number,
  out: RiceValues,
): number {
  const table = new DataView(data.buffer, data.byteOffset, DESCRIPTOR_BYTES * rows);
  for (let row = 0; row < rows; row++) {
    const length = table.getUint32(DESCRIPTOR_BYTES * row);
    const offset = DESCRIPTOR_BYTES * rows + table.getUint32(DESCRIPTOR_BYTES * row + 4);
    const inside = offset + length <= data.length;
    if (!inside || !riceDecodeReference(data, offset, length, width, flip, out, row * width)) return row;
  }
  return -1;
}
