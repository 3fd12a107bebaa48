/** The files of a stack: its own and, of an FF file, the FT and FS files that RMS keeps beside it. */
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../errors.js';

/** Station, second, milliseconds and count of frames in the name of an FF file. */
const FF_NAME = /^FF_([A-Za-z0-9]+)_(\d{8}_\d{6})_(\d{3})_(\d+)\.(?:fits|bin)$/;

/** Removes the files of the stack `file`; gone already is fine. Throws the system's errors. */
export async function removeStack(file: string): Promise<void> {
  for (const other of await besides(file)) await removed(other);
  await removed(file);
}

async function besides(file: string): Promise<string[]> {
  const [, station, second, milliseconds, count] = FF_NAME.exec(basename(file)) ?? [];
  if (station === undefined) return [];
  const whole = `${station}_${second}_${milliseconds}`;
  const belongs = (name: string) =>
    name === `FT_${station}_${second}.bin` ||
    name === `FT_${whole}_${count}.bin` ||
    (name.startsWith(`FS_${whole}`) && name.endsWith(`_${count}_fieldsum.bin`));
  try {
    return (await readdir(dirname(file))).filter(belongs).map((name) => join(dirname(file), name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function removed(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
