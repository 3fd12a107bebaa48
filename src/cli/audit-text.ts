/** The audit on a terminal. */
import { LEVEL_WORDS } from '#gps/audit/level.js';
import type { SessionAudit } from '#src/audit/audit-session.js';
import { headline, sectionsOf, type Table } from '#src/audit/sections.js';
import { withoutControls } from './terminal-text.js';

/** Columns of text; the last one is as long as it is. */
export function textReport(audit: SessionAudit): string {
  const parts = sectionsOf(audit).map(({ title, lines, table }) =>
    [
      title.toUpperCase(),
      ...lines.map((line) => `  ${withoutControls(line)}`),
      ...(table === null ? [] : tableLines(table)),
    ].join('\n'),
  );
  const { verdict } = audit.result;
  const last = `Timing of this session: ${LEVEL_WORDS[verdict.level]}.`;
  return `${[withoutControls(headline(audit)), ...parts, last].join('\n\n')}\n`;
}

function tableLines({ titles, rows }: Table): string[] {
  const all = [titles, ...rows.map((row) => row.map((cell) => withoutControls(String(cell))))];
  const widths = titles.map((_, i) => all.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0));
  return all.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
}
