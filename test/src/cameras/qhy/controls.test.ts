/** Controls of the QHY driver on the double of its library. */
import * as assert from 'uvu/assert';
import { CONTROL_GROUPS, controlNamed, controlValueOf } from '#src/cameras/controls.js';
import { test } from '#test/support/test.js';
import { doubleBench, reasonOfControl, removeDoubles, setAll, settingOf, streamed } from './open-double.js';

test.after(removeDoubles);

async function refused(run: () => Promise<unknown>, why: RegExp): Promise<void> {
  try {
    await run();
  } catch (error) {
    assert.match(String(error), why);
    return;
  }
  assert.unreachable(`not refused: ${why}`);
}

test('an open camera says who it is, what runs in it and what it can do', async () => {
  const bench = await doubleBench('models=qhy600mpcie;sdk=2023-02-28');
  const camera = await bench.open();
  assert.equal(
    [camera.identity.vendor, camera.identity.model],
    ['QHYCCD', 'QHY600MPCIEM'.slice(0, camera.identity.model.length)],
  );
  assert.is(camera.versions['QHYCCD SDK'], '2023-02-28');
  // By fibre the firmware tells a date of 2016 whatever it is: the FPGA's stands there.
  assert.is(camera.versions.Firmware, undefined);
  assert.is(camera.identity.version, camera.versions.FPGA);
  assert.ok(camera.versions['Fibre card 0'] !== undefined);
  assert.is(settingOf(camera, 'SdkVersion'), '2023-02-28');
  assert.is(settingOf(camera, 'FibreCard0Version'), camera.versions['Fibre card 0']);
  assert.is(settingOf(camera, 'FpgaVersion'), camera.versions.FPGA);
  assert.equal([camera.sensor.width, camera.sensor.height, camera.sensor.adcBits], [9600, 6422, 16]);
  const groups = camera.controls().map(({ group }) => CONTROL_GROUPS.indexOf(group));
  assert.equal(
    groups,
    [...groups].sort((a, b) => a - b),
  );
  for (const control of camera.controls()) {
    assert.ok(control.help.length > 5, control.name);
    if (control.type === 'choice' && control.unavailable === null && control.value !== null) {
      assert.ok(
        control.choices.some(({ name }) => name === control.value),
        `${control.name} is ${control.value}`,
      );
    }
  }
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('what is set comes back after a change of read mode, depth, binning and stream', async () => {
  const bench = await doubleBench('models=qhy411');
  const camera = await bench.open();
  const values = { Gain: 77, BlackLevel: 12, UsbTraffic: 20, ExposureTime: 4000, GpsHeader: true, AntiRbi: true };
  await setAll(camera, values);
  await setAll(camera, { SensorReadoutMode: 'Full_Frame_Read_Mode_3', PixelFormat: 'Mono8', BinningVertical: 2 });
  for (const [name, value] of Object.entries(values)) {
    // A rolling shutter exposes whole lines.
    if (name === 'ExposureTime') assert.ok(Math.abs(Number(settingOf(camera, name)) - Number(value)) < 100, name);
    else assert.is(settingOf(camera, name), value, name);
  }
  const mode = camera.mode();
  assert.equal([mode.width, mode.height, mode.binningX, mode.pixelFormat.name], [7152, 5374, 2, 'Mono8']);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('regions are held to the area, and the effective one keeps the rows where they are', async () => {
  const bench = await doubleBench('models=qhy411');
  const camera = await bench.open();
  await camera.set('ImageArea', 'Effective');
  const { width, height, offsetX, offsetY } = camera.mode();
  assert.equal([width, height, offsetX, offsetY], [14_208, 10_656, 48, 46]);
  await setAll(camera, { Height: 100, OffsetY: 1000 });
  const limits = controlNamed(camera.controls(), 'OffsetY');
  assert.equal([limits.minimum, limits.maximum, limits.value], [46, 46 + 10_656 - 100, 1000]);
  assert.throws(() => controlValueOf(limits, 10), /OffsetY cannot be 10: a whole number from 46 to 10602/);
  await camera.set('ImageArea', 'Full');
  assert.is(camera.mode().height, 10_748);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('a binning that the camera has not is refused here: the library would take it', async () => {
  const bench = await doubleBench('models=qhy268');
  const camera = await bench.open();
  await refused(() => camera.set('BinningHorizontal', 7), /this camera cannot bin by 7: 1, 2, 3, 4 can be set/);
  assert.is(camera.mode().binningX, 1);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('the shutter is read again when traffic, depth or binning change it', async () => {
  const bench = await doubleBench('models=qhy600');
  const camera = await bench.open();
  const first = camera.mode().shutter;
  assert.equal([first.linePeriodNs, first.rowPairs, first.kind], [43_194n, true, 'rolling']);
  await camera.set('UsbTraffic', 30);
  const slower = camera.mode().shutter.linePeriodNs ?? 0n;
  assert.ok(slower > 43_194n, `${slower}`);
  await camera.set('BinningVertical', 2);
  assert.equal([camera.mode().shutter.linePeriodNs, camera.mode().shutter.rowPairs], [slower * 2n, false]);
  const oneByOne = controlNamed(camera.controls(), 'SensorReadoutMode').choices.find(({ label }) => /2CMS/.test(label));
  await setAll(camera, { UsbTraffic: 0, SensorReadoutMode: oneByOne?.name ?? '' });
  assert.equal([camera.mode().shutter.linePeriodNs, camera.mode().shutter.rowPairs], [43_194n, false]);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('the header goes on after a change of region', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=50');
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', ExposureTime: 2000, GpsHeader: true, Height: 100 });
  const sink = await streamed(camera, { kind: 'live' }, 5, { keepBytes: 64 });
  assert.is(new Set(sink.frames.map(({ sequence }) => sequence)).size, sink.frames.length);
  assert.ok((await camera.poll()).some(({ name, value }) => name === 'GpsStatus' && value === 'Locked'));
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('the cooler goes to its target by steps of its ramp, and by hand', async () => {
  const bench = await doubleBench('models=qhy411;hurry=50');
  const camera = await bench.open();
  await setAll(camera, { CoolerTarget: 10, CoolerRamp: 30, CoolerOn: true });
  await new Promise((done) => setTimeout(done, 300));
  await camera.poll();
  assert.is(settingOf(camera, 'CoolerTarget'), 10);
  assert.ok(Number(settingOf(camera, 'DeviceTemperature')) > 12, 'the set-point went at once');
  await setAll(camera, { CoolerRamp: 0 });
  await camera.poll();
  await camera.set('CoolerPowerManual', 40);
  await camera.poll();
  assert.ok(Math.abs(Number(settingOf(camera, 'CoolerPower')) - 40) < 1);
  await camera.set('CoolerOn', false);
  await camera.poll();
  assert.is(settingOf(camera, 'CoolerPower'), 0);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('oscillator, roles and LED are there with a receiver of its own, and refused with the reason behind a GPSBOX', async () => {
  const bench = await doubleBench('models=qhy174gps,qhy411;calls=1');
  const [built, box] = await bench.driver.find(bench.options);
  const camera = await bench.open(built?.uri.slice(4));
  const origin = Number(settingOf(camera, 'LedPulseOrigin'));
  await setAll(camera, {
    ExposureTime: 1000,
    PixelFormat: 'Mono8',
    GpsVcxo: 1900,
    GpsRole: 'Slave',
    LedPulseWidth: 40,
  });
  await setAll(camera, { LedPulsePosition: origin + 20, LedCalMode: 'Start' });
  await refused(() => camera.set('LedPulsePosition', 2 * origin), /from 1 to 999999: set it nearer to LedPulseOrigin/);
  await camera.set('LedCalMode', 'Off');
  await camera.close();
  const other = await bench.open(box?.uri.slice(4));
  for (const name of ['GpsVcxo', 'GpsVcxoDiscipline', 'GpsRole', 'LedCalMode']) {
    assert.match(reasonOfControl(other, name) ?? '', /has no receiver of its own/, name);
  }
  await refused(() => other.set('GpsRole', 'Slave'), /GpsRole cannot be set: QHY411M has no receiver/);
  await other.close();
  assert.equal(bench.misuses(), []);
});

test('a QHY4040 cannot take and give triggers at once', async () => {
  const bench = await doubleBench('models=qhy4040');
  const camera = await bench.open();
  await setAll(camera, { TriggerOut: true, TriggerFilter: 20 });
  await refused(
    () => camera.set('TriggerMode', 'On'),
    /cannot take and give triggers at once: turn TriggerOut off first/,
  );
  await setAll(camera, { TriggerOut: false, TriggerMode: 'On' });
  await refused(() => camera.set('TriggerOut', true), /turn TriggerMode off first/);
  await camera.set('GpioMode', 'Mode2');
  assert.match(controlNamed(camera.controls(), 'GpioMode').help, /mode 2: GPIO1 ShutterMeasure, GPIO2 TrigIn \(in\)/);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('what stops a stream is refused while one runs, and what does not is taken', async () => {
  const bench = await doubleBench('models=qhy411;fps=50');
  const camera = await bench.open();
  await setAll(camera, { PixelFormat: 'Mono8', Height: 40, ExposureTime: 2000 });
  const { KeepingSink } = await import('./open-double.js');
  const sink = new KeepingSink(camera.mode());
  await camera.start({ kind: 'live' }, sink);
  await sink.until(() => sink.frames.length > 2);
  await refused(() => camera.set('PixelFormat', 'Mono16'), /cannot be set while frames stream/);
  const changed = await camera.set('Gain', 99);
  assert.equal(
    changed.map(({ name, value }) => [name, value]),
    [['Gain', 99]],
  );
  await camera.poll();
  await camera.stop();
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('32 bit and a GPS header are refused together, and the reason says what to do', async () => {
  const bench = await doubleBench('models=qhy174gps;fps=50');
  const camera = await bench.open();
  await camera.set('GpsHeader', true);
  await refused(() => camera.set('PixelFormat', 'Mono32'), /no GPS header.*or GpsHeader to false/);
  assert.is(camera.mode().pixelFormat.name, 'Mono16');
  await camera.set('GpsHeader', false);
  await camera.set('PixelFormat', 'Mono32');
  assert.match(reasonOfControl(camera, 'GpsHeader') ?? '', /set PixelFormat to 8 or 16 bit/);
  await refused(() => camera.set('GpsHeader', true), /no GPS header/);
  await camera.set('PixelFormat', 'Mono16');
  assert.is(reasonOfControl(camera, 'GpsHeader'), null);
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('32 bit are offered where the library has them, and believed when they come', async () => {
  const old = await doubleBench('models=qhy174gps;sdk=2021-06-01');
  const camera = await old.open();
  const choicesOf = () => controlNamed(camera.controls(), 'PixelFormat').choices.map(({ name }) => name);
  assert.equal(choicesOf(), ['Mono8', 'Mono16']);
  await camera.close();
  const untrue = await doubleBench('models=qhy174gps;stays-16=1;fps=50');
  const other = await untrue.open();
  assert.equal(
    controlNamed(other.controls(), 'PixelFormat').choices.map(({ name }) => name),
    ['Mono8', 'Mono16', 'Mono32'],
  );
  await refused(() => other.set('PixelFormat', 'Mono32'), /takes 32 bit for an answer, and gives frames of Mono16/);
  assert.is(settingOf(other, 'PixelFormat'), 'Mono16');
  await other.set('Height', 40);
  const sink = await streamed(other, { kind: 'live' }, 2);
  assert.equal([sink.frames[0]?.pixelBytes, sink.losses.size], [1920 * 40 * 2, 0]);
  await other.close();
});

test('a colour camera has 32 bit only where it bins', async () => {
  const bench = await doubleBench('models=qhy174gpsc;fps=50');
  const camera = await bench.open();
  await refused(() => camera.set('PixelFormat', 'Mono32'), /only where it bins: set BinningHorizontal/);
  await setAll(camera, { BinningHorizontal: 2, PixelFormat: 'Mono32' });
  assert.is(camera.mode().pixelFormat.name, 'Mono32');
  await camera.set('BinningHorizontal', 1);
  assert.is(camera.mode().pixelFormat.name, 'BayerRG16');
  assert.match(JSON.stringify(bench.events), 'frames have 16 bit from now on');
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test('a colour camera gives its Bayer pattern raw, and none where pixels are binned', async () => {
  const bench = await doubleBench('models=qhy600c;fps=20');
  const camera = await bench.open();
  assert.is(camera.mode().pixelFormat.name, 'BayerRG16');
  await setAll(camera, { PixelFormat: 'BayerRG8', Height: 40, ExposureTime: 2000 });
  const sink = await streamed(camera, { kind: 'live' }, 2);
  assert.equal([sink.frames.length >= 2, sink.losses.size], [true, 0]);
  await camera.set('BinningHorizontal', 2);
  assert.is(camera.mode().pixelFormat.name, 'Mono8');
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test.run();
