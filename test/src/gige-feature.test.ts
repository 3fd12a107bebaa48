import * as assert from 'uvu/assert';
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { test } from '#test/support/test.js';

const XML = `<RegisterDescription>
  <Category Name="Root"><pFeature>ImageFormat</pFeature><pFeature>Level</pFeature></Category>
  <Category Name="ImageFormat"><DisplayName>Image Format</DisplayName><pFeature>Width</pFeature><pFeature>Format</pFeature><pFeature>Root</pFeature></Category>
  <Group Comment="more">
    <Integer Name="Width" NameSpace="Standard"><ToolTip>Columns</ToolTip><Description>Columns of the image.</Description><DisplayName>Image Width</DisplayName>
      <Visibility>Expert</Visibility><DocuURL>http://maker/width</DocuURL><pIsLocked>Busy</pIsLocked><Streamable>Yes</Streamable>
      <pValue>WidthReg</pValue><Min>16</Min><Max>640</Max><Inc>8</Inc><Unit>px</Unit><Representation>PureNumber</Representation></Integer>
    <IntReg Name="WidthReg"><Address>0</Address><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort></IntReg>
  </Group>
  <Integer Name="Busy"><Value>0</Value></Integer><Integer Name="Never"><Value>0</Value></Integer>
  <Enumeration Name="Format"><EnumEntry Name="Mono8"><DisplayName>8 bit</DisplayName><Value>1</Value><NumericValue>8</NumericValue></EnumEntry>
    <EnumEntry Name="Mono16"><Value>2</Value><pIsAvailable>Never</pIsAvailable></EnumEntry>
    <EnumEntry Name="Mono12"><Value>3</Value><pIsImplemented>Never</pIsImplemented></EnumEntry><Value>1</Value><pSelected>Level</pSelected></Enumeration>
  <Float Name="Level"><pIsAvailable>Never</pIsAvailable><pValue>LevelKnife</pValue></Float>
  <SwissKnife Name="LevelKnife"><Formula>1</Formula><Unit>dB</Unit></SwissKnife>
  <Port Name="Device"/></RegisterDescription>`;

function camera(): NodeMap {
  return new NodeMap(XML, { read: async (_address, length) => new Uint8Array(length), write: async () => undefined });
}

test('a feature tells its kind, limits, unit, names, and for whom it is', async () => {
  const { access, min, max, step, ...text } = await camera().describe('Width');
  assert.equal({ access, min, max, step }, { access: { mode: 'RW', why: null }, min: 16n, max: 640n, step: 8n });
  assert.equal(text, {
    name: 'Width',
    kind: 'integer',
    standard: true,
    displayName: 'Image Width',
    toolTip: 'Columns',
    description: 'Columns of the image.',
    documentationUrl: 'http://maker/width',
    visibility: 'Expert',
    deprecated: false,
    streamable: true,
    unit: 'px',
    representation: 'PureNumber',
    displayNotation: null,
    displayPrecision: null,
    selects: [],
    selectors: [],
    eventId: null,
    validValues: null,
    entries: [],
  });
});

test('a feature that cannot be used now says why', async () => {
  const map = camera();
  await map.set('Busy', 1);
  assert.equal(await map.access('Width'), { mode: 'RO', why: 'locked' });
  assert.equal(await map.access('Level'), { mode: 'NA', why: 'not-available' });
  const level = await map.describe('Level');
  assert.equal([level.kind, level.unit, level.min, level.selectors], ['float', 'dB', null, ['Format']]);
});

test('an enumeration lists what the camera has, and what of it can be chosen now', async () => {
  const { entries, selects } = await camera().describe('Format');
  assert.equal(selects, ['Level']);
  assert.equal(
    entries.map(({ name, displayName, value, numericValue, available }) => [
      name,
      displayName,
      value,
      numericValue,
      available,
    ]),
    [
      ['Mono8', '8 bit', 1n, 8, true],
      ['Mono16', 'Mono16', 2n, null, false],
    ],
  );
});

test('categories make a tree, also where one contains itself', () => {
  const root = camera().tree();
  assert.equal([root.name, root.features], ['Root', ['Level']]);
  const [image] = root.categories;
  assert.equal([image?.displayName, image?.features, image?.categories], ['Image Format', ['Width', 'Format'], []]);
});

test.run();
