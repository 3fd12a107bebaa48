import { createSocket, type Socket } from 'node:dgram';
import { AppulseError } from '#gps/errors.js';
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { GVSP, GVSP_FLAG, GVSP_HEADER_EXTENDED, writeGvspHeader } from '#pipeline/wire/gvsp.js';
import { Random } from '../../random.js';
import type { FrameSender, SenderJob, SenderProgress, StreamSettings } from './frame-sender.js';
import { PLAN_REACH, PLAN_WORDS, SEND_MODE } from './send-modes.js';

/** A job on its way: where it stands in its plan. */
interface Current {
  readonly job: SenderJob;
  readonly plan: Uint32Array;
  readonly startNs: bigint;
  pausedNs: bigint;
  packets: number;
  planIndex: number;
  planPackets: number;
  highestPacket: number;
}

/** How far ahead of its time a packet may leave: one burst. */
const BURST_NS = 1_000_000n;
/** Packets sent before the event loop gets its turn. */
const TURN_PACKETS = 256;

/**
 * Sends over node:dgram, on any platform: the short version of the native sender, with the same plans, pace and answers.
 * One system call a packet, and timers of a millisecond: good for some hundred megabits.
 */
export class DgramSender implements FrameSender {
  readonly port: number;
  readonly #socket: Socket;
  #settings: StreamSettings | null = null;
  #queue: SenderJob[] = [];
  #history: SenderJob[] = [];
  #current: Current | null = null;
  #timer: NodeJS.Timeout | null = null;
  #random = new Random(0);
  #counts = { framesSent: 0, packetsSent: 0, packetsResent: 0, resendsRefused: 0, sendErrors: 0 };

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('error', () => this.#counts.sendErrors++);
  }

  static open(address: string): Promise<DgramSender> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', (cause) => {
        reject(new AppulseError('device.stream-socket', `no stream socket on ${address}: ${cause.message}`, { cause }));
      });
      socket.bind(0, address, () => {
        socket.removeAllListeners('error');
        resolve(new DgramSender(socket));
      });
    });
  }

  sendOne(datagram: Uint8Array, address: string, port: number): boolean {
    this.#socket.send(datagram, port, address, (error) => {
      if (error) this.#counts.sendErrors++;
    });
    return true;
  }

  start(settings: StreamSettings): void {
    this.stop();
    this.#settings = settings;
    this.#queue = [];
    this.#history = [];
    this.#current = null;
    this.#random = new Random(settings.seed, 0x7273);
    this.#counts = { framesSent: 0, packetsSent: 0, packetsResent: 0, resendsRefused: 0, sendErrors: 0 };
  }

  submit(job: SenderJob): void {
    this.#queue.push(job);
    if (!this.#timer && !this.#current) this.#later(0);
  }

  cancelQueued(): number {
    return this.#queue.splice(0).length;
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#settings = null;
  }

  close(): void {
    this.stop();
    this.#socket.close();
  }

  progress(): SenderProgress {
    const { planIndex = 0, planPackets = 0 } = this.#current ?? {};
    return { ...this.#counts, sending: this.#current !== null, planIndex, planPackets };
  }

  resend(blockId: bigint, firstPacket: number, lastPacket: number): void {
    const settings = this.#settings;
    if (!settings) return;
    const frames = this.#history.slice(-1 - settings.historyFrames);
    const job = frames.reverse().find((frame) => frame.blockId === blockId && frame.leader);
    const current = this.#current;
    const waiting = this.#queue.some((frame) => frame.blockId === blockId);
    const newest = current?.job.blockId ?? frames.find((frame) => frame.leader)?.blockId ?? 0n;
    const older = settings.extendedIds ? blockId <= newest : ((newest - blockId) & 0xffffn) < 0x8000n;
    for (let id = firstPacket; id <= Math.min(lastPacket, firstPacket + 1023); id++) {
      if (!job) {
        const status = older ? GVCP_STATUS.packetRemoved : GVCP_STATUS.packetUnavailable;
        this.#refuse(blockId, id, waiting ? GVCP_STATUS.packetNotYetAvailable : status);
      } else if (id > this.#lastPacket(job)) {
        this.#refuse(blockId, id, GVCP_STATUS.packetUnavailable);
      } else if (current?.job === job && id > current.highestPacket) {
        this.#refuse(blockId, id, GVCP_STATUS.packetNotYetAvailable);
      } else {
        this.#counts.packetsResent++;
        if (this.#random.float() >= settings.resendLoss) this.#send(job, id, SEND_MODE.plain, true);
      }
    }
  }

  #lastPacket(job: SenderJob): number {
    return Math.ceil(job.payloadBytes / (this.#settings?.packetDataBytes ?? 1)) + 1;
  }

  #later(milliseconds: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#run();
    }, milliseconds);
  }

  #run(): void {
    for (let turn = 0; turn < TURN_PACKETS && this.#settings; ) {
      if (!this.#current) {
        const job = this.#queue.shift();
        if (!job) return;
        this.#begin(job);
        continue;
      }
      const current = this.#current;
      if (current.planIndex * PLAN_WORDS >= current.plan.length) {
        this.#current = null;
        this.#counts.framesSent++;
        continue;
      }
      const dueNs =
        current.startNs + current.pausedNs + BigInt(Math.round(current.packets * current.job.packetIntervalNs));
      const waitNs = dueNs - process.hrtime.bigint() - (current.packets === 0 ? 0n : BURST_NS);
      if (waitNs > 0n) {
        this.#later(Math.max(1, Number(waitNs / 1_000_000n)));
        return;
      }
      this.#sendNext(current);
      turn++;
    }
    if (this.#settings) this.#later(0);
  }

  #begin(job: SenderJob): void {
    this.#history.push(job);
    const kept = Math.max(PLAN_REACH + 2, (this.#settings?.historyFrames ?? 0) + 2);
    if (this.#history.length > kept) this.#history.shift();
    const plan = job.plan ?? Uint32Array.of(0, this.#lastPacket(job), SEND_MODE.plain, 0);
    const place = { pausedNs: 0n, packets: 0, planIndex: 0, planPackets: 0, highestPacket: -1 };
    this.#current = { job, plan, startNs: job.dueNs, ...place };
  }

  #sendNext(current: Current): void {
    const at = current.planIndex * PLAN_WORDS;
    const [first = 0, last = 0, mode = 0, back = 0] = current.plan.subarray(at, at + PLAN_WORDS);
    if (mode === SEND_MODE.pause) {
      current.pausedNs += BigInt(first) * 1000n;
      current.planIndex++;
      return;
    }
    const id = first + current.planPackets;
    const from = back === 0 ? current.job : this.#history[this.#history.length - 1 - back];
    if (from) this.#send(from, id, mode, false);
    if (back === 0) current.highestPacket = Math.max(current.highestPacket, id);
    current.packets++;
    current.planPackets++;
    if (id === last) {
      current.planIndex++;
      current.planPackets = 0;
    }
  }

  #refuse(blockId: bigint, packetId: number, status: number): void {
    this.#counts.resendsRefused++;
    const header = new Uint8Array(GVSP_HEADER_EXTENDED);
    const extended = this.#settings?.extendedIds ?? false;
    const bytes = writeGvspHeader(header, { status, extended, format: GVSP.payload, blockId, packetId });
    this.#out([header.subarray(0, bytes)]);
  }

  #send(job: SenderJob, packetId: number, mode: number, resend: boolean): void {
    const settings = this.#settings;
    if (!settings) return;
    const [format, body] = this.#body(job, packetId, settings);
    const damaged = mode !== SEND_MODE.plain;
    const outOfRange = settings.extendedIds ? 0x7fffff00 : 0xffff00;
    const header = new Uint8Array(GVSP_HEADER_EXTENDED);
    const headerBytes = writeGvspHeader(header, {
      status: resend ? GVCP_STATUS.packetResend : 0,
      flags: resend ? GVSP_FLAG.resend : 0,
      extended: settings.extendedIds,
      format: mode === SEND_MODE.badFormat ? 0x0f : format,
      blockId: mode === SEND_MODE.blockZero ? 0n : job.blockId,
      packetId: mode === SEND_MODE.idOutOfRange ? outOfRange + (packetId & 0xff) : packetId,
    });
    let datagram = Buffer.concat([header.subarray(0, headerBytes), ...body]);
    if (damaged && mode === SEND_MODE.truncated) {
      const half = headerBytes + Math.floor((datagram.length - headerBytes) / 2);
      datagram = datagram.subarray(0, format === GVSP.payload ? half : 4);
    } else if (mode === SEND_MODE.overlong) {
      datagram = Buffer.concat([datagram, new Uint8Array(8)]);
    }
    this.#out([datagram]);
  }

  #body(job: SenderJob, packetId: number, settings: StreamSettings): [format: number, pieces: Uint8Array[]] {
    if (packetId === 0) return [GVSP.leader, [job.leader ?? new Uint8Array(0)]];
    if (packetId === this.#lastPacket(job)) return [GVSP.trailer, [job.trailer ?? new Uint8Array(0)]];
    const begin = (packetId - 1) * settings.packetDataBytes;
    const end = Math.min(begin + settings.packetDataBytes, job.payloadBytes);
    const header = job.header?.subarray(begin, end) ?? new Uint8Array(0);
    const payload = settings.payloads.subarray(job.payloadOffset + begin + header.length, job.payloadOffset + end);
    return [GVSP.payload, [header, payload]];
  }

  #out(pieces: Uint8Array[]): void {
    const settings = this.#settings;
    if (!settings) return;
    this.#counts.packetsSent++;
    this.#socket.send(pieces, settings.port, settings.address, (error) => {
      if (error) this.#counts.sendErrors++;
    });
  }
}
