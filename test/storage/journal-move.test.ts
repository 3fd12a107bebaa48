import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { FrameJournal, JOURNAL_RECORDS, readJournal } from '#storage/segments/frame-journal.js';
import { newSessionId } from '#storage/segments/recorder.js';
import { test } from '#test/support/test.js';
import { temporaryFolder } from './sample-session.js';

for (const before of [10, JOURNAL_RECORDS + 100]) {
  test(`a journal of ${before} records that moves takes along what was begun from a frame on, and goes on there`, () => {
    const path = temporaryFolder();
    const [first, second] = [join(path, 'a'), join(path, 'b')];
    mkdirSync(first);
    mkdirSync(second);
    const session = newSessionId();
    const journal = new FrameJournal(first, session);
    const frame = (number: number) => ({
      number,
      blockId: BigInt(number),
      startUtcNs: BigInt(number),
      endUtcNs: BigInt(number) + 1n,
    });
    for (let number = 1; number <= before; number++) journal.frame(frame(number));
    journal.gap({ cause: 'network', blockId: BigInt(before + 1), frames: 1 });
    journal.moveTo(second, before - 3);
    assert.is(readJournal(first, session), null);
    journal.frame(frame(before + 2));
    const moved = readJournal(second, session);
    assert.is(moved?.torn, 0);
    assert.equal(
      moved?.records.map((record) => (record.kind === 'frame' ? record.number : record.cause)),
      [before - 3, before - 2, before - 1, before, 'network', before + 2],
    );
    journal.remove();
    assert.is(readJournal(second, session), null);
  });
}

test.run();
