/** Region, binning, depth and read mode of makers' cameras are set while a session records: in each format, each frame accounted for. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { callStation } from '#src/control/client.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import type { SessionSummary, Telemetry } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import type { FrameRow, GapRow } from '#storage/index/rows.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('sdk-changes', 120_000);

interface Plan {
  readonly camera: 'qhy' | 'toupcam';
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Sets one after the other, and the shape of the frames behind each: width, height, pixel format, binning. */
  readonly sets: readonly (readonly [readonly string[], string])[];
  /** Before the first set. */
  readonly begin: string;
}

const QHY: Plan = {
  camera: 'qhy',
  words: ['--set', 'ExposureTime=50000', '--set', 'Width=512', '--set', 'Height=256'],
  env: { APPULSE_QHY_DOUBLE: 'models=qhy600;fps=20;scan-ms=1;init-ms=0' },
  begin: '512x256 Mono16 1',
  sets: [
    [['OffsetX=64', 'Width=256'], '256x256 Mono16 1'],
    [['PixelFormat=Mono8'], '256x256 Mono8 1'],
    // Binning sets the region back to the whole sensor, a read mode the binning as well.
    [['BinningHorizontal=2', 'Width=256', 'Height=128'], '256x128 Mono8 2'],
    [['SensorReadoutMode=High_Gain_Mode', 'Width=512', 'Height=64'], '512x64 Mono8 1'],
  ],
};
const TOUPCAM: Plan = {
  camera: 'toupcam',
  words: ['--set', 'ExposureTime=50000'],
  env: { APPULSE_TOUPCAM_DOUBLE: 'models=tiny;fps=20;gps=online' },
  begin: '642x482 Mono14 1',
  sets: [
    [['OffsetX=64', 'Width=256', 'Height=128'], '256x128 Mono14 1'],
    [['PixelFormat=Mono8'], '256x128 Mono8 1'],
    [['BinningHorizontal=2'], '128x64 Mono8 2'],
  ],
};

const WAYS: readonly (readonly [string, Plan, readonly string[]])[] = [
  ['QHY camera over the bridge into SER', QHY, ['--format', 'ser']],
  [
    'Toupcam in process into ADV, with FF files',
    TOUPCAM,
    ['--in-process', '--format', 'adv', '--stack', 'ff', '--station-code', 'US001A'],
  ],
];

for (const [title, plan, how] of WAYS) {
  test(`what shapes the frames of a ${title} is changed: segments of one shape each, and every frame in one of them`, () =>
    withFolder((folder) => changed(plan, how, folder)));
}

async function changed({ camera, words, env, sets, begin }: Plan, how: readonly string[], folder: string) {
  const data = join(folder, 'data');
  const uri = `${camera}:`;
  const own = { ...env, XDG_CONFIG_HOME: join(folder, 'config') };
  const all = [
    '--sdk-doubles',
    '--camera',
    uri,
    '--data',
    data,
    '--memory',
    '256MiB',
    '--preview-width',
    '0',
    '--json',
  ];
  const running = startAppulse(['record', ...all, ...words, ...how], { env: own, limitMs: 110_000 });
  const received = async (): Promise<number> => {
    const [telemetry] = (await callStation(data, { call: 'status' })) as readonly Telemetry[];
    return telemetry?.frames.received ?? 0;
  };
  const moreFrames = async (): Promise<void> => {
    const least = (await received()) + 8;
    while ((await received()) < least) await new Promise((done) => setTimeout(done, 50));
  };
  await running.says(' streams ');
  await moreFrames();
  for (const [values] of sets) {
    const ended = await appulse(['controls', uri, 'set', ...values, '--data', data, '--json'], { env: own });
    assert.is(ended.code, 0, ended.stderr);
    assert.ok((ended.json as SetControlsAnswer).interrupted, values.join());
    await moreFrames();
  }
  await callStation(data, { call: 'stop' }, 30_000);
  const ended = await running.ended;
  const summary = ended.json as SessionSummary;
  const reader = new IndexReader(summary.index);
  const frames = [...reader.iterateFrames({ sessionId: summary.session })];
  const gaps = reader.gaps({ sessionId: summary.session });
  reader.close();
  const { received: came, recorded, indexed, lost } = summary.frames;
  assert.equal([recorded, indexed, frames.length], [came, came, came], ended.stderr);
  // A busy machine may lose some; then each is told.
  assert.is(ended.code, lost === 0 ? 0 : 3, ended.stderr);
  assert.is(
    gaps.reduce((sum, gap) => sum + gap.frames, 0),
    lost,
  );
  requireCovered(frames, gaps);
  const controls = gaps.filter(({ cause }) => cause === 'control');
  assert.is(controls.length, sets.length);
  for (const [at, [values]] of sets.entries()) {
    for (const value of values) assert.match(controls[at]?.detail ?? '', `${value.replace(/=.*/, '')} `);
  }
  const shapes = new Map<string, Set<string>>();
  for (const { file, width, height, pixelFormat, binningY } of frames) {
    const of = shapes.get(file) ?? new Set();
    shapes.set(file, of.add(`${width}x${height} ${pixelFormat} ${binningY}`));
  }
  assert.equal(
    [...shapes.values()].map((of) => [...of].join(' and ')),
    [begin, ...sets.map(([, shape]) => shape)],
    'a segment for each shape',
  );
  const verified = await appulse(['verify', '--data', data, '--json']);
  assert.is(verified.code, 0, verified.stdout);
}

/** Block ids begin anew with each stream, and none between two of a stream is without a row or a gap. */
function requireCovered(frames: readonly FrameRow[], gaps: readonly GapRow[]): void {
  const told = (block: bigint) =>
    gaps.some(
      ({ firstBlock, lastBlock }) => firstBlock !== null && firstBlock <= block && block <= (lastBlock ?? block),
    );
  let last = 0n;
  for (const { blockId, number } of frames) {
    if (blockId <= last) last = 0n;
    for (let block = last + 1n; block < blockId; block++)
      assert.ok(told(block), `block ${block} before frame ${number}`);
    last = blockId;
  }
}

test.run();
