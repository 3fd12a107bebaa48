import { readdirSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { callStation } from '#src/control/client.js';
import type { SessionSummary, Telemetry } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { startAppulse } from '#test/support/appulse.js';
import { diskTest, onSmallDisk } from '#test/support/small-disk.js';
import { suite } from '#test/support/test.js';

const test = suite('full disk', 90_000);
const MIB = 2 ** 20;

async function telemetry(folder: string): Promise<Telemetry> {
  const [first] = (await callStation(folder, { call: 'status' }, 20_000)) as Telemetry[];
  if (first === undefined) throw new Error('no telemetry yet');
  return first;
}

/** Every received frame is a row or in a gap of cause disk, and files that have their final name are those that the index calls closed. */
function check(path: string, summary: SessionSummary): void {
  const index = new IndexReader(summary.index);
  try {
    const gaps = index.gaps({ sessionId: summary.session });
    const notRecorded = gaps.filter(({ cause }) => cause === 'disk').reduce((sum, { frames }) => sum + frames, 0);
    assert.ok(notRecorded > 0);
    assert.is(summary.frames.recorded + notRecorded, summary.frames.received, 'received = recorded + not recorded');
    assert.is(index.countFrames({ sessionId: summary.session, state: 'on-disk' }), summary.frames.recorded);
    const segments = index.segments(summary.session);
    assert.ok(segments.length >= 2, 'one before the disk was full, one after');
    const closed = segments.filter(({ state }) => state === 'closed').map(({ file }) => join(path, file));
    assert.is(closed.length, segments.length, 'all of them are closed');
    const names = readdirSync(summary.folder).filter((name) => /\.(fits|ser|adv)(\.part)?$/.test(name));
    assert.equal(names.sort(), closed.map((file) => file.slice(summary.folder.length + 1)).sort());
  } finally {
    index.close();
  }
}

for (const format of ['fits', 'ser', 'adv']) {
  for (const floor of [12 * MIB, 0]) {
    const what = floor === 0 ? 'a full disk' : 'the floor';
    diskTest(
      test,
      `${what} stops recording as ${format} with everything closed, acquisition goes on, and so does recording later`,
      () =>
        onSmallDisk('64m', async (path) => {
          const ballast = join(path, 'ballast');
          const { bavail, bsize } = statfsSync(path);
          writeFileSync(ballast, Buffer.alloc(bavail * bsize - floor - 10 * MIB));
          const floorWords = floor === 0 ? [] : ['--floor', String(floor)];
          const words = ['--format', format, '--data', path, '--memory', '64MiB', '--preview-rate', '5', '--json'];
          const running = startAppulse(
            ['record', '--camera', 'sim:tiny?fps=60&format=Mono16', ...words, ...floorWords],
            { limitMs: 80_000 },
          );
          await running.says(floor === 0 ? 'no space left' : 'the floor is reached');
          const { received } = (await telemetry(path)).frames;
          let now = await telemetry(path);
          while (now.frames.received < received + 60) now = await telemetry(path);
          assert.is(now.state, 'streaming', 'acquisition goes on');
          const free = statfsSync(path).bavail * bsize;
          assert.ok(free >= floor - MIB, `the floor of ${floor} is kept: ${free} bytes are free`);
          const { frameNumber: shown } = (await callStation(path, { call: 'preview', camera: 0 })) as {
            frameNumber: number;
          };
          let preview = shown;
          while (preview === shown)
            preview = ((await callStation(path, { call: 'preview', camera: 0 })) as { frameNumber: number })
              .frameNumber;
          unlinkSync(ballast);
          await running.says('writing works again');
          const { recorded } = (await telemetry(path)).frames;
          while ((await telemetry(path)).frames.recorded < recorded + 20);
          running.child.kill('SIGINT');
          const ended = await running.ended;
          assert.is(ended.code, 3, ended.stderr);
          check(path, ended.json as SessionSummary);
        }),
    );
  }
}

test.run();
