/** Options of Toupcam cameras that are one control each; cameras at a network; and values that no control takes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { controlValueOf } from '#src/cameras/controls.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { toupcamDriver } from '#src/cameras/toupcam/toupcam-driver.js';
import { suite } from '#test/support/test.js';
import { FrameCollector } from './frame-collector.js';
import { settingOf, withDouble } from './open-double.js';

const test = suite('toupcam-options', 60_000);

const G9 = 'TP261128DOUBLEG9000000000000002';

test('a camera at the network is listed and opened by its serial number once it has answered', async () => {
  await withDouble('models=tiny,g9;network-after=300', async (double) => {
    const found = await toupcamDriver.find({ library: double.library });
    assert.equal(
      found.map(({ uri }) => uri),
      ['toupcam:TP261128DOUBLETINY0000000000001', `toupcam:${G9}`],
    );
  });
  await withDouble('models=tiny,g9;network-after=300', async (double) => {
    const camera = await double.open(G9);
    assert.is(camera.identity.model, 'Double G9 10GigE');
    await camera.set('Width', 64);
    await camera.set('Height', 64);
    const frames = new FrameCollector(camera);
    await camera.start({ kind: 'live' }, frames);
    await frames.frameCount(3);
    await camera.stop();
    assert.equal([settingOf(camera, 'SensorReadoutMode'), camera.mode().readMode], ['IWR', 'IWR']);
    await camera.set('SensorReadoutMode', 'ITR');
    assert.is(camera.mode().readMode, 'ITR');
  });
});

test('a camera of USB is opened without a look at the network', async () => {
  await withDouble('models=tiny,g9;fail=Toupcam_GigeEnable:80004005;hang=Toupcam_GigeEnable:30', async (double) => {
    const camera = await double.open('TP261128DOUBLETINY0000000000001');
    assert.is(camera.identity.model, 'Double tiny GPS');
  });
});

test('an idle camera at the network that goes is told as lost', async () => {
  await withDouble('models=g9;leave=0:1500', async (double) => {
    await double.open(G9.replace(/2$/, '1'));
    while (!double.events.some(({ kind }) => kind === 'lost')) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(existsSync(join(double.folder, 'libtoupcam.so')));
  });
});

test('options are set and read back, and a frame tells of a closed shutter', async () => {
  await withDouble('models=tiny', async (double) => {
    const camera = await double.open();
    const wanted: readonly (readonly [string, string | number, unknown])[] = [
      ['TestPattern', 'Stripes5', 'Stripes5'],
      ['MechanicalShutter', 'Closed', 'Closed'],
      ['DdrBuffer', 'Full', 'Full'],
      ['LowPower', 'On', 'On'],
      ['Bandwidth', 40, 40],
      ['HdrThreshold', 1000, 1000],
      ['LightSource', 2, 2],
      ['CoolerVoltageLimit', 9.5, 9.5],
    ];
    for (const [name, value, back] of wanted) {
      await camera.set(name, value);
      assert.is(settingOf(camera, name), back, name);
    }
    for (const name of [
      'PowerDraw',
      'Uptime',
      'ChamberTemperature',
      'Humidity',
      'AmbientTemperature',
      'AmbientHumidity',
    ])
      assert.type(settingOf(camera, name), 'number', name);
    assert.equal([settingOf(camera, 'AmbientTemperature'), settingOf(camera, 'AmbientHumidity')], [21.5, 46.2]);
    const dark = new FrameCollector(camera);
    const { ended } = await camera.start({ kind: 'single', frames: 1 }, dark);
    await ended;
    await camera.stop();
    assert.is((dark.frames[0]?.told.flag ?? 0) & 0x200, 0x200, 'the frame says that the shutter is closed');
    await camera.set('FrameCounterReset', null);
  });
});

/** What a person, a page or a damaged file could write. */
const ODD: readonly unknown[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 0.5, 1e308, -(2 ** 31), 2 ** 31, 2 ** 53],
  ...[
    '',
    ' ',
    'abc',
    '1e999',
    '0x10',
    'NaN',
    '-',
    '\u0000',
    'x'.repeat(5000),
    '🔭',
    true,
    false,
    null,
    undefined,
    [],
    {},
  ],
];

async function offer(camera: SdkCamera, name: string, given: unknown): Promise<void> {
  const control = camera.controls().find((one) => one.name === name);
  if (control === undefined) return;
  let value: ReturnType<typeof controlValueOf>;
  try {
    value = controlValueOf(control, given);
  } catch (error) {
    assert.match(String(error), new RegExp(`${name} cannot be`));
    return;
  }
  try {
    await camera.set(name, value);
  } catch (error) {
    // In words, and of the driver: nothing of the language's own.
    assert.match(String(error), /^SdkError: /, `${name} ${String(given)}`);
  }
}

for (const model of ['tiny', 'c8']) {
  test(`no value of any control harms a camera of model ${model}: it is set, or refused in words`, async () => {
    await withDouble(`models=${model}`, async (double) => {
      const camera = await double.open();
      for (const { name } of camera.controls()) {
        for (const given of ODD) await offer(camera, name, given);
        const now = camera.controls().find((one) => one.name === name);
        // The ends of the range as it is now, and what lies just beyond.
        for (const end of [now?.minimum, now?.maximum]) {
          if (typeof end !== 'number') continue;
          for (const near of [end - 1, end, end + 1]) await offer(camera, name, near);
        }
        for (const choice of now?.choices ?? []) await offer(camera, name, choice.name);
      }
      for (const { name, minimum, maximum, value, type } of camera.controls()) {
        if (type !== 'integer' && type !== 'float') continue;
        const held =
          value === null || (Number(value) >= (minimum ?? -Infinity) && Number(value) <= (maximum ?? Infinity));
        assert.ok(held, `${name} reads ${String(value)}, outside of ${String(minimum)} to ${String(maximum)}`);
      }
    });
  });
}

test.run();
