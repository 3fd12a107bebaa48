/** The four plots of an audit: lock and gaps over time, steps off their beat, the oscillator, the budget. All inline SVG. */
import type { AuditResult } from '#gps/audit/auditor.js';
import type { Series } from '#gps/audit/min-max-series.js';
import type { Budget } from '#gps/audit/uncertainty-budget.js';
import { GRADES } from '#gps/frame-time.js';
import { escapeHtml, PLOT, picture, TimeAxis, ValueAxis } from './plot.js';
import { countText, durationText, timeText } from './words.js';

/** Plots of what there is; by the section they stand in. */
export interface Plots {
  readonly lock: string | null;
  readonly intervals: string | null;
  readonly oscillator: string | null;
  readonly budget: string | null;
}

export function plotsOf(result: AuditResult): Plots {
  const { fromUtcNs, toUtcNs } = spanOf(result);
  if (fromUtcNs === null || toUtcNs === null) return { lock: null, intervals: null, oscillator: null, budget: null };
  const axis = new TimeAxis(fromUtcNs, toUtcNs);
  return {
    lock: lockPlot(result, axis),
    intervals: intervalPlot(result.intervals.residuals, axis),
    oscillator: oscillatorPlot(result, axis),
    budget: budgetPlot(result.budgets),
  };
}

/** From the earliest to the latest frame that is not untrusted, where there is one: a wrong year would flatten all plots. */
function spanOf({ lock, fromUtcNs, toUtcNs }: AuditResult): { fromUtcNs: bigint | null; toUtcNs: bigint | null } {
  const good = lock.runs.filter((run) => run.grade !== 'untrusted');
  const runs = good.length > 0 ? good : lock.runs;
  if (runs.length === 0) return { fromUtcNs, toUtcNs };
  return {
    fromUtcNs: runs.reduce(
      (least, run) => (run.fromUtcNs < least ? run.fromUtcNs : least),
      runs[0]?.fromUtcNs as bigint,
    ),
    toUtcNs: runs.reduce((most, run) => (run.toUtcNs > most ? run.toUtcNs : most), runs[0]?.toUtcNs as bigint),
  };
}

/** One lane a grade, and one for gaps: a colour alone would not reach everyone. */
function lockPlot({ lock, gaps }: AuditResult, axis: TimeAxis): string {
  const lane = 22;
  const top = 8;
  const names = [...GRADES, 'gaps'];
  const bottom = top + lane * names.length;
  const bar = (name: string, x1: number, x2: number, title: string): string => {
    const y = top + names.indexOf(name) * lane + 4;
    const width = Math.max(1.5, x2 - x1).toFixed(1);
    const attributes = `class="${name}" x="${x1.toFixed(1)}" y="${y}" width="${width}" height="${lane - 8}"`;
    return `<rect ${attributes}><title>${escapeHtml(title)}</title></rect>`;
  };
  const labels = names.map(
    (name, i) =>
      `<text class="tick" x="${PLOT.left - 6}" y="${top + i * lane + lane / 2}" dy="0.32em" text-anchor="end">${name}</text>`,
  );
  const runs = lock.runs.map((run) => {
    const title = `frames ${run.fromFrame} to ${run.toFrame}: ${run.grade}, ${run.source}, from ${timeText(run.fromUtcNs)}`;
    return bar(run.grade, axis.x(run.fromUtcNs), axis.x(run.toUtcNs), title);
  });
  const missing = gaps.slice(0, 2000).flatMap((gap) => {
    if (gap.fromUtcNs === null) return [];
    const frames = gap.frames === 0 ? 'frames, nobody knows how many' : `${countText(gap.frames)} frames`;
    return [
      bar(
        'gaps',
        axis.x(gap.fromUtcNs),
        axis.x(gap.toUtcNs ?? gap.fromUtcNs),
        `${gap.cause}: ${frames}. ${gap.detail}`,
      ),
    ];
  });
  const content = [axis.svg(top, bottom), ...labels, ...runs, ...missing].join('');
  return picture('Grades of the frames and gaps over time', bottom + 22, content);
}

/** Least and largest step of each column, so that no peak is lost. */
function intervalPlot({ columns, columnNs }: Series, axis: TimeAxis): string | null {
  if (columns.length === 0) return null;
  const [top, bottom] = [8, 170];
  const least = columns.reduce((min, column) => Math.min(min, column.min), 0);
  const most = columns.reduce((max, column) => Math.max(max, column.max), 0);
  const values = new ValueAxis(least, most, top, bottom, durationText);
  const path = columns
    .map(({ fromUtcNs, min, max }) => {
      const x = axis.x(fromUtcNs + BigInt(Math.round(columnNs / 2))).toFixed(1);
      const [high, low] = [values.y(max), values.y(min)];
      return `M${x} ${high.toFixed(1)}V${Math.max(low, high + 1).toFixed(1)}`;
    })
    .join('');
  const content = `${axis.svg(top, bottom)}${values.svg()}<path class="curve" d="${path}"/>`;
  return picture('Steps from frame to frame less the median step, over time', bottom + 22, content);
}

function oscillatorPlot({ oscillator }: AuditResult, axis: TimeAxis): string | null {
  const curve = oscillator?.curve ?? [];
  if (oscillator === null || curve.length < 2) return null;
  const [top, bottom] = [8, 150];
  const values = new ValueAxis(
    oscillator.minPpm,
    oscillator.maxPpm,
    top,
    bottom,
    (ppm) => `${Number(ppm.toPrecision(6))} ppm`,
  );
  const points = curve.map(({ utcNs, ppm }) => `${axis.x(utcNs).toFixed(1)},${values.y(ppm).toFixed(1)}`).join(' ');
  const content = `${axis.svg(top, bottom)}${values.svg()}<polyline class="line" points="${points}"/>`;
  return picture('The oscillator off 10 MHz, parts per million, over time', bottom + 22, content);
}

/** Each grade's largest uncertainty as a bar of its terms, on a logarithmic scale from 1 ns: a row a term. */
function budgetPlot(budgets: readonly Budget[]): string | null {
  const bars = budgets
    .filter(({ grade }) => grade !== 'untrusted')
    .flatMap((budget) =>
      budget.terms.filter(({ ns }) => ns > 0n).map((term) => ({ ...term, of: `${budget.grade}, ${budget.source}` })),
    );
  if (bars.length === 0) return null;
  const row = 20;
  const left = 330;
  const most = Math.max(3, ...bars.map(({ ns }) => Math.log10(Number(ns))));
  const scale = (PLOT.right - left - 80) / most;
  const parts = bars.map(({ name, ns, of }, i) => {
    const y = 8 + i * row;
    const width = Math.max(1, Math.log10(Math.max(1, Number(ns))) * scale);
    const label = `<text class="tick" x="${left - 6}" y="${y + 9}" text-anchor="end">${escapeHtml(`${of}: ${name}`)}</text>`;
    const value = `<text class="tick" x="${(left + width + 6).toFixed(1)}" y="${y + 9}">${durationText(ns)}</text>`;
    return `${label}<rect class="term" x="${left}" y="${y}" width="${width.toFixed(1)}" height="${row - 8}"/>${value}`;
  });
  return picture('Terms of the largest uncertainty of each grade, logarithmic', 12 + bars.length * row, parts.join(''));
}
