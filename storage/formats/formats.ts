/** The formats of recording by name. */
import { advFormat } from '../adv/adv-format.js';
import { StorageError } from '../errors.js';
import { fitsRaw, fitsRice } from '../fits/fits-format.js';
import { serFormat } from '../ser/ser-format.js';
import type { FormatName, RecordingFormat } from './recording-format.js';

const FORMATS: Partial<Record<FormatName, RecordingFormat>> = {
  fits: fitsRice,
  'fits-raw': fitsRaw,
  ser: serFormat,
  adv: advFormat,
};

/** Throws StorageError `storage.format` for a name that is none. */
export function recordingFormat(name: FormatName): RecordingFormat {
  const format = FORMATS[name];
  if (format === undefined) throw new StorageError('storage.format', `nothing can be recorded as ${name}`);
  return format;
}
