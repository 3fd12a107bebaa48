import * as assert from 'uvu/assert';
import { type DeviceDescription, decodeDiscoveryAck, encodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import * as gvcp from '#pipeline/wire/gvcp.js';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP, STREAM_CHANNEL, streamChannelAddress } from '#pipeline/wire/registers.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import { test } from '#test/support/test.js';

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const code = (expected: string) => (error: unknown) => error instanceof WireError && error.code === expected;

test('commands are laid out as the standard has them', () => {
  assert.is(hexOf(gvcp.encodeDiscovery(1)), '4201000200000001');
  assert.is(hexOf(gvcp.encodeDiscovery(1, { broadcastAnswer: true })), '4211000200000001');
  assert.is(hexOf(gvcp.encodeReadReg(0x1234, [0xa00])), '420100800004123400000a00');
  assert.is(hexOf(gvcp.encodeWriteReg(2, [{ address: 0xa00, value: 2 }])), '420100820008000200000a0000000002');
  assert.is(hexOf(gvcp.encodeReadMem(3, 0x200, 512)), '4201008400080003000002000000' + '0200');
  assert.is(hexOf(gvcp.encodeWriteMem(4, 0xe8, Uint8Array.of(1, 2, 3, 4))), '4201008600080004000000e801020304');
});

test('a packet resend names block and packets in both id modes', () => {
  const standard = { streamChannel: 0, blockId: 65401n, firstPacketId: 5, lastPacketId: 9, extendedIds: false };
  const bytes = gvcp.encodePacketResend(7, standard);
  assert.is(hexOf(bytes), '42000040000c00070000ff790000000500000009');
  const command = gvcp.parseGvcpCommand(bytes);
  assert.equal(gvcp.decodePacketResend(command.payload, command.flags), standard);

  const wide = { ...standard, extendedIds: true, blockId: 2n ** 40n, lastPacketId: 0xffffffff };
  const long = gvcp.encodePacketResend(8, wide);
  assert.is(hexOf(long), '4210004000140008' + '0000000000000005ffffffff' + '0000010000000000');
  const parsed = gvcp.parseGvcpCommand(long);
  assert.equal(gvcp.decodePacketResend(parsed.payload, parsed.flags), wide);
  assert.throws(() => gvcp.decodePacketResend(command.payload, 0x10), code('wire.short'));
});

test('an action names keys and masks, and a time where it is due later', () => {
  const now = { deviceKey: 1, groupKey: 0x80000002, groupMask: 0xffffffff, time: null };
  const bytes = gvcp.encodeAction(5, now);
  assert.is(hexOf(bytes), '42010100000c0005' + '0000000180000002ffffffff');
  const command = gvcp.parseGvcpCommand(bytes);
  assert.equal(gvcp.decodeAction(command.payload, command.flags), now);
  const due = { ...now, time: 1_795_824_037_000_000_001n };
  const later = gvcp.encodeAction(6, due, false);
  assert.is(hexOf(later), '4280010000140006' + '0000000180000002ffffffff' + '18ec0c726c7e3201');
  const parsed = gvcp.parseGvcpCommand(later);
  assert.equal(gvcp.decodeAction(parsed.payload, parsed.flags), due);
  assert.throws(() => gvcp.decodeAction(command.payload, 0x80), code('wire.short'));

  assert.ok(gvcp.isMeantBy(now, { deviceKey: 1, groupKey: 0x80000002, groupMask: 0x80000000 }));
  for (const other of [{ deviceKey: 2 }, { groupKey: 2 }, { groupMask: 0 }])
    assert.not(gvcp.isMeantBy(now, { deviceKey: 1, groupKey: 0x80000002, groupMask: 1, ...other }));
});

test('events come several in a message, or one with data, in both id modes', () => {
  const first = { id: 4, streamChannel: 0, blockId: 65401n, timestamp: 0x0102030405060708n, data: new Uint8Array(0) };
  const second = { ...first, id: 0x9001, streamChannel: 0xffff, blockId: 0n };
  const bytes = gvcp.encodeEvents(9, [first, second]);
  assert.is(hexOf(bytes), '420100c000200009' + '000000040000ff790102030405060708' + '00009001ffff00000102030405060708');
  assert.equal(gvcp.decodeEvents(gvcp.parseGvcpCommand(bytes)), [first, second]);
  const wide = { ...first, blockId: 2n ** 40n, data: Uint8Array.of(1, 2, 3, 4) };
  const long = gvcp.encodeEvents(10, [wide], true);
  assert.is(
    hexOf(long),
    '421100c2001c000a' + '0000000400000000' + '0000010000000000' + '0102030405060708' + '01020304',
  );
  const [event] = gvcp.decodeEvents(gvcp.parseGvcpCommand(long));
  assert.equal({ ...event, data: hexOf(event?.data ?? bytes) }, { ...wide, data: '01020304' });
  assert.throws(
    () => gvcp.decodeEvents({ ...gvcp.parseGvcpCommand(bytes), payload: new Uint8Array(15) }),
    code('wire.short'),
  );
  assert.throws(
    () => gvcp.decodeEvents({ ...gvcp.parseGvcpCommand(bytes), payload: new Uint8Array(17) }),
    code('wire.event'),
  );
});

test('what a controller encodes a device decodes', () => {
  const payloadOf = (bytes: Uint8Array) => gvcp.parseGvcpCommand(bytes).payload;
  assert.equal(gvcp.decodeReadReg(payloadOf(gvcp.encodeReadReg(1, [4, 0xfffffffc]))), [4, 0xfffffffc]);
  const writes = [
    { address: 0xa00, value: 0x80000001 },
    { address: 0xd00, value: 1 },
  ];
  assert.equal(gvcp.decodeWriteReg(payloadOf(gvcp.encodeWriteReg(1, writes))), writes);
  assert.equal(gvcp.decodeReadMem(payloadOf(gvcp.encodeReadMem(1, 0x10000, 508))), { address: 0x10000, count: 508 });
  const memory = gvcp.decodeWriteMem(payloadOf(gvcp.encodeWriteMem(1, 0x10000, Uint8Array.of(1, 2, 3, 4))));
  assert.is(memory.address, 0x10000);
  assert.is(hexOf(memory.data), '01020304');
  assert.throws(() => gvcp.decodeReadReg(new Uint8Array(6)), code('wire.gvcp-length'));
  assert.throws(() => gvcp.decodeWriteReg(new Uint8Array(0)), code('wire.gvcp-length'));
});

test('what a device encodes a controller decodes', () => {
  const ack = (bytes: Uint8Array) => gvcp.parseGvcpAcknowledge(bytes);
  const registers = ack(gvcp.encodeReadRegAck(9, [1, 0xffffffff]));
  assert.is(registers.answer, 0x81);
  assert.is(registers.acknowledgeId, 9);
  assert.equal(gvcp.decodeReadRegAck(registers.payload), [1, 0xffffffff]);
  assert.is(gvcp.decodeWriteAck(ack(gvcp.encodeWriteRegAck(9, 2)).payload), 2);
  assert.is(ack(gvcp.encodeWriteMemAck(9, 512)).answer, 0x87);
  const memory = gvcp.decodeReadMemAck(ack(gvcp.encodeReadMemAck(9, 0x200, Uint8Array.of(9, 8))).payload);
  assert.is(memory.address, 0x200);
  assert.is(hexOf(memory.data), '0908');
  assert.is(gvcp.decodePendingAck(ack(gvcp.encodePendingAck(9, 1500)).payload), 1500);
  const refusal = ack(gvcp.encodeErrorAck(gvcp.GVCP_COMMAND.writeReg, 9, gvcp.GVCP_STATUS.accessDenied));
  assert.is(refusal.answer, 0x83);
  assert.is(gvcp.statusText(refusal.status), 'access denied (0x8006)');
  assert.is(gvcp.statusText(0x8123), 'status 0x8123');
});

test('a header that lies about its length, and a foreign packet, are typed errors', () => {
  const command = gvcp.encodeReadReg(1, [4]);
  assert.throws(() => gvcp.parseGvcpCommand(command.subarray(0, 11)), code('wire.gvcp-length'));
  assert.throws(() => gvcp.parseGvcpCommand(command.subarray(0, 7)), code('wire.short'));
  assert.throws(() => gvcp.parseGvcpCommand(gvcp.encodeReadRegAck(1, [4])), code('wire.gvcp-key'));
  assert.throws(() => gvcp.parseGvcpAcknowledge(command), code('wire.gvcp-key'));
});

const device: DeviceDescription = {
  versionMajor: 2,
  versionMinor: 1,
  deviceMode: 0x80000001,
  mac: '02:00:5e:10:00:01',
  supportedIpConfiguration: 7,
  currentIpConfiguration: 4,
  address: '127.0.0.1',
  subnetMask: '255.255.255.0',
  gateway: '10.0.0.254',
  vendor: 'Appulse',
  model: 'Modèle',
  deviceVersion: '1.0',
  vendorInfo: 'none',
  serial: 'SN0123456789ABC',
  userName: 'north dome',
};

test('a discovery acknowledge is the first 248 bytes of the bootstrap registers', () => {
  const payload = encodeDiscoveryAck(device);
  assert.is(payload.length, 248);
  assert.is(hexOf(payload.subarray(0, 16)), '00020001' + '80000001' + '00000200' + '5e100001');
  assert.is(hexOf(payload.subarray(0x24, 0x28)), '7f000001');
  assert.equal(decodeDiscoveryAck(payload), device);
  assert.throws(() => decodeDiscoveryAck(payload.subarray(0, 247)), code('wire.short'));
});

test('text too long for its register is cut and stays terminated', () => {
  const payload = encodeDiscoveryAck({ ...device, serial: '0123456789ABCDEFGHIJ' });
  assert.is(decodeDiscoveryAck(payload).serial, '0123456789ABCDE');
});

test('addresses that are none are refused', () => {
  for (const wrong of ['', '1.2.3', '1.2.3.256', 'a.b.c.d', '1.2.3.4.5', '::1'])
    assert.throws(() => parseIpv4(wrong), code('wire.address'));
  assert.is(parseIpv4('255.255.255.255'), 0xffffffff);
});

test('registers do not overlap and stream channels lie 0x40 apart', () => {
  const all = [...Object.values(BOOTSTRAP), ...Object.values(STREAM_CHANNEL)].sort((a, b) => a.address - b.address);
  for (let i = 1; i < all.length; i++) {
    const [before, after] = [all[i - 1], all[i]];
    if (before && after) assert.ok(before.address + before.bytes <= after.address, `${before.name} / ${after.name}`);
  }
  assert.is(streamChannelAddress('packetSize', 2), 0x0d84);
});

test.run();
