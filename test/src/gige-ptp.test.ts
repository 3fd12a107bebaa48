/** PTP of cameras by the names of SFNC, by the older ones and by the bootstrap registers: switched, waited for, told truthfully. */
import * as assert from 'uvu/assert';
import { BOOTSTRAP, GVCP_CAPABILITY, GVCP_CONFIGURATION } from '#pipeline/wire/registers.js';
import type { RegisterPort } from '#src/cameras/gige-vision/genicam/feature-node.js';
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { preparePtp, readPtp, readPtpLocked, switchPtp } from '#src/cameras/gige-vision/ptp.js';
import { test } from '#test/support/test.js';

const ENABLE = 0x10000;
const STATUS = 0x10004;
const LATCH = 0x10008;
const OFFSET = 0x10010;
const CLOCK_ID = 0x10018;

interface Made {
  readonly features: NodeMap;
  readonly memory: DataView;
  readonly logs: string[];
}

/** `onWrite` plays the camera. */
function camera(nodes: string, onWrite: (memory: DataView, address: number) => void = () => {}): Made {
  const memory = new DataView(new ArrayBuffer(0x11000));
  const port: RegisterPort = {
    read: async (address, length) => new Uint8Array(memory.buffer).slice(address, address + length),
    write: async (address, data) => {
      new Uint8Array(memory.buffer).set(data, address);
      onWrite(memory, address);
    },
  };
  const features = new NodeMap(`<RegisterDescription>${nodes}<Port Name="Device"/></RegisterDescription>`, port);
  return { features, memory, logs: [] };
}

const register = (name: string, address: number, length = 4) =>
  `<IntReg Name="${name}"><Address>${address}</Address><Length>${length}</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Sign>${length === 8 ? 'Signed' : 'Unsigned'}</Sign><Endianess>BigEndian</Endianess></IntReg>`;
const boolean = (name: string, address: number) =>
  `<Boolean Name="${name}"><pValue>${name}Reg</pValue></Boolean>${register(`${name}Reg`, address)}`;
const choice = (name: string, address: number, entries: readonly string[]) =>
  `<Enumeration Name="${name}">${entries.map((entry, i) => `<EnumEntry Name="${entry}"><Value>${i}</Value></EnumEntry>`).join('')}<pValue>${name}Reg</pValue></Enumeration>${register(`${name}Reg`, address)}`;
const command = (name: string, address: number) =>
  `<Command Name="${name}"><pValue>${name}Reg</pValue><CommandValue>1</CommandValue></Command>${register(`${name}Reg`, address)}`;

const STATES = ['Initializing', 'Disabled', 'Listening', 'Uncalibrated', 'Slave', 'Master'];

const sfnc =
  boolean('PtpEnable', ENABLE) +
  choice('PtpStatus', STATUS, STATES) +
  command('PtpDataSetLatch', LATCH) +
  register('PtpOffsetFromMaster', OFFSET, 8) +
  register('PtpClockID', CLOCK_ID, 8);

const older =
  boolean('GevIEEE1588', ENABLE) +
  choice('GevIEEE1588Status', STATUS, STATES) +
  register('GevIEEE1588OffsetFromMaster', OFFSET, 8) +
  register('GevIEEE1588ClockId', CLOCK_ID, 8);

for (const [names, nodes] of [
  ['SFNC', sfnc],
  ['the cameras before it', older],
] as const) {
  test(`PTP is switched and read by the names of ${names}`, async () => {
    const { features, memory } = camera(nodes);
    memory.setUint32(STATUS, STATES.indexOf('Slave'));
    memory.setBigInt64(OFFSET, -250n);
    memory.setBigUint64(CLOCK_ID, 0x00fffe112233445fn);
    await switchPtp(features, true);
    assert.is(memory.getUint32(ENABLE), 1);
    assert.equal(await readPtp(features), {
      status: 'Slave',
      offsetNs: -250n,
      clockId: '00fffe112233445f',
      parentId: null,
    });
    assert.ok(await readPtpLocked(features));
    await switchPtp(features, false);
    assert.is(memory.getUint32(ENABLE), 0);
  });
}

test('a status that is a copy on demand is copied before it is read', async () => {
  const { features } = camera(sfnc, (memory, address) => {
    if (address === LATCH) memory.setUint32(STATUS, STATES.indexOf('Slave'));
  });
  assert.ok(await readPtpLocked(features));
});

test('a camera with a PTP mode follows only; one without a description of PTP is switched by the standard register', async () => {
  const modes = camera(choice('PtpMode', ENABLE, ['Off', 'Master', 'Slave', 'Auto']));
  await switchPtp(modes.features, true);
  assert.is(modes.memory.getUint32(ENABLE), 2);
  await switchPtp(modes.features, false);
  assert.is(modes.memory.getUint32(ENABLE), 0);

  const { features, memory } = camera('');
  memory.setUint32(BOOTSTRAP.gvcpCapability.address, GVCP_CAPABILITY.ieee1588);
  memory.setUint32(BOOTSTRAP.gvcpConfiguration.address, 0x4);
  memory.setUint32(BOOTSTRAP.ieee1588Status.address, 9);
  await switchPtp(features, true);
  assert.is(memory.getUint32(BOOTSTRAP.gvcpConfiguration.address), GVCP_CONFIGURATION.ieee1588 | 0x4);
  assert.is((await readPtp(features)).status, 'Slave');
});

test('a camera without PTP is told so, and one that is left alone is not touched', async () => {
  const { features, logs } = camera('');
  const log = (_: string, message: string) => logs.push(message);
  let refused = '';
  await preparePtp(features, true, { log }).catch((error: Error) => {
    refused = error.message;
  });
  assert.match(refused, 'has no PTP');
  await preparePtp(features, false, { log });
  const other = camera(sfnc);
  other.memory.setUint32(ENABLE, 1);
  await preparePtp(other.features, null, { log });
  assert.is(other.memory.getUint32(ENABLE), 1);
  assert.equal(logs, []);
});

test('the wait ends when a master holds the clock, and tells by how much', async () => {
  let looks = 0;
  const { features, memory, logs } = camera(sfnc, (registers, address) => {
    if (address === LATCH)
      registers.setUint32(STATUS, ++looks < 3 ? STATES.indexOf('Uncalibrated') : STATES.indexOf('Slave'));
  });
  memory.setBigInt64(OFFSET, 87n);
  await preparePtp(features, true, { log: (level, message) => logs.push(`${level}: ${message}`) });
  assert.equal(logs, [
    'info: waiting for PTP to hold the camera clock, at most 30 s',
    'info: PTP holds the camera clock: 87 ns from its master',
  ]);
});

test('a camera that finds no master is used without, and the log says what it says of itself', async () => {
  for (const [state, words] of [
    ['Listening', 'no master answers it'],
    ['Master', 'no better clock than its own'],
    ['Disabled', 'did not take PTP'],
  ] as const) {
    const { features, memory, logs } = camera(older);
    memory.setUint32(STATUS, STATES.indexOf(state));
    await preparePtp(features, true, { log: (level, message) => logs.push(`${level}: ${message}`), limitMs: 20 });
    const [, told = ''] = logs;
    assert.match(told, `warning: the camera's PTP status is ${state} after 0.02 s`);
    assert.match(told, words);
  }
});

test.run();
