import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DiskSpace } from '#storage/segments/disk-space.js';
import { Preallocation } from '#storage/segments/preallocation.js';
import { SegmentFile } from '#storage/segments/segment-file.js';
import { createStage } from '#storage/segments/segment-output.js';
import { test } from '#test/support/test.js';
import { temporaryFolder } from './sample-session.js';

const folder = temporaryFolder();
/** A small stage, so that parts cross its end often. */
const stage = createStage(65_536);

function part(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 0xff);
}

test('any parts stand in the file as they were appended, after every append, with and without direct I/O', async () => {
  for (const through of [stage, null]) {
    for (let round = 0; round < 20; round++) {
      const file = join(folder, `${through === null ? 'buffered' : 'direct'}-${round}.fits`);
      const segment = new SegmentFile(file, part(2880, round), through);
      const expected = [part(2880, round)];
      for (let k = 1; k < 12; k++) {
        const sizes = [1, 2880, 4096, 65_536, 65_535, 200_000, 2880 * k, 4096 * k + 1];
        const parts = Array.from({ length: (k % 4) + 1 }, (_, i) => part(sizes[(round + k * 3 + i) % 8] ?? 1, k + i));
        segment.append(parts.map((each) => [each]));
        expected.push(...parts);
        const whole = Buffer.concat(expected);
        assert.is(segment.bytes, whole.byteLength);
        assert.ok(readFileSync(`${file}.part`).subarray(0, whole.byteLength).equals(whole), `${file} append ${k}`);
        if (k === 6) assert.is(await segment.sync(), whole.byteLength);
      }
      await segment.finish();
      assert.ok(readFileSync(file).equals(Buffer.concat(expected)), file);
      assert.not(existsSync(`${file}.part`));
    }
  }
});

test('nothing is ever overwritten', async () => {
  const file = join(folder, 'there.fits');
  const part0 = part(2880, 0);
  writeFileSync(file, 'closed');
  assert.throws(
    () => new SegmentFile(file, part0, stage),
    (error: { code: string }) => error.code === 'storage.segment-exists',
  );
  rmSync(file);
  writeFileSync(`${file}.part`, 'left by a crash');
  assert.throws(
    () => new SegmentFile(file, part0, stage),
    (error: { code: string }) => error.code === 'EEXIST',
  );
  assert.is(readFileSync(`${file}.part`, 'utf8'), 'left by a crash');
  rmSync(`${file}.part`);
  const segment = new SegmentFile(file, part0, stage);
  writeFileSync(file, 'came meanwhile');
  const refused = await segment.finish().catch((error) => error);
  assert.is(refused.code, 'storage.segment-exists');
  assert.is(readFileSync(file, 'utf8'), 'came meanwhile');
});

test('a write that the system cuts short keeps the whole HDUs before it and nothing behind them', () => {
  for (const through of ['createStage(65536)', 'null']) {
    const file = join(folder, `limited-${through.length}.fits`);
    const script = `
import { SegmentFile } from ${JSON.stringify(new URL('../../storage/segments/segment-file.js', import.meta.url).href)};
import { createStage } from ${JSON.stringify(new URL('../../storage/segments/segment-output.js', import.meta.url).href)};
const segment = new SegmentFile(${JSON.stringify(file)}, new Uint8Array(2880), ${through});
try {
  segment.append(Array.from({ length: 10 }, (_, i) => [1, 13_999, 50_000, 36_000].map((n) => new Uint8Array(n).fill(i + 1))));
} catch (error) {
  console.log(JSON.stringify({ code: error.code, cause: error.cause.code, whole: error.whole, bytes: segment.bytes }));
}`;
    // ulimit -f counts in 1024 bytes.
    const command = `ulimit -f 512; exec "${process.execPath}" --input-type=module -e '${script}'`;
    const done = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    const told = JSON.parse(done.stdout || 'null');
    assert.equal(told, { code: 'storage.write-failed', cause: 'EFBIG', whole: 5, bytes: 502_880 }, done.stderr);
    assert.is(statSync(`${file}.part`).size, 502_880);
  }
});

test('any number of parts goes into one append', () => {
  for (const through of [stage, null]) {
    const file = join(folder, `parts-${through === null}.fits`);
    const segment = new SegmentFile(file, part(2880, 0), through);
    const parts = Array.from({ length: 5000 }, (_, i) => part((i % 40) + 1, i));
    segment.append([parts]);
    const whole = Buffer.concat([part(2880, 0), ...parts]);
    assert.ok(readFileSync(`${file}.part`).subarray(0, whole.byteLength).equals(whole));
    segment.discard();
  }
});

/** Bytes of the blocks that a file takes. */
function blocksOf(file: string): number {
  return statSync(file).blocks * 512;
}

test('blocks are set aside ahead of what is written, are room to the disk space, and are given back', async () => {
  for (const through of [stage, null]) {
    const file = join(folder, `ahead-${through === null}.fits`);
    const space = new DiskSpace(folder);
    const unasked = new SegmentFile(file, part(2880, 0), through, new Preallocation(50_000_000, space));
    assert.ok(blocksOf(`${file}.part`) < 1_000_000, 'nothing is set aside on a disk that was not asked');
    unasked.discard();
    await space.refresh();
    const before = space.freeBytes ?? 0;
    const segment = new SegmentFile(file, part(2880, 0), through, new Preallocation(50_000_000, space));
    segment.append([[part(100_000, 1)]]);
    const { size } = statSync(`${file}.part`);
    assert.ok(size >= 102_880 && size < 102_880 + 4096, `the size stays what was written, ${size}`);
    // A file system that refuses is no failure, and there is nothing more to see.
    if (blocksOf(`${file}.part`) < 49_000_000) return segment.discard();
    assert.ok(blocksOf(`${file}.part`) < 52_000_000, 'no more than the segment is expected to take');
    await space.refresh();
    const during = space.freeBytes ?? 0;
    assert.ok(Math.abs(before - during) < 25_000_000, `room shrank by ${before - during}, written are 102,880`);
    await segment.finish();
    assert.is(statSync(file).size, 102_880);
    assert.ok(blocksOf(file) < 1_000_000, `${blocksOf(file)} bytes of blocks`);
  }
});

test('of a file that could once not be synced nothing more counts as durable', async () => {
  // A descriptor is found by its file's name in /proc, which Linux has.
  if (process.platform !== 'linux') return;
  const file = join(folder, 'unsynced.fits');
  const segment = new SegmentFile(file, part(2880, 0), null);
  assert.is(await segment.sync(), 2880);
  segment.append([[part(5760, 1)]]);
  // Its descriptor is closed and opened again behind its back: the sync between fails, as one on a broken disk does.
  const fd = readdirSync('/proc/self/fd').find((name) => linkOf(name) === `${file}.part`);
  closeSync(Number(fd));
  assert.is((await segment.sync().catch((error) => error)).code, 'EBADF');
  assert.is(String(openSync(`${file}.part`, 'r+')), fd);
  segment.append([[part(2880, 2)]]);
  assert.is(await segment.sync(), 2880);
  assert.is((await segment.finish().catch((error) => error)).code, 'storage.sync-failed');
  assert.is(statSync(`${file}.part`).size, 11_520);
});

function linkOf(fd: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null;
  }
}

test.run();
