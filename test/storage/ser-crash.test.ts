import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { ticksOf, utcNsOfTicks } from '#storage/ser/ser-ticks.js';
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

test('after kill -9 every file is completed from its list: each frame that the index knows with its pixels and its stamp', async () => {
  for (const frames of [1, 40, 90, 150]) {
    const path = join(root, String(frames));
    await recordAndKill(path, frames);
    const folder = await openDataFolder(path);
    assert.is(folder.recovery.framesMissing, 0);
    const index = new IndexReader(folder.indexFile);
    const rows = index.frames();
    index.close();
    folder.close();
    assert.ok(rows.length >= frames, `${rows.length} rows after ${frames} frames were indexed`);
    const [session = ''] = readdirSync(join(path, 'sessions'));
    const names = readdirSync(join(path, 'sessions', session));
    assert.equal(
      names.filter((name) => name.endsWith('.part')),
      [],
    );
    let seen = 0;
    for (const name of names.filter((each) => each.endsWith('.ser')).sort()) {
      const reader = new SerReader(join(path, 'sessions', session, name));
      assert.equal(reader.notes, []);
      assert.is(reader.stamp, 'end');
      for (const { frame, pixels, time } of reader.frames()) {
        const row = rows[seen++];
        assert.ok(row, `frame ${frame} of ${name} is in the index`);
        assert.is(row.byteOffset, 178 + (frame - 1) * FRAME_BYTES);
        // A stamp is the nearest 100 ns.
        assert.is(utcNsOfTicks(ticksOf(row.endUtcNs)), time?.times[0]?.startUtcNs);
        const { buffer, byteOffset, byteLength } = pixels.data;
        assert.ok(Buffer.from(buffer, byteOffset, byteLength).equals(serPixels(row.number, SER_SHAPE)));
      }
      reader.close();
    }
    assert.is(seen, rows.length);
  }
});

test.run();
