/**
 * What a maker's library and the camera behind it can do to a recording, each by a double of the library: the frames that were good
 * are recorded, what was lost is told with its cause, and the program goes on or ends with a clear error.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { doubleLibrary } from '#src/cameras/sdk/doubles.js';
import { appulse, type Ended, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('sdk-faults', 120_000);

interface Recorded {
  readonly ended: Ended;
  /** Of the summary. */
  readonly frames: { readonly received: number; readonly recorded: number; readonly lost: number };
  readonly outages: number;
  readonly rows: readonly { readonly sequence: number; readonly startUtcNs: string; readonly aduMax: number }[];
  readonly gaps: readonly { readonly cause: string; readonly frames: number; readonly detail: string | null }[];
  /** What the double says of the frames that its camera made. */
  readonly truth: readonly Readonly<Record<string, unknown>>[];
}

/** Small memory and sockets: the frames of these tests are small, and so are the machines that run them. */
const SMALL = ['--memory', '64MiB', '--socket-buffer', '8MiB'];

async function record(
  folder: string,
  camera: string,
  scenario: string,
  words: readonly string[],
  { env = {}, library = [] }: { env?: NodeJS.ProcessEnv; library?: readonly string[] } = {},
): Promise<Recorded> {
  const data = join(folder, 'data');
  const truth = join(folder, 'truth');
  const variable = camera.startsWith('qhy') ? 'APPULSE_QHY_DOUBLE' : 'APPULSE_TOUPCAM_DOUBLE';
  const asked = `${scenario};once=${join(folder, 'once')};truth=${truth}`;
  const which = library.length > 0 ? library : ['--sdk-doubles'];
  const ended = await appulse(['record', '--camera', camera, '--data', data, '--json', ...which, ...SMALL, ...words], {
    env: { ...env, [variable]: asked },
    limitMs: 100_000,
  });
  const summary = ended.json as Pick<Recorded, 'frames' | 'outages'>;
  const index = await appulse(['frames', '--data', data, '--json', '--limit', '1000']);
  const { frames: rows, gaps } = index.json as { frames: Recorded['rows']; gaps: Recorded['gaps'] };
  const lines = readFileSync(truth, 'utf8').trim().split('\n');
  return {
    ended,
    frames: summary.frames,
    outages: summary.outages,
    rows,
    gaps,
    truth: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

const TINY = 'models=tiny;fps=20';

test('a segmentation fault of the library ends its bridge only: the outage is told, and recording goes on', async () => {
  await withFolder(async (folder) => {
    const { ended, outages, rows, gaps, truth } = await record(folder, 'toupcam:', `${TINY};segv-at=10`, [
      '--frames',
      '30',
    ]);
    assert.is(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, /ToupTek's library ended the bridge of toupcam:.*SIGSEGV, a segmentation fault/);
    assert.is(outages, 1);
    assert.is(rows.length, 30);
    assert.equal(
      gaps.map(({ cause }) => cause),
      ['camera-lost'],
    );
    // Ten before the crash, but for what was on its way, and the rest from a library that has begun anew.
    const before = rows.findIndex(({ sequence }, at) => at > 0 && sequence === 0);
    assert.ok(before >= 3 && before <= 10, String(before));
    for (const { startUtcNs } of rows) {
      const near = truth.some((made) => {
        const off = BigInt(String(made.startUtcNs ?? 0)) - BigInt(startUtcNs);
        return off > -1_000_000n && off < 1_000_000n;
      });
      assert.ok(near, `no exposure began at ${startUtcNs}`);
    }
  });
});

test('a frame of zeros is recorded and told, one of another size is lost and counted, and an unplugged camera is waited for', async () => {
  await withFolder(async (folder) => {
    const scenario = `${TINY};zero-frame-at=5;wrong-size-at=10;unplug-at=15;replug-after=300`;
    const { ended, frames, outages, rows, gaps, truth } = await record(folder, 'toupcam:', scenario, [
      '--frames',
      '30',
    ]);
    assert.is(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, /a frame has nothing but zeros, though the library calls it good/);
    assert.match(ended.stderr, /a frame of 160 x 240 pixels came instead of 642 x 482/);
    assert.match(ended.stderr, /the camera was lost: it was unplugged, or lost its power/);
    assert.is(outages, 1);
    assert.is(rows.length, 30);
    assert.ok(frames.lost >= 1);
    assert.is(
      gaps.reduce((sum, gap) => sum + gap.frames, 0),
      frames.lost,
    );
    const until = rows.findIndex(({ sequence }, at) => at > 0 && sequence === 0);
    const sequences = rows.slice(0, until).map(({ sequence }) => sequence);
    assert.ok(sequences.includes(5) && sequences.includes(11), String(sequences));
    assert.not(sequences.includes(10), 'the one of another size');
    assert.ok(Math.max(...sequences) <= 14, 'the torn one');
    assert.ok(rows.every(({ sequence, aduMax }) => (aduMax === 0) === (sequence === 5)));
    assert.is(truth.filter(({ faults }) => String(faults) === 'unplugged').length, 1);
  });
});

test('a call that does not return costs the bridge, and the next one records on', async () => {
  await withFolder(async (folder) => {
    const { ended, outages, rows, gaps } = await record(
      folder,
      'toupcam:',
      `${TINY};hang=Toupcam_PullImageV4:30:10`,
      ['--frames', '25'],
      { env: { APPULSE_SDK_CALL_SECONDS: '5' } },
    );
    assert.is(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, /the maker's library has not returned from '\w+' for 5\S* s/);
    assert.is(outages, 1);
    assert.is(gaps[0]?.cause, 'camera-lost');
    assert.is(rows.length, 25);
  });
});

test('a library that does not return inside the program is left alone: what was recorded is closed, and the program ends', async () => {
  await withFolder(async (folder) => {
    // Longer than any test may take.
    const scenario = `${TINY};hang=Toupcam_PullImageV4:300:5`;
    const words = ['--in-process', '--duration', '4s'];
    const { ended, frames, outages, rows, gaps } = await record(folder, 'toupcam:', scenario, words, {
      env: { APPULSE_SDK_CALL_SECONDS: '1' },
    });
    assert.is(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, /has not returned from '\w+' for 1\S* s/);
    assert.match(ended.stderr, /it hangs inside this program, .* without --in-process it would be ended/);
    assert.match(ended.stderr, /a thread does not end, .* all that was recorded is on disk/);
    assert.is(outages, 1);
    assert.equal(
      gaps.map(({ cause }) => cause),
      ['camera-lost'],
    );
    assert.is(rows.length, frames.recorded);
    assert.ok(rows.length <= 5, String(rows.length));
  });
});

test('two QHY cameras in one process are refused with the reason, before anything is opened', async () => {
  const ended = await appulse(['record', '--camera', 'qhy:a', '--camera', 'qhy:b', '--in-process', '--json']);
  assert.is(ended.code, 2);
  const { error } = ended.json as { error: { code: string; message: string } };
  assert.is(error.code, 'usage.in-process');
  assert.match(error.message, /leave --in-process out, and each camera gets a process of its own/);
});

test('a library without some functions records what it can, and says what it cannot', async () => {
  await withFolder(async (folder) => {
    const lacking = ['Toupcam_put_Temperature', 'Toupcam_get_FpgaVersion', 'Toupcam_AbbOnce'];
    const older = await doubleLibrary('toupcam', { without: lacking });
    const { ended, rows } = await record(folder, 'toupcam:', TINY, ['--frames', '5'], {
      library: ['--toupcam-library', older],
    });
    assert.is(ended.code, 0, ended.stderr);
    assert.is(rows.length, 5);
    const useless = await doubleLibrary('toupcam', { without: ['Toupcam_Open'] });
    const refused = await appulse(['record', '--camera', 'toupcam:', '--toupcam-library', useless, '--json']);
    assert.is(refused.code, 1);
    const { error } = refused.json as { error: { code: string; message: string } };
    assert.is(error.code, 'sdk.function-missing');
    assert.match(error.message, /has no function (Toupcam_)?Open/);
  });
});

test('no library, one for another processor, and a scan that fails are clear errors', async () => {
  await withFolder(async (folder) => {
    const foreign = join(folder, 'foreign.so');
    const elf = Buffer.alloc(64);
    elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    elf.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18);
    writeFileSync(foreign, elf);
    const refused = async (words: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const data = join(folder, 'data');
      const ended = await appulse(['record', '--data', data, '--frames', '1', '--json', ...words], { env });
      assert.is(ended.code, 1, ended.stderr);
      return (ended.json as { error: { code: string; message: string } }).error;
    };
    const missing = await refused(['--camera', 'qhy:', '--qhy-library', join(folder, 'no.so')]);
    assert.is(missing.code, 'sdk.library-missing');
    const other = await refused(['--camera', 'toupcam:', '--toupcam-library', foreign]);
    assert.is(other.code, 'sdk.library-architecture');
    assert.match(other.message, new RegExp(`this program runs on ${process.arch}`));
    const none = await refused(['--camera', 'toupcam:', '--sdk-doubles'], { APPULSE_TOUPCAM_DOUBLE: 'scan=0' });
    assert.is(none.code, 'sdk.no-camera');
    const failed = await refused(['--camera', 'qhy:', '--sdk-doubles'], { APPULSE_QHY_DOUBLE: 'scan=none' });
    assert.is(failed.code, 'sdk.no-camera');
  });
});

const QHY_SMALL = ['--set', 'ExposureTime=50000', '--set', 'Width=1024', '--set', 'Height=512'];

test('an under-voltage, an empty frame and one of another size of a QHY camera are told, and one that goes is waited for', async () => {
  await withFolder(async (folder) => {
    const faults = 'uvlo=9;uvlo-at=3;zero-frame-at=12;wrong-size-at=16;unplug-at=25;replug-after=1';
    const words = ['--frames', '40', ...QHY_SMALL];
    const { ended, frames, outages, rows, gaps } = await record(folder, 'qhy:', `models=qhy268;${faults}`, words);
    assert.is(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, /the 12 V supply fell below 11 V at the camera \(UVLO 9/);
    assert.match(ended.stderr, /empty frame: every pixel is 0/);
    assert.match(ended.stderr, /the library gave 1008 x 513 pixels .* instead of 1024 x 512/);
    assert.ok(frames.lost >= 1);
    assert.is(outages, 1, ended.stderr);
    assert.ok(gaps.some(({ cause }) => cause === 'camera-lost'));
    assert.is(rows.length, 40);
    assert.ok(rows.every(({ aduMax }) => aduMax > 0));
  });
});

test.run();
