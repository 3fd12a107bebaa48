import { constants } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import type { RingHandle } from '#pipeline/ring/ring.js';
import type { ThreadPlacement } from './receive-thread.js';

/** A receiver that cannot be opened, or that stopped by itself. */
export class ReceiverError extends AppulseError {}

/**
 * How missing packets are dealt with. The defaults follow what receivers in the field do: wait a millisecond for
 * reordering, ask again after twenty, and leave a camera in peace that would have to send a quarter of a frame twice.
 */
export interface ReassemblyPolicy {
  /** Ask the camera for missing packets. */
  readonly resend: boolean;
  /** From seeing a gap to asking for it. */
  readonly firstRequestNs: number;
  readonly repeatRequestNs: number;
  /** Share of a frame's packets that may be asked for before the frame is given up; at least 32 packets may. */
  readonly requestRatio: number;
  /** With resend: how long after its last packet an incomplete frame closes. */
  readonly retentionNs: number;
  /** Without resend, or when nothing more can be asked for: how long a frame stays open after its successor began. */
  readonly holdNs: number;
}

export const DEFAULT_POLICY: ReassemblyPolicy = {
  resend: true,
  firstRequestNs: 1_000_000,
  repeatRequestNs: 20_000_000,
  requestRatio: 0.25,
  retentionNs: 100_000_000,
  holdNs: 5_000_000,
};

export const RECEIVER_KINDS = ['native', 'raw', 'dgram'] as const;
export type ReceiverKind = (typeof RECEIVER_KINDS)[number];

export interface ReceiverOptions extends ThreadPlacement {
  readonly ring: RingHandle;
  /** Local address the stream is sent to. */
  readonly bindAddress: string;
  /** UDP port; absent or 0: any free one. */
  readonly port?: number;
  /** Where the stream comes from; packets of others are ignored. '' takes everything (a passive tap). */
  readonly deviceAddress: string;
  /** Control port of the device, to which resend requests go. */
  readonly gvcpPort: number;
  readonly streamChannel: number;
  /** 64-bit block ids (true), 16-bit (false), absent: whichever the stream begins with. */
  readonly extendedIds?: boolean;
  /** Most payload bytes of a frame (the camera's PayloadSize); 0 when not known. */
  readonly payloadBytes: number;
  /** Data bytes of a full payload packet: packet size less 36 (16-bit ids) or 48 (64-bit); 0: learnt from the stream. */
  readonly packetDataBytes: number;
  readonly policy: ReassemblyPolicy;
  /** Socket buffer asked for: at least 250 ms of stream. */
  readonly socketBufferBytes: number;
  /** False keeps the native receiver off UDP_GRO. */
  readonly useGro?: boolean;
  /** Port of the process's raw thread (`rawThread().port`), needed by kind 'raw' outside the thread that made it. */
  readonly rawThread?: MessagePort;
}

export interface Receiver {
  /** `sdk`: a maker's library fills the ring, nothing is received. */
  readonly kind: ReceiverKind | 'sdk';
  readonly port: number;
  readonly warnings: readonly string[];
  /** What the kernel really gave. */
  readonly socketBufferBytes: number;
  /** How packets are taken from the kernel: 'udp-gro', 'recvmmsg', 'raw-socket', 'dgram'. */
  readonly method: string;
  /** Closes open frames as incomplete, then the socket; the thread has ended when it resolves. */
  stop(): Promise<void>;
}

/** Names what a failed socket means for the user. `error` carries a `code` (node:dgram) or an `errno` (the addon). */
export function socketFailure(error: unknown, options: ReceiverOptions): ReceiverError {
  const { code, errno, message } = error as { code?: string; errno?: number; message?: string };
  const where = `UDP ${options.bindAddress}:${options.port ?? 0}`;
  const is = (name: 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'EACCES' | 'EPERM') =>
    code === name || (errno !== undefined && Math.abs(errno) === constants.errno[name]);
  if (is('EADDRINUSE'))
    return new ReceiverError('receive.port-in-use', `${where} is in use by another program: choose another port`, {
      cause: error,
    });
  if (is('EADDRNOTAVAIL'))
    return new ReceiverError('receive.address', `${options.bindAddress} is no address of this machine`, {
      cause: error,
    });
  if (is('EACCES') || is('EPERM'))
    return new ReceiverError('receive.permission', `no permission to receive on ${where}`, { cause: error });
  return new ReceiverError('receive.socket', `cannot receive on ${where}: ${message ?? String(error)}`, {
    cause: error,
  });
}
