/** Frames of the QHY driver on the double of its library: live, single and in bursts. */
import * as assert from 'uvu/assert';
import { decodeQhyHeader, stampUtcNs } from '#gps/header/qhy-header.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { expectedPixel } from '#test/support/qhy-double.js';
import { test } from '#test/support/test.js';
import { doubleBench, KeepingSink, removeDoubles, setAll, settingOf, streamed } from './open-double.js';

const BIN3 = '3x3_onchip_BIN_12bit';
/** A QHY411 in its 3x3 mode, cut to some rows. */
const ROWS = { SensorReadoutMode: BIN3, Height: 64, OffsetY: 1200, ExposureTime: 5000 };

const sequences = (sink: KeepingSink): (number | null)[] => sink.frames.map(({ sequence }) => sequence);
const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

async function closed(camera: SdkCamera, misuses: () => readonly unknown[]): Promise<void> {
  await camera.close();
  assert.equal(misuses(), []);
}

test.after(removeDoubles);

test('live frames of the 3x3 mode come whole, in order, and at the times that header and row offset say', async () => {
  const bench = await doubleBench('fps=100');
  const camera = await bench.open();
  await setAll(camera, { ...ROWS, GpsHeader: true });
  const mode = camera.mode();
  assert.equal(
    [mode.width, mode.height, mode.offsetY, mode.binningX, mode.pixelFormat.name],
    [4768, 64, 1200, 3, 'Mono8'],
  );
  const sink = await streamed(camera, { kind: 'live' }, 60);
  assert.equal(sequences(sink).slice(0, 60), from(sink.frames[0]?.sequence ?? 0, 60));
  assert.equal(sink.events, []);
  const { shutter } = mode;
  assert.equal([shutter.kind, shutter.rowPairs, shutter.linePeriodNs], ['rolling', false, 13_700n]);
  const truths = new Map(bench.truths().map((truth) => [truth.sequence, truth]));
  for (const frame of sink.frames) {
    const truth = truths.get(frame.sequence ?? -1);
    assert.ok(truth, `frame ${frame.sequence}`);
    const header = decodeQhyHeader(frame.bytes);
    const edge = stampUtcNs(header.end, header.ppsCount);
    const firstRow = edge + (shutter.rowZeroEndOffsetNs ?? 0n) + BigInt(mode.offsetY) * (shutter.linePeriodNs ?? 0n);
    const error = Number(firstRow - BigInt(truth.row0EndUtcNs));
    assert.is(
      mode.exposureNs,
      BigInt(truth.exposureNs),
      'the camera tells whole microseconds, and exposes whole lines',
    );
    assert.ok(Math.abs(error) < 2000, `row 0 of frame ${frame.sequence} is ${error} ns off`);
    assert.ok(frame.arrivedUtcNs > BigInt(truth.row0EndUtcNs) - 5_000_000n);
    for (const [x, y] of [
      [100, 5],
      [4767, 63],
      [2000, 30],
    ] as const) {
      const seen = frame.bytes[y * mode.width + x] ?? -1;
      const made = expectedPixel(truth, x, y + mode.offsetY, 8, 12);
      // A hot pixel stands above what the formula gives.
      assert.ok(seen === made || seen > made + 10, `pixel ${x}, ${y}: ${seen} instead of ${made}`);
    }
  }
  assert.is(sink.free, 4);
  await closed(camera, bench.misuses);
});

test('frames of 32 bit are whole sums of the pixels that are binned, live and single', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=50;hot=0');
  const camera = await bench.open();
  for (const [binning, average, bits] of [
    [2, 'Sum', 18],
    [4, 'Sum', 20],
    [3, 'Average', 16],
    [1, 'Sum', 16],
  ] as const) {
    await setAll(camera, { BinningMode: average, BinningHorizontal: binning, PixelFormat: 'Mono32', Height: 50 });
    await camera.set('ExposureTime', 900_000);
    const mode = camera.mode();
    assert.equal([mode.pixelFormat.name, mode.binningX], ['Mono32', binning]);
    assert.is(mode.largestValue, average === 'Average' ? 65_535 : 65_535 * binning ** 2);
    assert.is(Math.ceil(Math.log2((mode.largestValue ?? 0) + 1)), bits);
    assert.ok(mode.bufferBytes >= 4 * mode.width * mode.height);
    for (const request of binning === 4
      ? [{ kind: 'live' } as const, { kind: 'single', frames: 1 } as const]
      : [{ kind: 'live' } as const]) {
      await camera.set('ExposureTime', request.kind === 'live' ? 20_000 : 900_000);
      const sink = await streamed(camera, request, 2);
      assert.is(sink.losses.size, 0, JSON.stringify([...sink.losses]));
      const truths = bench.truths().filter(({ delivered }) => delivered);
      for (const frame of sink.frames) {
        assert.is(frame.pixelBytes, 4 * mode.width * 50);
        const values = new Uint32Array(frame.bytes.buffer, 0, mode.width * 50);
        const made = (truth: (typeof truths)[number]) =>
          [
            [0, 0],
            [1, 49],
            [mode.width - 1, 30],
          ].every(([x = 0, y = 0]) => values[y * mode.width + x] === expectedPixel(truth, x, y, 32, 12));
        assert.ok(truths.some(made), `binning ${binning}, ${request.kind}`);
        if (binning === 4 && request.kind === 'single') assert.ok((values[0] ?? 0) > 65_535);
      }
    }
  }
  await closed(camera, bench.misuses);
});

test('frames at 100 a second are not lost by looking for them now and then', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=100');
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', Height: 200, ExposureTime: 2000, GpsHeader: true });
  assert.is(camera.mode().shutter.kind, 'global');
  const sink = await streamed(camera, { kind: 'live' }, 150, { keepBytes: 64 });
  assert.equal(sequences(sink).slice(0, 150), from(sink.frames[0]?.sequence ?? 0, 150));
  await closed(camera, bench.misuses);
});

test('after a change of exposure no frame comes that was not exposed so', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60');
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', Height: 200, ExposureTime: 2000, GpsHeader: true });
  const sink = new KeepingSink(camera.mode(), { keepBytes: 64 });
  await camera.start({ kind: 'live' }, sink);
  await sink.until(() => sink.frames.length >= 20);
  await camera.set('ExposureTime', 6000);
  const before = sink.frames.length;
  await sink.until(() => sink.frames.length >= before + 20);
  await camera.stop();
  const truths = new Map(bench.truths().map((truth) => [truth.sequence, truth]));
  const exposures = sink.frames.slice(before).map(({ sequence }) => Number(truths.get(sequence ?? -1)?.exposureNs));
  assert.ok(
    exposures.every((ns) => Math.abs(ns - 6_000_000) < 20_000),
    exposures.join(' '),
  );
  assert.match(sink.said, /frames are lost: exposed before ExposureTime was changed/);
  await closed(camera, bench.misuses);
});

test('frames that find no memory are counted and told, and those that do are whole', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60');
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', Height: 200, ExposureTime: 2000 });
  const sink = new KeepingSink(camera.mode(), { slots: 5, held: true, keepBytes: 64 });
  await camera.start({ kind: 'live' }, sink);
  await sink.until(() => sink.losses.size > 0);
  await camera.stop();
  assert.is(sink.frames.length, 5);
  const handed = bench.truths().filter(({ delivered }) => delivered).length;
  assert.equal([...sink.losses], [['no memory was free: what takes the frames is slower than the camera', handed - 5]]);
  await closed(camera, bench.misuses);
});

test('single frames come one by one, and a long exposure is cancelled at once', async () => {
  const bench = await doubleBench('models=qhy411;calls=1');
  const camera = await bench.open();
  await setAll(camera, { ...ROWS, Gain: 60, GpsHeader: true });
  const sink = await streamed(camera, { kind: 'single', frames: 3 }, 3);
  // Each stream counts from 1, whatever came before it.
  assert.equal(sequences(sink), [1, 2, 3]);
  // The switch from live to single has initialised the camera, which forgets everything: all is as it was set.
  assert.equal([settingOf(camera, 'Gain'), camera.mode().height, camera.mode().gpsHeader], [60, 64, true]);
  assert.equal(
    [
      ...new Set(
        bench
          .truths()
          .slice(-3)
          .map(({ height }) => height),
      ),
    ],
    [64],
  );
  await camera.set('ExposureTime', 3_600_000_000);
  const began = performance.now();
  await camera.start({ kind: 'single', frames: 1 }, new KeepingSink(camera.mode()));
  await camera.stop();
  assert.ok(performance.now() - began < 30_000);
  const calls = bench.lines().flatMap((line) => ('call' in line ? [String(line.call)] : []));
  assert.ok(calls.some((call) => call.startsWith('CancelQHYCCDExposingAndReadout')));
  await closed(camera, bench.misuses);
});

test('a still with cooler and filter wheel is taken when both are there', async () => {
  const bench = await doubleBench('models=qhy411;hurry=200');
  const camera = await bench.open();
  await setAll(camera, { ...ROWS, CoolerTarget: -10, CoolerOn: true });
  for (let i = 0; i < 400 && settingOf(camera, 'FilterSlots') === null; i++) await pause(camera);
  await camera.set('FilterSlot', 3);
  const there = () =>
    settingOf(camera, 'FilterSlot') === 3 && Math.abs(Number(settingOf(camera, 'DeviceTemperature')) + 10) < 0.5;
  for (let i = 0; i < 400 && !there(); i++) await pause(camera);
  assert.ok(there(), `filter ${settingOf(camera, 'FilterSlot')}, ${settingOf(camera, 'DeviceTemperature')} Cel`);
  await streamed(camera, { kind: 'single', frames: 1 }, 1);
  const truth = bench.truths().at(-1);
  assert.ok(Math.abs((truth?.temperature ?? 0) + 10) < 1);
  assert.is(truth?.filter, 2);
  await closed(camera, bench.misuses);
});

async function pause(camera: SdkCamera): Promise<void> {
  await new Promise((done) => setTimeout(done, 20));
  await camera.poll();
}

for (const [model, what, expected] of [
  ['qhy411', 'by USB', [from(2, 4), from(2, 4)]],
  ['qhy600mpcie', 'by fibre', [from(3, 3), from(2, 4)]],
] as const) {
  test(`bursts ${what} give exactly the frames that the rules say`, async () => {
    const bench = await doubleBench(`models=${model};fps=50`);
    const camera = await bench.open();
    await setAll(camera, { Height: 40, ExposureTime: 2000, PixelFormat: 'Mono8', GpsHeader: true });
    const sink = await streamed(camera, { kind: 'burst', start: 1, end: 6, bursts: 2 }, 99);
    assert.equal(sequences(sink), expected.flat());
    assert.equal(sink.lost, []);
    await closed(camera, bench.misuses);
  });
}

test('long exposures of a QHY4040 come with the numbers that the rules say', async () => {
  const bench = await doubleBench('models=qhy4040');
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', Height: 40, GpsHeader: true, ExposureTime: 150_000 });
  const sink = await streamed(camera, { kind: 'burst', start: 1, end: 5, bursts: 1 }, 99);
  assert.equal(sequences(sink), [3, 4, 5]);
  await closed(camera, bench.misuses);
});

test('a burst that cannot be is refused with its range, and a camera without bursts says so', async () => {
  const bench = await doubleBench('models=qhy411,qhy174gps');
  const camera = await bench.open();
  const sink = new KeepingSink({ ...camera.mode(), bufferBytes: 16 });
  await refused(() => camera.start({ kind: 'burst', start: 0, end: 6, bursts: 1 }, sink), /BurstStart is 1 or more/);
  await camera.close();
  const other = await bench.open((await bench.driver.find(bench.options))[1]?.uri.slice(4));
  await refused(
    () => other.start({ kind: 'burst', start: 1, end: 6, bursts: 1 }, sink),
    /QHY174GPS\w* has no burst mode/,
  );
  await closed(other, bench.misuses);
});

async function refused(run: () => Promise<unknown>, why: RegExp): Promise<void> {
  try {
    await run();
  } catch (error) {
    assert.match(String(error), why);
    return;
  }
  assert.unreachable(`not refused: ${why}`);
}

test('triggers by software give one frame each, and no watchdog gives the waiting stream up', async () => {
  const bench = await doubleBench('models=qhy174gps', { silenceMs: 50 });
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', Height: 200, ExposureTime: 2000, GpsHeader: true, TriggerMode: 'On' });
  const sink = new KeepingSink(camera.mode(), { keepBytes: 64 });
  await camera.start({ kind: 'live' }, sink);
  await new Promise((done) => setTimeout(done, 400));
  assert.is(sink.frames.length, 0);
  let triggers = 0;
  for (; triggers < 60 && sink.frames.length < 3; triggers++) {
    await camera.set('TriggerSoftware', null);
    await new Promise((done) => setTimeout(done, 60));
  }
  await camera.stop();
  assert.ok(sink.frames.length >= 3 && sink.frames.length <= triggers, `${sink.frames.length} of ${triggers}`);
  assert.equal(sink.events, []);
  await closed(camera, bench.misuses);
});

test.run();
