import * as assert from 'uvu/assert';
import { AppulseError } from '#gps/errors.js';
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { STYLE_MEMORY, STYLES, styleXml } from '#test/support/maker-styles.js';
import { errorOf, memoryCamera, register } from '#test/support/memory-camera.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

test('whatever leads in a circle is refused: values, limits, access, writes, addresses', async () => {
  const circles: Readonly<Record<string, string>> = {
    value: '<Integer Name="A"><pValue>B</pValue></Integer><Integer Name="B"><pValue>A</pValue></Integer>',
    itself: '<Float Name="A"><pValue>A</pValue></Float>',
    formula: `<IntSwissKnife Name="A"><pVariable Name="X">B</pVariable><Formula>X</Formula></IntSwissKnife>
      <IntSwissKnife Name="B"><pVariable Name="X">A</pVariable><Formula>X</Formula></IntSwissKnife>`,
    limits: `<Integer Name="A"><Value>1</Value><pMax>B</pMax></Integer>
      <IntSwissKnife Name="B"><pVariable Name="A.Max">A</pVariable><Formula>A.Max</Formula></IntSwissKnife>`,
    access: `<Integer Name="A"><pIsAvailable>C</pIsAvailable><pValue>B</pValue></Integer><Integer Name="B"><pValue>A</pValue></Integer><Integer Name="C"><Value>1</Value></Integer>`,
    copies: `<Integer Name="A"><Value>1</Value><pValueCopy>B</pValueCopy></Integer><Integer Name="B"><Value>1</Value><pValueCopy>A</pValueCopy></Integer>`,
    address:
      register('A', '<pAddress>B</pAddress>') + register('B', '<Address>4</Address><pIndex Offset="4">A</pIndex>'),
    length: `<IntReg Name="A"><Address>0</Address><pLength>A</pLength></IntReg>`,
    knife: register(
      'A',
      '<IntSwissKnife Name="K"><pVariable Name="X">A</pVariable><Formula>X</Formula></IntSwissKnife>',
    ),
    index: '<Integer Name="A"><pIndex>A</pIndex><ValueDefault>1</ValueDefault></Integer>',
    converter: `<Converter Name="A"><FormulaTo>FROM</FormulaTo><FormulaFrom>TO</FormulaFrom><pValue>A</pValue></Converter>`,
  };
  for (const [what, nodes] of Object.entries(circles)) {
    const { map } = memoryCamera(nodes);
    for (const run of [() => map.integer('A'), () => map.set('A', 1), () => map.describe('A'), () => map.access('A')])
      assert.match(await errorOf((async () => run())()), /^genicam.xml: .*depends on itself/, what);
  }
});

test('what only looks like a circle is read: a lock that hangs on the value that it locks', async () => {
  const { map } = memoryCamera(
    `<Integer Name="A"><pIsLocked>Locked</pIsLocked><Value>1</Value><Min>0</Min><pMax>Most</pMax></Integer>
     <IntSwissKnife Name="Locked"><pVariable Name="A">A</pVariable><Formula>A &gt; 5</Formula></IntSwissKnife>
     <IntSwissKnife Name="Most"><pVariable Name="A">A</pVariable><Formula>A + 5</Formula></IntSwissKnife>`,
  );
  await map.set('A', 6);
  assert.equal(await map.access('A'), { mode: 'RO', why: 'locked' });
});

test('a chain that is too long, or grows without measure, is refused before it is followed', async () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, i) => `<Integer Name="N${i}"><pValue>N${i + 1}</pValue></Integer>`).join('') +
    `<Integer Name="N${length}"><Value>7</Value></Integer>`;
  assert.is(await memoryCamera(chain(50)).map.integer('N0'), 7n);
  const long = memoryCamera(chain(20_000)).map;
  assert.match(await errorOf((async () => long.integer('N0'))()), /^genicam.xml: .*leads too far/);
  assert.is(await long.integer('N19999'), 7n);
  assert.match(await errorOf((async () => long.integer('N0'))()), /leads too far/, 'also behind what is known');
  const doubling = Array.from(
    { length: 60 },
    (_, i) =>
      `<IntSwissKnife Name="K${i}"><pVariable Name="A">K${i + 1}</pVariable><pVariable Name="B">K${i + 1}</pVariable><Formula>A + B</Formula></IntSwissKnife>`,
  );
  const { map } = memoryCamera(`${doubling.join('')}<Integer Name="K60"><Value>1</Value></Integer>`);
  assert.match(await errorOf((async () => map.integer('K0'))()), /^genicam.xml: .*leads too far/);
  assert.is(await map.integer('K50'), 1024n);
});

test('references to nothing and names given twice are told, and concern nobody else', async () => {
  const { map } = memoryCamera(
    `<Integer Name="A"><pValue>Nowhere</pValue></Integer><Integer Name="B"><Value>1</Value></Integer><Integer Name="B"><Value>2</Value></Integer>
     <Integer Name="C"><pIsAvailable>Gone</pIsAvailable><Value>3</Value></Integer><Integer Name="D"><Value>4</Value><Max>x</Max></Integer>
     <Integer Name="E"/><Enumeration Name="F"><EnumEntry Name="G"><Value>y</Value></EnumEntry><Value>0</Value></Enumeration>
     <IntReg Name="H"><Address>0</Address><pPort>B</pPort></IntReg><Converter Name="I"><FormulaFrom>TO</FormulaFrom></Converter>
     <IntSwissKnife Name="J"><pVariable Name="X">B</pVariable><Formula>X +</Formula></IntSwissKnife><IntSwissKnife Name="K"><Formula>Y</Formula></IntSwissKnife>`,
  );
  assert.equal(map.problems(), [
    'there are two nodes named B; the second is left out',
    'A refers by pValue to Nowhere, which is not there',
    'C refers by pIsAvailable to Gone, which is not there',
  ]);
  assert.is(await map.integer('B'), 1n);
  assert.match(await errorOf(map.integer('A')), /^genicam.xml: A refers to "Nowhere"/);
  assert.match(await errorOf(map.integer('C')), /^genicam.xml: C refers to "Gone"/);
  assert.match(await errorOf(map.describe('D')), /^genicam.xml: "x" in the camera's description of D is no integer/);
  for (const name of ['E', 'H', 'I']) assert.match(await errorOf(map.integer(name)), /^genicam.xml: /, name);
  assert.match(await errorOf(map.text('F')), /^genicam.xml: "y"/);
  for (const name of ['J', 'K']) assert.match(await errorOf(map.integer(name)), /^genicam.formula: /, name);
});

test('registers at odd places and of odd lengths are refused', async () => {
  const { map } = memoryCamera(
    register('Far', '<Address>0x100000000</Address>') +
      register('Below', '<Address>-4</Address>') +
      register('Empty', 0, '', 'IntReg', 0) +
      register('Huge', 0, '', 'Register', 1 << 30) +
      register('Huger', 0, '', 'StringReg', 2 ** 31) +
      register('Negative', 0, '', 'Register', -4) +
      register('Wide', 0, '', 'IntReg', 9) +
      register('Half', 0, '', 'FloatReg', 2) +
      register('Outside', 0, '<LSB>40</LSB><MSB>0</MSB>', 'MaskedIntReg'),
  );
  for (const name of ['Far', 'Below', 'Empty', 'Huge', 'Huger', 'Negative', 'Wide', 'Half', 'Outside'])
    assert.match(await errorOf(map.text(name)), /^(genicam\.xml|feature\.type): /, name);
});

/** Every question to every node; only errors of ours may come out. */
async function askEverything(xml: string): Promise<number> {
  const bytes = new Uint8Array(65536);
  const memory = new DataView(bytes.buffer);
  for (const [address, word] of STYLE_MEMORY) memory.setUint32(address, word);
  let asked = 0;
  const port = {
    read: async (address: number, length: number) =>
      Uint8Array.from(bytes.subarray(address % 65536, (address % 65536) + length)),
    write: async () => undefined,
  };
  const ask = async (run: () => unknown) => {
    try {
      await run();
      asked++;
    } catch (error) {
      if (!(error instanceof AppulseError)) throw error;
    }
  };
  let map: NodeMap | null = null;
  await ask(() => {
    map = new NodeMap(xml, port);
  });
  const features = map as NodeMap | null;
  if (features === null) return 0;
  await ask(() => features.tree());
  await ask(() => features.problems());
  const names = [...xml.matchAll(/Name="(\w+)"/g)].map(([, name]) => name as string);
  for (const name of new Set(names)) {
    if (!features.has(name)) continue;
    await ask(() => features.describe(name));
    await ask(() => features.text(name));
    await ask(() => features.float(name));
    await ask(() => features.set(name, 3));
    await ask(() => features.set(name, 'Off'));
    await ask(() => features.execute(name));
  }
  return asked;
}

/** One of the ways in which a description can be wrong. */
function mutate(xml: string, random: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const at = Math.floor(random() * xml.length);
  const names = [...xml.matchAll(/Name="(\w+)"/g)].map(([, name]) => name as string);
  const texts = [...xml.matchAll(/>([^<>\s][^<>]*)</g)];
  const text = pick(texts);
  const replaceText = (by: string) =>
    xml.slice(0, text.index + 1) + by + xml.slice(text.index + 1 + (text[1] ?? '').length);
  switch (Math.floor(random() * 8)) {
    case 0:
      return xml.slice(0, at) + xml.slice(at + 1 + Math.floor(random() * 20));
    case 1:
      return xml.slice(0, at) + pick(['<', '>', '&', '"', '\0', '/', '<Group>', '<!--']) + xml.slice(at + 1);
    case 2:
      return replaceText(pick(names));
    case 3:
      return replaceText(pick(['0', '-1', '0xFFFFFFFFFFFFFFFFFF', '1e400', 'NaN', '', 'x', '99999999', '(', 'A/0']));
    case 4:
      return replaceText(pick(texts)[1] ?? '');
    case 5: {
      const tags = [...xml.matchAll(/<(\w+)( [^<>]*)?>[^<>]*<\/\1>/g)];
      const [one, other] = [pick(tags), pick(tags)];
      return xml.slice(0, one.index) + other[0] + xml.slice(one.index + one[0].length);
    }
    case 6:
      return xml.replaceAll(`>${pick(names)}<`, `>${pick(names)}<`);
    default: {
      const kinds = [
        'Integer',
        'Float',
        'IntReg',
        'MaskedIntReg',
        'Enumeration',
        'Converter',
        'IntSwissKnife',
        'Command',
        'Port',
        'StringReg',
      ];
      const [from, to] = [pick(kinds), pick(kinds)];
      return xml.replaceAll(`<${from} `, `<${to} `).replaceAll(`</${from}>`, `</${to}>`);
    }
  }
}

test('descriptions with random faults end in values or in typed errors', async () => {
  const random = randomOf(21);
  let asked = 0;
  for (let i = 0; i < 300; i++) {
    let xml = styleXml((Object.keys(STYLES) as (keyof typeof STYLES)[])[i % 4] as keyof typeof STYLES);
    for (let faults = 1 + Math.floor(random() * 4); faults > 0; faults--) xml = mutate(xml, random);
    asked += await askEverything(xml);
  }
  assert.ok(asked > 1000, `the faults leave things to read: ${asked}`);
});

test.run();
