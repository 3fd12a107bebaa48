import * as assert from 'uvu/assert';
import { memoryCamera, register } from '#test/support/memory-camera.js';
import { test } from '#test/support/test.js';

test('a register that was read is not read again', async () => {
  const { map, memory, take } = memoryCamera(
    `<Integer Name="Width"><pValue>WidthReg</pValue></Integer>${register('WidthReg', 0)}
     <IntSwissKnife Name="Twice"><pVariable Name="W">Width</pVariable><Formula>W * 2</Formula></IntSwissKnife>`,
  );
  memory.setUint32(0, 100);
  assert.is(await map.integer('Width'), 100n);
  assert.is(await map.integer('Width'), 100n);
  assert.is(await map.integer('Twice'), 200n);
  assert.equal(take(), { reads: [0], writes: [] });
});

test('a write through one feature shows at once in every feature of the same register', async () => {
  const { map, take } = memoryCamera(
    register('Whole', 0) +
      register('Low', 0, '<LSB>31</LSB><MSB>16</MSB>', 'MaskedIntReg') +
      register('High', 0, '<LSB>15</LSB><MSB>0</MSB>', 'MaskedIntReg') +
      register('Byte', 1, '', 'IntReg', 1) +
      register('Bytes', 0, '', 'Register', 8) +
      register('Other', 8),
  );
  for (const name of ['Whole', 'Low', 'High', 'Byte', 'Other']) assert.is(await map.integer(name), 0n);
  await map.set('Low', 0x1234);
  take();
  assert.is(await map.integer('Whole'), 0x1234n);
  assert.is(await map.integer('High'), 0n);
  assert.is(await map.integer('Other'), 0n);
  assert.equal(take().reads, [0, 0], 'only what shares bytes is read again');
  await map.set('High', 0xabcd);
  assert.is(await map.integer('Whole'), 0xabcd1234n);
  assert.is(await map.integer('Byte'), 0xcdn);
  assert.is(await map.text('Bytes'), 'abcd123400000000');
});

test('NoCache is asked each time, WriteAround after a write, WriteThrough is taken at its word', async () => {
  const { map, take } = memoryCamera(
    register('Live', 0, '<Cachable>NoCache</Cachable>') +
      register('Around', 4, '<Cachable>WriteAround</Cachable>') +
      register('Through', 8, '<Cachable>WriteThrough</Cachable>') +
      register('Untold', 12),
  );
  const readsAfter = async (name: string, written: boolean) => {
    if (written) await map.set(name, 5);
    take();
    await map.integer(name);
    await map.integer(name);
    return take().reads.length;
  };
  assert.equal([await readsAfter('Live', false), await readsAfter('Live', true)], [2, 2]);
  assert.equal([await readsAfter('Around', false), await readsAfter('Around', true)], [1, 1]);
  assert.equal([await readsAfter('Through', false), await readsAfter('Through', true)], [1, 0]);
  // What nobody promised to keep is asked for, as a camera may round it.
  assert.equal([await readsAfter('Untold', false), await readsAfter('Untold', true)], [1, 1]);
});

test('a write makes stale what names it as its invalidator, and what that leads to', async () => {
  const { map, memory, take } = memoryCamera(
    `<Integer Name="Binning"><pValue>BinningReg</pValue></Integer>${register('BinningReg', 0)}
     <Integer Name="PayloadSize"><pValue>PayloadReg</pValue></Integer>${register('PayloadReg', 4, '<pInvalidator>Binning</pInvalidator>')}
     <Integer Name="Rate"><pInvalidator>PayloadSize</pInvalidator><pValue>RateKnife</pValue></Integer>
     <IntSwissKnife Name="RateKnife"><pVariable Name="R">RateReg</pVariable><Formula>R</Formula></IntSwissKnife>${register('RateReg', 8)}
     ${register('Steady', 12)}`,
  );
  memory.setUint32(4, 1000);
  memory.setUint32(8, 25);
  const values = async () => [await map.integer('PayloadSize'), await map.integer('Rate'), await map.integer('Steady')];
  assert.equal(await values(), [1000n, 25n, 0n]);
  memory.setUint32(4, 250);
  memory.setUint32(8, 100);
  assert.equal(await values(), [1000n, 25n, 0n], 'nobody has said that they change');
  await map.set('Binning', 2);
  take();
  assert.equal(await values(), [250n, 100n, 0n]);
  assert.equal(take().reads, [4, 8]);
});

test('a selector makes stale what it selects, whether it lies in the camera or here', async () => {
  for (const selector of ['<pValue>SelectorReg</pValue>', '<Value>0</Value>']) {
    const { map, memory, take } = memoryCamera(
      `<Integer Name="GainSelector">${selector}<pSelected>Gain</pSelected></Integer>${register('SelectorReg', 0)}
       <Integer Name="Gain"><pValue>GainReg</pValue></Integer>${register('GainReg', 4)}${register('Other', 8)}`,
    );
    memory.setUint32(4, 7);
    assert.is(await map.integer('Gain'), 7n);
    await map.integer('Other');
    await map.set('GainSelector', 1);
    memory.setUint32(4, 9);
    take();
    assert.is(await map.integer('Gain'), 9n);
    await map.integer('Other');
    assert.equal(take().reads, [4]);
  }
});

test('an index that moves the address leads to other bytes, and back to the first ones', async () => {
  const { map, memory, take } = memoryCamera(
    `<Integer Name="Index"><Value>0</Value></Integer>${register('Entry', '<Address>0x100</Address><pIndex Offset="4">Index</pIndex>')}`,
  );
  memory.setUint32(0x100, 1);
  memory.setUint32(0x104, 2);
  assert.is(await map.integer('Entry'), 1n);
  await map.set('Index', 1);
  assert.is(await map.integer('Entry'), 2n);
  await map.set('Index', 0);
  assert.is(await map.integer('Entry'), 1n);
  assert.equal(take().reads, [0x100, 0x104, 0x100]);
});

test('a value is read again when its PollingTime has passed, wherever on its way it stands', async () => {
  const { map, take, wait } = memoryCamera(
    `<Float Name="Temperature"><PollingTime>200</PollingTime><pValue>TemperatureKnife</pValue></Float>
     <SwissKnife Name="TemperatureKnife"><pVariable Name="T">TemperatureReg</pVariable><Formula>T / 10</Formula></SwissKnife>
     ${register('TemperatureReg', 0, '<PollingTime>5000</PollingTime>')}${register('Slow', 4, '<PollingTime>60000</PollingTime>')}${register('Untold', 8)}`,
  );
  const reads = async () => {
    for (const name of ['Temperature', 'Slow', 'Untold']) await map.float(name);
    return take().reads;
  };
  assert.equal(await reads(), [0, 4, 8]);
  wait(199);
  assert.equal(await reads(), []);
  wait(1);
  assert.equal(await reads(), [0]);
  wait(999);
  assert.equal(await reads(), [0, 8], 'who names no time is trusted for a second');
  wait(60_000);
  assert.equal(await reads(), [0, 4, 8]);
});

test('a command makes everything stale, and is asked itself each time whether it is done', async () => {
  const { map, memory, take } = memoryCamera(
    `<Command Name="UserSetLoad"><pValue>LoadReg</pValue><CommandValue>1</CommandValue></Command>${register('LoadReg', 0)}${register('Gain', 4)}`,
  );
  await map.integer('Gain');
  await map.execute('UserSetLoad');
  take();
  assert.is(await map.text('UserSetLoad'), 'running');
  memory.setUint32(0, 0);
  assert.is(await map.text('UserSetLoad'), 'done');
  await map.integer('Gain');
  assert.equal(take().reads, [0, 0, 4]);
});

test('what is written past the features is read again when they are told of it', async () => {
  const { map, memory, take } = memoryCamera(register('A', 0) + register('B', 4));
  await map.integer('A');
  await map.integer('B');
  memory.setUint32(4, 3);
  map.forget(4, 4);
  take();
  assert.equal([await map.integer('A'), await map.integer('B')], [0n, 3n]);
  assert.equal(take().reads, [4]);
  map.forget();
  await map.integer('A');
  assert.equal(take().reads, [0]);
});

test('a write that fails leaves nothing remembered', async () => {
  const { map, memory } = memoryCamera(register('A', 0, '<Cachable>WriteThrough</Cachable>'));
  await map.integer('A');
  const write = map.port.write;
  map.port.write = async (address, data) => {
    await write(address, data);
    throw new Error('the answer was lost');
  };
  await map.set('A', 9).catch(() => undefined);
  map.port.write = write;
  assert.is(await map.integer('A'), 9n);
  assert.is(memory.getUint32(0), 9);
});

test('two changes of bits in one register at the same time do not undo each other', async () => {
  const bits = Array.from({ length: 32 }, (_, bit) => register(`Bit${bit}`, 0, `<Bit>${bit}</Bit>`, 'MaskedIntReg'));
  const { map, memory } = memoryCamera(bits.join(''));
  await Promise.all(bits.map((_, bit) => map.set(`Bit${bit}`, 1)));
  assert.is(memory.getUint32(0), 0xffffffff);
});

test('bits of a register that cannot be read stand beside those written before', async () => {
  const only = '<AccessMode>WO</AccessMode>';
  const { map, memory, take } = memoryCamera(
    register('Enable', 0, `${only}<Bit>31</Bit>`, 'MaskedIntReg') +
      register('Level', 0, `${only}<LSB>15</LSB><MSB>0</MSB>`, 'MaskedIntReg'),
  );
  await map.set('Level', 0x1234);
  await map.set('Enable', 1);
  assert.is(memory.getUint32(0), 0x12340001);
  assert.equal(take(), { reads: [], writes: [0, 0] });
});

test.run();
