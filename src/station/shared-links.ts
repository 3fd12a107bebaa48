/**
 * The links of the host that several cameras of a station share: no camera streams before all are open and each has its packet
 * delay. A camera that comes back gets the delay that it had a share for.
 */
import { AppulseError } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { interfaceName } from '#src/cameras/gige-vision/interface-mtu.js';
import { type LinkMember, rateInWords, requireShare, shareLink } from '#src/cameras/gige-vision/link-share.js';
import type { LogLevel } from './messages.js';

type Log = (level: LogLevel, message: string) => void;

interface Joined {
  readonly camera: StreamCamera;
  readonly log: Log;
}

export class SharedLinks {
  readonly #bitsPerSecond: number;
  /** Numbers of the cameras that are not open yet. */
  readonly #awaited: Set<number>;
  readonly #joined = new Map<number, Joined>();
  /** Bits a second of each camera, by number. */
  readonly #shares = new Map<number, number>();
  readonly #complete: Promise<void>;
  #completed: () => void = () => {};

  /** `uris`: all cameras of the station; those of other kinds than gige: and sim: take no part. */
  constructor(bitsPerSecond: number, uris: readonly string[]) {
    this.#bitsPerSecond = bitsPerSecond;
    this.#awaited = new Set([...uris.keys()].filter((number) => isNetworked(uris[number] ?? '')));
    this.#complete = new Promise((done) => {
      this.#completed = done;
    });
  }

  /** Waits for the others, and sets the delay of this one. @throws CameraError `camera.link` when they do not fit */
  async join(number: number, camera: StreamCamera, log: Log): Promise<void> {
    if (!isNetworked(camera.uri) || camera.setPacketDelay === undefined) {
      this.leave(number);
      return;
    }
    this.#joined.set(number, { camera, log });
    this.#arrive(number);
    await this.#complete;
    const link = linkOf(camera);
    const members = [...this.#joined.entries()].filter(([, other]) => linkOf(other.camera) === link);
    const shares = shareLink(
      members.map(([, other]) => memberOf(other.camera)),
      this.#bitsPerSecond,
    );
    const share = shares[members.findIndex(([other]) => other === number)];
    if (share === undefined) throw new AppulseError('station.link', `${camera.uri} has left the link`);
    const { delayTicks, bitsPerSecond } = share;
    this.#shares.set(number, bitsPerSecond);
    const taken = await camera.setPacketDelay(delayTicks);
    const told = `${rateInWords(bitsPerSecond)} of ${rateInWords(this.#bitsPerSecond)} of ${link}, shared by ${members.length}`;
    if (taken >= delayTicks) log('info', `packet delay ${taken} ticks: ${told}`);
    else
      log('warning', `the camera made a packet delay of ${taken} ticks of ${delayTicks}: it sends faster than ${told}`);
  }

  /** A camera that is set otherwise keeps its share. @throws CameraError `camera.link` when it does not fit into it any more */
  requireFit(number: number, camera: StreamCamera): void {
    const share = this.#shares.get(number);
    if (share !== undefined) requireShare(memberOf(camera), share);
  }

  /** A camera that does not come, or has ended, holds up nobody and needs nothing. */
  leave(number: number): void {
    this.#joined.delete(number);
    this.#arrive(number);
  }

  #arrive(number: number): void {
    this.#awaited.delete(number);
    if (this.#awaited.size === 0) this.#completed();
  }
}

function isNetworked(uri: string): boolean {
  return /^(gige|sim):/.test(uri);
}

function linkOf({ source }: StreamCamera): string {
  return interfaceName(source.localAddress) ?? source.localAddress;
}

const IP_AND_UDP_BYTES = 28;
const GVSP_BYTES = 8;
const EXTENDED_GVSP_BYTES = 20;

function memberOf({ uri, mode, source }: StreamCamera): LinkMember {
  const headers = IP_AND_UDP_BYTES + (source.extendedIds ? EXTENDED_GVSP_BYTES : GVSP_BYTES);
  return {
    name: uri,
    payloadBytes: mode.payloadBytes,
    packetBytes: source.packetDataBytes + headers,
    packetDataBytes: source.packetDataBytes,
    frameRate: mode.frameRate,
    tickFrequencyHz: source.tickFrequencyHz,
    linkBitsPerSecond: source.linkBitsPerSecond ?? null,
  };
}
