import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import { completeSer, serSegmentReader } from '#storage/ser/ser-segment.js';
import { ticksOf } from '#storage/ser/ser-ticks.js';
import { test } from '#test/support/test.js';
import { temporaryFolder, until } from './sample-session.js';
import { SER_SHAPE, serPixels } from './ser-session.js';

const root = temporaryFolder();
const FRAME_BYTES = 64 * 48 * 2;

/** Records into `path` until `frames` are indexed, then dies as of a power switch. */
async function recordAndKill(path: string, frames: number): Promise<void> {
  const script = fileURLToPath(new URL('./ser-child.js', import.meta.url));
  const child = spawn(process.execPath, [script, path, String(178 + 60 * FRAME_BYTES)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let indexed = 0;
  child.stdout.on('data', (text) => {
    indexed = Number(String(text).trim().split('\n').at(-1));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await until(() => indexed >= frames, 30);
  child.kill('SIGKILL');
  await ended;
}

test('kill -9 leaves a part and a list from which the file is completed, every indexed frame with its stamp', async () => {
  for (const frames of [1, 40, 90, 150]) {
    const path = join(root, String(frames));
    await recordAndKill(path, frames);
    const folder = await openDataFolder(path);
    assert.is(folder.recovery.framesMissing, 0);
    const index = new IndexReader(folder.indexFile);
    const rows = index.frames();
    index.close();
    folder.close();
    const [session = ''] = readdirSync(join(path, 'sessions'));
    const [name] = readdirSync(join(path, 'sessions', session)).filter((file) => file.endsWith('.part'));
    assert.ok(name, 'a part is left');
    const part = join(path, 'sessions', session, name);
    const { frames: whole, bytes, end } = completeSer(part, { verify: true });
    assert.is(end.tail.byteLength, 8 * whole.length);
    const tail = Buffer.from(end.tail);
    for (const [i, { record, place }] of whole.entries()) {
      assert.is(tail.readBigInt64LE(8 * i), ticksOf(record.time.endUtcNs));
      const { buffer, byteOffset, byteLength } = serSegmentReader.readPixels(part, place).data;
      const pixels = Buffer.from(buffer, byteOffset, byteLength);
      assert.ok(pixels.equals(serPixels(record.frameNumber, SER_SHAPE)), `frame ${record.frameNumber}`);
    }
    assert.is(bytes, 178 + whole.length * FRAME_BYTES);
    assert.is(readFileSync(part).readInt32LE(38), 0, 'completing changes nothing by itself');
    const listed = new Set(whole.map(({ record }) => record.frameNumber));
    for (const row of rows.filter(({ file }) => file.endsWith(name.replace('.part', '')) || file.endsWith(name)))
      assert.ok(listed.has(row.number), `indexed frame ${row.number} is whole`);
  }
});

test.run();
