/** Text and addresses as registers hold them. */
import { WireError } from './wire-error.js';

/** Text of a register: up to the first NUL. */
export function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

/** The u32 of a register as dotted IPv4 address. */
export function formatIpv4(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

/** A dotted IPv4 address as the u32 of a register. Throws `wire.address`. */
export function parseIpv4(address: string): number {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255))
    throw new WireError('wire.address', `${address} is not a dotted IPv4 address`);
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}
