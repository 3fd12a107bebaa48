/** What a camera tells by itself on its message channel: acknowledged, handed on once, told in words and not too often. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { encodeEvents, type GvcpEvent, parseGvcpAcknowledge } from '#pipeline/wire/gvcp.js';
import { formatIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP, GVCP_CAPABILITY } from '#pipeline/wire/registers.js';
import { EventWords, enableTroubleEvents } from '#src/cameras/gige-vision/event-words.js';
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { GigeVisionCamera } from '#src/cameras/gige-vision/gige-camera.js';
import { GvcpDevice } from '#test/support/gvcp-device.js';
import { test } from '#test/support/test.js';

const EVENT: GvcpEvent = { id: 4, streamChannel: 0, blockId: 12n, timestamp: 500n, data: new Uint8Array(0) };

/** A device with a message channel, and us as its controller. */
async function withChannel(
  run: (device: GvcpDevice, camera: GigeVisionCamera, heard: GvcpEvent[]) => Promise<void>,
): Promise<void> {
  const device = await GvcpDevice.start();
  device.register(BOOTSTRAP.gvcpCapability.address, GVCP_CAPABILITY.event | GVCP_CAPABILITY.eventData);
  device.register(BOOTSTRAP.numberOfMessageChannels.address, 1);
  const camera = await GigeVisionCamera.open({ kind: 'address', host: '127.0.0.1', port: device.port });
  const heard: GvcpEvent[] = [];
  try {
    await camera.hearEvents((event) => heard.push(event));
    await run(device, camera, heard);
  } finally {
    await camera.close();
    device.stop();
  }
}

test('events are acknowledged each time and handed on once', () =>
  withChannel(async (device, camera, heard) => {
    const port = device.register(BOOTSTRAP.messageChannelPort.address) & 0xffff;
    assert.is(formatIpv4(device.register(BOOTSTRAP.messageChannelAddress.address)), '127.0.0.1');
    const sender = createSocket('udp4');
    const ask = async (message: Uint8Array) => {
      sender.send(message, port, '127.0.0.1');
      const [bytes] = (await once(sender, 'message')) as [Uint8Array];
      return parseGvcpAcknowledge(bytes);
    };
    const message = encodeEvents(77, [EVENT, { ...EVENT, id: 2 }]);
    sender.send(Uint8Array.of(1, 2, 3), port, '127.0.0.1');
    for (let time = 0; time < 2; time++) {
      const { answer, acknowledgeId, status } = await ask(message);
      assert.equal([answer, acknowledgeId, status], [0xc1, 77, 0]);
    }
    const data = await ask(encodeEvents(78, [{ ...EVENT, id: 0x9001, data: Uint8Array.of(5, 6) }], true));
    assert.equal([data.answer, data.acknowledgeId], [0xc3, 78]);
    assert.equal(
      heard.map(({ id, blockId }) => [id, blockId]),
      [
        [4, 12n],
        [2, 12n],
        [0x9001, 12n],
      ],
    );
    sender.close();
    await camera.close();
    assert.is(device.register(BOOTSTRAP.messageChannelPort.address), 0);
  }));

test('a camera without a message channel is not asked for events', async () => {
  const device = await GvcpDevice.start();
  const camera = await GigeVisionCamera.open({ kind: 'address', host: '127.0.0.1', port: device.port });
  assert.not(camera.hasEvents);
  await camera.hearEvents(() => assert.unreachable());
  assert.is(device.register(BOOTSTRAP.messageChannelPort.address), 0);
  await camera.close();
  device.stop();
});

const memory = new DataView(new ArrayBuffer(256));
const port = {
  read: async (address: number, length: number) => new Uint8Array(memory.buffer).slice(address, address + length),
  write: async (address: number, data: Uint8Array) => new Uint8Array(memory.buffer).set(data, address),
};
const described = `<RegisterDescription><Category Name="Root"><pFeature>EventControl</pFeature></Category>
  <Category Name="EventControl"><pFeature>EventSelector</pFeature><pFeature>EventNotification</pFeature><pFeature>EventExposureEndFrameID</pFeature><pFeature>EventExposureEnd</pFeature></Category>
  <Enumeration Name="EventSelector"><EnumEntry Name="ExposureEnd"><Value>0</Value></EnumEntry><EnumEntry Name="FrameTriggerMissed"><Value>1</Value></EnumEntry><EnumEntry Name="BlockDiscard"><Value>2</Value></EnumEntry><pValue>SelectorReg</pValue></Enumeration>
  <Enumeration Name="EventNotification"><EnumEntry Name="Off"><Value>0</Value></EnumEntry><EnumEntry Name="On"><Value>1</Value></EnumEntry><pValue>NotificationReg</pValue></Enumeration>
  <IntReg Name="SelectorReg"><Address>0</Address><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Endianess>BigEndian</Endianess></IntReg>
  <IntReg Name="NotificationReg"><Address>16</Address><pIndex Offset="4">EventSelector</pIndex><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Endianess>BigEndian</Endianess></IntReg>
  <Integer Name="EventExposureEnd"><EventID>9001</EventID><Value>36865</Value></Integer>
  <Integer Name="EventExposureEndFrameID"><EventID>9001</EventID><Value>0</Value></Integer>
  <Port Name="Device"/></RegisterDescription>`;

test('events of trouble are switched on, and no others', async () => {
  const features = new NodeMap(described, port);
  assert.equal(await enableTroubleEvents(features), ['FrameTriggerMissed', 'BlockDiscard']);
  assert.equal(
    [0, 1, 2].map((i) => memory.getUint32(16 + 4 * i)),
    [0, 1, 1],
  );
  assert.is(await features.text('EventSelector'), 'ExposureEnd');
});

test('an event is told by its name once a minute, with how often it came', () => {
  let nowMs = 0;
  const told: string[] = [];
  const words = new EventWords(new NodeMap(described, port), 1_000_000n, () => nowMs);
  words.tell({ ...EVENT, id: 2 });
  nowMs = 30_000;
  words.listener = ({ kind, level, text }) => told.push(`${kind} ${level}: ${text}`);
  for (let i = 0; i < 100; i++) words.tell({ ...EVENT, id: 0x9001 });
  nowMs = 90_000;
  words.tell({ ...EVENT, id: 0x9001, blockId: 0n, timestamp: 0n });
  words.tell({ ...EVENT, id: 0x8001 });
  words.tell({ ...EVENT, id: 9 });
  words.tell({ ...EVENT, id: 9 });
  words.end();
  assert.equal(told, [
    'message info: the camera tells: EventExposureEnd of block 12 at 500000 ns of its clock',
    'message info: the camera tells: EventExposureEnd, 100 times since it was told last',
    'message warning: the camera tells: event 0x8001 of block 12 at 500000 ns of its clock',
    'message warning: the camera tells: action came late of block 12 at 500000 ns of its clock',
    'message warning: the camera told: action came late, once more',
  ]);
});

test.run();
