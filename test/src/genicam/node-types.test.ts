import * as assert from 'uvu/assert';
import { errorOf, memoryCamera, register } from '#test/support/memory-camera.js';
import { test } from '#test/support/test.js';

test('a formula may ask for limits, entries and constants of other nodes', async () => {
  const { map } = memoryCamera(
    `<Integer Name="Width"><Value>64</Value><Min>8</Min><Max>640</Max><Inc>8</Inc></Integer>
     <Float Name="Gain"><Value>2.5</Value><Min>-1.5</Min><Max>12</Max></Float>
     <Enumeration Name="Mode"><EnumEntry Name="Slow"><Value>16</Value></EnumEntry><EnumEntry Name="Fast"><Value>0x20</Value></EnumEntry><Value>0x20</Value></Enumeration>
     <IntSwissKnife Name="Limits"><pVariable Name="W">Width</pVariable><pVariable Name="W.Max">Width</pVariable><Formula>W.Max * 10000 + W.Min * 100 + W.Inc</Formula></IntSwissKnife>
     <SwissKnife Name="Range"><pVariable Name="G.Max">Gain</pVariable><pVariable Name="G.Min">Gain</pVariable><Formula>G.Max - G.Min</Formula></SwissKnife>
     <IntSwissKnife Name="IsFast"><pVariable Name="M.Value">Mode</pVariable><pVariable Name="M.Entry.Fast">Mode</pVariable><Formula>M.Value = M.Entry.Fast</Formula></IntSwissKnife>
     <IntSwissKnife Name="Slow"><pVariable Name="M">Mode</pVariable><Formula>M.Entry.Slow</Formula></IntSwissKnife>
     <IntSwissKnife Name="Unknown"><pVariable Name="M">Mode</pVariable><Formula>M.Entry.Other</Formula></IntSwissKnife>
     <IntSwissKnife Name="Nested"><Constant Name="TEN">0x0A</Constant><Expression Name="A">B * TEN</Expression><Expression Name="B">TEN + 1</Expression><Formula>A + B</Formula></IntSwissKnife>
     <SwissKnife Name="Half"><Constant Name="H">.5</Constant><Formula>H * 3</Formula></SwissKnife>`,
  );
  assert.is(await map.integer('Limits'), 6_400_000n + 800n + 8n);
  assert.is(await map.float('Range'), 13.5);
  assert.equal([await map.integer('IsFast'), await map.integer('Slow')], [1n, 16n]);
  assert.match(await errorOf(map.integer('Unknown')), /^genicam.formula: .*M\.Entry\.Other/);
  assert.equal([await map.integer('Nested'), await map.float('Half')], [121n, 1.5]);
});

test('numbers pass between whole and real nodes, rounded where they must be', async () => {
  const { map, memory } = memoryCamera(
    `<Float Name="Time"><pValue>TimeReg</pValue></Float>${register('TimeReg', 0)}
     <Integer Name="Count"><pValue>CountReg</pValue></Integer>${register('CountReg', 4, '', 'FloatReg')}
     <Float Name="Fixed"><Value>1e3</Value><Min>-INF</Min><Max>2000</Max></Float>
     <Integer Name="Open"><Value>5.0</Value><Min>3</Min></Integer>
     <IntSwissKnife Name="Whole"><pVariable Name="F">CountReg</pVariable><Formula>F + 1</Formula></IntSwissKnife>`,
  );
  await map.set('Time', 2.6);
  assert.is(memory.getUint32(0), 3);
  memory.setFloat32(4, 7.4);
  assert.equal([await map.integer('Count'), await map.integer('Whole')], [7n, 8n]);
  await map.set('Count', 9);
  assert.is(memory.getFloat32(4), 9);
  const [fixed, open] = [await map.describe('Fixed'), await map.describe('Open')];
  assert.equal([fixed.min, fixed.max, open.min, open.max], [null, 2000, 3n, null]);
  assert.match(await errorOf(map.set('Fixed', 2001)), /^feature.range/);
  assert.match(await errorOf(map.set('Fixed', Number.NaN)), /^feature.range/);
  assert.match(await errorOf(map.set('Time', Number.POSITIVE_INFINITY)), /^feature.range/);
  assert.match(await errorOf(map.set('Open', 2)), /^feature.range: Open = 2 is outside 3 to/);
  assert.match(await errorOf(map.set('Open', 3.5)), /^feature.type: .*whole number/);
  assert.match(await errorOf(map.set('Open', '3.5')), /^feature.type/);
  assert.match(await errorOf(map.set('Open', 'three')), /^feature.type: .*"three"/);
});

test('converters keep 64 bits, and tell steps and limits only where the formula lets them', async () => {
  const converter = (name: string, more: string, kind = 'IntConverter') =>
    `<${kind} Name="${name}"><FormulaTo>FROM / 2</FormulaTo><FormulaFrom>TO * 2</FormulaFrom><pValue>Raw</pValue>${more}</${kind}>`;
  const { map } = memoryCamera(
    `<Integer Name="Raw"><Value>0</Value><Min>0</Min><Max>4000000000000000002</Max><Inc>3</Inc></Integer>
     ${converter('Doubled', '<IsLinear>Yes</IsLinear>')}${converter('Varying', '<Slope>Varying</Slope>')}${converter('Plain', '')}
     ${converter('Real', '<IsLinear>Yes</IsLinear>', 'Converter')}`,
  );
  const limits = async (name: string) => {
    const { min, max, step } = await map.describe(name);
    return [min, max, step];
  };
  assert.equal(await limits('Doubled'), [0n, 8_000_000_000_000_000_004n, 6n]);
  assert.equal(await limits('Varying'), [null, null, null]);
  assert.equal(await limits('Plain'), [0n, 8_000_000_000_000_000_004n, null]);
  assert.equal(await limits('Real'), [0, 8e18, 6]);
  await map.set('Doubled', 8_000_000_000_000_000_004n);
  assert.is(await map.integer('Raw'), 4_000_000_000_000_000_002n);
});

test('a number that stands for an entry is that of the entry, and chooses the nearest', async () => {
  const { map } = memoryCamera(
    `<Float Name="GainAbs"><pValue>GainList</pValue></Float>
     <Enumeration Name="GainList"><EnumEntry Name="Low"><Value>0</Value><NumericValue>1.0</NumericValue></EnumEntry><EnumEntry Name="Mean"><Value>1</Value><NumericValue>10.0</NumericValue></EnumEntry>
       <EnumEntry Name="High"><pIsAvailable>No</pIsAvailable><Value>2</Value><NumericValue>100</NumericValue></EnumEntry><EnumEntry Name="Plain"><Value>5</Value></EnumEntry><Value>1</Value></Enumeration>
     <Integer Name="No"><Value>0</Value></Integer>`,
  );
  assert.is(await map.float('GainAbs'), 10);
  await map.set('GainAbs', 99);
  assert.is(await map.text('GainList'), 'Mean', 'High is not available');
  await map.set('GainAbs', 5.2);
  assert.equal([await map.text('GainList'), await map.float('GainAbs')], ['Plain', 5]);
});

test('an entry that the camera leaves by itself is asked for again each time', async () => {
  const { map, memory } = memoryCamera(
    `<Enumeration Name="Balance"><EnumEntry Name="Off"><Value>0</Value></EnumEntry><EnumEntry Name="Once"><Value>1</Value><IsSelfClearing>Yes</IsSelfClearing></EnumEntry><pValue>BalanceReg</pValue></Enumeration>${register('BalanceReg', 0)}`,
  );
  await map.set('Balance', 'Once');
  assert.is(await map.text('Balance'), 'Once');
  memory.setUint32(0, 0);
  assert.is(await map.text('Balance'), 'Off');
});

test('a port that is made invalid takes all that is read through it along', async () => {
  const { map, memory } = memoryCamera(
    `<Integer Name="UserSet"><Value>0</Value></Integer>${register('Gain', 0).replace('Device', 'Other')}<Port Name="Other"><pInvalidator>UserSet</pInvalidator></Port>`,
  );
  await map.integer('Gain');
  memory.setUint32(0, 4);
  assert.is(await map.integer('Gain'), 0n);
  await map.set('UserSet', 1);
  assert.is(await map.integer('Gain'), 4n);
});

test('a value is copied where the description says so, in its order and within what all can take', async () => {
  const { map, memory, take } = memoryCamera(
    `<Integer Name="Both"><pValueCopy>Second</pValueCopy><pValue>First</pValue><pValueCopy>Third</pValueCopy></Integer>${register('First', 0)}${register('Second', 4)}<Integer Name="Third"><Value>0</Value><Min>2</Min></Integer>`,
  );
  await map.set('Both', 6);
  assert.equal([memory.getUint32(0), memory.getUint32(4), await map.integer('Third')], [6, 6, 6n]);
  assert.equal(take().writes, [4, 0]);
  assert.equal([(await map.describe('Both')).min, (await map.describe('Both')).max], [2n, 0xffffffffn]);
});

test('values beside the listed ones are refused', async () => {
  const { map } = memoryCamera(
    '<Integer Name="Bits"><Value>8</Value><Min>8</Min><Max>16</Max><ValidValueSet>8; 10;12;16</ValidValueSet></Integer>',
  );
  await map.set('Bits', 12);
  assert.match(await errorOf(map.set('Bits', 11)), /^feature.range: Bits = 11 is none of 8, 10, 12, 16/);
  assert.equal((await map.describe('Bits')).validValues, [8n, 10n, 12n, 16n]);
});

test('a feature says by another one what the camera thought of its value', async () => {
  const { map, memory } = memoryCamera(
    `<Integer Name="Level"><pError>LevelError</pError><pValue>LevelReg</pValue></Integer>${register('LevelReg', 0)}
     <Enumeration Name="LevelError"><EnumEntry Name="None"><Value>0</Value></EnumEntry><EnumEntry Name="TooBright"><ToolTip>the sensor saturates</ToolTip><Value>4</Value></EnumEntry><pValue>ErrorReg</pValue></Enumeration>${register('ErrorReg', 4)}`,
  );
  await map.set('Level', 1);
  memory.setUint32(4, 4);
  assert.match(
    await errorOf(map.set('Level', 2)),
    /^feature.refused: .* LevelError is TooBright \(the sensor saturates\)$/,
  );
});

test('access is the least of what node, register, port and their conditions allow', async () => {
  const mode = (access: string) => `<AccessMode>${access}</AccessMode>`;
  const { map } = memoryCamera(
    `<Integer Name="Imposed"><ImposedAccessMode>RO</ImposedAccessMode><pValue>RW</pValue></Integer>${register('RW', 0)}
     <Integer Name="Never"><ImposedAccessMode>WO</ImposedAccessMode><pValue>RO</pValue></Integer>${register('RO', 0, mode('RO'))}
     <Integer Name="Behind"><pValue>Gone</pValue></Integer><Integer Name="Gone"><pIsImplemented>No</pIsImplemented><pValue>RW</pValue></Integer>
     <Integer Name="LockedBehind"><pValue>Locked</pValue></Integer><Integer Name="Locked"><pIsLocked>Yes</pIsLocked><pValue>RW</pValue></Integer>
     <Command Name="LockedCommand"><pIsLocked>Yes</pIsLocked><pValue>WO</pValue><CommandValue>1</CommandValue></Command>${register('WO', 0, mode('WO'))}
     <IntReg Name="Untold"><Address>0</Address><Length>4</Length></IntReg>${register('Short', 0, mode('R'))}
     <IntReg Name="Elsewhere"><Address>0</Address><pPort>Absent</pPort></IntReg><Port Name="Absent"><pIsAvailable>No</pIsAvailable></Port>
     <Integer Name="Twice"><pIsAvailable>Yes</pIsAvailable><pIsAvailable>No</pIsAvailable><Value>1</Value></Integer>
     <Integer Name="No"><Value>0</Value></Integer><Boolean Name="Yes"><Value>true</Value></Boolean><TextDesc Name="Old"><Key>1</Key></TextDesc>`,
  );
  const access = async (name: string) => {
    const { mode: allowed, why } = await map.access(name);
    return why === null ? allowed : `${allowed} ${why}`;
  };
  const expected: Readonly<Record<string, string>> = {
    Imposed: 'RO',
    Never: 'NA not-available',
    Behind: 'NA not-implemented',
    LockedBehind: 'RO locked',
    LockedCommand: 'NA locked',
    Untold: 'RO',
    Short: 'RO',
    Elsewhere: 'NA not-available',
    Twice: 'NA not-available',
    Old: 'NA not-available',
  };
  for (const [name, allowed] of Object.entries(expected)) assert.is(await access(name), allowed, name);
  assert.match(await errorOf(map.execute('LockedCommand')), /^feature.access: .* cannot be executed now: it is locked/);
  assert.match(await errorOf(map.text('Old')), /IEEE 1394/);
});

test('entries of enumerations may stand elsewhere, have other symbols, and numbers of their own', async () => {
  const { map } = memoryCamera(
    `<Enumeration Name="Format"><pEnumEntry>Format_Mono8</pEnumEntry><EnumEntry Name="E2"><Value>2</Value><Symbolic>Mono16</Symbolic><NumericValue>16.5</NumericValue></EnumEntry><Value>1</Value></Enumeration>
     <EnumEntry Name="Format_Mono8"><Value>1</Value><Symbolic>Mono8</Symbolic></EnumEntry>`,
  );
  assert.is(await map.text('Format'), 'Mono8');
  await map.set('Format', 'Mono16');
  assert.is(await map.integer('Format'), 2n);
  const { entries } = await map.describe('Format');
  assert.equal(
    entries.map(({ name, numericValue }) => [name, numericValue]),
    [
      ['Mono8', null],
      ['Mono16', 16.5],
    ],
  );
});

test('text and bytes are set as they are read', async () => {
  const { map, memory } = memoryCamera(
    `<String Name="UserName"><pValue>NameReg</pValue></String>${register('NameReg', 0, '', 'StringReg', 8)}<String Name="Note"><Value>first</Value></String>
     ${register('Table', 16, '', 'Register', 4)}`,
  );
  await map.set('UserName', 12);
  assert.is(await map.text('UserName'), '12');
  await map.set('Note', 'second');
  assert.is(await map.text('Note'), 'second');
  await map.set('Table', '0xDEADBEEF');
  assert.is(memory.getUint32(16), 0xdeadbeef);
  assert.is(await map.text('Table'), 'deadbeef');
  assert.match(await errorOf(map.set('Table', 'dead')), /^feature.type: .*2 bytes, it holds 4/);
  assert.match(await errorOf(map.set('Table', 'words')), /^feature.type/);
});

test('values by index have a default, addresses an offset of their own, commands a value from elsewhere', async () => {
  const { map, memory } = memoryCamera(
    `<Integer Name="Index"><Value>0</Value></Integer><Integer Name="Stride"><Value>8</Value></Integer>
     <Integer Name="Chosen"><pIndex>Index</pIndex><pValueIndexed Index="1">One</pValueIndexed><pValueDefault>Else</pValueDefault></Integer>${register('One', 0)}${register('Else', 4)}
     ${register('Table', '<Address>16</Address><pIndex pOffset="Stride">Index</pIndex>')}
     <Command Name="Go"><pValue>GoReg</pValue><pCommandValue>Word</pCommandValue></Command>${register('GoReg', 64)}<Integer Name="Word"><Value>0x5A</Value></Integer>`,
  );
  for (const [index, address] of [0, 1, 2].entries()) {
    await map.set('Index', index);
    await map.set('Chosen', 10 + address);
    await map.set('Table', 20 + address);
  }
  assert.equal([memory.getUint32(0), memory.getUint32(4)], [11, 12]);
  assert.equal([memory.getUint32(16), memory.getUint32(24), memory.getUint32(32)], [20, 21, 22]);
  await map.execute('Go');
  assert.is(memory.getUint32(64), 0x5a);
  assert.is(await map.text('Go'), 'running');
});

test('what says nothing of a value changes nothing: aliases in a ring, extensions, imposed visibility, notation', async () => {
  const { map } = memoryCamera(
    `<Integer Name="Gain"><Extension><pValue>Nowhere</pValue><Value>9</Value></Extension><ImposedVisibility>Guru</ImposedVisibility><pAlias>GainAbs</pAlias><pCastAlias>GainAbs</pCastAlias><Value>3</Value></Integer>
     <Float Name="GainAbs"><pAlias>Gain</pAlias><pCastAlias>Gain</pCastAlias><Value>1.5</Value><DisplayNotation>Fixed</DisplayNotation><DisplayPrecision>2</DisplayPrecision></Float>
     <Integer Name="Old"><IsDeprecated>Yes</IsDeprecated><Value>1</Value></Integer>`,
  );
  assert.equal([await map.integer('Gain'), await map.float('GainAbs')], [3n, 1.5]);
  await map.set('Gain', 4);
  assert.equal([await map.integer('Gain'), map.about('Gain').visibility, map.problems()], [4n, 'Guru', []]);
  const { displayNotation, displayPrecision, deprecated } = map.about('GainAbs');
  assert.equal([displayNotation, displayPrecision, deprecated], ['Fixed', 2, false]);
  assert.ok(map.about('Old').deprecated);
});

test('nodes of cameras on IEEE 1394 can be named, and say what they are', async () => {
  const kinds = ['ConfRom', 'TextDesc', 'IntKey', 'AdvFeatureLock', 'SmartFeature'];
  const { map } = memoryCamera(
    `${kinds.map((kind) => `<${kind} Name="${kind}"><Address>0</Address><pPort>Device</pPort></${kind}>`).join('')}<Float Name="Gain"><pIsAvailable>Has</pIsAvailable><Value>1</Value></Float><Integer Name="Has"><Value>1</Value></Integer>`,
  );
  for (const kind of kinds) {
    assert.equal(await map.access(kind), {
      mode: 'NA',
      why: 'not-available',
      detail: 'it belongs to cameras on IEEE 1394',
    });
    assert.match(await errorOf(map.text(kind)), /^feature.access: .*IEEE 1394/);
  }
  assert.is(await map.float('Gain'), 1);
});

test('who made the camera, and by which schema it is described, is told', () => {
  const { map } = memoryCamera('');
  assert.equal(map.info, { vendor: '', model: '', toolTip: '', schemaVersion: '1', version: '' });
});

test('categories in rings, ladders and chains make a tree of bounded size', () => {
  const both = (i: number) => `<pFeature>C${i + 1}</pFeature><pFeature>D${i + 1}</pFeature>`;
  const ladder = Array.from(
    { length: 40 },
    (_, i) => `<Category Name="C${i}">${both(i)}</Category><Category Name="D${i}">${both(i)}</Category>`,
  );
  const chain = Array.from(
    { length: 20_000 },
    (_, i) => `<Category Name="L${i}"><pFeature>L${i + 1}</pFeature></Category>`,
  );
  const { map } = memoryCamera(
    `<Category Name="Root"><pFeature>C0</pFeature><pFeature>L0</pFeature><pFeature>A</pFeature></Category>${ladder.join('')}${chain.join('')}<Integer Name="L20000"><Value>1</Value></Integer><Integer Name="A"><Value>1</Value></Integer>`,
  );
  assert.equal(map.tree().features, ['A']);
  assert.equal(map.featuresOf(), ['L20000', 'A']);
});

test.run();
