/** The kinds of stack that can be asked for, by name. */
import { camsFfStacks, rmsFfStacks } from '../ff/ff-stacks.js';
import { fitsStacks } from '../fits/stack-file.js';
import type { StackFormat } from './stack-format.js';

/** `exact` and `rms`: FITS files of their own. `ff`: RMS's FF files; `ff-bin`: those of CAMS. */
export const STACK_KINDS = ['exact', 'rms', 'ff', 'ff-bin'] as const;
export type StackKind = (typeof STACK_KINDS)[number];

export interface StackOptions {
  readonly width: number;
  readonly height: number;
  /** Frames in a stack; FF files have 256 whatever stands here. */
  readonly frames: number;
  readonly stationCode: string;
  readonly sessionStartUtcNs: bigint;
}

export function stackFormat(kind: StackKind, options: StackOptions): StackFormat {
  if (kind === 'ff') return rmsFfStacks(options);
  if (kind === 'ff-bin') return camsFfStacks(options);
  return fitsStacks(kind, options.width, options.height, options.frames);
}
