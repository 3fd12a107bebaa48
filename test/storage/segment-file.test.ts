import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
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
        segment.append(parts);
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
  segment.append(Array.from({ length: 10 }, (_, i) => new Uint8Array(100_000).fill(i + 1)));
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

test.run();
