/** Bursts of a QHY camera through the whole chain: exactly the frames that the rules say, and no silence behind them is an outage. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('sdk-bursts', 100_000);

/** Frames 2 to 5 of each burst; by fibre the first burst lacks its first. */
for (const [model, title, way, sequences] of [
  ['qhy411', 'by USB, over the bridge', [], [2, 3, 4, 5, 2, 3, 4, 5]],
  ['qhy600mpcie', 'by fibre, in process', ['--in-process'], [3, 4, 5, 2, 3, 4, 5]],
] as const) {
  test(`two bursts ${title}, are recorded as they came, and the session waits for no more`, () =>
    withFolder(async (folder) => {
      const sets = ['Width=512', 'Height=40', 'ExposureTime=2000', 'PixelFormat=Mono8', 'GpsHeader=true'];
      const burst = ['BurstMode=true', 'BurstStart=1', 'BurstEnd=6', 'BurstCount=2'];
      const ended = await appulse(
        [
          ...['record', '--camera', 'qhy:', '--sdk-doubles', ...way, '--data', join(folder, 'data'), '--json'],
          ...['--memory', '256MiB', '--preview-width', '0', '--duration', '3s'],
          ...[...sets, ...burst].flatMap((set) => ['--set', set]),
        ],
        { env: { APPULSE_QHY_DOUBLE: `models=${model};fps=50;scan-ms=1;init-ms=0` }, limitMs: 90_000 },
      );
      assert.is(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /the camera has given all frames that were asked for/);
      const { index, session, frames, outages } = ended.json as SessionSummary;
      assert.equal([frames.received, frames.lost, outages], [sequences.length, 0, 0]);
      const reader = new IndexReader(index);
      const rows = reader.frames({ sessionId: session });
      const gaps = reader.gaps({ sessionId: session });
      reader.close();
      assert.equal(
        rows.map(({ sequence }) => sequence),
        sequences,
      );
      assert.equal(gaps, []);
    }));
}

test.run();
