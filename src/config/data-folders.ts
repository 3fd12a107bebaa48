import { resolve } from 'node:path';
import type { Settings } from './settings.js';
import { UsageError } from './usage-error.js';

/**
 * The folders of a recording: the one that it begins in, and those in which it goes on, in order. @throws UsageError `usage.data` for one
 * that is named twice
 */
export function dataFoldersOf(settings: Settings): string[] {
  const folders = [settings['recording.data'], ...settings['recording.more-data']];
  const twice = folders.find((folder, i) => folders.findIndex((other) => resolve(other) === resolve(folder)) < i);
  if (twice !== undefined) throw new UsageError('usage.data', `the data folder ${twice} is named twice`);
  return folders;
}
