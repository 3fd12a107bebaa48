/** What sends the frames of a device: a native thread, or node:dgram where there is no addon. */

import { AppulseError } from '#gps/errors.js';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import type { NativeSenderFrame, NativeSenderProgress, NativeStreamSettings } from '#pipeline/native/sender-addon.js';
import { DgramSender } from './dgram-sender.js';
/** How datagrams leave: sendmmsg, UDP_SEGMENT (only our own native receiver takes it), or Node's own socket. */
export type SendMethod = 'mmsg' | 'gso' | 'dgram';

export type StreamSettings = NativeStreamSettings;
export type SenderJob = NativeSenderFrame;
export type SenderProgress = NativeSenderProgress;

/** The stream socket of a camera, open as long as the camera is; see NativeSender for the meaning of the calls. */
export interface FrameSender {
  readonly port: number;
  sendOne(datagram: Uint8Array, address: string, port: number, dontFragment: boolean): boolean;
  start(settings: StreamSettings): void;
  submit(job: SenderJob): void;
  resend(blockId: bigint, firstPacket: number, lastPacket: number): void;
  cancelQueued(): number;
  stop(): void;
  progress(): SenderProgress;
  close(): void;
}

/** Opens the stream socket on `address`. Throws AppulseError `device.stream-socket`, `device.no-addon`. */
export async function openFrameSender(method: SendMethod, address: string): Promise<FrameSender> {
  if (method === 'dgram') return DgramSender.open(address);
  const addon = nativeAddon();
  if (!addon) {
    throw new AppulseError(
      'device.no-addon',
      `--send ${method} needs the native addon (${nativeAddonReason()}): build it with npm run build, or use --send dgram`,
    );
  }
  try {
    return new addon.NativeSender(address, 0);
  } catch (cause) {
    throw new AppulseError('device.stream-socket', `no stream socket on ${address}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** CLOCK_REALTIME and CLOCK_MONOTONIC (the clock of process.hrtime) at one moment, in nanoseconds. */
export function clockPair(): [realtimeNs: bigint, monotonicNs: bigint] {
  const addon = nativeAddon();
  if (addon) return addon.clockPair();
  // performance.timeOrigin + now() is the wall clock of process start carried on by the monotonic clock: good to the
  // microsecond, wrong by any step of the wall clock since.
  const realtimeMs = performance.timeOrigin + performance.now();
  const whole = Math.floor(realtimeMs);
  return [BigInt(whole) * 1_000_000n + BigInt(Math.round((realtimeMs - whole) * 1e6)), process.hrtime.bigint()];
}
