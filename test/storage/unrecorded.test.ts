import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { IndexReader } from '#storage/index/queries.js';
import { OPEN_RUN_FRAMES } from '#storage/segments/frame-journal.js';
import { Unrecorded } from '#storage/segments/unrecorded.js';
import { test } from '#test/support/test.js';
import { sampleRecord, sampleRecorder, temporaryFolder } from './sample-session.js';

const WHY = 'the disk does not keep up';
const frame = (number: number, changes: Partial<FrameRecord> = {}) => sampleRecord(number, 's', changes);

test('frames that were not recorded are a gap row a run, with their blocks and times', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, session, record } = await sampleRecorder(folder.path);
  await record(1);
  for (let number = 2; number <= 201; number++) recorder.unrecorded(sampleRecord(number, session.id), WHY);
  await record(202);
  // Block 203 is not told of here: a row must not name a block that was lost elsewhere.
  for (const number of [204, 205, 207]) recorder.unrecorded(sampleRecord(number, session.id), WHY);
  const status = await recorder.close();
  assert.is(status.framesRecorded, 2);
  assert.is(status.notRecorded, 203);
  const index = new IndexReader(folder.indexFile);
  assert.equal(
    index
      .gaps()
      .map(({ cause, frames, firstBlock, lastBlock, detail }) => [cause, frames, firstBlock, lastBlock, detail]),
    [
      ['disk', 200, 65_002n, 65_201n, WHY],
      ['disk', 2, 65_204n, 65_205n, WHY],
      ['disk', 1, 65_207n, 65_207n, WHY],
    ],
  );
  const [gap] = index.gaps();
  assert.is(gap?.fromUtcNs, sampleRecord(2, '').time.startUtcNs);
  assert.is(gap?.toUtcNs, sampleRecord(201, '').time.endUtcNs);
  assert.is(gap?.cameraId, 'camera-1');
  assert.is(index.sessions()[0]?.framesNotRecorded, 203);
  index.close();
  folder.close();
});

test('a row is told when its outage is over, and within a minute of a longer one', () => {
  const unrecorded = new Unrecorded();
  assert.is(unrecorded.isDue(0), false);
  assert.is(unrecorded.take(), null);
  unrecorded.add(frame(1), WHY, 0);
  assert.is(unrecorded.isDue(1_900), false);
  unrecorded.add(frame(2), WHY, 1_900);
  assert.is(unrecorded.isDue(3_800), false);
  assert.is(unrecorded.isDue(4_000), true);
  for (let second = 2; second <= 59; second++) {
    unrecorded.add(frame(second + 1), WHY, second * 1_000);
    assert.is(unrecorded.isDue(second * 1_000), false);
  }
  unrecorded.add(frame(61), WHY, 60_001);
  assert.is(unrecorded.isDue(60_001), true);
  assert.is(unrecorded.take()?.gap.frames, 61);
  assert.is(unrecorded.take(), null);
  assert.is(unrecorded.isDue(60_002), false);
});

test("another camera's frames, and blocks that do not follow, begin a row of their own", () => {
  const unrecorded = new Unrecorded();
  assert.is(unrecorded.joins(frame(5)), true);
  unrecorded.add(frame(5), WHY);
  assert.is(unrecorded.joins(frame(6)), true);
  for (const other of [frame(7), frame(5), frame(4), frame(6, { cameraId: 'camera-2' })]) {
    assert.is(unrecorded.joins(other), false);
  }
});

test('a row is told before it has more frames than the journal would tell of after a crash', () => {
  const unrecorded = new Unrecorded();
  const first = sampleRecord(1, 'session');
  for (let i = 0; i < OPEN_RUN_FRAMES; i++) {
    assert.not(unrecorded.isDue(0));
    unrecorded.add({ ...first, blockId: first.blockId + BigInt(i) }, 'slow', 0);
  }
  assert.ok(unrecorded.isDue(0));
  assert.is(unrecorded.take()?.gap.frames, OPEN_RUN_FRAMES);
});

test.run();
