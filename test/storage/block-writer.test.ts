import { readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BlockWriter } from '#storage/export/block-writer.js';
import { randomOf } from '#test/support/random.js';
import { diskTest, onSmallDisk } from '#test/support/small-disk.js';
import { test } from '#test/support/test.js';
import { temporaryFolder } from './sample-session.js';

const SIZES = [1, 178, 4095, 4096, 153_600, 3 * 2 ** 20 + 5, 8 * 2 ** 20, 17 * 2 ** 20 + 1];

async function closed(handle: FileHandle, writer: BlockWriter): Promise<void> {
  await writer.close();
  await handle.close();
}

/** Appends parts of many sizes, flushes at times, and goes on in a new writer at times, as an export that was resumed. */
async function rounds(folder: string): Promise<void> {
  const random = randomOf(5);
  const noise = Uint8Array.from({ length: 18 * 2 ** 20 }, () => random() * 256);
  const file = join(folder, 'appended');
  for (let round = 0; round < 6; round++) {
    let handle = await open(file, 'w+');
    let writer = await BlockWriter.open(file, handle, 0);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (let k = 0; k < 10; k++) {
      const from = Math.floor(random() * 1_000);
      const part = noise.subarray(from, from + (SIZES[Math.floor(random() * SIZES.length)] ?? 1));
      parts.push(part);
      bytes += part.byteLength;
      const appended = writer.append(part);
      // A checkpoint may come while the next append is waiting.
      if (random() < 0.3) await writer.flush();
      await appended;
      if (random() > 0.2) continue;
      await writer.flush();
      await closed(handle, writer);
      handle = await open(file, 'r+');
      await handle.truncate(bytes);
      writer = await BlockWriter.open(file, handle, bytes);
    }
    await writer.flush();
    await handle.truncate(bytes);
    await closed(handle, writer);
    assert.ok(readFileSync(file).equals(Buffer.concat(parts)), `round ${round}`);
    rmSync(file);
  }
}

test('appended parts stand in the file one behind the other, over flushes and in writers that go on', async () => {
  await rounds(temporaryFolder());
});

diskTest(test, 'the same on a file system without direct I/O', async () => {
  await onSmallDisk('400m', rounds);
});

diskTest(test, 'a full disk is told by the append, flush or write behind it', async () => {
  await onSmallDisk('20m', async (folder) => {
    const file = join(folder, 'full');
    const handle = await open(file, 'w+');
    const writer = await BlockWriter.open(file, handle, 0);
    const append = async () => {
      for (let k = 0; k < 4; k++) await writer.append(new Uint8Array(8 * 2 ** 20));
      await writer.flush();
    };
    await append().then(
      () => assert.unreachable('32 MiB on a disk of 20'),
      (error: NodeJS.ErrnoException) => assert.is(error.code, 'ENOSPC'),
    );
    await closed(handle, writer);
  });
});

test.run();
