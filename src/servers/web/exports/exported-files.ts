/** The whole files of an export that has ended: its target, or the files in it where it is a folder. Asked in a thread of the archive. */
import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppulseError } from '#gps/errors.js';
import { goesIntoFolder } from '#storage/export/export-target.js';
import type { ExportRequest } from '#storage/export/export-types.js';

/** What exports write into a folder. What is not whole yet, and how far it is, has other names. */
const EXPORTED_NAME = /^[^.].*\.(fits|fits\.fz|bin)$/i;

/** Where an export's files stand. */
export interface ExportPlace {
  readonly folder: string;
  /** Null: all files of the folder that have an export's names. */
  readonly only: string | null;
}

export interface ExportedFile {
  readonly name: string;
  readonly bytes: number;
}

export interface FilesAsked extends ExportPlace {
  /** Those whose names stand behind this one. */
  readonly after: string | null;
  readonly limit: number;
}

export function placeOf(request: Pick<ExportRequest, 'format' | 'target'>): ExportPlace {
  const { target } = request;
  return goesIntoFolder(request) ? { folder: target, only: null } : { folder: dirname(target), only: basename(target) };
}

/** By name. No link is followed. */
export function exportedFiles({ folder, only, after, limit }: FilesAsked): {
  readonly files: readonly ExportedFile[];
  readonly nextAfter: string | null;
} {
  const names = only === null ? namesIn(folder).sort() : [only];
  const first = after === null ? 0 : names.findIndex((name) => name > after);
  const rest = first < 0 ? [] : names.slice(first);
  const shown = rest.slice(0, limit);
  return {
    files: shown.flatMap((name) => fileAt(folder, name) ?? []),
    nextAfter: rest.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

/** @throws AppulseError `export-file.not-found` */
export function exportedFile({ folder, only }: ExportPlace, name: string): ExportedFile {
  const isOfExport = only === null ? EXPORTED_NAME.test(name) && basename(name) === name : name === only;
  const found = isOfExport ? fileAt(folder, name) : null;
  if (found !== null) return found;
  throw new AppulseError(
    'export-file.not-found',
    `the export has no file ${JSON.stringify(name)}: its list of files names them`,
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => EXPORTED_NAME.test(name));
  } catch (error) {
    // Somebody has cleared it away.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function fileAt(folder: string, name: string): ExportedFile | null {
  const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
  return found?.isFile() === true ? { name, bytes: found.size } : null;
}
