import { encodeQhyHeader, QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { type ClockFault, type ClockFaultName, faultsNamed, isActive } from './clock-faults.js';
import type { GpsReceiver } from './gps-receiver.js';
import { inPixelsOf16, skyPixels, swappedPairs } from './header-damage.js';
import type { StampCounter } from './stamp-counter.js';

/** VSYNC: ShutterMeasure is low for 400 ns. */
const PULSE_NS = 400n;

/** Start and end of what the header's stamps mark. */
export interface Pulse {
  readonly startTaiNs: bigint;
  readonly endTaiNs: bigint;
}

/** The pulse of a frame whose first sensor row is exposed from `startTaiNs` on: VSYNC, or the exposure as an LED shows it. */
export function headerPulse(
  shutter: ShutterModel,
  startTaiNs: bigint,
  exposureNs: bigint,
  faults: readonly ClockFault[],
): Pulse {
  const endTaiNs = startTaiNs + exposureNs;
  if (shutter.kind === 'rolling') {
    const fallingEdge = endTaiNs - (shutter.rowZeroEndOffsetNs ?? 0n);
    return { startTaiNs: fallingEdge - PULSE_NS, endTaiNs: fallingEdge };
  }
  const [led] = faultsNamed(faults, 'led-offset');
  return { startTaiNs: startTaiNs + (led?.startNs ?? 0n), endTaiNs: endTaiNs + (led?.endNs ?? 0n) };
}

/** The camera's own count of frames at `frame`, 32 bits. */
export function sequenceOf(frame: number, faults: readonly ClockFault[]): number {
  const before = faultsNamed(faults, 'sequence-wrap')[0]?.before ?? 0;
  const resets = faultsNamed(faults, 'sequence-reset').map(({ first }) => first);
  const reset = Math.max(-1, ...resets.filter((first) => first <= frame));
  return reset >= 0 ? (frame - reset) % 2 ** 32 : (frame - before + 2 ** 32) % 2 ** 32;
}

/** Writes the bytes that a camera puts over the first of a frame's payload. */
export class HeaderWriter {
  readonly #size: { readonly width: number; readonly height: number };
  readonly #faults: readonly ClockFault[];
  readonly #seed: number;

  constructor(size: { readonly width: number; readonly height: number }, faults: readonly ClockFault[], seed: number) {
    this.#size = { width: size.width, height: size.height };
    this.#faults = faults;
    this.#seed = seed;
  }

  header(frame: number, pulse: Pulse, receiver: GpsReceiver, counter: StampCounter): Uint8Array {
    if (this.#active('all-zero', frame)) return new Uint8Array(QHY_HEADER_BYTES);
    if (this.#active('header-image', frame)) return skyPixels(QHY_HEADER_BYTES, this.#seed, frame);
    const end = counter.stamp(pulse.endTaiNs, frame);
    const bytes = encodeQhyHeader({
      sequence: sequenceOf(frame, this.#faults),
      reserved: 0,
      ...this.#size,
      ...receiver.position(frame),
      start: counter.stamp(pulse.startTaiNs, frame),
      end,
      now: end,
      ppsCount: counter.ppsCount(pulse.endTaiNs),
    });
    const wide = faultsNamed(this.#faults, 'header-16bit').find((fault) => isActive(fault, frame));
    if (wide) return inPixelsOf16(bytes, wide.byte);
    return this.#active('header-swapped', frame) ? swappedPairs(bytes) : bytes;
  }

  #active(name: ClockFaultName, frame: number): boolean {
    return this.#faults.some((fault) => fault.name === name && isActive(fault, frame));
  }
}
