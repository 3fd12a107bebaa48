/** What a camera under our control tells of itself once and for all: its description, and what its bootstrap registers say it can do. */
import type { DeviceDescription } from '#pipeline/wire/discovery-ack.js';
import { BOOTSTRAP, GVCP_CAPABILITY, GVSP_CAPABILITY } from '#pipeline/wire/registers.js';
import { GenicamControls } from './controls/genicam-controls.js';
import { deviceMemory, isLittleEndian } from './device-memory.js';
import { NodeMap } from './genicam/node-map.js';
import { type GvcpClient, GvcpError } from './gvcp-client.js';
import { RememberingPort } from './remembering-port.js';
import { readXml } from './xml-source.js';

export interface DeviceFacts {
  readonly features: NodeMap;
  readonly controls: GenicamControls;
  readonly tickFrequencyHz: bigint;
  readonly supportsResend: boolean;
  readonly supportsExtendedIds: boolean;
  readonly requiresExtendedIds: boolean;
  readonly linkBitsPerSecond: number | null;
  readonly hasEvents: boolean;
}

/** @throws XmlSourceError, FeatureError, GvcpError */
export async function readFacts(client: GvcpClient, description: DeviceDescription): Promise<DeviceFacts> {
  // Registers that old devices leave out: no such thing, no such ability.
  const optional = (register: { address: number }) =>
    client.readRegister(register.address).catch((error: unknown) => {
      if (error instanceof GvcpError && error.code === 'gvcp.status') return 0;
      throw error;
    });
  const xml = await readXml((address, length) => client.readMemory(address, length));
  const capability = await optional(BOOTSTRAP.gvcpCapability);
  const streams = await optional(BOOTSTRAP.streamChannelsCapability);
  const high = await optional(BOOTSTRAP.timestampTickFrequencyHigh);
  const low = await optional(BOOTSTRAP.timestampTickFrequencyLow);
  const tellsSpeed = (capability & GVCP_CAPABILITY.linkSpeed) !== 0;
  const megabits = tellsSpeed ? await optional(BOOTSTRAP.linkSpeed) : 0;
  const tellsEvents = (capability & (GVCP_CAPABILITY.event | GVCP_CAPABILITY.eventData)) !== 0;
  const channels = tellsEvents ? await optional(BOOTSTRAP.numberOfMessageChannels) : 0;
  const version2 = description.versionMajor >= 2;
  let littleEndian = false;
  const port = new RememberingPort(deviceMemory(client, () => littleEndian));
  const features = new NodeMap(xml, port);
  littleEndian = isLittleEndian(description.deviceMode, features.info.schemaVersion);
  client.onWritten = (address, bytes) => features.forget(address, bytes);
  return {
    features,
    controls: new GenicamControls(features, (run) => port.look(run)),
    tickFrequencyHz: (BigInt(high) << 32n) | BigInt(low),
    supportsResend: (capability & GVCP_CAPABILITY.packetResend) !== 0,
    supportsExtendedIds: version2,
    linkBitsPerSecond: megabits > 0 ? megabits * 1e6 : null,
    hasEvents: channels > 0,
    requiresExtendedIds: version2 && (streams & GVSP_CAPABILITY.blockId16) === 0,
  };
}
