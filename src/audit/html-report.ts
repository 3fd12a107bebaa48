/** The audit as one page that stands alone: no script, no font, nothing from elsewhere; it prints. */
import { LEVEL_WORDS } from '#gps/audit/level.js';
import type { SessionAudit } from './audit-session.js';
import { escapeHtml } from './plot.js';
import { type Plots, plotsOf } from './plots.js';
import { cameraText, headline, type Section, sectionsOf, type Table } from './sections.js';
import { spanText, timeText } from './words.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1f26; --paper: #ffffff; --faint: #5b6673; --grid: #dfe4ea; --panel: #f5f7f9;
  --locked: #1d7f4e; --holdover: #2f6fb3; --coarse: #b07a12; --untrusted: #c0322b; --gaps: #6b3fa0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --paper: #14181d; --faint: #9aa6b2; --grid: #2c343d;
  --panel: #1c2229; --locked: #4cc38a; --holdover: #6fb1f0; --coarse: #e0ab42; --untrusted: #ff7b72; --gaps: #b58af0; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1080px;
  margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.35rem; margin: 0 0 .3rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
p { margin: .25rem 0; } .faint { color: var(--faint); }
.badge { padding: .8rem 1rem; border-left: 6px solid; background: var(--panel); margin: 1rem 0; font-size: 1.05rem; }
.badge b { display: block; font-size: 1.2rem; }
.defensible { border-color: var(--locked); } .reservation { border-color: var(--coarse); }
.not-defensible { border-color: var(--untrusted); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--grid);
  overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; } td.short { white-space: nowrap; overflow-wrap: normal; }
td.number { text-align: right; } .wide { overflow-x: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; background: var(--panel); margin: .4rem 0; font-family: inherit; }
.grid { stroke: var(--grid); } .tick { fill: var(--faint); font-size: 11px; }
.curve { stroke: var(--holdover); stroke-width: 1.2; fill: none; } .line { stroke: var(--holdover); fill: none; }
.term { fill: var(--holdover); } rect.locked { fill: var(--locked); } rect.holdover { fill: var(--holdover); }
rect.coarse { fill: var(--coarse); } rect.untrusted { fill: var(--untrusted); } rect.gaps { fill: var(--gaps); }
@media print { body { margin: 0; max-width: none; font-size: 12px; } h2 { break-after: avoid; } svg { break-inside: avoid; } }
`;

/** Captions of the plots, by section. */
const CAPTIONS: Readonly<Record<keyof Plots, string>> = {
  lock: 'Grades of the frames, and gaps.',
  intervals: 'Each step from frame to frame less the median of its cadence; least and largest of each column.',
  oscillator: "The camera's oscillator off 10 MHz.",
  budget: 'Terms of the largest uncertainty of each grade and source, on a logarithmic scale from 1 ns.',
};

/** Characters that stay on one line. */
const SHORT = 34;

export interface PageFacts {
  /** Of the program that made the audit. */
  readonly version: string;
  readonly madeUtcNs: bigint;
}

export function htmlReport(audit: SessionAudit, facts: PageFacts): string {
  const { verdict } = audit.result;
  const plots = plotsOf(audit.result);
  const [, ...sections] = sectionsOf(audit);
  const [first] = sectionsOf(audit);
  const title = `Timing audit of ${audit.session.id}`;
  const badge = `<div class="badge ${verdict.level}"><b>${LEVEL_WORDS[verdict.level]}</b>${escapeHtml(verdict.summary)}</div>`;
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p class="faint">${escapeHtml(headline(audit))}</p>`,
    badge,
    factsList(audit, facts),
    first === undefined
      ? ''
      : sectionHtml({ ...first, title: 'Verdict by range of frames', lines: first.lines.slice(1) }, plots),
    ...sections.map((section) => sectionHtml(section, plots)),
    method(facts),
  ].join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
${body}
</body></html>
`;
}

function factsList({ session, cameras, result }: SessionAudit, { version, madeUtcNs }: PageFacts): string {
  const { fromUtcNs, toUtcNs } = result;
  const facts: [string, string | null][] = [
    ['Camera', cameras.map(cameraText).join('; ')],
    ['Station', session.stationId],
    ['Observer', session.observer],
    ['Object', session.object],
    ['First frame (UTC)', timeText(fromUtcNs)],
    ['Last frame (UTC)', timeText(toUtcNs)],
    ['Between them', fromUtcNs === null || toUtcNs === null ? null : spanText(toUtcNs - fromUtcNs)],
    ['Session', `${session.state}, by ${session.software}`],
    ['Audit', `Appulse ${version}, ${timeText(madeUtcNs)} UTC by the clock of the computer that made it`],
  ];
  const items = facts.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [`<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`],
  );
  return `<dl>${items.join('')}</dl>`;
}

function sectionHtml({ name, title, lines, table }: Section, plots: Plots): string {
  const plot = name in plots ? plots[name as keyof Plots] : null;
  const caption = plot === null ? '' : `<p class="faint">${CAPTIONS[name as keyof Plots]}</p>`;
  const parts = [
    `<section id="${name}"><h2>${escapeHtml(title)}</h2>`,
    ...lines.map((line) => `<p>${escapeHtml(line)}</p>`),
    plot ?? '',
    caption,
    table === null ? '' : tableHtml(table),
    '</section>',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function tableHtml({ titles, rows }: Table): string {
  const cell = (value: string | number): string =>
    typeof value === 'number'
      ? `<td class="number">${value}</td>`
      : `<td${value.length <= SHORT ? ' class="short"' : ''}>${escapeHtml(value)}</td>`;
  const head = titles.map((title) => `<th>${escapeHtml(title)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function method({ version }: PageFacts): string {
  return `<section id="method"><h2>How this was judged</h2>
<p>Times are the start of exposure of row 0 of each frame, as the index has them; grades and flags were given while recording, by the
rules of docs/timing.md of Appulse ${escapeHtml(version)}. <b>Defensible</b>: nothing speaks against it. <b>Defensible with reservation</b>: what it rests
on, or what is not known, must be said with it. <b>Not defensible</b>: contradicted, or not accounted for.</p>
<p>The audit reads rows, not pixels; that the files are what was written is another question (their checksums). Uncertainties
are bounds and not standard deviations; their terms add up.</p></section>`;
}
