/** What the system refused an export, in words that say to what and what to do. */
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';

const GOES_ON = 'the same command goes on from where it was';

/** `error` as `export.not-written` where it is one of the system's; any other as it is. */
export function withFailureTold(target: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  const path = 'path' in error && typeof error.path === 'string' && error.path !== '' ? error.path : target;
  return new StorageError('export.not-written', inWords(target, path, error), {
    cause: error,
    context: { target, path },
  });
}

function inWords(target: string, path: string, error: Error): string {
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space left for ${target}: free some, and ${GOES_ON}; or name another target`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${path} is not writable for this user: change its rights, or name another target`;
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
      return `${path} cannot be made where it should stand (${reasonOf(error)}): name another target`;
    case 'ENAMETOOLONG':
      return `${path} is longer than names may be there: name a shorter target`;
    case 'EFBIG':
      return `${target} is larger than files may be there: select fewer frames, or name a target on another file system`;
    default:
      return `${path} cannot be written (${reasonOf(error)}): see to the disk, and ${GOES_ON}; or name another target`;
  }
}
