/**
 * The bootstrap registers of GigE Vision devices: byte address, length and access, under the standard's names
 * (GigE Vision 2.x, as read by Wireshark's dissector and Aravis). All are big-endian.
 */
export interface Register {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  readonly access: 'R' | 'W' | 'RW';
}

function register(address: number, name: string, access: Register['access'] = 'R', bytes = 4): Register {
  return { name, address, bytes, access };
}

export const BOOTSTRAP = {
  version: register(0x0000, 'Version'),
  deviceMode: register(0x0004, 'Device Mode'),
  deviceMacHigh: register(0x0008, 'Device MAC Address High'),
  deviceMacLow: register(0x000c, 'Device MAC Address Low'),
  supportedIpConfiguration: register(0x0010, 'Supported IP Configuration'),
  currentIpConfiguration: register(0x0014, 'Current IP Configuration', 'RW'),
  currentIpAddress: register(0x0024, 'Current IP Address'),
  currentSubnetMask: register(0x0034, 'Current Subnet Mask'),
  currentDefaultGateway: register(0x0044, 'Current Default Gateway'),
  manufacturerName: register(0x0048, 'Manufacturer Name', 'R', 32),
  modelName: register(0x0068, 'Model Name', 'R', 32),
  deviceVersion: register(0x0088, 'Device Version', 'R', 32),
  manufacturerInfo: register(0x00a8, 'Manufacturer Info', 'R', 48),
  serialNumber: register(0x00d8, 'Serial Number', 'R', 16),
  userDefinedName: register(0x00e8, 'User-defined Name', 'RW', 16),
  firstUrl: register(0x0200, 'First URL', 'R', 512),
  secondUrl: register(0x0400, 'Second URL', 'R', 512),
  numberOfNetworkInterfaces: register(0x0600, 'Number of Network Interfaces'),
  persistentIpAddress: register(0x064c, 'Persistent IP Address', 'RW'),
  persistentSubnetMask: register(0x065c, 'Persistent Subnet Mask', 'RW'),
  persistentDefaultGateway: register(0x066c, 'Persistent Default Gateway', 'RW'),
  linkSpeed: register(0x0670, 'Link Speed'),
  numberOfMessageChannels: register(0x0900, 'Number of Message Channels'),
  numberOfStreamChannels: register(0x0904, 'Number of Stream Channels'),
  numberOfActionSignals: register(0x0908, 'Number of Action Signals'),
  actionDeviceKey: register(0x090c, 'Action Device Key', 'W'),
  numberOfActiveLinks: register(0x0910, 'Number of Active Links'),
  streamChannelsCapability: register(0x092c, 'GVSP Capability'),
  gvcpCapability: register(0x0934, 'GVCP Capability'),
  heartbeatTimeout: register(0x0938, 'Heartbeat Timeout', 'RW'),
  timestampTickFrequencyHigh: register(0x093c, 'Timestamp Tick Frequency High'),
  timestampTickFrequencyLow: register(0x0940, 'Timestamp Tick Frequency Low'),
  timestampControl: register(0x0944, 'Timestamp Control', 'W'),
  timestampValueHigh: register(0x0948, 'Timestamp Value High'),
  timestampValueLow: register(0x094c, 'Timestamp Value Low'),
  discoveryAckDelay: register(0x0950, 'Discovery ACK Delay', 'RW'),
  gvcpConfiguration: register(0x0954, 'GVCP Configuration', 'RW'),
  pendingTimeout: register(0x0958, 'Pending Timeout'),
  controlSwitchoverKey: register(0x095c, 'Control Switchover Key', 'W'),
  gvspConfiguration: register(0x0960, 'GVSP Configuration', 'RW'),
  physicalLinkCapability: register(0x0964, 'Physical Link Configuration Capability'),
  physicalLinkConfiguration: register(0x0968, 'Physical Link Configuration', 'RW'),
  ieee1588Status: register(0x096c, 'IEEE 1588 Status'),
  scheduledActionQueueSize: register(0x0970, 'Scheduled Action Command Queue Size'),
  controlChannelPrivilege: register(0x0a00, 'Control Channel Privilege', 'RW'),
  primaryApplicationPort: register(0x0a04, 'Primary Application Port'),
  primaryApplicationAddress: register(0x0a14, 'Primary Application IP Address'),
  messageChannelPort: register(0x0b00, 'Message Channel Port', 'RW'),
  messageChannelAddress: register(0x0b10, 'Message Channel Destination Address', 'RW'),
  messageChannelTimeout: register(0x0b14, 'Message Channel Transmission Timeout', 'RW'),
  messageChannelRetries: register(0x0b18, 'Message Channel Retry Count', 'RW'),
  manifestTable: register(0x9000, 'Manifest Table', 'R', 512),
  /** Of action signal 0; signal i lies 16 bytes times i behind. */
  actionGroupKey: register(0x9800, 'Action Group Key', 'RW'),
  actionGroupMask: register(0x9804, 'Action Group Mask', 'RW'),
} as const;

/** Registers of stream channel 0; channel i lies `STREAM_CHANNEL_STRIDE` * i behind. */
export const STREAM_CHANNEL = {
  port: register(0x0d00, 'Stream Channel Port', 'RW'),
  packetSize: register(0x0d04, 'Stream Channel Packet Size', 'RW'),
  packetDelay: register(0x0d08, 'Stream Channel Packet Delay', 'RW'),
  destinationAddress: register(0x0d18, 'Stream Channel Destination Address', 'RW'),
  sourcePort: register(0x0d1c, 'Stream Channel Source Port'),
  capability: register(0x0d20, 'Stream Channel Capability'),
  configuration: register(0x0d24, 'Stream Channel Configuration', 'RW'),
  maximumPacketCount: register(0x0d30, 'Stream Channel Max Packet Count'),
  maximumBlockSizeHigh: register(0x0d34, 'Stream Channel Max Block Size High'),
  maximumBlockSizeLow: register(0x0d38, 'Stream Channel Max Block Size Low'),
} as const;

export const STREAM_CHANNEL_STRIDE = 0x40;

/** The address of a register of stream channel `channel`. */
export function streamChannelAddress(name: keyof typeof STREAM_CHANNEL, channel = 0): number {
  return STREAM_CHANNEL[name].address + STREAM_CHANNEL_STRIDE * channel;
}

/** Bits of the GVCP capability register. */
export const GVCP_CAPABILITY = {
  userDefinedName: 0x80000000,
  serialNumber: 0x40000000,
  heartbeatDisable: 0x20000000,
  linkSpeed: 0x10000000,
  ccpApplicationPortAndAddress: 0x08000000,
  manifestTable: 0x04000000,
  testPacketData: 0x02000000,
  unconditionalAction: 0x00100000,
  ieee1588: 0x00080000,
  scheduledAction: 0x00020000,
  action: 0x00000040,
  pendingAck: 0x00000020,
  eventData: 0x00000010,
  event: 0x00000008,
  packetResend: 0x00000004,
  writeMemory: 0x00000002,
  concatenation: 0x00000001,
} as const;

/** Bits of the GVCP configuration register (0x0954). */
export const GVCP_CONFIGURATION = { ieee1588: 0x00080000, unconditionalAction: 0x00000008 } as const;

/** Bits of the GVSP capability register (0x092C). */
export const GVSP_CAPABILITY = {
  sourcePort: 0x80000000,
  blockId16: 0x40000000,
  maximumBlockSize: 0x20000000,
  extendedBootstrap: 0x10000000,
} as const;

/** The bit of the GVSP configuration register (0x0960) that switches to 64-bit block ids. */
export const GVSP_EXTENDED_IDS = 0x40000000;

/** Bits of the control channel privilege register; 0 means free. */
export const CONTROL_PRIVILEGE = { exclusive: 0x1, control: 0x2, switchoverEnable: 0x4 } as const;

/** Bits of the stream channel packet size register beside the size in the low 16. */
export const PACKET_SIZE = {
  fireTestPacket: 0x80000000,
  doNotFragment: 0x40000000,
  bigEndianPixels: 0x20000000,
  size: 0x0000ffff,
} as const;

/** Bits of the timestamp control register. */
export const TIMESTAMP_CONTROL = { latch: 0x2, reset: 0x1 } as const;
