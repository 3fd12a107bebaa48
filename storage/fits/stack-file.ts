/**
 * A stack as a FITS file: four planes (maximum, frame of maximum, average, deviation) and a table of the frames in it. The
 * layout is fixed by shape and mode, so that frame workers write the planes where they will stand in the file.
 */
import { formatUtc } from '#gps/instant.js';
import type { FrameRecord } from '../frame-record.js';
import { stackFileName } from '../segments/names.js';
import { type FinishedStack, isIncomplete, type StackFormat } from '../stacks/stack-format.js';
import { BLOCK_BYTES, CardWriter, secondsText } from './cards.js';
import { sealHeader, writeSumCards } from './checksum.js';
import { frameTableBytes, writeFrameTable } from './frame-table.js';
import { writeSiteCards } from './site-cards.js';
import { layoutPlanes, type PlaneMode, writePlaneHeaders } from './stack-planes.js';

const PRIMARY_BYTES = 2 * BLOCK_BYTES;

/** Stacks of `frames` frames, each in a FITS file of its own beside the segments. */
export function fitsStacks(mode: PlaneMode, width: number, height: number, frames: number): StackFormat {
  const planes = layoutPlanes(mode, width, height, PRIMARY_BYTES);
  return {
    name: 'stack',
    mode,
    width,
    height,
    frames,
    planeOffsets: planes.offsets,
    totalBytes: (count) => planes.end + frameTableBytes(count, false),
    placeOf: (_record, _first, before) => before,
    files: (bytes, stack) => {
      const first = (stack.frames[0] as FinishedStack['frames'][number]).record;
      const unit = shiftOf(mode, first) === 0 ? 'adu' : null;
      writePrimary(bytes.subarray(0, PRIMARY_BYTES), mode, stack);
      writePlaneHeaders(bytes, planes, { unit, sums: stack.planeSums });
      writeFrameTable(bytes.subarray(planes.end), { frames: stack.frames, hasPlaces: false, unit });
      return [{ name: stackFileName(first.time.startUtcNs, first.sessionId, stack.number), bytes }];
    },
  };
}

/** Low bits that an `rms` stack leaves out of deeper data. */
export function shiftOf(mode: PlaneMode, { bitDepth }: Pick<FrameRecord, 'bitDepth'>): number {
  return mode === 'rms' ? Math.max(0, bitDepth - 8) : 0;
}

function writePrimary(target: Uint8Array, mode: PlaneMode, { number, frames }: FinishedStack): void {
  const out = new CardWriter(target, PRIMARY_BYTES);
  const [first, last] = [frames[0], frames.at(-1)].map((frame) => frame?.record) as [FrameRecord, FrameRecord];
  const { startUtcNs, leapSecond } = first.time;
  out.card('SIMPLE', true, 'FITS 4.0');
  out.card('BITPIX', 8);
  out.card('NAXIS', 0, 'the planes are extensions');
  out.card('EXTEND', true);
  out.card('INSTRUME', first.cameraName);
  out.card('SESSION', first.sessionId);
  out.card('STATION', first.stationId);
  out.card('CAMERAID', first.cameraId);
  out.card('STACK', number, 'number of the stack in the session');
  out.card('STACKMOD', mode, 'how average and deviation are made');
  out.card('NFRAMES', frames.length, 'frames in the stack');
  const incomplete = frames.filter(({ record }) => isIncomplete(record)).length;
  out.card('NINCOMPL', incomplete, 'of them with missing bytes, which count as 0');
  out.card('FIRSTFRM', first.frameNumber, 'number of its first frame in the session');
  out.card('LASTFRM', last.frameNumber, 'number of its last frame');
  out.card('BITDEPTH', first.bitDepth, 'significant bits of a pixel of the frames');
  const shift = shiftOf(mode, first);
  if (shift > 0) out.card('PIXSHIFT', shift, 'values are those of the frames without this many low bits');
  out.card('TIMESYS', 'UTC');
  out.card('DATE-OBS', formatUtc(startUtcNs, 9, leapSecond), 'start of exposure of the first frame');
  out.card('DATE-BEG', formatUtc(startUtcNs, 9, leapSecond));
  out.card('DATE-END', formatUtc(last.time.endUtcNs, 9, last.time.endLeapSecond), 'end of exposure of the last frame');
  out.card('EXPTIME', secondsText(last.time.endUtcNs - startUtcNs), '[s] DATE-BEG to DATE-END');
  out.card('TIMEGRAD', first.time.grade, 'of the first frame');
  out.card('ROWORDER', 'TOP-DOWN', 'first row in the file was read first');
  if (first.site !== null) writeSiteCards(out, first.site);
  const checksumAt = writeSumCards(out, 0);
  out.finish();
  sealHeader(target, PRIMARY_BYTES, checksumAt, 0);
}
