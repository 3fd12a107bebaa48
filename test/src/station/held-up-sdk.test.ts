/** Main threads that stand still at random, of the station and of the bridge, cost no frame of a maker's camera and no time its worth. */
import * as assert from 'uvu/assert';
import { heldUpRecording } from '#test/support/held-up-recording.js';
import { suite } from '#test/support/test.js';

const test = suite('held-up-sdk', 120_000);

const SMALL = ['--frames', '60', '--preview-width', '0', '--memory', '256MiB'];
const small = { seed: 7, limitMs: 100_000 };

test('frames of a QHY camera come whole, in order and in time while station and bridge are held up', async () => {
  const { holds, failures, worstUs, grades, longestMs, lateAtFirst } = await heldUpRecording({
    ...{ ...small, scheme: 'qhy', double: 'models=qhy174gps;fps=20;scan-ms=1;init-ms=0', inProcess: false },
    ...{ held: 'station,bridge' },
    words: [...SMALL, '--set', 'GpsHeader=true', '--set', 'Width=512', '--set', 'Height=256'],
  });
  assert.equal(failures, []);
  assert.ok(holds >= 4 && longestMs > 100, `${holds} holds`);
  assert.ok(lateAtFirst <= 20, `${lateAtFirst} frames late at first`);
  assert.is(grades, `${60 - lateAtFirst} locked`);
  assert.ok(worstUs < 10, `${worstUs} us`);
});

test('frames of a Toupcam come whole, in order and in time while the station that has its library is held up', async () => {
  const { holds, failures, worstUs, grades, lateAtFirst } = await heldUpRecording({
    ...{ ...small, scheme: 'toupcam', double: 'models=tiny;fps=20;gps=online', inProcess: true, held: 'station' },
    words: SMALL,
  });
  assert.equal(failures, []);
  assert.ok(holds >= 2, `${holds} holds`);
  assert.is(grades, `${60 - lateAtFirst} coarse`);
  assert.ok(worstUs < 10, `${worstUs} us`);
});

test.run();
