/**
 * Verification of a data folder, every frame read, summed and compared with its row, beside `dd iflag=direct` of the same segment files
 * and beside `dd` that goes through the page cache, emptied of them first. MB/s.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { verifyFolder } from '#storage/folder/verification.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { FormatName } from '#storage/formats/recording-format.js';
import { openForReading } from '#storage/index/open-for-reading.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { openRecorder } from '#storage/segments/recorder.js';
import { sampleRecord, sampleSession } from '#test/storage/sample-session.js';
import { hasProgram, ownFolder } from '../harness/own.js';
import type { BenchOptions, Case, Contest, Figures } from '../harness.js';
import { fillNoise, type RecordedShape, writeFrame } from './recorded-frames.js';

const FOLDER_BYTES = 2e9;
const SPEED = 'MB/s';

async function record(folder: string, shape: RecordedShape): Promise<void> {
  const { format, ...of } = shape;
  const data = await openDataFolder(folder);
  const session = sampleSession();
  const { bufferBytes } = recordingFormat(format).layout(of);
  const buffers = RecordBuffers.create({ bufferBytes, count: 4 });
  for (let i = 0; i < 4; i++) fillNoise(buffers.buffer(i));
  let back: () => void = () => {};
  const recorder = await openRecorder({
    dataFolder: data.path,
    session,
    format,
    segmentBytes: 2 ** 30,
    maxBytes: null,
    buffers: buffers.handle,
    onWritten: () => back(),
  });
  for (let number = 1; number * of.width * of.height * of.sampleBytes <= FOLDER_BYTES; number++) {
    let buffer = recorder.acquire();
    while (buffer === null) {
      await new Promise<void>((done) => {
        back = done;
      });
      buffer = recorder.acquire();
    }
    const frame = sampleRecord(number, session.id, of);
    recorder.append({ buffer, ...writeFrame(buffers.buffer(buffer), frame, shape, 'summed'), record: frame });
  }
  await recorder.close();
  data.close();
}

function filesOf(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(`.${extension}`))
    .map((name) => join(folder, name));
}

/** Takes the files out of the page cache, so that the next reader goes to the disk. */
function forget(files: readonly string[]): void {
  for (const file of files) spawnSync('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0']);
}

function verify(folder: string, files: readonly string[]): Figures {
  forget(files);
  const database = openForReading(join(folder, 'appulse.sqlite'));
  try {
    const began = performance.now();
    const verifier = verifyFolder(database, folder, null);
    for (let step = verifier.next(); ; step = verifier.next()) {
      if (step.done !== true) continue;
      if (step.value.findings.length > 0) throw new Error(`found damaged: ${step.value.findings[0]?.detail}`);
      return { [SPEED]: step.value.bytes / (performance.now() - began) / 1_000 };
    }
  } finally {
    database.close();
  }
}

function readByDd(files: readonly string[], words: readonly string[]): Figures {
  forget(files);
  const began = performance.now();
  for (const file of files) spawnSync('dd', [`if=${file}`, 'of=/dev/null', 'bs=8M', ...words]);
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return { [SPEED]: bytes / (performance.now() - began) / 1_000 };
}

async function open({ folder }: BenchOptions, shape: RecordedShape): Promise<Contest> {
  const own = join(ownFolder(folder), 'data');
  await record(own, shape);
  const files = filesOf(own, recordingFormat(shape.format).extension);
  const hasDd = hasProgram('dd');
  return {
    runs: { verify: () => verify(own, files) },
    reference: hasDd ? () => readByDd(files, ['iflag=direct']) : null,
    note: hasDd ? '' : 'reference missing: no dd here',
    close: () => rmSync(own, { recursive: true }),
  };
}

const verification = (format: FormatName, sampleBytes: 1 | 2): Case => ({
  name: `verify ${format}`,
  reference: 'dd iflag=direct',
  figures: { [SPEED]: { unit: 'MB/s' } },
  contestants: { verify: {} },
  open: (options) => open(options, { format, width: 4768, height: 3582, sampleBytes }),
});

export const verificationCases: readonly Case[] = [verification('fits-raw', 2), verification('ser', 1)];
