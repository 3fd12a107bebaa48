/** What a person sees and finds of a Toupcam camera that has trouble: the words of `record`, and the rows of the index. */
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, type Ended, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('toupcam-record', 90_000);

function record(data: string, scenario: string, words: readonly string[]): Promise<Ended> {
  const env = { APPULSE_TOUPCAM_DOUBLE: scenario };
  const set = ['--set', 'ExposureTime=1000', '--set', 'PixelFormat=Mono8', '--set', 'TimeoutMinimum=0.3'];
  const args = ['record', '--data', data, '--json', '--camera', 'toupcam:', '--sdk-doubles', ...set, ...words];
  return appulse(args, { env, limitMs: 80_000 });
}

test('each step of recovery is said and kept, and the frame that was under way is a gap row', () =>
  withFolder(async (data) => {
    const ended = await record(data, 'models=tiny;fps=50;stuck-at=20;stuck-until=reopen', ['--frames', '40']);
    assert.is(ended.code, 3, ended.stderr);
    const steps = [
      'its queues are emptied',
      'the stream is stopped and begun again',
      'the camera is closed and opened again',
    ];
    for (const step of [...steps, 'frames come again']) assert.match(ended.stderr, step);
    const summary = ended.json as SessionSummary;
    assert.is(summary.frames.received, 40);
    const reader = new IndexReader(summary.index);
    const gaps = reader.gaps({ sessionId: summary.session });
    const events = reader.events({ sessionId: summary.session });
    reader.close();
    assert.ok(
      gaps.some(({ cause, firstBlock }) => cause === 'camera' && firstBlock === 21n),
      'behind frame 20',
    );
    const told = events.map(({ data: about }) => JSON.stringify(about)).join('\n');
    for (const step of steps) assert.match(told, step);
  }));

test('a camera that another program has is said to be in use, with what to do', () =>
  withFolder(async (data) => {
    const ended = await record(data, 'models=tiny;busy=0', ['--frames', '1']);
    assert.is(ended.code, 1);
    assert.match(ended.stderr, /Double tiny GPS \(tp-usb-1-\w+\) cannot be opened: end the program that has it/);
  }));

test.run();
