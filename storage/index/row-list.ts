/**
 * The rows of a segment in a compressed file beside it, `X.fits.rows`, for frames that no file holds any more: written before retention
 * removes a segment and after a crash took frames of one, so that the index can be made again with rows for them.
 *
 * A line with the columns, then a line of JSON a row: whole numbers as text, reals as numbers, and last the missing ranges.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import { systemCode } from '../errors.js';

const SUFFIX = '.rows';
/** Columns that mean something in one index only. */
const KEYS: readonly string[] = ['key', 'session_key', 'camera_key', 'segment_key'];
/** Unpacked, so that a damaged list takes no more memory than this. */
const MOST_BYTES = 2 ** 30;

export type ListedValue = bigint | number | string | null;

export interface ListedRow {
  /** By the names of columns of `frames`. */
  readonly columns: ReadonlyMap<string, ListedValue>;
  readonly missing: readonly (readonly [offset: bigint, length: bigint])[];
}

/** `segmentFile`: with or without a folder, without `.part`. */
export function rowListOf(segmentFile: string): string {
  return segmentFile + SUFFIX;
}

export function isRowList(name: string): boolean {
  return name.endsWith(SUFFIX);
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/**
 * Writes the list of the segment `file` (relative to the data folder) as `database` has its rows, replacing one that has fewer, and syncs it. With
 * `missingOnly`, only rows whose frames are missing; no list is made where there are none, and none of a session whose folder is gone,
 * because nothing of it can be read again. Throws the system's errors.
 */
export function writeRowList(
  database: Database.Database,
  dataFolder: string,
  file: string,
  options: { readonly missingOnly?: boolean } = {},
): void {
  if (!existsSync(dirname(join(dataFolder, file)))) return;
  const all = database.prepare('SELECT name, type FROM pragma_table_info(?)').all('frames') as Column[];
  const columns = all.filter(({ name }) => !KEYS.includes(name));
  const condition = options.missingOnly === true ? "AND state = 'missing'" : '';
  const rows = database
    .prepare(
      `SELECT key, ${columns.map(({ name }) => name).join(', ')} FROM frames
       WHERE segment_key = (SELECT key FROM segments WHERE file = ?) ${condition} ORDER BY key`,
    )
    .raw(true)
    .all(file) as ListedValue[][];
  // A list with more rows is from when the index had them: this index may be being made, or a copy of an earlier day that was put back.
  if (rows.length <= (readRowList(join(dataFolder, file))?.length ?? 0)) return;
  const ranges = database
    .prepare('SELECT byte_offset, byte_length FROM missing_ranges WHERE frame_key = ? ORDER BY byte_offset')
    .raw(true);
  const incomplete = columns.findIndex(({ name }) => name === 'bytes_missing') + 1;
  const lines = rows.map((row) => {
    const missing = row[incomplete] === 0n ? [] : (ranges.all(row[0]) as bigint[][]);
    const values = [...row.slice(1), missing.map((range) => range.map(String))];
    return JSON.stringify(values, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  });
  const text = `${JSON.stringify(columns)}\n${lines.join('\n')}\n`;
  writeSynced(join(dataFolder, rowListOf(file)), gzipSync(text, { level: 1 }));
}

/** A file that is whole or the old one, whatever happens meanwhile. */
function writeSynced(file: string, bytes: Uint8Array): void {
  const next = `${file}.new`;
  const fd = openSync(next, 'w');
  try {
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The rows that stand in the list of a segment, `path` without `.part`; null where there is no list or it is damaged. */
export function readRowList(path: string): ListedRow[] | null {
  let text: string;
  try {
    text = gunzipSync(readFileSync(rowListOf(path)), { maxOutputLength: MOST_BYTES }).toString('utf8');
  } catch (error) {
    if (/^(Z_|ERR_BUFFER|ENOENT)/.test(systemCode(error))) return null;
    throw error;
  }
  try {
    const [first = '', ...lines] = text.trimEnd().split('\n');
    const columns = JSON.parse(first) as Column[];
    return lines.map((line) => rowOf(columns, JSON.parse(line) as unknown[]));
  } catch {
    return null;
  }
}

function rowOf(columns: readonly Column[], values: readonly unknown[]): ListedRow {
  const row = new Map<string, ListedValue>();
  for (const [i, { name, type }] of columns.entries()) {
    const value = values[i];
    if (typeof value === 'string') row.set(name, type === 'INTEGER' ? BigInt(value) : value);
    else row.set(name, typeof value === 'number' ? value : null);
  }
  const missing = (values[columns.length] ?? []) as [string, string][];
  return { columns: row, missing: missing.map(([offset, length]) => [BigInt(offset), BigInt(length)]) };
}
