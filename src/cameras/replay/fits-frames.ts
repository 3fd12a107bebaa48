/** Frames of a FITS file: of one image, of several extensions, or of a cube; three planes that say so are one picture in colours. */
import { closeSync, openSync, readSync } from 'node:fs';
import { reasonOf } from '#gps/errors.js';
import { readKeywordTimes } from '#gps/found/keyword-times.js';
import { type Keywords, keywordInteger, keywordText } from '#gps/found/keyword-values.js';
import type { FrameTime } from '#gps/frame-time.js';
import { planesOfName } from '#pipeline/wire/pixel-formats.js';
import { readFrameTable } from '#storage/export/binary-table.js';
import { fitsImage } from '#storage/export/stored-frame.js';
import { frameRecordOf } from '#storage/fits/frame-header.js';
import { type ScannedHdu, scanHeaders } from '#storage/fits/header-scan.js';
import { FileBytes } from '#storage/times/file-bytes.js';
import type { FileFrame, FileFrames } from './file-frames.js';

/** Beyond it a file is taken for damaged. */
const MOST_IMAGE_BYTES = 4 * 2 ** 30;

export class FitsFrames implements FileFrames {
  readonly bitDepth: number;
  readonly bayer: string | null;
  readonly colorFormat: 'RGB8' | null;
  readonly cameraName: string | null;
  readonly #bytes: FileBytes;
  readonly #fd: number;
  readonly #hdus: ScannedHdu[] = [];

  /** Throws StorageError `storage.times-broken` for what is no FITS, and the system's errors. */
  constructor(file: string) {
    this.#bytes = new FileBytes(file);
    this.#fd = openSync(file, 'r');
    try {
      for (const hdu of scanHeaders(this.#bytes)) this.#hdus.push(hdu);
    } catch (error) {
      this.close();
      throw error;
    }
    const keywords = this.#hdus.find((hdu) => isImage(hdu.keywords))?.keywords ?? new Map();
    this.bitDepth = keywordInteger(keywords, 'BITDEPTH') ?? Math.abs(Number(bitsOf(keywords)));
    this.bayer = /^[RGB]{4}$/.test(keywordText(keywords, 'BAYERPAT') ?? '')
      ? (keywordText(keywords, 'BAYERPAT') ?? '').slice(0, 2)
      : null;
    this.colorFormat = isColor(keywords) ? 'RGB8' : null;
    this.cameraName = keywordText(keywords, 'INSTRUME') ?? null;
  }

  *frames(): Generator<FileFrame, void> {
    const primary = this.#hdus[0]?.keywords ?? new Map();
    const table = this.#hdus.find(({ keywords }) => keywords.get('EXTNAME') === 'FRAMES');
    for (const hdu of this.#hdus) {
      if (!isImage(hdu.keywords)) continue;
      if (planesOf(hdu.keywords) > 1 && !isColor(hdu.keywords))
        yield* this.#cube(hdu, table === undefined ? [] : this.#tableOf(table));
      else yield this.#single(hdu, primary);
    }
  }

  close(): void {
    this.#bytes.close();
    closeSync(this.#fd);
  }

  #single(hdu: ScannedHdu, primary: Keywords): FileFrame {
    const header = this.#header(hdu);
    const pixels = this.#image(header, this.#read(hdu, hdu.dataOffset, hdu.dataBytes), hdu);
    const record = frameRecordOf(header);
    const own = record === null ? (readKeywordTimes(hdu.keywords).times[0] ?? null) : null;
    return { pixels, record, time: own ?? readKeywordTimes(primary).times[0] ?? null };
  }

  *#cube(hdu: ScannedHdu, times: readonly FrameTime[]): Generator<FileFrame, void> {
    const planes = planesOf(hdu.keywords);
    const bytes = hdu.dataBytes / planes;
    // A plane is an image of two axes.
    const flat = this.#header(hdu).replace('NAXIS   =                    3', 'NAXIS   =                    2');
    const of = readKeywordTimes(hdu.keywords).times[0] ?? null;
    for (let plane = 0; plane < planes; plane++) {
      const pixels = this.#image(flat, this.#read(hdu, hdu.dataOffset + plane * bytes, bytes), hdu);
      // A header has one time: that of its first plane.
      yield { pixels, record: null, time: times[plane] ?? (plane === 0 ? of : null) };
    }
  }

  #tableOf(hdu: ScannedHdu): FrameTime[] {
    const rows =
      keywordInteger(this.#hdus.find((each) => isImage(each.keywords))?.keywords ?? new Map(), 'NAXIS2') ?? 1;
    const frames = readFrameTable(hdu.keywords, this.#read(hdu, hdu.dataOffset, hdu.dataBytes), rows);
    return frames.map(({ time }) => time);
  }

  #header(hdu: ScannedHdu): string {
    return this.#read(hdu, hdu.offset, hdu.dataOffset - hdu.offset).toString('latin1');
  }

  #image(header: string, data: Buffer, hdu: ScannedHdu) {
    try {
      return fitsImage(data, header);
    } catch (cause) {
      throw this.#bytes.broken(
        hdu.offset,
        `an image that cannot be played: ${reasonOf(cause)}`,
        'convert it to 8 or 16 bits without sign',
      );
    }
  }

  #read(hdu: ScannedHdu, offset: number, length: number): Buffer {
    if (length > MOST_IMAGE_BYTES || offset + length > this.#bytes.size) {
      throw this.#bytes.broken(hdu.offset, 'the file ends within the data of this image');
    }
    const bytes = Buffer.from(new ArrayBuffer(length));
    let got = 0;
    for (let read = -1; read !== 0 && got < length; got += read) {
      read = readSync(this.#fd, bytes, got, length - got, offset + got);
    }
    return bytes;
  }
}

const prefixOf = (keywords: Keywords): string => (keywords.get('ZIMAGE') === true ? 'Z' : '');
const bitsOf = (keywords: Keywords) => keywords.get(`${prefixOf(keywords)}BITPIX`) ?? 0;

function planesOf(keywords: Keywords): number {
  const planes = keywords.get(`${prefixOf(keywords)}NAXIS3`);
  return typeof planes === 'number' ? planes : 1;
}

/** Whether three planes are the colours of one picture, as Siril says it, or by the stream's format. Without either they are frames. */
function isColor(keywords: Keywords): boolean {
  if (planesOf(keywords) !== 3) return false;
  return keywordText(keywords, 'CTYPE3') === 'RGB' || planesOfName(keywordText(keywords, 'PIXFMT') ?? '') === 3;
}

function isImage(keywords: Keywords): boolean {
  const extension = keywords.get('XTENSION');
  const axes = keywords.get(`${prefixOf(keywords)}NAXIS`);
  const image = keywords.get('ZIMAGE') === true || extension === undefined || extension === 'IMAGE';
  return image && typeof axes === 'number' && axes >= 2;
}
