/** A camera's GenICam description as controls: what is declared, why something cannot be used, what a setting changes. */
import * as assert from 'uvu/assert';
import type { Control } from '#src/cameras/controls.js';
import { controlNameOf, featureFor } from '#src/cameras/gige-vision/controls/control-names.js';
import { GenicamControls } from '#src/cameras/gige-vision/controls/genicam-controls.js';
import type { RegisterPort } from '#src/cameras/gige-vision/genicam/feature-node.js';
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { GvcpError } from '#src/cameras/gige-vision/gvcp-client.js';
import { RememberingPort } from '#src/cameras/gige-vision/remembering-port.js';
import { memoryCamera } from '#test/support/memory-camera.js';
import { test } from '#test/support/test.js';

interface Made {
  readonly controls: GenicamControls;
  readonly memory: DataView;
  /** Questions to the camera, by address. */
  readonly reads: Map<number, number>;
}

/** `categories`: name and features of each. */
function camera(categories: Record<string, string[]>, nodes: string, port: Partial<RegisterPort> = {}): Made {
  const memory = new DataView(new ArrayBuffer(65536));
  const reads = new Map<number, number>();
  const device: RegisterPort = {
    read: async (address, length) => {
      reads.set(address, (reads.get(address) ?? 0) + 1);
      return new Uint8Array(memory.buffer).slice(address, address + length);
    },
    write: async (address, data) => new Uint8Array(memory.buffer).set(data, address),
    ...port,
  };
  const features = (names: string[]) => names.map((name) => `<pFeature>${name}</pFeature>`).join('');
  const tree = Object.entries({ Root: Object.keys(categories), ...categories })
    .map(([name, names]) => `<Category Name="${name}">${features(names)}</Category>`)
    .join('');
  const remembering = new RememberingPort(device);
  const xml = `<RegisterDescription xmlns="http://www.genicam.org/GenApi/Version_1_1">${tree}${nodes}<Port Name="Device"/></RegisterDescription>`;
  const map = new NodeMap(xml, remembering);
  return { controls: new GenicamControls(map, (run) => remembering.look(run)), memory, reads };
}

function register(name: string, address: number, access = 'RW'): string {
  return `<IntReg Name="${name}"><Address>${address}</Address><Length>4</Length><AccessMode>${access}</AccessMode><pPort>Device</pPort><Sign>Unsigned</Sign><Endianess>BigEndian</Endianess></IntReg>`;
}

function integer(name: string, address: number, more = '', access = 'RW'): string {
  return `<Integer Name="${name}">${more}<pValue>${name}Reg</pValue></Integer>${register(`${name}Reg`, address, access)}`;
}

function choice(name: string, address: number, entries: string[], more = ''): string {
  const text = entries.map((entry, i) => `<EnumEntry Name="${entry}"><Value>${i}</Value></EnumEntry>`).join('');
  return `<Enumeration Name="${name}">${more}${text}<pValue>${name}Reg</pValue></Enumeration>${register(`${name}Reg`, address)}`;
}

async function named(controls: GenicamControls, name: string): Promise<Control> {
  const control = (await controls.list()).find((one) => one.name === name);
  if (control === undefined) throw new Error(`no ${name}`);
  return control;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

const names = (controls: readonly Control[]) => controls.map(({ name }) => name);

test('a feature becomes a control with what its description says of it', async () => {
  const text =
    '<ToolTip>Columns.</ToolTip><Description>Long.</Description><DisplayName>Image width</DisplayName><Unit>pixels</Unit>';
  const { controls, memory } = camera(
    { ImageFormatControl: ['Width', 'TestPattern'], AnalogControl: ['BlackLevelRaw'], Vendors: ['OddThing'] },
    integer('Width', 0, `${text}<Min>8</Min><Max>640</Max><Inc>8</Inc>`) +
      choice('TestPattern', 4, ['Off', 'Ramp']) +
      integer('BlackLevelRaw', 8) +
      integer('OddThing', 12, '', 'RO'),
  );
  memory.setUint32(0, 320);
  memory.setUint32(4, 1);
  const [width, pattern, black, odd] = await controls.list();
  assert.equal(width, {
    ...{ name: 'Width', label: 'Image width', group: 'Image', type: 'integer', unit: 'px' },
    ...{ minimum: 8, maximum: 640, step: 8, choices: [], default: null },
    ...{ readOnly: false, live: false, shapesFrames: true, kept: true, help: 'Columns.' },
    ...{ value: 320, unavailable: null },
  });
  assert.equal([pattern?.type, pattern?.value], ['choice', 'Ramp']);
  assert.equal(names([pattern, black, odd].filter((one) => one !== undefined)), [
    'TestPattern',
    'BlackLevel',
    'OddThing',
  ]);
  assert.equal([black?.label, black?.group, black?.live, black?.kept], ['Black level', 'Gain', true, true]);
  assert.equal([odd?.group, odd?.readOnly, odd?.kept], ['Other', true, false]);
});

test('older names stand for those of the standard, both ways, and beside them where a camera has both', () => {
  const old = (name: string) => ['ExposureTimeAbs', 'GevIEEE1588', 'GainRaw'].includes(name);
  assert.is(featureFor('ExposureTime', old), 'ExposureTimeAbs');
  assert.is(controlNameOf('ExposureTimeAbs', old), 'ExposureTime');
  assert.is(controlNameOf('GevIEEE1588', old), 'PtpEnable');
  const absolute = (name: string) => ['GainAbs', 'GainRaw'].includes(name);
  assert.is(featureFor('Gain', absolute), 'GainAbs');
  assert.is(controlNameOf('GainRaw', absolute), 'GainRaw');
  const both = (name: string) => ['Gain', 'GainRaw'].includes(name);
  assert.is(featureFor('Gain', both), 'Gain');
  assert.is(controlNameOf('GainRaw', both), 'GainRaw');
  assert.is(featureFor('Gamma', both), undefined);
});

test('what cannot be used now tells why: in the words of the camera, by its lock, or plainly', async () => {
  const { controls, memory } = camera(
    { ExposureControl: ['ExposureAuto', 'ExposureTime', 'BurstCount', 'Gamma', 'Iris'] },
    choice('ExposureAuto', 0, ['Off', 'Continuous']) +
      integer('ExposureTime', 4, '<pIsLocked>AutoIsOn</pIsLocked>') +
      '<IntSwissKnife Name="AutoIsOn"><pVariable Name="AUTO">ExposureAutoReg</pVariable><Formula>AUTO</Formula></IntSwissKnife>' +
      integer('BurstCount', 8, '<pIsAvailable>LiveMode</pIsAvailable>') +
      integer('Gamma', 12, '<pIsAvailable>LiveMode</pIsAvailable>') +
      integer('Iris', 16, '<pIsImplemented>LiveMode</pIsImplemented>') +
      register('LiveMode', 20) +
      '<String Name="BurstCountUnavailable"><Visibility>Invisible</Visibility><Value>needs live mode</Value></String>',
  );
  assert.equal(names(await controls.list()), ['ExposureAuto', 'ExposureTime', 'BurstCount', 'Gamma']);
  assert.is((await named(controls, 'BurstCount')).unavailable, 'needs live mode');
  assert.is((await named(controls, 'Gamma')).unavailable, "not available in the camera's present mode");
  assert.is((await named(controls, 'ExposureTime')).unavailable, null);
  memory.setUint32(0, 1);
  const locked = await named(controls, 'ExposureTime');
  assert.equal([locked.unavailable, locked.readOnly], ['locked while ExposureAuto is Continuous', false]);
  assert.match(await refusal(controls.set('ExposureTime', 5)), 'locked while ExposureAuto is Continuous');
  memory.setUint32(20, 1);
  assert.is((await named(controls, 'BurstCount')).unavailable, null);
  assert.ok(names(await controls.list()).includes('Iris'));
});

test('what the stream locks is taken at rest only, and its declaration says so', async () => {
  const { controls, memory } = camera(
    { AnalogControl: ['Gain', 'Gamma'] },
    integer('Gain', 0, '<pIsLocked>TLParamsLocked</pIsLocked>') + integer('Gamma', 8) + integer('TLParamsLocked', 4),
  );
  assert.is((await named(controls, 'Gain')).live, false);
  assert.is((await named(controls, 'Gamma')).live, true);
  memory.setUint32(4, 1);
  const gain = await named(controls, 'Gain');
  assert.equal([gain.readOnly, gain.unavailable], [false, null]);
  assert.match(await refusal(controls.set('Gain', 3)), 'takes it at rest only');
  await controls.set('Gamma', 3);
  assert.is(memory.getUint32(8), 3);
});

test('a description that marks what belongs into a file of settings is followed; what locks with the stream shapes it', async () => {
  const { controls } = camera(
    { ImageFormatControl: ['Width', 'Mirror', 'Gamma'] },
    integer('Width', 0, '<Streamable>Yes</Streamable>') +
      integer('Mirror', 4, '<pIsLocked>TLParamsLocked</pIsLocked>') +
      integer('Gamma', 8, '<Streamable>No</Streamable>') +
      integer('TLParamsLocked', 12),
  );
  const list = await controls.list();
  assert.equal(
    list.map(({ name, kept, shapesFrames, live }) => [name, kept, shapesFrames, live]),
    [
      ['Width', true, true, false],
      ['Mirror', false, true, false],
      ['Gamma', false, false, true],
    ],
  );
});

test('setting one returns it with the camera’s own answer and all that has changed with it', async () => {
  const { controls, memory } = camera(
    { ImageFormatControl: ['Width', 'OffsetX', 'Other', 'BinningSelector', 'BinningHorizontal'] },
    integer('Width', 0, '<Min>1</Min><Max>100</Max>') +
      integer('OffsetX', 4, '<Min>0</Min><pMax>OffsetRoom</pMax>') +
      '<IntSwissKnife Name="OffsetRoom"><pVariable Name="W">Width</pVariable><Formula>100 - W</Formula></IntSwissKnife>' +
      integer('Other', 8) +
      choice('BinningSelector', 12, ['Sensor', 'Region'], '<pSelected>BinningHorizontal</pSelected>') +
      '<Integer Name="BinningHorizontal"><pValue>BinningReg</pValue></Integer>' +
      '<IntReg Name="BinningReg"><Address>16</Address><pIndex Offset="4">BinningSelector</pIndex><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Endianess>BigEndian</Endianess></IntReg>',
  );
  memory.setUint32(0, 100);
  memory.setUint32(16, 1);
  memory.setUint32(20, 2);
  await controls.list();
  const changed = await controls.set('width', 60);
  assert.equal(
    changed.map(({ name, value, maximum }) => [name, value, maximum]),
    [
      ['Width', 60, 100],
      ['OffsetX', 0, 40],
    ],
  );
  const selected = await controls.set('BinningSelector', 'Region');
  assert.equal(
    selected.map(({ name, value }) => [name, value]),
    [
      ['BinningSelector', 'Region'],
      ['BinningHorizontal', 2],
    ],
  );
  assert.equal(names(await controls.set('Other', 7)), ['Other']);
  assert.match(await refusal(controls.set('Width', 101)), 'a whole number from 1 to 100');
  assert.match(await refusal(controls.set('Wide', 101)), 'no control Wide');
});

test('a selector stands before what it selects, so that values set again in this order mean the same', async () => {
  const { controls } = camera(
    { AnalogControl: ['Gain'], AcquisitionControl: ['TriggerSelector', 'TriggerMode', 'ExposureTime'] },
    integer('Gain', 0) +
      choice('TriggerSelector', 4, ['FrameStart', 'FrameBurstStart'], '<pSelected>TriggerMode</pSelected>') +
      choice('TriggerMode', 8, ['Off', 'On']) +
      integer('ExposureTime', 12),
  );
  assert.equal(names(await controls.list()), ['ExposureTime', 'Gain', 'TriggerSelector', 'TriggerMode']);
});

test('commands are executed, and what the station holds is refused with the reason', async () => {
  const command = (name: string, address: number) =>
    `<Command Name="${name}"><pValue>${name}Reg</pValue><CommandValue>7</CommandValue></Command>${register(`${name}Reg`, address, 'WO')}`;
  const { controls, memory } = camera(
    { AcquisitionControl: ['TriggerSoftware', 'AcquisitionStop'] },
    command('TriggerSoftware', 0) + command('AcquisitionStop', 4),
  );
  assert.equal(names(await controls.set('TriggerSoftware', null)), ['TriggerSoftware']);
  assert.is(memory.getUint32(0), 7);
  assert.match(await refusal(controls.set('AcquisitionStop', null)), 'the station sets it itself');
  assert.is(memory.getUint32(4), 0);
});

test('whole numbers beyond 53 bits are shown and taken in digits', async () => {
  const { controls, memory } = camera(
    { DeviceControl: ['Timestamp'] },
    '<IntReg Name="Timestamp"><Address>0</Address><Length>8</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Endianess>BigEndian</Endianess></IntReg>',
  );
  memory.setBigUint64(0, 1_795_824_000_123_456_789n);
  const control = await named(controls, 'Timestamp');
  assert.equal([control.type, control.value, control.group], ['text', '1795824000123456789', 'Clock']);
  await controls.set('Timestamp', '1795824000123456790');
  assert.is(memory.getBigUint64(0), 1_795_824_000_123_456_790n);
});

test('one broken or refused feature does not hide the others; a silent camera is told at once', async () => {
  const { controls, memory } = camera(
    { DeviceControl: ['Circle', 'Refused', 'Width'] },
    `<Integer Name="Circle"><pValue>Circle</pValue></Integer>${integer('Refused', 0)}${integer('Width', 4)}`,
    {
      read: async (address, length) => {
        if (address === 0) throw new GvcpError('gvcp.status', 'refused: access denied');
        return new Uint8Array(memory.buffer).slice(address, address + length);
      },
    },
  );
  memory.setUint32(4, 9);
  const list = await controls.list();
  assert.equal(
    list.map(({ name, value }) => [name, value]),
    [
      ['Circle', null],
      ['Refused', null],
      ['Width', 9],
    ],
  );
  assert.match(list[0]?.unavailable ?? '', 'depends on itself');
  assert.match(list[1]?.unavailable ?? '', 'access denied');
  let asked = 0;
  const silent = camera({ DeviceControl: ['A', 'B'] }, integer('A', 0) + integer('B', 4), {
    read: async () => {
      asked++;
      throw new GvcpError('gvcp.no-answer', 'no answer');
    },
  });
  assert.is(await refusal(silent.controls.list()), 'no answer');
  assert.is(asked, 1);
});

test('numbers that make no sense say so, and names of every kind are names', async () => {
  const odd = ['__proto__', 'constructor', 'hasOwnProperty'];
  const { controls, memory } = camera(
    { valueOf: odd, toString: ['Ends', 'Rate', 'Nothing', 'Kind'] },
    odd.map((name, i) => integer(name, 4 * i, '<Unit>valueOf</Unit>')).join('') +
      '<Integer Name="Ends"><Value>5</Value><Min>10</Min><Max>1</Max></Integer>' +
      '<SwissKnife Name="Rate"><pVariable Name="P">constructorReg</pVariable><Formula>1e6 / P</Formula></SwissKnife>' +
      '<Enumeration Name="Nothing"><Value>0</Value></Enumeration><constructor Name="Kind"><Value>1</Value></constructor>',
  );
  assert.equal(names(await controls.list()), [...odd, 'Ends', 'Rate', 'Nothing', 'Kind']);
  for (const name of odd) await controls.set(name, 500);
  assert.is(memory.getUint32(4), 500);
  const { group, unit, value } = await named(controls, 'constructor');
  assert.equal([group, unit, value], ['Other', 'valueOf', 500]);
  assert.is((await named(controls, 'Rate')).value, 2000);
  await controls.set('constructor', 0);
  assert.match((await named(controls, 'Rate')).unavailable ?? '', 'divides by zero');
  assert.match(await refusal(controls.set('Ends', 5)), 'its limits contradict each other now: at least 10, at most 1');
  assert.match(await refusal(controls.set('Nothing', 'Off')), 'nothing to choose from');
  assert.match((await named(controls, 'Kind')).unavailable ?? '', 'cannot be read');
  for (const name of odd)
    assert.is(
      featureFor(name, () => false),
      undefined,
    );
});

test('a look at a description without measure ends, and lets others have their turn', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `F${i}`);
  const variables = names.map((_, i) => `<pVariable Name="V${i}">X${i}</pVariable>`).join('');
  const sum = `<IntSwissKnife Name="Sum">${variables}<Formula>${names.map((_, i) => `V${i}`).join('+')}</Formula></IntSwissKnife>`;
  const { map } = memoryCamera(
    `<Category Name="Root">${names.map((name) => `<pFeature>${name}</pFeature>`).join('')}</Category>
     ${names.map((name, i) => `<Integer Name="${name}"><pMax>Sum</pMax><Value>1</Value></Integer><Integer Name="X${i}"><Value>1</Value></Integer>`).join('')}${sum}`,
  );
  let turns = 0;
  const others = setInterval(() => turns++, 1);
  const listed = await new GenicamControls(map).list();
  clearInterval(others);
  assert.is(listed.length, 300);
  assert.is(listed[299]?.maximum, 300);
  assert.ok(turns > 0);
  const hasty = await new GenicamControls(map, undefined, -1).list();
  assert.equal(names.length, hasty.filter(({ unavailable }) => unavailable?.includes('took too long')).length);
});

test('after a user set is loaded everything is read anew, and what has changed is told', async () => {
  const load = '<Command Name="UserSetLoad"><pValue>UserSetLoadReg</pValue><CommandValue>1</CommandValue></Command>';
  let loaded = () => {};
  const { controls, memory } = camera(
    { AnalogControl: ['GainSelector', 'Gain', 'Hue'], UserSetControl: ['UserSetSelector', 'UserSetLoad'] },
    choice('GainSelector', 0, ['Red', 'Blue'], '<pSelected>Gain</pSelected>') +
      `<Integer Name="Gain"><pValue>GainReg</pValue></Integer>
       <IntReg Name="GainReg"><Address>16</Address><pIndex Offset="4">GainSelectorReg</pIndex><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Endianess>BigEndian</Endianess></IntReg>` +
      integer('Hue', 4) +
      choice('UserSetSelector', 8, ['Default', 'UserSet1'], '<pSelected>UserSetLoad</pSelected>') +
      load +
      register('UserSetLoadReg', 12, 'WO'),
    {
      write: async (address, data) => {
        new Uint8Array(memory.buffer).set(data, address);
        if (address === 12) loaded();
      },
    },
  );
  loaded = () => {
    memory.setUint32(16, 7);
    memory.setUint32(20, 8);
    memory.setUint32(4, 9);
  };
  await controls.list();
  await controls.set('GainSelector', 'Red');
  await controls.set('Gain', 1);
  await controls.set('GainSelector', 'Blue');
  await controls.set('Gain', 2);
  assert.equal([memory.getUint32(16), memory.getUint32(20)], [1, 2]);
  const changed = (await controls.set('UserSetLoad', null)).map(({ name, value }) => [name, value]);
  assert.equal(changed, [
    ['UserSetLoad', null],
    ['Gain', 8],
    ['Hue', 9],
  ]);
  const selected = (await controls.set('GainSelector', 'Red')).map(({ name, value }) => [name, value]);
  assert.equal(selected, [
    ['GainSelector', 'Red'],
    ['Gain', 7],
  ]);
});

test('a look at 300 features asks the camera for each register once', async () => {
  const features = Array.from({ length: 300 }, (_, i) => `Feature${i}`);
  const { controls, memory, reads } = camera(
    { DeviceControl: features },
    features
      .map((name, i) =>
        integer(name, 4 * i, '<pIsAvailable>Mode</pIsAvailable><pIsLocked>Lock</pIsLocked><pMax>Most</pMax>'),
      )
      .join('') +
      register('Mode', 4000) +
      register('Lock', 4004) +
      '<IntSwissKnife Name="Most"><pVariable Name="M">Mode</pVariable><Formula>M * 100</Formula></IntSwissKnife>',
  );
  // In mode 0 nothing is there, and nothing else is asked.
  await controls.list();
  assert.equal([...reads], [[4000, 1]]);
  reads.clear();
  memory.setUint32(4000, 1);
  const counted = await controls.list();
  assert.is(counted.length, 300);
  assert.is(reads.size, 302);
  assert.ok([...reads.values()].every((count) => count === 1));
});

test.run();
