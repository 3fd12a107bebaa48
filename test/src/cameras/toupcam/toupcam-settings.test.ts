/** Finding, opening and setting Toupcam cameras on the double of their library. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { controlValueOf } from '#src/cameras/controls.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { within } from '#src/cameras/toupcam/time-limit.js';
import { toupcamDriver } from '#src/cameras/toupcam/toupcam-driver.js';
import { test } from '#test/support/test.js';
import { scenePixel } from '#test/support/toupcam-double.js';
import { FrameCollector } from './frame-collector.js';
import { settingOf, unavailableOf, withDouble } from './open-double.js';

/** One frame by a software trigger. */
async function frameOf(camera: SdkCamera) {
  const frames = new FrameCollector(camera);
  await (await camera.start({ kind: 'single', frames: 1 }, frames)).ended;
  await camera.stop();
  const [frame] = frames.frames;
  if (frame === undefined) throw new Error('no frame came');
  return frame;
}

const value = (head: Uint8Array, at: number): number => (head[2 * at] ?? 0) | ((head[2 * at + 1] ?? 0) << 8);

async function messageOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return '';
  } catch (error) {
    return `${(error as { code?: string }).code} ${String(error)}`;
  }
}

test('cameras are found by serial number, and one that another program has is listed as in use', async () => {
  await withDouble('models=tiny,c8;busy=1', async ({ library, open }) => {
    const found = await toupcamDriver.find({ library });
    assert.equal(
      found.map(({ model, unavailable }) => [model, unavailable === null]),
      [
        ['Double tiny GPS', true],
        ['Double C8 planetary', false],
      ],
    );
    const [tiny, busy] = found;
    const camera = await open(tiny?.serial);
    assert.is(camera.identity.serial, tiny?.serial);
    assert.is(camera.identity.vendor, 'ToupTek');
    assert.match(camera.versions.firmware ?? '', '1.0.0');
    assert.match(await messageOf(open(busy?.serial)), 'sdk.in-use');
  });
});

test('of two cameras of a model the one with the serial number is opened, in whatever order they are listed', async () => {
  await withDouble('models=tiny,tiny', async ({ library, open }) => {
    const found = await toupcamDriver.find({ library });
    const camera = await open(found[1]?.serial);
    assert.is(camera.identity.serial, found[1]?.serial);
    assert.match(await messageOf(open('NOBODY')), /sdk\.(in-use|no-camera)/);
  });
});

test('a count of cameras that cannot be is taken for none', async () => {
  await withDouble('models=tiny;scan=4294967295', async ({ library, open }) => {
    assert.equal(await toupcamDriver.find({ library }), []);
    assert.match(await messageOf(open()), 'sdk.no-camera');
  });
});

test('an idle camera that is pulled out is told as lost by the word of the library', async () => {
  await withDouble('models=tiny;leave=0:300', async ({ open, events }) => {
    const camera = await open();
    while (!events.some(({ kind }) => kind === 'lost')) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.match(await messageOf(camera.set('Gain', 200)), 'sdk.lost');
  });
});

test('what an older library lacks makes its control unavailable with the reason, and the rest works', async () => {
  const without = ['Toupcam_put_Speed', 'Toupcam_HotPlug', 'Toupcam_get_SerialNumber', 'Toupcam_AbbOnce'];
  await withDouble(
    'models=tiny;fps=50',
    async ({ open }) => {
      const camera = await open();
      assert.match(unavailableOf(camera, 'UsbSpeed') ?? '', 'has no put_Speed');
      assert.match(unavailableOf(camera, 'BlackBalanceAuto') ?? '', 'has no AbbOnce');
      assert.match(await messageOf(camera.set('UsbSpeed', 0)), 'has no put_Speed');
      assert.ok(camera.identity.serial.length > 0, 'named by its id');
      assert.is((await frameOf(camera)).width, 642);
    },
    without,
  );
});

test('a library without the call that pulls frames is none', async () => {
  await withDouble('models=tiny', async ({ open }) => assert.match(await messageOf(open()), 'sdk.function-missing'), [
    'Toupcam_PullImageV4',
  ]);
});

test('a region lies where it was asked for, in pixels of the binned image, and the whole image comes back', async () => {
  await withDouble('models=tiny;fps=50', async ({ open }) => {
    const camera = await open();
    await camera.set('Width', 320);
    await camera.set('Height', 100);
    await camera.set('OffsetX', 40);
    await camera.set('OffsetY', 60);
    const { width, height, offsetX, offsetY } = camera.mode();
    assert.equal([width, height, offsetX, offsetY], [320, 100, 40, 60]);
    const { head, sequence, pixelBytes } = await frameOf(camera);
    assert.is(pixelBytes, 320 * 100 * 2);
    for (let x = 8; x < 300; x++) assert.is(value(head, x), scenePixel(40 + x, 60 + ((sequence ?? 0) % 64), 14, true));
    await camera.set('OffsetX', 0);
    await camera.set('OffsetY', 0);
    await camera.set('Width', 642);
    await camera.set('Height', 482);
    assert.equal([camera.mode().width, camera.mode().height], [642, 482]);
  });
});

test('binned pixels are added up or averaged, and a row of the image then ends as many lines later', async () => {
  await withDouble('models=tiny;fps=50', async ({ open }) => {
    const camera = await open();
    const lineNs = camera.mode().shutter.linePeriodNs ?? 0n;
    const changed = await camera.set('BinningHorizontal', 2);
    assert.ok(['BinningVertical', 'Width', 'Height'].every((name) => changed.some((control) => control.name === name)));
    const mode = camera.mode();
    assert.equal([mode.width, mode.height, mode.binningX, mode.binningY], [320, 240, 2, 2]);
    assert.is(mode.shutter.linePeriodNs, 2n * lineNs);
    const pixels = (x: number, row: number): number[] =>
      [0, 1].flatMap((dy) => [0, 1].map((dx) => scenePixel(2 * x + dx, 2 * row + dy, 14, true)));
    const sum = await frameOf(camera);
    const total = (list: number[]): number => list.reduce((a, b) => a + b, 0);
    assert.is(value(sum.head, 50), Math.min(16383, total(pixels(50, (sum.sequence ?? 0) % 64))));
    await camera.set('BinningMode', 'Average');
    const mean = await frameOf(camera);
    const exact = total(pixels(50, (mean.sequence ?? 0) % 64)) / 4;
    assert.ok(Math.abs(value(mean.head, 50) - exact) < 1);
  });
});

test('a resolution is one of those that the camera lists, and sets the region back', async () => {
  await withDouble('models=tiny;fps=50', async ({ open }) => {
    const camera = await open();
    await camera.set('Width', 100);
    await camera.set('Resolution', '320x240');
    const mode = camera.mode();
    assert.equal([mode.width, mode.height, mode.binningX], [320, 240, 2]);
    assert.is((await frameOf(camera)).height, 240);
  });
});

test('raw frames have a byte at 8 bit and two above, with the value in the low bits', async () => {
  await withDouble('models=tiny;fps=50', async ({ open }) => {
    const camera = await open();
    assert.is(camera.mode().pixelFormat.name, 'Mono14');
    assert.ok(value((await frameOf(camera)).head, 100) < 16384);
    await camera.set('PixelFormat', 'Mono8');
    const frame = await frameOf(camera);
    assert.is(frame.pixelBytes, 642 * 482);
    assert.is(frame.head[100], scenePixel(100, (frame.sequence ?? 0) % 64, 8, true));
    assert.is(camera.controls().find(({ name }) => name === 'BlackLevel')?.maximum, 31);
  });
});

test('a colour camera tells its pattern, which can be overridden; its RGB is made by the library', async () => {
  await withDouble('models=c8;fps=50', async ({ open }) => {
    const camera = await open();
    assert.is(camera.mode().pixelFormat.name, 'BayerRG12');
    await camera.set('BayerOffsetX', 1);
    assert.is(camera.mode().pixelFormat.name, 'BayerGR12');
    assert.match(await messageOf(camera.set('PixelFormat', 'BayerRG8')), 'write BayerGR8');
    await camera.set('BayerPattern', 'BG');
    await camera.set('BayerOffsetX', 0);
    assert.is(camera.mode().pixelFormat.name, 'BayerBG12');
    assert.match(unavailableOf(camera, 'Saturation') ?? '', 'needs PixelFormat RGB8');
    await camera.set('PixelFormat', 'RGB8');
    for (const [name, set] of [
      ['Hue', -20],
      ['Saturation', 150],
      ['Contrast', 10],
      ['Brightness', -5],
      ['Gamma', 120],
      ['WhiteBalanceBlue', 33],
      ['BlackBalanceGreen', 7],
      ['LevelLowRed', 3],
      ['LevelHigh', 250],
    ] as const) {
      await camera.set(name, set);
      assert.is(settingOf(camera, name), set, name);
    }
    assert.match(await messageOf(camera.set('WhiteBalanceAuto', null)), 'needs a stream');
    const frames = new FrameCollector(camera);
    await camera.start({ kind: 'live' }, frames);
    await frames.frameCount(2);
    await camera.set('WhiteBalanceAuto', null);
    await camera.set('BlackBalanceAuto', null);
    while (settingOf(camera, 'WhiteBalanceBlue') !== 34 || settingOf(camera, 'BlackBalanceGreen') !== 2) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      await camera.poll();
    }
    await camera.stop();
    assert.is((await frameOf(camera)).pixelBytes, 3840 * 2160 * 3);
    await camera.set('PixelFormat', 'BayerBG12');
    assert.is((await frameOf(camera)).pixelBytes, 3840 * 2160 * 2);
  });
});

test('gain is one scale over low and high conversion gain, and the frames say what the sensor was set to', async () => {
  await withDouble('models=tiny;fps=50', async ({ open }) => {
    const HIGH = 0x10000;
    const camera = await open();
    await camera.set('HcgRatio', 4.5);
    await camera.set('Gain', 900);
    const low = await frameOf(camera);
    assert.equal([low.told.gain, low.told.flag & HIGH], [900, 0]);
    await camera.set('Gain', 1800);
    const high = await frameOf(camera);
    assert.equal([high.told.gain, high.told.flag & HIGH], [400, HIGH]);
    assert.is(settingOf(camera, 'Gain'), 1800);
    assert.is(camera.controls().find(({ name }) => name === 'Gain')?.maximum, 22_500);
    await camera.set('ConversionGain', 'HDR');
    assert.is(settingOf(camera, 'Gain'), 1800);
    assert.is((await frameOf(camera)).told.gain, 1800, 'HDR ends dual gain');
    await camera.set('ConversionGain', 'Auto');
    await camera.set('HcgRatio', 1);
    assert.is((await frameOf(camera)).told.flag & HIGH, 0);
  });
});

test('defect correction is off when a camera is opened, and can be switched on', async () => {
  await withDouble('models=tiny;fps=50', async ({ open }) => {
    const camera = await open();
    assert.is(settingOf(camera, 'DefectCorrection'), false);
    await camera.set('DefectCorrection', true);
    const { head, sequence } = await frameOf(camera);
    for (let x = 8; x < 600; x++) assert.is(value(head, x), scenePixel(x, (sequence ?? 0) % 64, 14, false));
  });
});

test('cooler, fan, heater and switches are set and read back', async () => {
  await withDouble('models=tiny;thermal-speed=1000', async ({ open }) => {
    const camera = await open();
    for (const [name, set] of [
      ['FanSpeed', 0],
      ['CoolerTarget', -10.5],
      ['CoolerOn', true],
      ['AntiDewHeater', 1],
      ['LowNoise', true],
      ['HighFullWell', true],
      ['TailLight', false],
      ['FrameRateLimit', 20],
      ['UsbSpeed', 0],
      ['BlackLevel', 500],
      ['RealTimeMode', 'On'],
      ['AcquisitionFrameRate', 12.5],
      ['ExposureTime', 123_456],
    ] as const) {
      await camera.set(name, set);
      assert.is(settingOf(camera, name), set, name);
    }
    assert.ok(Number(settingOf(camera, 'FanSpeed')) > 0, 'the cooler has switched the fan on');
    while (Number(settingOf(camera, 'DeviceTemperature')) > 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await camera.poll();
    }
    assert.ok(Number(settingOf(camera, 'CoolerPower')) > 0);
    assert.is(camera.mode().exposureNs, 123_456_000n);
    assert.is(camera.mode().frameRate, 1e6 / 123_456);
  });
});

test('values are held to the range that the camera tells, and automatics make what they set unavailable', async () => {
  await withDouble('models=tiny', async ({ open }) => {
    const camera = await open();
    const target = camera.controls().find(({ name }) => name === 'CoolerTarget');
    assert.ok(target !== undefined);
    assert.throws(() => controlValueOf(target, -40), /from -30 to 25/);
    await camera.set('ExposureAuto', 'Continuous');
    assert.match(unavailableOf(camera, 'ExposureTime') ?? '', 'needs ExposureAuto Off');
    assert.match(await messageOf(camera.set('Gain', 200)), 'not available now');
  });
});

test('a guide pulse is ended by the driver, when its time is over, and when the camera is closed', async () => {
  await withDouble('models=tiny;truth={truth}', async ({ open, folder }) => {
    const camera = await open();
    await camera.set('GuideDirection', 'East');
    await camera.set('GuideDuration', 50);
    await camera.set('GuidePulse', null);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await camera.set('GuideDuration', 60_000);
    await camera.set('GuidePulse', null);
    await camera.close();
    const lines = readFileSync(join(folder, 'truth'), 'utf8').split('\n');
    assert.is(lines.filter((line) => /guide/i.test(line)).length >= 2, true, lines.join('\n'));
  });
});

test('a wheel turns to a slot, which reads nothing until it is there', async () => {
  await withDouble('models=tiny', async ({ open }) => {
    const camera = await open();
    assert.is(settingOf(camera, 'FilterSlots'), 5);
    await camera.set('FilterSlot', 2);
    while (settingOf(camera, 'FilterSlot') !== 2) {
      assert.is(settingOf(camera, 'FilterSlot'), null);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await camera.poll();
    }
  });
});

test('the presence of a GPS receiver is told as the library tells it', async () => {
  for (const [gps, told] of [
    ['online', 'Online'],
    ['offline', 'Offline'],
    ['none', 'Unsupported'],
  ]) {
    await withDouble(`models=tiny;gps=${gps}`, async ({ open }) => {
      assert.is(settingOf(await open(), 'GpsStatus'), told);
    });
  }
});

test('a call that does not come back in time is an error that says so', async () => {
  const never = new Promise<never>(() => {});
  assert.match(await messageOf(within(10, 'stopping the stream', never)), /sdk\.silent .*stopping the stream/);
  assert.is(await within(10_000, 'a call', Promise.resolve(5)), 5);
});

test.run();
