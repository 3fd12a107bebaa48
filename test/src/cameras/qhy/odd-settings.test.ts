/** Settings that cannot be, and settings that the camera refuses in the middle: nothing is half set behind them. */
import * as assert from 'uvu/assert';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { test } from '#test/support/test.js';
import { doubleBench, KeepingSink, removeDoubles, setAll, settingOf, streamed } from './open-double.js';

test.after(removeDoubles);

async function refusal(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    return String(error);
  }
  return 'not refused';
}

const begin = (camera: SdkCamera) => camera.start({ kind: 'live' }, new KeepingSink(camera.mode()));

test('regions that hold no frame, or no header, are refused with what is needed; the least that does gives frames', async () => {
  const bench = await doubleBench('models=qhy600;fps=50');
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', ExposureTime: 1000, Width: 1, Height: 1 });
  assert.match(await refusal(() => begin(camera)), /1 x 1 gives frames of 1 bytes, and 64 are the least/);
  await setAll(camera, { Width: 43, Height: 3, GpsHeader: true });
  assert.match(await refusal(() => begin(camera)), /the GPS header needs 44 pixels of the first row, and a row has 43/);
  for (const [values, bytes] of [
    [{ Width: 44, Height: 2 }, 88],
    [{ BinningHorizontal: 3, Width: 100, Height: 50, OffsetX: 3100, OffsetY: 2090 }, 5000],
    [{ BinningHorizontal: 4, ImageArea: 'Effective' }, 2394 * 1597],
  ] as const) {
    await setAll(camera, values);
    const sink = await streamed(camera, { kind: 'live' }, 2, { keepBytes: 64 });
    assert.equal([sink.frames[0]?.pixelBytes, sink.lost, sink.losses.size], [bytes, [], 0], JSON.stringify(values));
    assert.ok((sink.frames[0]?.sequence ?? 0) > 0);
  }
  await camera.close();
  assert.equal(bench.misuses(), []);
});

/** How often `name` has been called until the camera is open. */
async function callsOfOpening(models: string, name: string): Promise<number> {
  const bench = await doubleBench(`${models};calls=1`);
  const camera = await bench.open();
  const calls = bench.lines().filter(({ call }) => typeof call === 'string' && call.split(/\W/)[0] === name).length;
  await camera.close();
  return calls;
}

for (const [name, setting, value] of [
  ['SetQHYCCDResolution', 'ImageArea', 'Effective'],
  ['SetQHYCCDResolution', 'Width', 100],
  ['SetQHYCCDParam', 'CoolerOn', true],
  ['SetQHYCCDParam', 'Gain', 77],
  ['SetQHYCCDParam', 'GpsHeader', true],
  ['InitQHYCCD', 'SensorReadoutMode', 'High_Gain_Mode'],
  ['SetQHYCCDBinMode', 'BinningVertical', 2],
  ['SetQHYCCDBitsMode', 'PixelFormat', 'Mono8'],
] as const) {
  test(`${setting} that the camera refuses is what it was, and can be set again`, async () => {
    const models = 'models=qhy600;fps=50';
    const calls = await callsOfOpening(models, name);
    const bench = await doubleBench(`${models};refuse=${name}@${calls + 1}`);
    const camera = await bench.open();
    const before = [settingOf(camera, setting), camera.mode().width, camera.mode().height];
    assert.match(await refusal(() => camera.set(setting, value)), new RegExp(`could not be .*${name} answers -1`));
    assert.equal([settingOf(camera, setting), camera.mode().width, camera.mode().height], before);
    await camera.set(setting, value);
    assert.is(settingOf(camera, setting), value);
    await camera.close();
    assert.equal(bench.misuses(), []);
  });
}

test('controls that are set while the camera goes away are refused in words, and it is lost', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=60;unplug-at=5', { silenceMs: 200 });
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', Height: 40, ExposureTime: 2000, GpsHeader: true });
  const sink = new KeepingSink(camera.mode(), { keepBytes: 64 });
  const { ended } = await camera.start({ kind: 'live' }, sink);
  let why = 'not refused';
  for (let gain = 0; why === 'not refused'; gain = (gain + 1) % 100)
    why = await refusal(() => camera.set('Gain', gain));
  assert.match(why, /Gain could not be set to \d+: SetQHYCCDParam answers -1|is lost/);
  await ended;
  assert.is(sink.lost.length, 1);
  assert.match(await refusal(() => camera.set('Gain', 3)), /is lost .*: open it again/);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test.run();
