/**
 * Several cameras that come in through one link: each has packets delayed so far that all together fit. A switch queues little, and
 * what it drops must be asked for again.
 */
import { CameraError } from './camera-error.js';

/** What a camera sends. */
export interface LinkMember {
  /** For messages. */
  readonly name: string;
  readonly payloadBytes: number;
  /** Bytes of a full packet, IP header included, and of the frame in it. */
  readonly packetBytes: number;
  readonly packetDataBytes: number;
  /** Frames a second; null where the camera does not tell: then it gets an equal part. */
  readonly frameRate: number | null;
  /** Ticks of its clock, in which the delay counts. */
  readonly tickFrequencyHz: bigint;
  /** Bits a second of its own link; null: as fast as the shared one. */
  readonly linkBitsPerSecond: number | null;
}

export interface LinkShare {
  /** GevSCPD: ticks between the end of a packet and the next. */
  readonly delayTicks: number;
  /** Bits a second on the wire while the camera sends. */
  readonly bitsPerSecond: number;
}

/** Ethernet around an IP packet: preamble 8, header 14, check sum 4, gap 12. */
const ETHERNET_BYTES = 38;
/** What cameras may need of a link; the rest is for control, packets sent again, and packets that meet. */
const USABLE = 0.95;
/** What they are paced to: delays are whole ticks, and may not take a camera below its need. */
const PACED = 0.98;
const LONGEST_DELAY = 0xffff_ffff;

/**
 * The delay of each of `members` on a link of that many bits a second, by what each needs.
 * @throws CameraError `camera.link` when they do not fit, with what they need
 */
export function shareLink(members: readonly LinkMember[], linkBitsPerSecond: number): LinkShare[] {
  const needs = members.map((member) => needOf(member) ?? (USABLE * linkBitsPerSecond) / members.length);
  const total = needs.reduce((sum, need) => sum + need, 0);
  if (total > USABLE * linkBitsPerSecond * (1 + 1e-9)) {
    const each = members.map(({ name }, i) => `${name} ${rateInWords(needs[i] ?? 0)}`).join(', ');
    throw new CameraError(
      'camera.link',
      `the cameras need ${rateInWords(total)} of a link of ${rateInWords(linkBitsPerSecond)}, of which 95 % can be used: ${each}; lower a frame rate, a region or the bits of a pixel, or give a camera a link of its own`,
    );
  }
  return members.map((member, i) => {
    const share = (PACED * linkBitsPerSecond * (needs[i] ?? 0)) / total;
    return delayOf(member, Math.min(share, PACED * linkBitsPerSecond), linkBitsPerSecond);
  });
}

function delayOf(member: LinkMember, bitsPerSecond: number, linkBitsPerSecond: number): LinkShare {
  const { name, tickFrequencyHz, frameRate } = member;
  if (tickFrequencyHz <= 0n)
    throw new CameraError(
      'camera.link',
      `${name} has no clock in which a packet delay could be told: leave --link-rate out`,
    );
  const bits = packetBits(member);
  const packetS = bits / Math.min(member.linkBitsPerSecond ?? linkBitsPerSecond, linkBitsPerSecond);
  const ticksPerS = Number(tickFrequencyHz);
  const delayTicks = Math.ceil(Math.max(0, bits / bitsPerSecond - packetS) * ticksPerS - 1e-6);
  const everyS = packetS + delayTicks / ticksPerS;
  const frameS = everyS * packetsOf(member);
  if (delayTicks > LONGEST_DELAY || (frameRate !== null && frameS * frameRate > 1 + 1e-9))
    throw new CameraError(
      'camera.link',
      `${name} would take ${(frameS * 1e3).toFixed(3)} ms for a frame, more than its rate of ${frameRate} frames a second leaves: its own link or its clock of ${ticksPerS} Hz is too slow for this share`,
    );
  return { delayTicks, bitsPerSecond: bits / everyS };
}

/** Whether a camera that has a share of a link still fits into it, as it is set now. @throws CameraError `camera.link` */
export function requireShare(member: LinkMember, bitsPerSecond: number): void {
  const need = needOf(member);
  if (need === null || need <= bitsPerSecond * (1 + 1e-9)) return;
  throw new CameraError(
    'camera.link',
    `${member.name} would need ${rateInWords(need)}, and has ${rateInWords(bitsPerSecond)} of the link that it shares: the shares are dealt out when a session begins`,
  );
}

/** Bits a second, each packet taken for a full one; null where the rate is not known. */
function needOf(member: LinkMember): number | null {
  return member.frameRate === null ? null : packetsOf(member) * packetBits(member) * member.frameRate;
}

/** Leader and trailer wait as long as full packets. */
function packetsOf({ payloadBytes, packetDataBytes }: LinkMember): number {
  return Math.ceil(payloadBytes / packetDataBytes) + 2;
}

function packetBits({ packetBytes }: LinkMember): number {
  return 8 * (packetBytes + ETHERNET_BYTES);
}

/** `3.42 Gb/s`, `61 Mb/s`. */
export function rateInWords(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e8
    ? `${(bitsPerSecond / 1e9).toFixed(2)} Gb/s`
    : `${(bitsPerSecond / 1e6).toPrecision(3)} Mb/s`;
}
