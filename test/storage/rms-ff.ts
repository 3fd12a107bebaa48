import { dataBytes, headerBytes } from './fits-bytes.js';

const PLANES = ['MAXPIXEL', 'MAXFRAME', 'AVEPIXEL', 'STDPIXEL'];

export interface RmsFf {
  readonly order?: readonly string[];
  readonly date?: string | null;
}

/** An FF file as RMS writes it, with its planes in the order given; `date`: of its first frame. The first plane is full of 10, the next of 20. */
export function rmsFf({ order = PLANES, date = null }: RmsFf = {}): Buffer {
  const values = new Map(order.map((name, i) => [name, new Uint8Array(48).fill(10 * (i + 1))]));
  const primary = headerBytes([
    ['SIMPLE', 'T'],
    ['BITPIX', '8'],
    ['NAXIS', '0'],
    ['EXTEND', 'T'],
    ['NROWS', '6'],
    ['NCOLS', '8'],
    ['NBITS', '8'],
    ['NFRAMES', '256'],
    ['FIRST', '1536'],
    ['CAMNO', "'XX0001'"],
    ['FPS', '25.0'],
    ...(date === null ? [] : [['DATE-OBS', `'${date}'`] as [string, string]]),
  ]);
  const planes = order.flatMap((name) => [
    headerBytes([
      ['XTENSION', "'IMAGE   '"],
      ['BITPIX', '8'],
      ['NAXIS', '2'],
      ['NAXIS1', '8'],
      ['NAXIS2', '6'],
      ['PCOUNT', '0'],
      ['GCOUNT', '1'],
      ['EXTNAME', `'${name}'`],
    ]),
    dataBytes(values.get(name) as Uint8Array),
  ]);
  return Buffer.concat([primary, ...planes]);
}
