import * as assert from 'uvu/assert';
import { cameraModelByName, cameraModels } from '#src/cameras/simulator/models.js';
import { type RawOptions, simulatorOptionTable } from '#src/cameras/simulator/option-table.js';
import { SimulatorOptionError, simulatorOptions } from '#src/cameras/simulator/options.js';
import { parseSimUri } from '#src/cameras/simulator/sim-uri.js';
import { test } from '#test/support/test.js';

const refuses = (run: () => unknown, text: RegExp) =>
  assert.throws(run, (error: unknown) => error instanceof SimulatorOptionError && text.test(error.message));

test('every model has defaults that its own checks accept', () => {
  for (const model of cameraModels) {
    const options = simulatorOptions(model.name, {});
    assert.is(options.fps, model.defaultFps);
    assert.is(options.format.name, model.formats[0]);
    assert.is(options.width, model.sensorWidth);
    assert.is(options.exposureNs % 100n, 0n);
    assert.ok(Number(options.exposureNs) / 1e9 <= 1 / options.fps, `${model.name}: exposure fits the frame`);
  }
});

test('the rows of rolling models are read within a frame period', () => {
  for (const { shutter, sensorHeight, maximumFps, name } of cameraModels) {
    if (shutter.kind !== 'rolling') continue;
    assert.ok((Number(shutter.linePeriodNs) * sensorHeight) / 1e9 <= 1 / maximumFps, name);
    assert.is((shutter.linePeriodNs ?? 1n) % 100n, 0n);
    assert.is((shutter.rowZeroEndOffsetNs ?? 1n) % 100n, 0n);
  }
});

test('values are read with their units', () => {
  const options = simulatorOptions('tiny', {
    exposure: '1.5ms',
    fps: '500',
    loss: '0.01',
    'burst-loss': '0.001:5',
    reorder: '0.02:8:frame',
    stall: '0.1:30',
    'vanish-after': '100:2000',
    address: ['127.0.0.2', '127.0.0.3'],
    'no-resend': true,
  });
  assert.is(options.exposureNs, 1_500_000n);
  assert.is(options.fps, 500);
  assert.is(options.faults.loss, 0.01);
  assert.equal(options.faults.burstLoss, { probability: 0.001, packets: 5 });
  assert.equal(options.faults.reorder, { probability: 0.02, depth: 8, withinFrame: true });
  assert.equal(options.faults.stall, { probability: 0.1, milliseconds: 30 });
  assert.equal(options.faults.vanish, { afterFrames: 100, silentMs: 2000 });
  assert.equal(options.addresses, ['127.0.0.2', '127.0.0.3']);
  assert.is(options.resend, false);
  assert.equal(simulatorOptions('tiny', { 'vanish-after': '7' }).faults.vanish, { afterFrames: 7, silentMs: null });
});

test('what cannot be is refused with what to do', () => {
  refuses(() => simulatorOptions('qhy999', {}), /choose one of qhy411-bin3/);
  const wrong: readonly (readonly [RawOptions, RegExp])[] = [
    [{ fps: '1001' }, /from 0.001 to 1000/],
    [{ fps: 'fast' }, /not a number/],
    [{ loss: '1.5' }, /from 0 to 1/],
    [{ format: 'YUV422_8' }, /tiny has Mono12/],
    [{ exposure: '40' }, /500us/],
    [{ width: '321' }, /whole number/],
    [{ 'offset-x': '300', width: '40' }, /from 1 to 20/],
    [{ scene: 'rain' }, /choose stars/],
    [{ address: 'localhost' }, /IPv4/],
    [{ reorder: '0.1' }, /p:depth/],
    [{ reorder: '0.1:4:line' }, /:frame/],
    [{ count: '3', address: ['127.0.0.1', '127.0.0.2'] }, /--count/],
    [{ colour: 'red' }, /no option colour/],
  ];
  for (const [raw, text] of wrong) refuses(() => simulatorOptions('tiny', raw), text);
});

test('a sim: URI holds the same options and becomes the arguments of simulate', () => {
  const { model, args } = parseSimUri('sim:tiny?fps=500&loss=0.01&no-resend&address=127.0.0.2,127.0.0.3');
  assert.is(model, 'tiny');
  assert.equal(args, [
    '--fps',
    '500',
    '--loss',
    '0.01',
    '--no-resend',
    '--address',
    '127.0.0.2',
    '--address',
    '127.0.0.3',
  ]);
  assert.equal(parseSimUri('sim:qhy411'), { model: 'qhy411', args: [] });
  refuses(() => parseSimUri('sim:'), /sim:MODEL/);
  refuses(() => parseSimUri('sim:tiny?speed=9'), /no option speed/);
  refuses(() => parseSimUri('sim:tiny?fps'), /fps=N/);
  refuses(() => parseSimUri('sim:tiny?fps=5000'), /from 0.001 to 1000/);
});

test('the option table names each option once', () => {
  const names = simulatorOptionTable.map((option) => option.name);
  assert.is(new Set(names).size, names.length);
  assert.ok(cameraModelByName('qhy411-bin3'));
});

test.run();
