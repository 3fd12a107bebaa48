import * as assert from 'uvu/assert';
import { FeatureError } from '#src/cameras/gige-vision/genicam/feature-error.js';
import { FormulaError, parseFormula } from '#src/cameras/gige-vision/genicam/formula.js';
import { evaluateFloat, evaluateInteger } from '#src/cameras/gige-vision/genicam/formula-value.js';
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { test } from '#test/support/test.js';

/** A node map over 64 KiB of memory. */
function camera(nodes: string): { map: NodeMap; memory: DataView } {
  const bytes = new Uint8Array(65536);
  const port = {
    read: async (address: number, length: number) => Uint8Array.from(bytes.subarray(address, address + length)),
    write: async (address: number, data: Uint8Array) => bytes.set(data, address),
  };
  const xml = `<RegisterDescription xmlns="http://www.genicam.org/GenApi/Version_1_1">${nodes}<Port Name="Device"/></RegisterDescription>`;
  return { map: new NodeMap(xml, port), memory: new DataView(bytes.buffer) };
}

function register(kind: string, name: string, address: number | string, more = '', length = 4): string {
  const where = typeof address === 'number' ? `<Address>${address}</Address>` : address;
  return `<${kind} Name="${name}">${where}<Length>${length}</Length><AccessMode>RW</AccessMode><pPort>Device</pPort>${more}</${kind}>`;
}

const BIG = '<Endianess>BigEndian</Endianess>';

async function rejects(promise: Promise<unknown>, code: string): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof FeatureError || error instanceof FormulaError)) throw error;
    assert.is(error.code, code);
    return error.message;
  }
  throw new Error(`no ${code}`);
}

test('formulas follow the precedence and the operators of GenICam', () => {
  const cases: [string, number][] = [
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ** 3 ** 2', 512],
    ['-2 + 5', 3],
    ['7 & 3 | 8', 11],
    ['1 << 4 >> 2', 4],
    ['0xFF ^ 0x0f', 0xf0],
    ['~0 & 0xff', 255],
    ['1 = 1 && 2 <> 3 || 0', 1],
    ['!(3 >= 4)', 1],
    ['2 > 1 ? 10 : 20', 10],
    ['0 ? 1 : 0 ? 2 : 3', 3],
    ['ABS(-4) + SGN(-9) + NEG(2)', 1],
    ['FLOOR(7 / 2) + CEIL(0) + TRUNC(1)', 4],
  ];
  for (const [text, value] of cases) {
    const formula = parseFormula(text);
    assert.is(evaluateInteger(formula, new Map()), BigInt(value), text);
  }
  assert.is(evaluateFloat(parseFormula('7 / 2'), new Map()), 3.5);
  assert.is(evaluateInteger(parseFormula('7 / 2'), new Map()), 3n);
  assert.is(evaluateInteger(parseFormula('-7 / 2'), new Map()), -3n);
  assert.is(evaluateFloat(parseFormula('ROUND(2.345, 2) + SQRT(16) + LG(100) + 1.5e1'), new Map()), 2.35 + 4 + 2 + 15);
  assert.is(evaluateFloat(parseFormula('SIN(PI / 2)'), new Map()), 1);
});

test('integers of a formula have 64 bits, exactly', () => {
  const variables = new Map([['X', 0x7fffffffffffffffn]]);
  assert.is(evaluateInteger(parseFormula('X - 1'), variables), 0x7ffffffffffffffen);
  assert.is(evaluateInteger(parseFormula('X + 1'), variables), -0x8000000000000000n);
  assert.is(evaluateInteger(parseFormula('(X >> 32) & 0xFFFFFFFF'), variables), 0x7fffffffn);
});

test('text that is no formula is a typed error', () => {
  for (const text of [
    '',
    '1 +',
    '(1',
    '1 2',
    'A ? 1',
    'F(1,',
    '@',
    '1 ** ',
    '('.repeat(5000),
    '-'.repeat(5000),
    '1+'.repeat(9000),
  ])
    assert.throws(
      () => parseFormula(text),
      (error: unknown) => error instanceof FormulaError,
      text.slice(0, 20),
    );
  for (const text of ['1 / 0', '1 % 0', 'UNKNOWN', 'NOSUCH(1)', 'SQRT(0 - 1)', 'toString(1)'])
    assert.throws(
      () => evaluateInteger(parseFormula(text), new Map()),
      (error: unknown) => error instanceof FormulaError,
      text,
    );
});

test('integer registers have an order of bytes, a sign and a length', async () => {
  const { map, memory } = camera(
    register('IntReg', 'Big', 0, `${BIG}<Sign>Signed</Sign>`, 2) +
      register('IntReg', 'Little', 0, '', 2) +
      register('IntReg', 'Wide', 8, BIG, 8) +
      register('IntReg', 'Long', 16, BIG, 12),
  );
  memory.setUint16(0, 0xff01);
  assert.is(await map.integer('Big'), -255n);
  assert.is(await map.integer('Little'), 0x01ffn);
  await map.set('Wide', 0x0123456789abcdefn);
  assert.is(memory.getBigUint64(8), 0x0123456789abcdefn);
  await map.set('Big', -2);
  assert.is(memory.getUint16(0), 0xfffe);
  await rejects(map.set('Big', 40000), 'feature.range');
  await rejects(map.integer('Long'), 'feature.type');
});

test('bits are counted from the top in big-endian registers, from the bottom in little-endian ones', async () => {
  const { map, memory } = camera(
    register('MaskedIntReg', 'Top', 0, `${BIG}<LSB>15</LSB><MSB>0</MSB>`) +
      register('MaskedIntReg', 'Low', 4, '<LSB>0</LSB><MSB>3</MSB><Sign>Signed</Sign>') +
      register('MaskedIntReg', 'One', 0, `${BIG}<Bit>31</Bit>`) +
      register('MaskedIntReg', 'Wrong', 0, `${BIG}<LSB>32</LSB><MSB>0</MSB>`) +
      `<StructReg Comment="S"><Address>8</Address><Length>4</Length><pPort>Device</pPort>${BIG}
        <AccessMode>RW</AccessMode><StructEntry Name="Part"><LSB>31</LSB><MSB>24</MSB></StructEntry></StructReg>`,
  );
  memory.setUint32(0, 0x12345679);
  memory.setUint32(4, 0x0e000000);
  memory.setUint32(8, 0xaabbccdd);
  assert.is(await map.integer('Top'), 0x1234n);
  assert.is(await map.integer('One'), 1n);
  assert.is(await map.integer('Low'), -2n);
  assert.is(await map.integer('Part'), 0xddn);
  await map.set('Top', 0xbeef);
  await map.set('Part', 0x11);
  assert.is(memory.getUint32(0), 0xbeef5679);
  assert.is(memory.getUint32(8), 0xaabbcc11);
  await rejects(map.integer('Wrong'), 'genicam.xml');
});

test('numbers, text and bytes are registers, too', async () => {
  const { map, memory } = camera(
    register('FloatReg', 'Single', 0, BIG) +
      register('FloatReg', 'Double', 8, '', 8) +
      register('StringReg', 'Name', 16, '', 8) +
      register('Register', 'Table', 0, '', 4),
  );
  await map.set('Single', 1.5);
  assert.is(memory.getFloat32(0), 1.5);
  assert.is(await map.text('Single'), '1.5');
  assert.is(await map.text('Table'), '3fc00000');
  await map.set('Double', 40.25);
  assert.is(memory.getFloat64(8, true), 40.25);
  await map.set('Name', 'dôme');
  assert.is(await map.text('Name'), 'dôme');
  await rejects(map.set('Name', 'much too long'), 'feature.range');
});

test('an address is a sum of constants, nodes and an index times an offset', async () => {
  const selected = `<Address>0x100</Address><pAddress>Base</pAddress><pIndex Offset="8">Selector</pIndex>
    <IntSwissKnife Name="K"><pVariable Name="S">Selector</pVariable><Formula>S * 2</Formula></IntSwissKnife>`;
  const { map, memory } = camera(
    `<Integer Name="Selector"><Value>0</Value><Min>0</Min><Max>3</Max></Integer>
     <Integer Name="Base"><Value>0x1000</Value></Integer>${register('IntReg', 'Level', selected, BIG)}`,
  );
  memory.setUint32(0x1100, 7);
  memory.setUint32(0x1100 + 3 * 10, 9);
  assert.is(await map.integer('Level'), 7n);
  await map.set('Selector', 3);
  assert.is(await map.integer('Level'), 9n);
  await rejects(map.set('Selector', 4), 'feature.range');
});

test('converters go both ways and turn limits round', async () => {
  const { map, memory } = camera(
    `<Float Name="Rate"><pValue>RateConverter</pValue></Float>
     <Converter Name="RateConverter"><FormulaTo>1000000 / FROM</FormulaTo><FormulaFrom>1000000 / TO</FormulaFrom><pValue>Period</pValue></Converter>
     <Integer Name="Period"><pValue>PeriodRegister</pValue><Min>1000</Min><Max>10000000</Max></Integer>
     ${register('IntReg', 'PeriodRegister', 0, BIG)}
     <IntConverter Name="Half"><FormulaTo>FROM / 2</FormulaTo><FormulaFrom>TO * 2</FormulaFrom><pValue>PeriodRegister</pValue></IntConverter>`,
  );
  memory.setUint32(0, 40000);
  assert.is(await map.float('Rate'), 25);
  await map.set('Rate', 30);
  assert.is(memory.getUint32(0), 33333);
  await map.set('Rate', '12.5');
  assert.is(memory.getUint32(0), 80000);
  assert.match(await rejects(map.set('Rate', 2000), 'feature.range'), /0\.1 to 1000/);
  await map.set('Half', '4000');
  assert.is(memory.getUint32(0), 2000);
  assert.is(await map.integer('Half'), 4000n);
});

test('swiss knives know variables, constants, expressions and the limits of nodes', async () => {
  const { map, memory } = camera(
    `<Integer Name="W"><pValue>WReg</pValue><Min>1</Min><Max>640</Max></Integer>${register('IntReg', 'WReg', 0, BIG)}
     <IntSwissKnife Name="Left"><pVariable Name="W">W</pVariable><pVariable Name="W.Max">W</pVariable><Constant Name="STEP">4</Constant>
       <Expression Name="FREE">W.Max - W</Expression><Formula>FREE / STEP * STEP</Formula></IntSwissKnife>
     <SwissKnife Name="Ratio"><pVariable Name="W">W</pVariable><Formula>W / 3</Formula></SwissKnife>
     <SwissKnife Name="Loop"><Expression Name="A">B</Expression><Expression Name="B">A</Expression><Formula>A</Formula></SwissKnife>`,
  );
  memory.setUint32(0, 90);
  assert.is(await map.integer('Left'), 548n);
  assert.is(await map.float('Ratio'), 30);
  await rejects(map.float('Loop'), 'genicam.xml');
  await rejects(map.set('Left', 1), 'feature.access');
});

test('enumerations, booleans and commands speak in symbols', async () => {
  const { map, memory } = camera(
    `<Enumeration Name="Mode"><EnumEntry Name="Off"><Value>5</Value></EnumEntry><EnumEntry Name="On"><Value>6</Value></EnumEntry>
       <EnumEntry Name="Never"><pIsImplemented>No</pIsImplemented><Value>7</Value></EnumEntry><pValue>ModeReg</pValue></Enumeration>
     <Integer Name="No"><Value>0</Value></Integer>${register('IntReg', 'ModeReg', 0, BIG)}
     <Boolean Name="Flag"><pValue>FlagReg</pValue><OnValue>0x141</OnValue><OffValue>123</OffValue></Boolean>${register('IntReg', 'FlagReg', 4, BIG)}
     <Command Name="Go"><pValue>GoReg</pValue><CommandValue>9</CommandValue></Command>${register('IntReg', 'GoReg', 8, BIG)}`,
  );
  await map.set('Mode', 'On');
  assert.is(memory.getUint32(0), 6);
  assert.is(await map.text('Mode'), 'On');
  assert.is(await map.integer('Mode'), 6n);
  assert.match(await rejects(map.set('Mode', 'Sideways'), 'feature.range'), /offers Off, On$/);
  await rejects(map.set('Mode', 'Never'), 'feature.range');
  await map.set('Flag', true);
  assert.is(memory.getUint32(4), 0x141);
  assert.is(await map.text('Flag'), 'true');
  await map.set('Flag', 'off');
  assert.is(memory.getUint32(4), 123);
  await map.execute('Go');
  assert.is(memory.getUint32(8), 9);
  await rejects(map.execute('Mode'), 'feature.type');
});

test('what cannot be read or written now says so', async () => {
  const { map } = camera(
    `<Integer Name="Locked"><pIsLocked>Lock</pIsLocked><Value>3</Value></Integer><Integer Name="Lock"><Value>1</Value></Integer>
     <Integer Name="Away"><pIsAvailable>Zero</pIsAvailable><Value>3</Value></Integer><Integer Name="Zero"><Value>0</Value></Integer>
     <IntReg Name="Write"><Address>0</Address><Length>4</Length><AccessMode>WO</AccessMode><pPort>Device</pPort></IntReg>
     <IntReg Name="Chunk"><Address>0</Address><Length>4</Length><pPort>Stamp</pPort></IntReg><Port Name="Stamp"><ChunkID>1</ChunkID></Port>`,
  );
  assert.is(await map.integer('Locked'), 3n);
  assert.match(await rejects(map.set('Locked', 4), 'feature.access'), /locked/);
  await map.set('Lock', 0);
  await map.set('Locked', 4);
  await rejects(map.integer('Away'), 'feature.access');
  await rejects(map.integer('Write'), 'feature.access');
  assert.match(await rejects(map.integer('Chunk'), 'feature.access'), /chunk data/);
  await rejects(map.integer('Nothing'), 'feature.unknown');
  await rejects(map.integer('Device'), 'feature.type');
});

test('a description that contradicts itself ends in an error, not in a hang', async () => {
  const { map } = camera(
    `<Integer Name="A"><pValue>B</pValue></Integer><Integer Name="B"><pValue>A</pValue></Integer>
     <Integer Name="C"><Value>1</Value><Min>0</Min><pMax>D</pMax></Integer>
     <IntSwissKnife Name="D"><pVariable Name="C.Max">C</pVariable><Formula>C.Max</Formula></IntSwissKnife>
     <Integer Name="E"><Value>1</Value><Min>0</Min><pMax>F</pMax></Integer>
     <IntSwissKnife Name="F"><pVariable Name="E">E</pVariable><Formula>E + 1</Formula></IntSwissKnife>
     <Integer Name="G"><Value>x</Value></Integer>${register('IntReg', 'Far', '<Address>0xFFFFFFFFF</Address>')}`,
  );
  await rejects((async () => map.integer('A'))(), 'genicam.xml');
  await rejects((async () => map.set('C', 1))(), 'genicam.xml');
  await map.set('E', 2);
  await rejects(map.set('E', 4), 'feature.range');
  await rejects(map.integer('G'), 'genicam.xml');
  await rejects(map.integer('Far'), 'genicam.xml');
});

test('XML that is none is a typed error', () => {
  const port = { read: async () => new Uint8Array(0), write: async () => undefined };
  const wrong = (error: unknown) => error instanceof FeatureError && error.code === 'genicam.xml';
  for (const text of ['', 'no xml', '<A>', '<Other/>', '<a><b></a>', `${'<g>'.repeat(500)}${'</g>'.repeat(500)}`])
    assert.throws(() => new NodeMap(text, port), wrong, text.slice(0, 20));
});

test.run();
