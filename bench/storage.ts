/**
 * The writer through the recorder, as a camera's worker uses it, beside `dd oflag=direct` of as many bytes into the same
 * folder: MB/s, CPU seconds a GB of the whole process (with the index, where every frame makes a row), and the longest that
 * the writer was with one frame.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { recordingFormat } from '#storage/formats/formats.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { openRecorder } from '#storage/segments/recorder.js';
import { sampleRecord, sampleSession } from '#test/storage/sample-session.js';
import { hasProgram, ownFolder } from './harness/own.js';
import type { BenchOptions, Case, Contest, Figures, Target } from './harness.js';
import { fillNoise, type RecordedShape, writeFrame } from './storage/recorded-frames.js';
import { verificationCases } from './storage/verification.js';

/** Bytes of a run. */
const RUN_BYTES = 4e9;
/** Frames of this many bytes are on their way at once. */
const BUFFER_BYTES = 256 * 2 ** 20;
const MOST_BUFFERS = 512;
const SEGMENT_BYTES = 2 ** 30;
const DD_BLOCK = 8 * 2 ** 20;

const SPEED = 'MB/s';
const CPU = 'CPU s/GB';
const WORST = 'longest with one frame';

/** Records frames as fast as buffers come back, in a data folder of its own. */
async function record(folder: string, shape: RecordedShape, buffers: RecordBuffers): Promise<Figures> {
  const { format, ...of } = shape;
  const frames = Math.ceil(RUN_BYTES / (of.width * of.height * of.sampleBytes));
  const data = await openDataFolder(join(folder, 'data'));
  const session = sampleSession();
  let worstMs = 0;
  let lastBack = 0;
  const appended = new Map<number, number>();
  let back: () => void = () => {};
  const recorder = await openRecorder({
    dataFolder: data.path,
    session,
    format,
    segmentBytes: SEGMENT_BYTES,
    maxBytes: null,
    buffers: buffers.handle,
    onWritten: (indices) => {
      const now = performance.now();
      // The writer had the first of them from when it was appended, or from when the ones before it were done.
      const [first = -1] = indices;
      worstMs = Math.max(worstMs, now - Math.max(appended.get(first) ?? now, lastBack));
      lastBack = now;
      back();
    },
    onWarning: (message) => process.stderr.write(`${message}\n`),
  });
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let number = 1; number <= frames; number++) {
    let buffer = recorder.acquire();
    while (buffer === null) {
      await new Promise<void>((done) => {
        back = done;
      });
      buffer = recorder.acquire();
    }
    const frame = sampleRecord(number, session.id, of);
    const written = writeFrame(buffers.buffer(buffer), frame, shape);
    appended.set(buffer, performance.now());
    recorder.append({ buffer, ...written, record: frame });
  }
  const status = await recorder.close();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  data.close();
  rmSync(data.path, { recursive: true });
  if (status.framesIndexed !== frames) throw new Error(`${status.framesIndexed} of ${frames} frames are in the index`);
  const { bytes } = status;
  return { [SPEED]: bytes / seconds / 1e6, [CPU]: (user + system) / 1e6 / (bytes / 1e9), [WORST]: worstMs };
}

/** What `dd` says of itself, and `times` of the shell of it: user and system time of its children. */
function figuresOf(done: SpawnSyncReturns<string>): Figures {
  const copied = /^(\d+) bytes .*, ([\d.]+) s,/m.exec(done.stderr);
  const times = [...done.stdout.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
  if (done.status !== 0 || copied === null || times.length < 4) throw new Error(`dd: ${done.stderr}`);
  const [bytes, seconds] = [Number(copied[1]), Number(copied[2])];
  return { [SPEED]: bytes / seconds / 1e6, [CPU]: ((times[2] ?? 0) + (times[3] ?? 0)) / (bytes / 1e9) };
}

/** `dd` of the same noise from memory. */
function direct(source: string, target: string): Figures {
  const command = 'LC_ALL=C dd if="$0" of="$1" bs="$2" oflag=direct conv=fdatasync; status=$?; times; exit $status';
  const done = spawnSync('bash', ['-c', command, source, target, String(DD_BLOCK)], { encoding: 'utf8' });
  rmSync(target, { force: true });
  return figuresOf(done);
}

async function open({ folder }: BenchOptions, shape: RecordedShape): Promise<Contest> {
  const own = ownFolder(folder);
  const { bufferBytes } = recordingFormat(shape.format).layout(shape);
  const count = Math.min(MOST_BUFFERS, Math.floor(BUFFER_BYTES / bufferBytes));
  const buffers = RecordBuffers.create({ bufferBytes, count });
  await buffers.prefault();
  for (let i = 0; i < count; i++) fillNoise(buffers.buffer(i));
  // Where there is no memory file system, from the page cache.
  const source = join(existsSync('/dev/shm') ? ownFolder('/dev/shm') : own, 'noise');
  const file = openSync(source, 'w');
  const piece = new Uint8Array(DD_BLOCK);
  fillNoise(piece);
  for (let written = 0; written < RUN_BYTES; written += DD_BLOCK) writeSync(file, piece);
  closeSync(file);
  const target = join(own, 'dd');
  const isDirect = hasProgram('dd') && hasProgram('bash') && canBeDirect(target);
  return {
    runs: { recorder: () => record(own, shape, buffers) },
    reference: isDirect ? () => direct(source, target) : null,
    note: isDirect ? '' : 'reference missing: no dd here, or no direct writes in this folder',
  };
}

function canBeDirect(target: string): boolean {
  const done = spawnSync('dd', ['if=/dev/zero', `of=${target}`, 'bs=4096', 'count=1', 'oflag=direct']);
  rmSync(target, { force: true });
  return done.status === 0;
}

function caseOf(name: string, shape: RecordedShape, targets: Readonly<Record<string, Target>> = {}): Case {
  return {
    name,
    reference: 'dd',
    figures: {
      [SPEED]: { unit: 'MB/s' },
      [CPU]: { unit: 's/GB' },
      [WORST]: { unit: 'ms', ratio: false },
    },
    contestants: { recorder: targets },
    open: (options) => open(options, shape),
  };
}

/** 342 million pixels a second of 8 bits are far below what the disk takes: the recorder must not be what is slow. */
const AS_FAST: Readonly<Record<string, Target>> = { [SPEED]: { of: 'ratio', is: 'at least', value: 0.9 } };
const LARGE = { width: 4768, height: 3582 };

export const cases: readonly Case[] = [
  caseOf('frames of 34 MB', { format: 'fits-raw', ...LARGE, sampleBytes: 2 }),
  caseOf('frames of 165 kB', { format: 'fits-raw', width: 320, height: 240, sampleBytes: 2 }),
  caseOf('SER, 8 bits', { format: 'ser', ...LARGE, sampleBytes: 1 }, AS_FAST),
  caseOf('ADV, 8 bits', { format: 'adv', ...LARGE, sampleBytes: 1 }, AS_FAST),
  caseOf('ADV, frames of 155 kB', { format: 'adv', width: 320, height: 240, sampleBytes: 2 }),
  ...verificationCases,
];
