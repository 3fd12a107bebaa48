/**
 * The time of a frame as cards. DATE-OBS, DATE-BEG, -AVG, -END and EXPTIME are those of row 0; frame-header.ts reads them back.
 */
import type { FrameTime } from '#gps/frame-time.js';
import { formatUtc, mjdOf } from '#gps/instant.js';
import { frameSpan } from '#gps/rows/row-time.js';
import { type CardWriter, Decimal, linesOfWords, secondsText } from './cards.js';

/** The header counts in ticks of it. */
const GPS_TICK_NS = 100n;

export function writeTimeCards(out: CardWriter, time: FrameTime): void {
  out.card('TIMESYS', 'UTC');
  out.card('DATE-OBS', formatUtc(time.startUtcNs, 9, time.leapSecond), 'start of exposure of row 0');
  out.card('DATE-BEG', formatUtc(time.startUtcNs, 9, time.leapSecond));
  out.card('DATE-AVG', formatUtc(time.midUtcNs, 9, time.midLeapSecond), 'middle');
  out.card('DATE-END', formatUtc(time.endUtcNs, 9, time.endLeapSecond), 'end');
  out.card('MJD-OBS', new Decimal(mjdOf(time.startUtcNs)), 'DATE-OBS, which is exact, as MJD');
  out.card('MJD-BEG', new Decimal(mjdOf(time.startUtcNs)));
  out.card('MJD-AVG', new Decimal(mjdOf(time.midUtcNs)));
  out.card('MJD-END', new Decimal(mjdOf(time.endUtcNs)));
  out.card('EXPTIME', secondsText(time.exposureNs), '[s]');
  out.card('XPOSURE', secondsText(time.exposureNs), '[s]');
  out.card('TIMEUNIT', 's');
  out.card('TREFPOS', 'TOPOCENTER');
  out.card('TIMSYER', secondsText(time.uncertaintyNs), '[s] bound of the error of DATE-OBS');
  if (time.source === 'gps-header') out.card('TIMRDER', secondsText(GPS_TICK_NS), '[s] resolution');
  out.card('TIMEUNC', time.uncertaintyNs, '[ns] TIMSYER');
  out.card('TIMESRC', time.source, 'what the time comes from');
  out.card('TIMEGRAD', time.grade, 'locked, holdover, coarse or untrusted');
  writeFlagCards(out, time.flags);
  writeCalibrationCards(out, time);
  if (time.leapSecond) out.card('LEAPSEC', true, 'DATE-OBS is in a leap second');
  if (time.sequence !== null) out.card('SEQUENCE', time.sequence, "the camera's own count");
  writeRowCards(out, time);
}

/** The LED calibration that is in the times above. */
function writeCalibrationCards(out: CardWriter, { calibration }: FrameTime): void {
  if (calibration === undefined) return;
  out.card('CALSTART', calibration.startOffsetNs, '[ns] added to the start by LED calibration');
  out.card('CALEND', calibration.endOffsetNs, '[ns] added to the end');
  out.card('CALSIGMA', calibration.sigmaNs, '[ns] standard deviation, 3 of it in TIMEUNC');
  if (calibration.rowZeroEndOffsetNs !== null) {
    out.card('CALROW0', calibration.rowZeroEndOffsetNs, '[ns] ROW0OFF when it was measured');
  }
  out.card('CALEXCES', calibration.stampExcessNs, '[ns] end - start - exposure when it was measured');
  out.card('CALDATE', formatUtc(calibration.measuredUtcNs), 'when it was measured (UTC)');
}

/** How the other rows follow row 0, and what span of time the image covers. */
function writeRowCards(out: CardWriter, time: FrameTime): void {
  const { rows } = time;
  const span = frameSpan(time);
  out.card('SHUTTER', rows.shutter);
  if (rows.linePeriodNs !== null) out.card('LINEPER', rows.linePeriodNs, '[ns] end of a line to end of the next');
  out.card('ROWUNIT', rows.rowUnit, 'what a line is');
  out.card('ROWPAIRS', rows.rowPairs, 'two lines end together');
  if (rows.rowZeroEndOffsetNs !== null) out.card('ROW0OFF', rows.rowZeroEndOffsetNs, '[ns] t0 to end of line 0');
  // The same by N.I.N.A.'s names, for Siril.
  if (rows.linePeriodNs !== null) out.card('QHY_LP', rows.linePeriodNs, '[ns] linePeriod');
  if (rows.rowZeroEndOffsetNs !== null) out.card('QHY_OFF0', thousandths(rows.rowZeroEndOffsetNs), '[us]');
  out.card('ROWFIRST', rows.firstLine, 'line of the row that was read first');
  out.card('ROWLINES', rows.linesPerRow, 'lines that make a row');
  out.card('ROWCOUNT', rows.rows, 'rows that this counts');
  out.card('ROWBOUND', rows.readoutBoundNs, '[ns] the readout takes no longer');
  out.card('ROWDIR', rows.rowDirection, 'order of reading, as the file shows it');
  out.card('ROWORIG', rows.origin, 'who tells the line period');
  out.card('SPANBEG', formatUtc(span.startUtcNs), 'first start of exposure of any row');
  out.card('SPANEND', formatUtc(span.endUtcNs), 'last end of exposure of any row');
}

/** Flags in TIMEFLAG, and in TIMEFLG2 and on where one card cannot hold them. */
function writeFlagCards(out: CardWriter, flags: readonly string[]): void {
  const lines = linesOfWords(flags);
  for (const [i, line] of (lines.length === 0 ? [''] : lines).entries()) {
    out.card(i === 0 ? 'TIMEFLAG' : `TIMEFLG${i + 1}`, line, 'what was found wrong or missing');
  }
}

/** Nanoseconds as microseconds. */
function thousandths(ns: bigint): Decimal {
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  return new Decimal(`${sign}${size / 1000n}.${String(size % 1000n).padStart(3, '0')}`);
}
