/** The times in any supported file, told apart by what stands in it and not by its name. */
import type { KeywordOptions } from '#gps/found/keyword-times.js';
import { advTimes, isAdv } from '#storage/adv/adv-times.js';
import { camsFfTimes, isRmsFf, readCamsHeader, rmsFfTimes } from '#storage/ff/ff-times.js';
import { ftTimes, isFt } from '#storage/ff/ft-times.js';
import { fitsTimes } from '#storage/fits/fits-times.js';
import { scanHeaders } from '#storage/fits/header-scan.js';
import { isSer, serTimes } from '#storage/ser/ser-times.js';
import { FileBytes } from '#storage/times/file-bytes.js';
import type { TimedFrames } from '#storage/times/timed-frame.js';

export type TimeFormat = 'fits' | 'rms-ff' | 'ser' | 'adv' | 'cams-ff' | 'rms-ft';

export interface TimeFile {
  readonly format: TimeFormat;
  /** Read one after the other, a frame at a time. */
  readonly frames: TimedFrames;
  close(): void;
}

const SUPPORTED = 'FITS, SER, ADV version 2, FF and FT files are';

/**
 * Opens `file`, which the caller closes. Throws StorageError `storage.times-broken`, `storage.times-unsupported` and
 * `storage.times-file`, here and from the frames, and the system's errors.
 */
export function openTimeFile(file: string, options: KeywordOptions = {}): TimeFile {
  const bytes = new FileBytes(file);
  try {
    const { format, frames } = recognise(bytes, options);
    return { format, frames, close: () => bytes.close() };
  } catch (error) {
    bytes.close();
    throw error;
  }
}

function recognise(bytes: FileBytes, options: KeywordOptions): Pick<TimeFile, 'format' | 'frames'> {
  const beginning = bytes.upTo(0, 16);
  const text = beginning.toString('latin1');
  if (beginning.byteLength === 0) throw bytes.broken(0, 'the file is empty');
  if (text.startsWith('SIMPLE  =')) {
    const primary = scanHeaders(bytes).next();
    const isFf = !primary.done && isRmsFf(primary.value.keywords);
    return isFf
      ? { format: 'rms-ff', frames: rmsFfTimes(bytes) }
      : { format: 'fits', frames: fitsTimes(bytes, options) };
  }
  if (isSer(beginning)) return { format: 'ser', frames: serTimes(bytes) };
  if (isAdv(beginning)) return { format: 'adv', frames: advTimes(bytes) };
  if (text.startsWith('RAVF')) throw bytes.unsupported('RAVF is not read', SUPPORTED);
  if (text.startsWith('\x1f\x8b')) throw bytes.unsupported('compressed by gzip', 'unpack it with gunzip first');
  if (text.startsWith('BZh')) throw bytes.unsupported('compressed by bzip2', 'unpack it with bunzip2 first');
  if (text.startsWith('RIFF')) throw bytes.unsupported('an AVI file, which has no time stamps', SUPPORTED);
  if (readCamsHeader(bytes) !== null) return { format: 'cams-ff', frames: camsFfTimes(bytes) };
  if (isFt(bytes)) return { format: 'rms-ft', frames: ftTimes(bytes) };
  throw bytes.unsupported('no format that is known here', SUPPORTED);
}
