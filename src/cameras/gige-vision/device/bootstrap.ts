/** The standard's registers of a device as they are at switch-on. */
import { encodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import {
  BOOTSTRAP,
  GVCP_CAPABILITY,
  GVSP_CAPABILITY,
  GVSP_EXTENDED_IDS,
  STREAM_CHANNEL,
} from '#pipeline/wire/registers.js';
import type { LocalNetwork } from './network.js';
import type { RegisterMemory } from './register-memory.js';

/** Port states of IEEE 1588 (table 8), by the names of SFNC's PtpStatus. */
export const PTP_STATUS = {
  Initializing: 1,
  Faulty: 2,
  Disabled: 3,
  Listening: 4,
  PreMaster: 5,
  Master: 6,
  Passive: 7,
  Uncalibrated: 8,
  Slave: 9,
} as const;

export const SHUTTER_MODE = { global: 0, rolling: 1 } as const;
export const ACQUISITION_MODE = { continuous: 0, singleFrame: 1, multiFrame: 2 } as const;

/** Who a device is, and what it can. Texts are cut to what their registers hold. */
export interface BootstrapFacts {
  readonly address: string;
  readonly network: LocalNetwork;
  /** UDP port that the stream comes from. */
  readonly streamPort: number;
  readonly mac: string;
  readonly vendor: string;
  readonly model: string;
  readonly version: string;
  readonly info: string;
  readonly serial: string;
  /** Of the description: where it is read, and how long it is. */
  readonly xml: { readonly address: number; readonly bytes: number };
  readonly resend: boolean;
  /** Commands may take longer than a controller waits, and ask for patience then. */
  readonly pendingAck: boolean;
  /** PTP holds the clock. */
  readonly ptp: boolean;
  /** It knows action commands; left out: it does not. */
  readonly actions?: boolean;
  /** 64-bit block ids from the start. */
  readonly extendedIds: boolean;
  /** Of the stream at the start; see `limitPacketSize`. */
  readonly packetSize: number;
}

const HEARTBEAT_DEFAULT_MS = 3000;

/** Fills the bootstrap registers of `memory`. */
export function fillBootstrap(memory: RegisterMemory, facts: BootstrapFacts): void {
  memory.set(
    0,
    encodeDiscoveryAck({
      versionMajor: 2,
      versionMinor: 0,
      deviceMode: 0x80000001,
      mac: facts.mac,
      supportedIpConfiguration: 0x1,
      currentIpConfiguration: 0x1,
      address: facts.address,
      subnetMask: facts.network.netmask,
      gateway: '0.0.0.0',
      vendor: facts.vendor,
      model: facts.model,
      deviceVersion: facts.version,
      vendorInfo: facts.info.slice(0, 47),
      serial: facts.serial,
      userName: '',
    }),
  );
  const { xml } = facts;
  memory.setText(
    BOOTSTRAP.firstUrl.address,
    `Local:///appulse-${facts.model}.xml;${xml.address.toString(16)};${xml.bytes.toString(16)}`,
    512,
  );
  const capability =
    GVCP_CAPABILITY.userDefinedName +
    GVCP_CAPABILITY.serialNumber +
    GVCP_CAPABILITY.linkSpeed +
    GVCP_CAPABILITY.ccpApplicationPortAndAddress +
    GVCP_CAPABILITY.writeMemory +
    GVCP_CAPABILITY.concatenation +
    (facts.ptp ? GVCP_CAPABILITY.ieee1588 : 0) +
    (facts.actions === true ? GVCP_CAPABILITY.action : 0) +
    (facts.actions === true && facts.ptp ? GVCP_CAPABILITY.scheduledAction : 0) +
    (facts.pendingAck ? GVCP_CAPABILITY.pendingAck : 0) +
    (facts.resend ? GVCP_CAPABILITY.packetResend : 0);
  const values: readonly (readonly [{ readonly address: number }, number])[] = [
    [BOOTSTRAP.numberOfNetworkInterfaces, 1],
    [BOOTSTRAP.linkSpeed, 10_000],
    [BOOTSTRAP.numberOfStreamChannels, 1],
    [BOOTSTRAP.numberOfActionSignals, facts.actions === true ? 1 : 0],
    [BOOTSTRAP.numberOfActiveLinks, 1],
    [BOOTSTRAP.streamChannelsCapability, GVSP_CAPABILITY.sourcePort + GVSP_CAPABILITY.blockId16],
    [BOOTSTRAP.gvcpCapability, capability],
    [BOOTSTRAP.heartbeatTimeout, HEARTBEAT_DEFAULT_MS],
    [BOOTSTRAP.timestampTickFrequencyLow, 1_000_000_000],
    [BOOTSTRAP.ieee1588Status, facts.ptp ? PTP_STATUS.Slave : PTP_STATUS.Disabled],
    [BOOTSTRAP.gvspConfiguration, facts.extendedIds ? GVSP_EXTENDED_IDS : 0],
    [STREAM_CHANNEL.packetSize, facts.packetSize],
    [STREAM_CHANNEL.sourcePort, facts.streamPort],
  ];
  for (const [register, value] of values) memory.setU32(register.address, value);
}

/** A locally administered address that is the same for the same camera. */
export function macOf(model: string, seed: number): string {
  let hash = seed >>> 0;
  for (const character of model) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  const bytes = [0x02, 0x41, hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
