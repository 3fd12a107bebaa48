import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { retainedIn } from '#storage/retention/retained-segments.js';
import { test } from '#test/support/test.js';
import { temporaryFolder } from '../sample-session.js';
import { SER_SHAPE, serSession } from '../ser-session.js';

const FRAME_BYTES = SER_SHAPE.width * SER_SHAPE.height * SER_SHAPE.sampleBytes;

/** Sizes of the files of a session, by their endings. */
function sizesIn(folder: string): { readonly ser: number; readonly frames: number; readonly largestList: number } {
  const sizes = (ending: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(ending))
      .map((name) => statSync(join(folder, name)).size);
  const sum = (all: readonly number[]) => all.reduce((total, size) => total + size, 0);
  const lists = sizes('.frames');
  return { ser: sum(sizes('.ser')), frames: sum(lists), largestList: Math.max(...lists) };
}

test('a rolling archive of SER files counts the lists of frames beside them, while it records and at rest', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const maxBytes = 60 * FRAME_BYTES;
  try {
    const { recorder, record } = await serSession(folder.path, { maxBytes });
    for (let number = 1; number <= 200; number++) await record(number);
    await recorder.close();
    const { ser, frames, largestList } = sizesIn(folder.path);
    assert.ok(frames > ser / 10, 'lists weigh something beside frames so small');
    // The last segment was begun before it had a list.
    assert.ok(ser + frames <= maxBytes + largestList, `${ser} and ${frames} of ${maxBytes}`);
    const kept = retainedIn(folder.indexFile).segments;
    assert.is(
      kept.reduce((total, { bytes }) => total + bytes, 0),
      ser + frames,
    );
    // The next session goes on from what is there.
    const next = await serSession(folder.path, { maxBytes });
    for (let number = 1; number <= 20; number++) await next.record(number);
    await next.recorder.close();
    const later = sizesIn(folder.path);
    assert.ok(later.ser + later.frames <= maxBytes + later.largestList, `${later.ser} and ${later.frames}`);
  } finally {
    folder.close();
  }
});

test.run();
