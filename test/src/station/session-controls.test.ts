/** Controls that are set while a session records: through the command line, judged by the index, the segments and the simulator's truth. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { callStation } from '#src/control/client.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import type { SessionSummary, Telemetry } from '#src/station/messages.js';
import { readHdus } from '#storage/fits/reader.js';
import { appulse, type Ended, readTruth, startAppulse, type TruthFrame, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('session controls', 90_000);

interface FrameRow {
  readonly number: bigint;
  readonly block_id: bigint;
  readonly width: bigint;
  readonly pixel_format: string;
  readonly gain: number | null;
  readonly start_utc_ns: bigint;
  readonly exposure_ns: bigint;
  readonly grade: string;
  readonly file: string;
}

interface Recorded {
  readonly frames: readonly FrameRow[];
  readonly gaps: readonly { cause: string; frames: bigint; detail: string }[];
  readonly events: readonly { kind: string; data: Record<string, unknown> }[];
}

function recordedIn(index: string): Recorded {
  const db = new Database(index, { readonly: true }).defaultSafeIntegers();
  const all = <T>(sql: string) => db.prepare(sql).all() as T[];
  const frames = all<FrameRow>(
    'SELECT frames.*, segments.file AS file FROM frames JOIN segments ON segments.key = segment_key ORDER BY number',
  );
  const gaps = all<Recorded['gaps'][number]>('SELECT cause, frames, detail FROM gaps ORDER BY key');
  const events = all<{ kind: string; data: string }>('SELECT kind, data FROM events ORDER BY key').map(
    ({ kind, data }) => ({ kind, data: JSON.parse(data) as Record<string, unknown> }),
  );
  db.close();
  return { frames, gaps, events };
}

/** A station with a user's folder of its own, and what is asked of it. */
async function withStation(
  camera: (folder: string) => string,
  words: readonly string[],
  work: (station: {
    set: (...values: string[]) => Promise<Ended>;
    frames: (least: number) => Promise<void>;
    folder: string;
  }) => Promise<void>,
): Promise<{ summary: SessionSummary; ended: Ended; recorded: Recorded; truth: readonly TruthFrame[] }> {
  return withFolder(async (folder) => {
    const data = join(folder, 'data');
    const env = { XDG_CONFIG_HOME: join(folder, 'config') };
    const uri = camera(folder);
    const running = startAppulse(['record', '--camera', uri, '--data', data, '--json', ...words], { env });
    const received = async () => {
      const [telemetry] = (await callStation(data, { call: 'status' })) as readonly Telemetry[];
      return telemetry?.frames.received ?? 0;
    };
    await running.says('streams');
    await work({
      folder,
      set: (...values) => appulse(['controls', uri, 'set', ...values, '--data', data, '--json'], { env }),
      frames: async (more) => {
        const least = (await received()) + more;
        while ((await received()) < least) await new Promise((done) => setTimeout(done, 50));
      },
    });
    await callStation(data, { call: 'stop' }, 30_000);
    const ended = await running.ended;
    const summary = ended.json as SessionSummary;
    const recorded = recordedIn(summary.index);
    for (const name of readdirSync(summary.folder).filter((file) => file.endsWith('.fits'))) {
      const inIt = recorded.frames.filter(({ file }) => file.endsWith(name)).length;
      // The first HDU has no pixels; behind it stands one for each frame.
      assert.is(readHdus(join(summary.folder, name)).hdus.length - 1, inIt, name);
    }
    return { summary, ended, recorded, truth: readTruth(join(folder, 'truth')) };
  });
}

const tiny = (folder: string) => `sim:tiny?fps=25&truth=${join(folder, 'truth')}`;
const answerOf = ({ json, code, stderr }: Ended): SetControlsAnswer => {
  assert.is(code, 0, stderr);
  return json as SetControlsAnswer;
};
const errorOf = ({ json }: Ended) => (json as { error: { code: string; message: string } }).error;

/** Streams: block ids begin anew in each. */
function streamsOf(frames: readonly FrameRow[]): FrameRow[][] {
  const streams: FrameRow[][] = [];
  for (const frame of frames) {
    if (frame.block_id === 1n) streams.push([]);
    streams.at(-1)?.push(frame);
  }
  return streams;
}

test('region and depth change in mid-session: no frame is unaccounted for, and every time is that of the simulator', async () => {
  const { summary, ended, recorded, truth } = await withStation(tiny, [], async ({ set, frames }) => {
    await frames(10);
    const answer = answerOf(await set('OffsetX=100', 'Width=160', 'PixelFormat=Mono8'));
    assert.ok(answer.interrupted);
    assert.equal(
      answer.changes.map(({ name, value }) => [name, value]),
      [
        ['Width', 160],
        ['PixelFormat', 'Mono8'],
        ['OffsetX', 100],
      ],
    );
    await frames(10);
    // Nothing is set, and nothing is interrupted.
    assert.not.ok(answerOf(await set('Width=160')).interrupted);
    const refused = await set('Width=400');
    assert.is(refused.code, 2);
    assert.match(errorOf(refused).message, 'a whole number from 1 to 220, in px');
    await frames(10);
  });
  assert.is(ended.code, 0, ended.stderr);
  assert.equal([summary.frames.lost, summary.frames.incomplete, summary.outages], [0, 0, 0]);
  assert.is(summary.frames.recorded, summary.frames.received);
  assert.is(recorded.frames.length, summary.frames.received);
  const streams = streamsOf(recorded.frames);
  assert.equal(
    streams.map((stream) => [...new Set(stream.map((f) => `${f.width} ${f.pixel_format}`))]),
    [['320 Mono12'], ['160 Mono8']],
  );
  for (const stream of streams) {
    assert.equal(
      stream.map(({ block_id: block }) => Number(block)),
      stream.map((_, i) => i + 1),
    );
  }
  assert.is(new Set(streams.map((stream) => stream[0]?.file)).size, 2);
  // Every frame that the camera sent has a row, and its time is right; behind the last one the session was over.
  const sent = truth.filter(({ block }) => block !== null).slice(0, recorded.frames.length);
  for (const [i, { startUtcNs, block }] of sent.entries()) {
    const frame = recorded.frames[i];
    assert.is(String(frame?.block_id), block);
    const away = Number((frame?.start_utc_ns ?? 0n) - BigInt(startUtcNs));
    assert.ok(Math.abs(away) <= 200, `frame ${frame?.number} is ${away} ns off`);
  }
  assert.equal(
    recorded.gaps.map(({ cause, frames }) => [cause, frames]),
    [['control', 0n]],
  );
  assert.match(recorded.gaps[0]?.detail ?? '', /Width 320 -> 160, PixelFormat Mono12 -> Mono8, OffsetX 0 -> 100/);
  const controls = recorded.events.filter(({ kind }) => kind === 'control');
  assert.equal(
    controls.map(({ data }) => [data.name, data.from, data.value, data.interrupted]),
    [
      ['Width', 320, 160, true],
      ['PixelFormat', 'Mono12', 'Mono8', true],
      ['OffsetX', 0, 100, true],
    ],
  );
  const [opened] = recorded.events.filter(({ kind }) => kind === 'controls');
  assert.equal([opened?.data.Width, opened?.data.PixelFormat, opened?.data.Gain], [320, 'Mono12', 0]);
  assert.ok(recorded.events.some(({ kind, data }) => kind === 'camera' && data.event === 'connected'));
});

test('gain and exposure change while frames stream: the frames behind have them, and no time is in doubt', async () => {
  const { summary, recorded } = await withStation(tiny, [], async ({ set, frames, folder }) => {
    await frames(10);
    const [gain, exposure] = await Promise.all([set('Gain=3'), set('ExposureTime=2000')]);
    assert.not.ok(answerOf(gain).interrupted || answerOf(exposure).interrupted);
    await frames(20);
    assert.ok(readTruth(join(folder, 'truth')).length > 0);
  });
  assert.is(streamsOf(recorded.frames).length, 1);
  assert.equal([recorded.frames[0]?.gain, recorded.frames.at(-1)?.gain], [0, 3]);
  assert.is(recorded.frames.at(-1)?.exposure_ns, 2_000_000n);
  assert.equal([...new Set(recorded.frames.map(({ grade }) => grade))], ['locked']);
  assert.is(summary.times.locked, recorded.frames.length);
  assert.equal(recorded.gaps, []);
  const found = recorded.events.filter(({ kind, data }) => kind === 'frame-finding' && data.finding !== 'host-step');
  assert.equal(found, []);
});

test('a mode that cannot be recorded is refused: the camera streams on as it was, and the user is told why', async () => {
  const { summary, ended, recorded } = await withStation(
    tiny,
    ['--memory', '64MiB', '--bin', '2', '--format', 'ser'],
    async ({ set, frames }) => {
      await frames(5);
      const refused = await set('Width=1');
      assert.is(refused.code, 2);
      assert.is(errorOf(refused).code, 'usage.bin-region');
      await frames(10);
    },
  );
  assert.is(ended.code, 0, ended.stderr);
  const streams = streamsOf(recorded.frames);
  assert.is(streams.length, 2);
  assert.equal([...new Set(recorded.frames.map(({ width }) => width))], [160n]);
  assert.is(recorded.frames.length, summary.frames.received);
  assert.match(recorded.gaps[0]?.detail ?? '', /nothing was set: a region of 1 x 240/);
});

test('sets that come at once follow each other, each answered, with every frame accounted for', async () => {
  const { summary, recorded } = await withStation(tiny, [], async ({ set, frames }) => {
    await frames(5);
    const answers = await Promise.all([set('Width=100'), set('Gain=2'), set('Width=200'), set('Height=999')]);
    assert.equal(
      answers.map(({ code }) => code),
      [0, 0, 0, 2],
    );
    await frames(5);
  });
  assert.is(recorded.frames.length, summary.frames.received);
  assert.is(summary.frames.lost, 0);
  const widths = streamsOf(recorded.frames).map(([frame]) => Number(frame?.width));
  assert.is(widths[0], 320);
  assert.ok(widths.every((width) => [320, 100, 200].includes(width)));
  assert.is(recorded.gaps.length, 2);
});

test('what was set in the session is set again when the camera comes back, whatever --set says', async () => {
  const camera = (folder: string) => `sim:tiny?fps=50&vanish-after=60:500&truth=${join(folder, 'truth')}`;
  const { recorded, ended } = await withStation(
    camera,
    ['--set', 'Gain=1', '--camera-state', 'false'],
    async ({ set, frames }) => {
      answerOf(await set('Gain=7'));
      // The camera vanishes at its 60th frame.
      await frames(70);
    },
  );
  assert.is(ended.code, 3);
  assert.ok(recorded.gaps.some(({ cause }) => cause === 'camera-lost'));
  assert.is(recorded.frames[0]?.gain, 1);
  assert.is(recorded.frames.at(-1)?.gain, 7);
  assert.is(streamsOf(recorded.frames).at(-1)?.[0]?.gain, 7);
  assert.ok(recorded.events.some(({ kind, data }) => kind === 'camera' && data.event === 'lost'));
});

test.run();
