/** The data folder of a command that asks about what was recorded, and its index. */
import { join } from 'node:path';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { settingsOf } from './command-line.js';

/** `--data` and `--config`; a command's other options may be called as settings are and mean something else (`--format`). */
export function dataFolderOf(options: Readonly<Record<string, unknown>>): string {
  const { data, config } = options;
  return settingsOf({ data, config }).values['recording.data'];
}

/** Calls `work` with the index of the data folder that `options` name, and closes it. */
export async function withIndex<T>(
  options: Readonly<Record<string, unknown>>,
  work: (index: IndexReader, dataFolder: string) => T | Promise<T>,
): Promise<T> {
  const folder = dataFolderOf(options);
  const index = new IndexReader(join(folder, INDEX_FILE));
  try {
    return await work(index, folder);
  } finally {
    index.close();
  }
}
