/** Damage that SQLite comes upon only while it reads or writes pages of an index. */
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import { MAKE_ANEW } from './schema.js';

/** `error` in words that say what to do where SQLite found damage (`storage.index-damaged`); any other as it is. */
export function withDamageTold(error: unknown): unknown {
  if (error instanceof StorageError || !/^SQLITE_(NOTADB|CORRUPT)/.test(systemCode(error))) return error;
  return new StorageError('storage.index-damaged', `the index is damaged (${reasonOf(error)}): ${MAKE_ANEW}`, {
    cause: error,
  });
}
