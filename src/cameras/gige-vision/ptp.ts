/**
 * PTP (IEEE 1588) of a camera: switched by its feature (SFNC's PtpEnable, GevIEEE1588, a PtpMode), or by the bootstrap register
 * where its description has none; status, offset and clocks as its PTP data set has them.
 */

import { BOOTSTRAP, GVCP_CAPABILITY, GVCP_CONFIGURATION } from '#pipeline/wire/registers.js';
import { UsageError } from '#src/config/usage-error.js';
import { featureFor } from './controls/control-names.js';
import { FeatureError } from './genicam/feature-error.js';
import type { NodeMap } from './genicam/node-map.js';
import { GvcpError } from './gvcp-client.js';

/** How long a camera that has just been told may take to find its master: several rounds of its announcements. */
const LOCK_LIMIT_MS = 30_000;
const LOOK_MS = 500;

/** States of a PTP port (IEEE 1588-2008, table 8), as the bootstrap register numbers them. */
const PORT_STATES = [
  ...['', 'Initializing', 'Faulty', 'Disabled', 'Listening', 'PreMaster', 'Master', 'Passive', 'Uncalibrated', 'Slave'],
] as const;

export interface PtpState {
  /** `Slave`: a master holds the clock. Null: the camera does not tell. */
  readonly status: string | null;
  /** From its master as it measures it; null where it does not tell. */
  readonly offsetNs: bigint | null;
  /** Its own clock, and the master that it follows: EUI-64 in hexadecimal. */
  readonly clockId: string | null;
  readonly parentId: string | null;
}

/** @throws FeatureError, GvcpError */
export async function readPtp(features: NodeMap): Promise<PtpState> {
  await latchPtp(features);
  const status = await readStatus(features);
  const offset = await optional(features, 'PtpOffsetFromMaster', (name) => features.integer(name));
  const id = async (standard: string) => {
    const value = await optional(features, standard, (name) => features.integer(name));
    return value === null ? null : BigInt.asUintN(64, value).toString(16).padStart(16, '0');
  };
  return { status, offsetNs: offset, clockId: await id('PtpClockID'), parentId: await id('PtpParentClockID') };
}

/** Whether the camera's clock follows a PTP master now. @throws FeatureError, GvcpError */
export async function readPtpLocked(features: NodeMap): Promise<boolean> {
  await latchPtp(features);
  return (await readStatus(features)) === 'Slave';
}

/** SFNC's data set is a copy that is made on demand: status and offset are those of the last copy. */
export async function latchPtp(features: NodeMap): Promise<void> {
  const latch = nameOf(features, 'PtpDataSetLatch');
  if (latch === undefined) return;
  try {
    await features.execute(latch);
  } catch (error) {
    // Some cameras refuse it while PTP is off.
    if (!isRefusal(error)) throw error;
  }
}

async function readStatus(features: NodeMap): Promise<string | null> {
  const told = await optional(features, 'PtpStatus', (name) => features.text(name));
  if (told !== null || nameOf(features, 'PtpStatus') !== undefined) return told;
  if (!(await hasBootstrapPtp(features))) return null;
  const number = (await word(features, BOOTSTRAP.ieee1588Status.address)) & 0xf;
  return PORT_STATES[number] || null;
}

/**
 * Switches PTP on or off. @throws UsageError `usage.ptp` where the camera has none; FeatureError, GvcpError
 */
export async function switchPtp(features: NodeMap, on: boolean): Promise<void> {
  const name = nameOf(features, 'PtpEnable');
  if (name !== undefined) {
    const { kind } = features.about(name);
    if (kind !== 'enumeration') await features.set(name, on);
    else await features.set(name, await modeFor(features, name, on));
  } else if (await hasBootstrapPtp(features)) {
    const address = BOOTSTRAP.gvcpConfiguration.address;
    const before = await word(features, address);
    const bit = GVCP_CONFIGURATION.ieee1588;
    await setWord(features, address, on ? before | bit : before & ~bit);
  } else if (on) throw new UsageError('usage.ptp', 'the camera has no PTP (IEEE 1588): leave --ptp out');
}

/** A camera that is not to be a master is slave only where it can. */
async function modeFor(features: NodeMap, name: string, on: boolean): Promise<string> {
  const offered = await features.node(name).symbols();
  const wanted = on ? ['SlaveOnly', 'Slave', 'Auto', 'On'] : ['Off', 'Disabled'];
  const mode = wanted.find((word) => offered.includes(word));
  if (mode !== undefined) return mode;
  throw new UsageError(
    'usage.ptp',
    `${name} of the camera offers ${offered.join(', ')}: set it with --set ${name}=...`,
  );
}

export interface PtpPreparation {
  readonly log: (level: 'info' | 'warning', message: string) => void;
  readonly limitMs?: number;
}

/**
 * Before a stream: switches PTP as asked (null: leaves it), and where it is asked on waits a bounded time until a master holds
 * the camera's clock. What came of it is logged; a camera that finds no master is used without.
 * @throws UsageError `usage.ptp`; FeatureError, GvcpError
 */
export async function preparePtp(features: NodeMap, on: boolean | null, options: PtpPreparation): Promise<void> {
  if (on === null) return;
  await switchPtp(features, on);
  if (!on) return;
  const { log, limitMs = LOCK_LIMIT_MS } = options;
  const until = performance.now() + limitMs;
  let state = await readPtp(features);
  if (state.status !== 'Slave') log('info', `waiting for PTP to hold the camera clock, at most ${limitMs / 1_000} s`);
  while (state.status !== 'Slave' && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, limitMs)));
    state = await readPtp(features);
  }
  if (state.status === 'Slave') log('info', `PTP holds the camera clock${inWords(state)}`);
  else log('warning', unlocked(state.status, limitMs));
}

function inWords({ offsetNs, parentId }: PtpState): string {
  const parts = [
    offsetNs === null ? null : `${offsetNs} ns from its master`,
    parentId === null ? null : `which is ${parentId}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function unlocked(status: string | null, limitMs: number): string {
  const what = status === null ? 'the camera does not tell its PTP status' : `the camera's PTP status is ${status}`;
  const why = WHY_UNLOCKED.get(status ?? '') ?? 'its clock is its own';
  return `${what} after ${limitMs / 1_000} s: ${why}. Frames are timed without it until then`;
}

/** By the status that the camera tells. */
const WHY_UNLOCKED: ReadonlyMap<string, string> = new Map([
  ['Master', 'it found no better clock than its own: is a grandmaster on this network?'],
  ['Listening', 'no master answers it: is a grandmaster on this network, and do the switches pass PTP?'],
  ['Uncalibrated', 'it has found a master and is not yet settled; the times of frames change when it is'],
  ['Disabled', 'it did not take PTP'],
]);

function nameOf(features: NodeMap, standard: string): string | undefined {
  return featureFor(standard, (name) => features.has(name));
}

/** Null where the camera has no such feature, or not now. */
async function optional<T>(features: NodeMap, standard: string, read: (name: string) => Promise<T>): Promise<T | null> {
  const name = nameOf(features, standard);
  if (name === undefined) return null;
  // It changes by itself, whatever the description says of how long it may be remembered.
  features.forgetBehind(name);
  try {
    return await read(name);
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof FeatureError || (error instanceof GvcpError && error.code === 'gvcp.status');
}

async function hasBootstrapPtp(features: NodeMap): Promise<boolean> {
  try {
    return ((await word(features, BOOTSTRAP.gvcpCapability.address)) & GVCP_CAPABILITY.ieee1588) !== 0;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

async function word(features: NodeMap, address: number): Promise<number> {
  const bytes = await features.port.read(address, 4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

async function setWord(features: NodeMap, address: number, value: number): Promise<void> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0);
  await features.port.write(address, bytes);
}
