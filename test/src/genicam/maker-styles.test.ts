import * as assert from 'uvu/assert';
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { STYLE_MEMORY, type STYLES, styleXml } from '#test/support/maker-styles.js';
import { errorOf } from '#test/support/memory-camera.js';
import { test } from '#test/support/test.js';

function camera(style: keyof typeof STYLES): { map: NodeMap; memory: DataView } {
  const bytes = new Uint8Array(65536);
  const memory = new DataView(bytes.buffer);
  for (const [address, word] of STYLE_MEMORY) memory.setUint32(address, word);
  const port = {
    read: async (address: number, length: number) => Uint8Array.from(bytes.subarray(address, address + length)),
    write: async (address: number, data: Uint8Array) => bytes.set(data, address),
  };
  return { map: new NodeMap(styleXml(style), port), memory };
}

test('raw and absolute values: selectors move addresses, converters go through raw features', async () => {
  const { map, memory } = camera('RAW_AND_ABSOLUTE');
  assert.equal(map.problems(), []);
  assert.equal([await map.text('GainSelector'), await map.integer('GainRaw')], ['Tap1', 200n]);
  assert.is(await map.float('GainAbs'), 200 * 0.0359);
  await map.set('GainSelector', 'Tap2');
  assert.is(await map.integer('GainRaw'), 300n);
  await map.set('GainAbs', 10);
  assert.is(memory.getUint32(0x8030), 279);
  const gain = await map.describe('GainAbs');
  assert.equal([gain.kind, gain.unit, gain.min, gain.max], ['float', 'dB', 16 * 0.0359, 511 * 0.0359]);
  assert.equal(gain.selectors, ['GainSelector']);
  assert.match(await errorOf(map.set('GainRaw', 512)), /feature.range: GainRaw = 512 is outside 16 to 511/);
  assert.is(await map.integer('BlackLevelRaw'), -24n);
  await map.set('BlackLevelRaw', -64);
  assert.is(memory.getInt16(0x8044), -64);
  assert.is(await map.float('ExposureTimeAbs'), 77 * 24.5);
  await map.set('ExposureTimeAbs', 1000);
  assert.is(memory.getUint32(0x804c), 41);
  const rate = await map.describe('AcquisitionFrameRateAbs');
  assert.is(rate.min, 1_000_000 / 0xffffffff);
  memory.setUint32(0x8004, 0);
  assert.match(await errorOf(map.set('GainSelector', 'Tap2')), /feature.range: .* offers All, Tap1$/);
});

test('structures of bits: each entry is a register of its own, and writes leave the others alone', async () => {
  const { map, memory } = camera('BIT_STRUCTURES');
  assert.is(await map.integer('Brightness'), 0x123n);
  assert.equal(await map.access('Brightness'), { mode: 'RW', why: null });
  await map.set('Brightness', 0x3e8);
  assert.is(memory.getUint32(0x8100), 0x820003e8);
  assert.match(await errorOf(map.set('Brightness', 0x3e9)), /outside 16 to 1000/);
  await map.set('BrightnessAuto', true);
  assert.is(memory.getUint32(0x8100), 0x830003e8);
  assert.equal(await map.access('Brightness'), { mode: 'RO', why: 'locked' });
  assert.is(await map.float('BrightnessAbs'), 12.5);
  assert.is(await map.integer('BrightnessMaximum'), 2000n);
  memory.setUint32(0x8100, 0);
  assert.equal(await map.access('Brightness'), { mode: 'NA', why: 'not-implemented' });
  assert.match(await errorOf(map.integer('Brightness')), /feature.access: .* this camera does not implement it/);
});

test('little-endian registers: bits from the low end, signed fields, values by index', async () => {
  const { map, memory } = camera('LITTLE_ENDIAN');
  assert.equal([await map.integer('BinningSelector'), await map.integer('BinningHorizontal')], [1n, 2n]);
  assert.equal([await map.integer('Width'), await map.text('SensorName')], [640n, 'IMX251']);
  assert.equal([await map.float('Gamma'), await map.integer('Offset')], [1.5, -1n]);
  assert.is(await map.float('Exponent'), 2.25);
  const { min, max, step } = await map.describe('Width');
  assert.equal([min, max, step], [8n, 1024n, 8n]);
  assert.match(await errorOf(map.set('Width', 644)), /feature.range: Width = 644 is not 8 plus a multiple of 8/);
  await map.set('Offset', -128);
  assert.is(memory.getUint16(0x8228, true), 0xf80f);
  await map.set('BinningSelector', 0);
  assert.is(memory.getUint32(0x8200, true), 0);
  assert.is(await map.integer('BinningHorizontal'), 1n);
  assert.is((await map.describe('Width')).max, 2048n);
  await map.set('BinningHorizontal', 2);
  assert.is(await map.integer('BinningHorizontal'), 2n, 'a value kept here, for this index');
  await map.set('BinningSelector', 2);
  assert.is(await map.integer('BinningHorizontal'), 4n, 'the default of all other indices');
});

test('conditions: what is locked or absent says so, other numbers for on and off are kept', async () => {
  const { map, memory } = camera('CONDITIONS');
  assert.equal([await map.text('TriggerMode'), await map.text('TriggerSource')], ['On', 'Software']);
  assert.is(await map.float('TriggerDelay'), 2000);
  await map.set('TriggerDelay', 8);
  assert.is(memory.getUint32(0x8304), 1000);
  const delay = await map.describe('TriggerDelay');
  assert.equal([delay.min, delay.max, delay.step], [0, 1_000_000, 0.008]);
  const source = await map.describe('TriggerSource');
  assert.equal(
    source.entries.map(({ name, available }) => [name, available]),
    [
      ['Line1', true],
      ['Software', true],
      ['Action0', false],
    ],
  );
  await map.set('TriggerMode', 'Off');
  assert.is(memory.getUint32(0x8300), 0x2000);
  assert.match(await errorOf(map.set('TriggerSource', 'Line1')), /feature.access: .* it is locked/);
  assert.is(await map.text('StrobeEnable'), 'true');
  await map.set('StrobeEnable', 'off');
  assert.is(memory.getUint32(0x8308), 85);
  assert.is(await map.integer('StreamBytesPerSecond'), 115_000_000n);
  await map.set('StreamBytesPerSecond', 9_999_999);
  assert.is(memory.getUint32(0x830c), 9999);
  assert.is(await map.integer('DeviceLinkSpeed'), 5_000_000_000n);
  assert.is(await map.float('Temperature'), 25.25);
});

test.run();
