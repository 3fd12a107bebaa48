/** What an export is asked for, and what it tells. Plain data. */
import type { FrameFilter } from '../index/frame-filter.js';
import type { SerStamp } from '../ser/ser-stamp.js';

/**
 * fits: a file a frame. fits-cube: one file, frames along NAXIS3, their times in a table behind. fits.fz: Rice-compressed, a file a
 * frame or one file of many HDUs. csv: index rows.
 */
export const EXPORT_FORMATS = ['fits', 'fits-cube', 'fits.fz', 'ser', 'adv', 'ff', 'ff-bin', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportRequest {
  readonly dataFolder: string;
  readonly selection: FrameFilter;
  readonly format: ExportFormat;
  /** A folder where each frame is a file, else a file. */
  readonly target: string;
  /** Of file names, where each frame is a file. */
  readonly pattern: string;
  /** Of {counter}; left out: 1. */
  readonly firstCounter?: number;
  /** Of FF files, see ff/station-code.ts; left out: made from the station's identifier. */
  readonly stationCode?: string;
  /** Of SER: which instant a frame's stamp is; left out: the start. */
  readonly serStamp?: SerStamp;
  /** Threads that decode. */
  readonly workers: number;
}

export interface ExportProgress {
  /** Frames of the selection that are dealt with, those without pixels included. */
  readonly frames: number;
  readonly total: number;
  readonly bytes: number;
  /** Of this run; frames of an earlier one that was stopped do not count. */
  readonly framesPerSecond: number;
  readonly secondsLeft: number | null;
}

export interface ExportResult {
  /** stopped: by the signal; the same call goes on from there. */
  readonly state: 'done' | 'stopped';
  readonly target: string;
  /** Frames in the target. */
  readonly exported: number;
  /** Frames of the selection whose pixels retention removed, and whose pixels are lost. */
  readonly expired: number;
  readonly missing: number;
  /** Frames whose bytes are damaged or cannot be read. */
  readonly unreadable: number;
  readonly files: number;
  readonly bytes: number;
  /** Frames that an earlier run had exported. */
  readonly resumedFrom: number;
  readonly seconds: number;
}
