/** What goes wrong with cameras and their library, and what becomes of it: never a silent loss, never a lost process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { SdkError } from '#src/cameras/sdk/library.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { test } from '#test/support/test.js';
import {
  doubleBench,
  KeepingSink,
  reasonOfControl,
  removeDoubles,
  setAll,
  settingOf,
  streamed,
} from './open-double.js';

const SMALL = { PixelFormat: 'Mono8', Height: 40, ExposureTime: 2000 };
const GPS = { ...SMALL, GpsHeader: true };

test.after(removeDoubles);

async function failing(run: () => Promise<unknown>): Promise<SdkError> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, SdkError);
    return error as SdkError;
  }
  return assert.unreachable('it did not fail') as never;
}

/** A stream that runs until the camera is lost; what was said. */
async function untilLost(camera: SdkCamera): Promise<KeepingSink> {
  const sink = new KeepingSink(camera.mode(), { keepBytes: 64 });
  const { ended } = await camera.start({ kind: 'live' }, sink);
  await ended;
  assert.is(sink.lost.length, 1);
  return sink;
}

test('a camera that is unplugged in the middle of a frame is lost, and found and opened again in the same program', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60;unplug-at=10;replug-after=0.3', { silenceMs: 200 });
  const camera = await bench.open();
  await setAll(camera, GPS);
  const sink = await untilLost(camera);
  assert.ok(sink.frames.length >= 7 && sink.frames.length <= 10, `${sink.frames.length} frames`);
  assert.match(JSON.stringify(sink.lost), /does not answer: look at its 12 V and its cable/);
  const error = await failing(() => camera.set('Gain', 10));
  assert.is(error.code, 'sdk.lost');
  await camera.close();
  let again: SdkCamera | null = null;
  for (let i = 0; i < 100 && again === null; i++) {
    await new Promise((done) => setTimeout(done, 50));
    if ((await bench.driver.find(bench.options)).length > 0) again = await bench.open();
  }
  assert.ok(again);
  await setAll(again, GPS);
  const frames = await streamed(again, { kind: 'live' }, 5, { keepBytes: 64 });
  assert.ok(frames.frames.length >= 5);
  await again.close();
  assert.equal(bench.misuses(), []);
});

test('a camera that is switched off while no stream runs is lost as soon as it does not answer', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60;unplug-at=3;without-quirk=cached', { silenceMs: 100 });
  const camera = await bench.open();
  await setAll(camera, GPS);
  const sink = await streamed(camera, { kind: 'single', frames: 9 }, 9, { keepBytes: 64 });
  assert.is(sink.lost.length, 1);
  assert.equal(await camera.poll(), []);
  await camera.close();
});

test('a call that hangs ends the camera and not the program, and memory that the library may still write is kept', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60;hang=GetQHYCCDLiveFrame:3@20', { callMs: 300 });
  const camera = await bench.open();
  await setAll(camera, GPS);
  const sink = await untilLost(camera);
  assert.match(JSON.stringify(sink.lost), /GetQHYCCDLiveFrame of the QHYCCD SDK has not returned for 0.3 s/);
  assert.is(sink.free, 3);
  assert.is((await failing(() => camera.set('Gain', 10))).code, 'sdk.lost');
  await camera.close();
  assert.is(sink.free, 3, 'it waited for the call');
  // When the library is back, it can be used again.
  assert.is(
    (await failing(() => bench.driver.find(bench.options).then(() => bench.open('gone')))).code.slice(0, 4),
    'sdk.',
  );
  while (sink.free < 4) await new Promise((done) => setTimeout(done, 20));
  assert.is((await bench.driver.find(bench.options)).length, 1);
});

for (const name of ['ScanQHYCCD', 'OpenQHYCCD', 'InitQHYCCD']) {
  test(`a camera whose ${name} hangs is refused until it returns, and can be opened then`, async () => {
    const bench = await doubleBench(`models=qhy174gps;hang=${name}:1`, { scanMs: 300, openMs: 300 });
    const refusals: string[] = name === 'ScanQHYCCD' ? ['sdk.silent'] : [];
    let camera: SdkCamera | null = null;
    while (camera === null) {
      try {
        camera = await bench.open();
      } catch (error) {
        refusals.push((error as SdkError).code);
        await new Promise((done) => setTimeout(done, 50));
      }
    }
    assert.equal([...new Set(refusals)], ['sdk.silent']);
    await camera.close();
    assert.equal(bench.misuses(), []);
  });
}

test('success with zeros and success with another size are told as lost frames and not handed on', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60;zero-frame-at=8;wrong-size-at=12');
  const camera = await bench.open();
  await setAll(camera, SMALL);
  const sink = await streamed(camera, { kind: 'live' }, 20);
  assert.equal(
    [...sink.losses],
    [
      ['empty frame: every pixel is 0', 1],
      [[...sink.losses.keys()][1] ?? '', 1],
    ],
  );
  assert.match(
    [...sink.losses.keys()][1] ?? '',
    /the library gave \d+ x \d+ pixels of 8 bit in 1 channels instead of 1920 x 40/,
  );
  for (const { bytes } of sink.frames) assert.ok(bytes.some((byte) => byte !== 0));
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('with a GPS header an empty frame shows as a gap of its count, and is said', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60;zero-frame-at=8');
  const camera = await bench.open();
  await setAll(camera, GPS);
  const sink = await streamed(camera, { kind: 'live' }, 20, { keepBytes: 64 });
  const numbers = sink.frames.map(({ sequence }) => sequence ?? 0);
  assert.is(numbers.filter((number, i) => i > 0 && number - (numbers[i - 1] ?? 0) === 2).length, 1);
  assert.match(sink.said, /a frame is lost: empty frame: its GPS header is all zero/);
  assert.is(sink.losses.size, 0);
  await camera.close();
});

test('a stream that stands still is begun anew', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60;stall-at=12:1.2', { silenceMs: 300 });
  const camera = await bench.open();
  await setAll(camera, GPS);
  const sink = new KeepingSink(camera.mode(), { keepBytes: 64 });
  await camera.start({ kind: 'live' }, sink);
  await sink.until(() => sink.frames.length >= 20 || sink.lost.length > 0);
  await camera.stop();
  assert.match(sink.said, /no frame has come for 0\.\d s: the stream is begun anew/);
  assert.equal(sink.lost, []);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('a scan that fails finds nothing, and opening then says where to look', async () => {
  const bench = await doubleBench('scan=fail;scan-ms=20');
  assert.equal(await bench.driver.find(bench.options), []);
  const error = await failing(() => bench.open());
  assert.is(error.code, 'sdk.no-camera');
  assert.match(error.message, /no QHY camera is found; look at its 12 V, its cable/);
});

test('a camera that another program has is refused in words, and can be had when that one has closed it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-claim-'));
  try {
    const words = `models=qhy174gps;claim=${join(folder, 'claim')}`;
    const [first, second] = [await doubleBench(words), await doubleBench(words)];
    const camera = await first.open();
    const error = await failing(() => second.open());
    assert.is(error.code, 'sdk.in-use');
    assert.match(error.message, /^QHY174GPS-\w+ cannot be opened .*: another program may have it, or this user/);
    await camera.close();
    await (await second.open()).close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('while a camera is open nothing is scanned: the list is the one of before', async () => {
  const bench = await doubleBench('models=qhy411,qhy174gps;calls=1');
  const camera = await bench.open('QHY174GPSM-nonsense').catch(() => null);
  assert.is(camera, null);
  const [first, second] = await bench.driver.find(bench.options);
  const open = await bench.open(second?.uri.slice(4));
  assert.equal(await bench.driver.find(bench.options), [first, second]);
  await setAll(open, SMALL);
  assert.ok((await streamed(open, { kind: 'live' }, 3)).frames.length >= 3);
  await open.close();
  assert.equal(bench.misuses(), []);
});

test('a library that lacks functions loses what needs them, with the reason, and nothing else', async () => {
  const lacking = [
    'GetQHYCCDPreciseExposureInfo',
    'GetQHYCCDRollingShutterEndOffset',
    'SetQHYCCDEnableLiveModeAntiRBI',
    'EnableQHYCCDBurstMode',
    'GetQHYCCDLastError',
    'SetQHYCCDGPSVCOXFreq',
  ];
  const bench = await doubleBench('models=qhy411;fps=50', {}, lacking);
  const camera = await bench.open();
  await setAll(camera, SMALL);
  assert.match(reasonOfControl(camera, 'AntiRbi') ?? '', /this QHYCCD SDK has no SetQHYCCDEnableLiveModeAntiRBI/);
  assert.match(reasonOfControl(camera, 'BurstMode') ?? '', /EnableQHYCCDBurstMode \(burst mode\): a newer one may/);
  assert.equal([camera.mode().shutter.origin, camera.mode().shutter.linePeriodNs], ['table', null]);
  assert.ok((await streamed(camera, { kind: 'live' }, 3)).frames.length >= 3);
  await camera.close();
});

test('an under-voltage is told with what to do, caps the cooler, and can be forgotten', async () => {
  const bench = await doubleBench('models=qhy411;uvlo-at=3;fps=50');
  const camera = await bench.open();
  await setAll(camera, { ...SMALL, CoolerOn: true });
  await streamed(camera, { kind: 'live' }, 5);
  const changed = await camera.poll();
  assert.ok(changed.some(({ name, value }) => name === 'UnderVoltage' && value === 'UnderVoltage'));
  assert.match(JSON.stringify(bench.events), /below 11 V.*70 %.*12 V or more at 4 A.*0\.2 ohm.*UnderVoltageClear/);
  assert.is(settingOf(camera, 'CoolerOn'), false);
  const most = () => camera.controls().find(({ name }) => name === 'CoolerPowerManual')?.maximum;
  assert.is(most(), 70);
  await camera.set('UnderVoltageClear', null);
  assert.is(most(), 100);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

for (const [name, refusedCall] of [
  ['the stream', 'BeginQHYCCDLive'],
  ['an exposure', 'ExpQHYCCDSingleFrame'],
] as const) {
  test(`${name} that the camera refuses is told in its own words`, async () => {
    const bench = await doubleBench(`models=qhy174gps;refuse=${refusedCall}@1`);
    const camera = await bench.open();
    await setAll(camera, SMALL);
    const sink = new KeepingSink(camera.mode());
    if (refusedCall === 'BeginQHYCCDLive') {
      const error = await failing(() => camera.start({ kind: 'live' }, sink));
      assert.match(error.message, /the stream could not be begun: BeginQHYCCDLive answers -1/);
      await camera.start({ kind: 'live' }, sink);
    } else {
      const { ended } = await camera.start({ kind: 'single', frames: 1 }, sink);
      await ended;
      assert.match(JSON.stringify(sink.lost), /the exposure could not be begun: ExpQHYCCDSingleFrame answers -1/);
    }
    await camera.close();
    assert.equal(bench.misuses(), []);
  });
}

test('a camera that refuses to be initialised is closed again', async () => {
  const bench = await doubleBench('models=qhy174gps;refuse=InitQHYCCD@1');
  const error = await failing(() => bench.open());
  assert.match(error.message, /the camera could not be initialised: InitQHYCCD answers -1/);
  const camera = await bench.open();
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test.run();
