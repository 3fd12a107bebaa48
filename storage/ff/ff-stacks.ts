/**
 * Blocks of 256 frames as RMS keeps them: an FF file (FITS, or `.bin` of CAMS) with FT and FS files beside it, all of a night in one
 * folder. RMS reads its keywords by name and the planes by their order (RMS/Formats/FFfits.py, commit f441ef15); what we add stands
 * behind both.
 */
import { formatUtc } from '#gps/instant.js';
import { BLOCK_BYTES, CardWriter, Decimal, secondsText } from '../fits/cards.js';
import { sealHeader, writeSumCards } from '../fits/checksum.js';
import { frameTableBytes, writeFrameTable } from '../fits/frame-table.js';
import { writeSiteCards } from '../fits/site-cards.js';
import { shiftOf } from '../fits/stack-file.js';
import { layoutPlanes, writePlaneHeaders } from '../fits/stack-planes.js';
import type { FrameRecord } from '../frame-record.js';
import { type FinishedStack, isIncomplete, type StackFile, type StackFormat } from '../stacks/stack-format.js';
import { CAMS_HEADER_BYTES, cameraNumberOf, FIRST_OFFSET, writeCamsHeader } from './cams-bin.js';
import { counterOf, FF_FRAMES, type FfBlock, placeInBlock, timingOf } from './ff-block.js';
import { ffFileName, fsFileName, ftFileName, nightFolderName } from './ff-name.js';
import { fsBytes } from './fs-file.js';
import { ftBytes } from './ft-file.js';

const PRIMARY_BYTES = 2 * BLOCK_BYTES;

export interface FfStacksOptions {
  readonly width: number;
  readonly height: number;
  /** See station-code.ts. */
  readonly stationCode: string;
  /** Start of the session: it names the night's folder. */
  readonly sessionStartUtcNs: bigint;
}

/** What both kinds of FF file have in common. */
function ffStacks(
  options: FfStacksOptions,
  own: Pick<StackFormat, 'planeOffsets' | 'totalBytes'> & {
    readonly extension: 'fits' | 'bin';
    readonly complete: (bytes: Uint8Array, block: FfBlock) => void;
  },
): StackFormat {
  const { width, height, stationCode } = options;
  const folder = nightFolderName(stationCode, options.sessionStartUtcNs);
  return {
    name: 'ff',
    mode: 'rms',
    width,
    height,
    frames: FF_FRAMES,
    planeOffsets: own.planeOffsets,
    totalBytes: own.totalBytes,
    placeOf: placeInBlock,
    files: (bytes, { number, frames, planeSums }) => {
      const first = (frames[0] as FinishedStack['frames'][number]).record;
      const id = { stationCode, startUtcNs: first.time.startUtcNs, counter: counterOf(first) };
      const block = { ...id, number, width, height, frames, planeSums };
      own.complete(bytes, block);
      return [...filesBeside(block), { name: ffFileName(block, own.extension), bytes }].map((file) => ({
        name: `${folder}/${file.name}`,
        bytes: file.bytes,
      }));
    },
  };
}

/** The times and the sums of a block's frames. A place without a frame has no time, and the sum 0. */
function filesBeside(block: FfBlock): StackFile[] {
  const { frames, counter } = block;
  const times = frames.map(({ record, place }) => ({
    counter: (counter + place) >>> 0,
    utcNs: record.time.startUtcNs,
  }));
  const sums = new Array<bigint>(FF_FRAMES).fill(0n);
  for (const { place, sum } of frames) sums[place] = sum;
  const { microHertz } = timingOf(frames);
  const blockNs = microHertz > 0n ? (BigInt(FF_FRAMES) * 1_000_000_000_000_000n) / microHertz : 0n;
  return [
    { name: ftFileName(block, blockNs), bytes: ftBytes(times) },
    { name: fsFileName(block), bytes: fsBytes(sums) },
  ];
}

/** FF files of CAMS, version 2. */
export function camsFfStacks(options: FfStacksOptions): StackFormat {
  const { width, height } = options;
  const plane = width * height;
  return ffStacks(options, {
    extension: 'bin',
    planeOffsets: [0, 1, 2, 3].map((i) => CAMS_HEADER_BYTES + i * plane),
    totalBytes: () => CAMS_HEADER_BYTES + 4 * plane,
    complete: (bytes, block) =>
      writeCamsHeader(bytes, {
        rows: height,
        columns: width,
        frames: FF_FRAMES,
        first: block.counter + FIRST_OFFSET,
        cameraNumber: cameraNumberOf(block.stationCode),
        framesPerKs: (timingOf(block.frames).microHertz + 500n) / 1000n,
      }),
  });
}

/** FF files of RMS. Behind the planes, where RMS does not look, a table of the frames. */
export function rmsFfStacks(options: FfStacksOptions): StackFormat {
  const planes = layoutPlanes('rms', options.width, options.height, PRIMARY_BYTES);
  return ffStacks(options, {
    extension: 'fits',
    planeOffsets: planes.offsets,
    totalBytes: (frames) => planes.end + frameTableBytes(frames, true),
    complete: (bytes, block) => {
      const first = (block.frames[0] as FfBlock['frames'][number]).record;
      const unit = shiftOf('rms', first) === 0 ? 'adu' : null;
      writePrimary(bytes.subarray(0, PRIMARY_BYTES), block);
      writePlaneHeaders(bytes, planes, { unit, sums: block.planeSums });
      writeFrameTable(bytes.subarray(planes.end), { frames: block.frames, hasPlaces: true, unit });
    },
  });
}

function writePrimary(target: Uint8Array, block: FfBlock): void {
  const { frames, counter } = block;
  const [first, last] = [frames[0], frames.at(-1)].map((frame) => frame?.record) as [FrameRecord, FrameRecord];
  const { startUtcNs, leapSecond } = first.time;
  const { microHertz, lost, deviationNs } = timingOf(frames);
  const out = new CardWriter(target, PRIMARY_BYTES);
  out.card('SIMPLE', true, 'FITS 4.0');
  out.card('BITPIX', 8);
  out.card('NAXIS', 0, 'the planes are extensions');
  out.card('EXTEND', true);
  out.card('NROWS', block.height);
  out.card('NCOLS', block.width);
  out.card('NBITS', 8);
  out.card('NFRAMES', FF_FRAMES, 'places for frames in the block');
  out.card('FIRST', counter + FIRST_OFFSET, 'counter of the first frame and 256, as RMS has it');
  out.card('CAMNO', block.stationCode);
  const fraction = String(microHertz % 1_000_000n).padStart(6, '0');
  out.card('FPS', new Decimal(`${microHertz / 1_000_000n}.${fraction}`), 'by the times of first and last frame');
  out.card('DATE-OBS', formatUtc(startUtcNs, 6, leapSecond), 'start of the first frame, microseconds as RMS');
  out.card('DATE-BEG', formatUtc(startUtcNs, 9, leapSecond), 'start of exposure of the first frame');
  out.card('DATE-END', formatUtc(last.time.endUtcNs, 9, last.time.endLeapSecond), 'end of exposure of the last frame');
  out.card('TIMESYS', 'UTC');
  out.card('EXPTIME', secondsText(last.time.endUtcNs - startUtcNs), '[s] DATE-BEG to DATE-END');
  out.card('FRAMEXP', secondsText(first.time.exposureNs), '[s] exposure of the first frame');
  out.card('TIMEUNC', first.time.uncertaintyNs, '[ns] bound of the error of DATE-BEG');
  out.card('TIMESRC', first.time.source);
  out.card('TIMEGRAD', first.time.grade, 'of the first frame');
  out.card('TIMEDEV', secondsText(deviationNs), '[s] most of a start against DATE-BEG + place / FPS');
  out.card('NSTACKED', frames.length, 'frames in the block');
  out.card('NLOST', lost, 'places before the last frame without one');
  out.card(
    'NINCOMPL',
    frames.filter(({ record }) => isIncomplete(record)).length,
    'frames with missing bytes, which count as 0',
  );
  out.card('FIRSTFRM', first.frameNumber, 'number of the first frame in the session');
  out.card('LASTFRM', last.frameNumber, 'number of the last frame');
  out.card('BITDEPTH', first.bitDepth, 'significant bits of a pixel of the frames');
  const shift = shiftOf('rms', first);
  if (shift > 0) out.card('PIXSHIFT', shift, 'values are those of the frames without this many low bits');
  out.card('STACK', block.number, 'number of the stack in the session');
  out.card('STACKMOD', 'rms', 'how average and deviation are made');
  out.card('INSTRUME', first.cameraName);
  if (first.telescope !== null) out.card('TELESCOP', first.telescope);
  if (first.observer !== null) out.card('OBSERVER', first.observer);
  out.card('SESSION', first.sessionId);
  out.card('STATION', first.stationId);
  out.card('CAMERAID', first.cameraId);
  out.card('ROWORDER', 'TOP-DOWN', 'first row in the file was read first');
  if (first.site !== null) writeSiteCards(out, first.site);
  const checksumAt = writeSumCards(out, 0);
  out.finish();
  sealHeader(target, PRIMARY_BYTES, checksumAt, 0);
}
