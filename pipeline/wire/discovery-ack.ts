/** DISCOVERY_ACK: bootstrap registers 0x000..0x0F7 of a device, word for word. */
import { readU16, readU32, writeU16, writeU32 } from './big-endian.js';
import { formatIpv4, parseIpv4, readText } from './network-text.js';
import { BOOTSTRAP, type Register } from './registers.js';
import { requireBytes, WireError } from './wire-error.js';

export const DISCOVERY_ACK_BYTES = 248;

export interface DeviceDescription {
  readonly versionMajor: number;
  readonly versionMinor: number;
  /** Device Mode register: big-endian 0x80000000, class, character set (1 = UTF-8). */
  readonly deviceMode: number;
  /** `aa:bb:cc:dd:ee:ff` */
  readonly mac: string;
  readonly supportedIpConfiguration: number;
  readonly currentIpConfiguration: number;
  /** Dotted, as all addresses here. */
  readonly address: string;
  readonly subnetMask: string;
  readonly gateway: string;
  readonly vendor: string;
  readonly model: string;
  readonly deviceVersion: string;
  readonly vendorInfo: string;
  readonly serial: string;
  readonly userName: string;
}

/** Reads the payload of a DISCOVERY_ACK, or bootstrap memory from address 0. Throws `wire.short`. */
export function decodeDiscoveryAck(payload: Uint8Array): DeviceDescription {
  requireBytes(payload, DISCOVERY_ACK_BYTES, 'a DISCOVERY acknowledge');
  const word = (field: Register) => readU32(payload, field.address);
  const text = (field: Register) => readText(payload.subarray(field.address, field.address + field.bytes));
  return {
    versionMajor: readU16(payload, 0),
    versionMinor: readU16(payload, 2),
    deviceMode: word(BOOTSTRAP.deviceMode),
    mac: Array.from(payload.subarray(10, 16), (byte) => byte.toString(16).padStart(2, '0')).join(':'),
    supportedIpConfiguration: word(BOOTSTRAP.supportedIpConfiguration),
    currentIpConfiguration: word(BOOTSTRAP.currentIpConfiguration),
    address: formatIpv4(word(BOOTSTRAP.currentIpAddress)),
    subnetMask: formatIpv4(word(BOOTSTRAP.currentSubnetMask)),
    gateway: formatIpv4(word(BOOTSTRAP.currentDefaultGateway)),
    vendor: text(BOOTSTRAP.manufacturerName),
    model: text(BOOTSTRAP.modelName),
    deviceVersion: text(BOOTSTRAP.deviceVersion),
    vendorInfo: text(BOOTSTRAP.manufacturerInfo),
    serial: text(BOOTSTRAP.serialNumber),
    userName: text(BOOTSTRAP.userDefinedName),
  };
}

/** The 248 bytes of a device: the payload of its DISCOVERY_ACK and the first of its bootstrap registers. */
export function encodeDiscoveryAck(device: DeviceDescription): Uint8Array {
  const payload = new Uint8Array(DISCOVERY_ACK_BYTES);
  const word = (field: Register, value: number) => writeU32(payload, field.address, value);
  const text = (field: Register, value: string) => {
    // The last byte stays 0: readers expect NUL-terminated text.
    payload.set(Buffer.from(value, 'utf8').subarray(0, field.bytes - 1), field.address);
  };
  writeU16(payload, 0, device.versionMajor);
  writeU16(payload, 2, device.versionMinor);
  word(BOOTSTRAP.deviceMode, device.deviceMode);
  payload.set(parseMac(device.mac), 10);
  word(BOOTSTRAP.supportedIpConfiguration, device.supportedIpConfiguration);
  word(BOOTSTRAP.currentIpConfiguration, device.currentIpConfiguration);
  word(BOOTSTRAP.currentIpAddress, parseIpv4(device.address));
  word(BOOTSTRAP.currentSubnetMask, parseIpv4(device.subnetMask));
  word(BOOTSTRAP.currentDefaultGateway, parseIpv4(device.gateway));
  text(BOOTSTRAP.manufacturerName, device.vendor);
  text(BOOTSTRAP.modelName, device.model);
  text(BOOTSTRAP.deviceVersion, device.deviceVersion);
  text(BOOTSTRAP.manufacturerInfo, device.vendorInfo);
  text(BOOTSTRAP.serialNumber, device.serial);
  text(BOOTSTRAP.userDefinedName, device.userName);
  return payload;
}

function parseMac(mac: string): number[] {
  const parts = mac.split(':');
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{2}$/i.test(part)))
    throw new WireError('wire.address', `${mac} is not a MAC address like 02:00:00:00:00:01`);
  return parts.map((part) => Number.parseInt(part, 16));
}
