/**
 * What an audit tells, as titled sections of sentences and tables: the terminal and the page show the same, so that neither
 * leaves out what the other says.
 */
import { LEVEL_WORDS } from '#gps/audit/level.js';
import type { Budget } from '#gps/audit/uncertainty-budget.js';
import type { WholeSecond } from '#gps/audit/whole-second.js';
import type { SessionAudit } from './audit-session.js';
import { counted, countText, durationText, signed, spanText, timeText } from './words.js';

export interface Table {
  readonly titles: readonly string[];
  /** Cells; numbers stand to the right. */
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Section {
  /** For finding it: the page's anchors, the plots that belong to it. */
  readonly name: SectionName;
  readonly title: string;
  readonly lines: readonly string[];
  readonly table: Table | null;
}

export type SectionName =
  | 'verdict'
  | 'findings'
  | 'lock'
  | 'intervals'
  | 'oscillator'
  | 'whole-second'
  | 'accounting'
  | 'gaps'
  | 'budget'
  | 'witnesses';

/** Most rows of a table; what is left out is said. */
const MOST_ROWS = 200;

export function sectionsOf(audit: SessionAudit): Section[] {
  return [
    verdictSection(audit),
    findingsSection(audit),
    lockSection(audit),
    intervalsSection(audit),
    oscillatorSection(audit),
    wholeSecondSection(audit),
    accountingSection(audit),
    gapsSection(audit),
    budgetSection(audit),
    witnessesSection(audit),
  ];
}

function section(name: SectionName, title: string, lines: readonly string[], table: Table | null = null): Section {
  if (table === null || table.rows.length === 0) return { name, title, lines, table: null };
  if (table.rows.length <= MOST_ROWS) return { name, title, lines, table };
  const cut = `The first ${MOST_ROWS} of ${countText(table.rows.length)} rows; --json has all.`;
  return { name, title, lines: [...lines, cut], table: { ...table, rows: table.rows.slice(0, MOST_ROWS) } };
}

const frameRange = (from: number, to: number): string =>
  from === to ? countText(from) : `${countText(from)} to ${countText(to)}`;

function verdictSection({ result }: SessionAudit): Section {
  const { verdict } = result;
  const rows = verdict.ranges.map((range) => [
    frameRange(range.fromFrame, range.toFrame),
    timeText(range.fromUtcNs),
    LEVEL_WORDS[range.level] + (range.joined ? ' (worst of short ranges)' : ''),
    range.reasons.join('; '),
  ]);
  const counts = Object.entries(verdict.frames)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${countText(count)} ${LEVEL_WORDS[level as keyof typeof LEVEL_WORDS]}`);
  const lines = [`${LEVEL_WORDS[verdict.level]}: ${verdict.summary}`];
  if (counts.length > 1) lines.push(`Frames: ${counts.join(', ')}.`);
  return section('verdict', 'Verdict', lines, { titles: ['frames', 'from (UTC)', 'verdict', 'why'], rows });
}

function findingsSection({ result }: SessionAudit): Section {
  const rows = result.findings.map(({ level, meaning, range, evidence }) => [
    LEVEL_WORDS[level],
    meaning,
    range === null ? 'session' : frameRange(range.fromFrame, range.toFrame),
    evidence,
  ]);
  const lines = rows.length === 0 ? ['Nothing was found beyond what the frames say of themselves.'] : [];
  return section('findings', 'Findings', lines, { titles: ['weighs', 'what', 'frames', 'evidence'], rows });
}

function lockSection({ result: { lock } }: SessionAudit): Section {
  const grades = Object.entries(lock.grades).map(([grade, count]) => `${countText(count)} ${grade}`);
  const lines = grades.length === 0 ? [] : [`Frames by grade: ${grades.join(', ')}.`];
  const sources = Object.entries(lock.sources).map(([source, count]) => `${countText(count)} ${source}`);
  if (sources.length > 0) lines.push(`By source: ${sources.join(', ')}.`);
  for (const { utcNs, from, to, why } of lock.states.slice(0, MOST_ROWS)) {
    lines.push(`${timeText(utcNs)} receiver ${to}${from === null ? '' : ` (was ${from})`}: ${why}`);
  }
  const unlisted = lock.statesNotListed + Math.max(0, lock.states.length - MOST_ROWS);
  if (unlisted > 0) lines.push(`and ${counted(unlisted, 'more change')} of the receiver's state`);
  const rows = lock.runs.map((run) => [
    frameRange(run.fromFrame, run.toFrame),
    timeText(run.fromUtcNs),
    run.grade,
    run.source,
    Object.entries(run.flags)
      .map(([flag, count]) => (count === run.frames ? flag : `${flag} (${countText(count)})`))
      .join(' '),
  ]);
  return section('lock', 'Lock history', lines, { titles: ['frames', 'from (UTC)', 'grade', 'source', 'flags'], rows });
}

function intervalsSection({ result: { intervals } }: SessionAudit): Section {
  const rows = intervals.runs.map((run) => [
    frameRange(run.fromFrame, run.toFrame),
    countText(run.steps),
    durationText(run.medianNs),
    durationText(run.exposureNs),
    durationText(run.residuals.rmsNs),
    durationText(run.residuals.p999Ns),
    run.residuals.worst[0] === undefined
      ? '-'
      : `${durationText(run.residuals.worst[0].residualNs)} at frame ${countText(run.residuals.worst[0].frame)}`,
  ]);
  const lines = [
    `${counted(intervals.steps, 'step')} from frame to frame, held against the median of their cadence. A step of 1.8 medians or more is a drop, one more than 30 % off a cadence error, as GoPyOTE has it.`,
  ];
  if (intervals.notJudged > 0)
    lines.push(`Not held against their neighbours: ${counted(intervals.notJudged, 'untrusted frame')}.`);
  if (intervals.runsNotListed > 0) lines.push(`and ${counted(intervals.runsNotListed, 'more cadence')}`);
  const titles = ['frames', 'steps', 'median', 'exposure', 'residual rms', '99.9 % within', 'worst'];
  return section('intervals', 'Intervals', lines, { titles, rows });
}

function oscillatorSection({ result: { oscillator } }: SessionAudit): Section {
  if (oscillator === null) {
    return section('oscillator', 'Oscillator', ['No PPS was counted: nothing is known of the oscillator.']);
  }
  const { samples, firstPpm, lastPpm, minPpm, maxPpm, ppmPerHour } = oscillator;
  const drift = ppmPerHour === null ? '' : `, ${signed(ppmPerHour, 3)} ppm an hour`;
  const from = `${counted(samples, 'sample')}: ${signed(firstPpm, 3)} ppm off 10 MHz at first, ${signed(lastPpm, 3)} ppm at last`;
  const line = `${from}, between ${signed(minPpm, 3)} and ${signed(maxPpm, 3)}${drift}.`;
  return section('oscillator', 'Oscillator', [
    line,
    'Stamps are divided by the PPS count of their own second, so this is no error of the times.',
  ]);
}

function wholeSecondSection({ result: { wholeSecond: w } }: SessionAudit): Section {
  const lines: string[] = [];
  if (w.gpsFrames === 0) lines.push('No frame was timed by GPS.');
  else {
    lines.push(`${counted(w.gpsFrames, 'frame')} timed by GPS: ${secondWords(w)}.`);
  }
  if (w.hostDisagrees > 0)
    lines.push(`The unsynchronised host showed another time at ${counted(w.hostDisagrees, 'frame')}.`);
  if (w.hostOnlyUnsynchronised > 0)
    lines.push(
      `${counted(w.hostOnlyUnsynchronised, 'frame')} without GPS rest on a host clock that nobody vouches for.`,
    );
  if (w.checks !== null)
    lines.push(
      `${counted(w.checks, 'check')} in the index, ${w.differing === 0 ? 'none with a difference' : `${countText(w.differing)} with a difference`}.`,
    );
  if (w.almanacAgeS !== null)
    lines.push(`The receiver was cold ${durationText(w.almanacAgeS * 1e9)} before the last check.`);
  const rows = w.differences.map((check) => [
    timeText(check.utcNs),
    `${check.differenceS} s`,
    check.hostSynchronised === null ? '?' : check.hostSynchronised ? 'synchronised' : 'unsynchronised',
  ]);
  return section('whole-second', 'Whole second', lines, { titles: ['at (UTC)', 'GPS less host', 'host'], rows });
}

function secondWords(w: WholeSecond): string {
  const words: string[] = [];
  if (w.proven > 0) words.push(`a synchronised host saw the second of ${countText(w.proven)}`);
  if (w.unsynchronised > 0) {
    words.push(`${countText(w.unsynchronised)} rest on the receiver alone, beside a host that nobody vouches for`);
  }
  if (w.contradicted > 0) words.push(`${countText(w.contradicted)} are contradicted`);
  return words.join('; ');
}

function accountingSection({ result: { accounting: a } }: SessionAudit): Section {
  const lines = [
    `${counted(a.rows, 'row')} of frames${a.rowsMissing > 0 ? `, ${countText(a.rowsMissing)} of them without their pixels` : ''}, in ${counted(a.streams, 'stream')}.`,
    a.complete
      ? 'Every block id between the first and the last frame of a stream is accounted for, once.'
      : `${counted(a.holes, 'block id')} accounted for by nothing, ${counted(a.overlaps, 'overlap')}.`,
  ];
  const rows = a.gaps.map((gap) => [
    gap.cause,
    gap.rows,
    gap.unknown > 0
      ? `${countText(gap.frames)} and ${counted(gap.unknown, 'gap')} of unknown length`
      : countText(gap.frames),
  ]);
  return section('accounting', 'Accounting', lines, { titles: ['gaps by cause', 'rows', 'frames'], rows });
}

function gapsSection({ result: { gaps } }: SessionAudit): Section {
  const rows = gaps.map((gap) => [
    gap.cause,
    gap.frames === 0 ? 'unknown' : countText(gap.frames),
    gap.firstBlock === null || gap.lastBlock === null ? '-' : `${gap.firstBlock} to ${gap.lastBlock}`,
    timeText(gap.fromUtcNs),
    timeText(gap.toUtcNs),
    gap.detail,
  ]);
  const lines = rows.length === 0 ? ['No gap row.'] : [];
  return section('gaps', 'Gaps', lines, {
    titles: ['cause', 'frames', 'blocks', 'from (UTC)', 'to (UTC)', 'evidence'],
    rows,
  });
}

function budgetSection({ result: { budgets } }: SessionAudit): Section {
  const sum = (terms: Budget['terms']) => terms.map(({ name, ns }) => `${name} ${durationText(ns)}`).join(' + ');
  const rows = budgets.map((budget) => [
    budget.grade,
    budget.source,
    countText(budget.frames),
    durationText(budget.smallestNs),
    durationText(budget.largestNs),
    budget.grade === 'untrusted'
      ? 'no bound holds: the time is contradicted'
      : `${sum(budget.terms)} = ${durationText(budget.largestNs)}`,
  ]);
  const lines = budgets
    .filter((budget) => budget.grade !== 'untrusted' && budget.notAttributedFrames > 0)
    .map(
      (budget) =>
        `${counted(budget.notAttributedFrames, `${budget.grade} frame`)} state more than these terms, up to ${durationText(budget.notAttributedNs)}.`,
    );
  const titles = ['grade', 'source', 'frames', 'least', 'most', 'terms of the most'];
  return section('budget', 'Uncertainty budget', lines, { titles, rows });
}

function witnessesSection({ result: { witnesses } }: SessionAudit): Section {
  const lines: string[] = [];
  const { hostClock, gpsd, hostClockNotListed } = witnesses;
  if (hostClock === null) lines.push('Nothing was recorded of the host clock.');
  for (const state of hostClock ?? []) {
    const held = state.synchronised === true ? 'synchronised' : 'nobody vouches for it';
    const bound =
      state.boundNs === null || state.synchronised !== true ? '' : `, within ${durationText(state.boundNs)}`;
    lines.push(`${timeText(state.utcNs)} host clock: ${held} (${state.source ?? 'unknown source'}${bound})`);
  }
  if (hostClockNotListed > 0) lines.push(`and ${counted(hostClockNotListed, 'more change')} of the host clock`);
  if (gpsd === null) lines.push('No gpsd was asked (--gpsd HOST).');
  else {
    const modes = Object.entries(gpsd.modes).map(([mode, count]) => `mode ${mode} ${countText(count)} times`);
    const satellites =
      gpsd.satellites === null ? '' : `, ${gpsd.satellites.least} to ${gpsd.satellites.most} satellites`;
    const pps =
      gpsd.ppsOffsetNs === null
        ? ''
        : `, PPS offset ${durationText(gpsd.ppsOffsetNs.least)} to ${durationText(gpsd.ppsOffsetNs.most)}`;
    lines.push(`gpsd: ${counted(gpsd.reports, 'report')}, ${modes.join(', ')}${satellites}${pps}`);
  }
  return section('witnesses', 'Witnesses', lines);
}

/** What a camera is called, with its serial number. */
export const cameraText = ({ name, vendor, model, serial }: SessionAudit['cameras'][number]): string =>
  `${name === '' || name === model ? `${vendor} ${model}` : `${name} (${vendor} ${model})`}, ${serial}`;

/** One line about the session itself. */
export function headline({ session, cameras, result }: SessionAudit): string {
  const { fromUtcNs, toUtcNs, frames } = result;
  const when =
    fromUtcNs === null || toUtcNs === null ? '' : `, ${timeText(fromUtcNs)} UTC, ${spanText(toUtcNs - fromUtcNs)}`;
  return `${session.id}: ${cameras.map(cameraText).join('; ') || 'no camera'}, ${counted(frames, 'frame')}${when}, ${session.state}`;
}
