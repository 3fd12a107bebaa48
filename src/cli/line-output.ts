/** Many lines to standard output, as fast as it takes them and no faster, so that millions of rows stay out of memory. */
import { once } from 'node:events';
import { type CsvColumns, csvHead, csvLine } from '#storage/index/csv.js';
import { jsonText } from './command-line.js';

const CHUNK_CHARACTERS = 65_536;

/** Rows as lines: CSV with its head, or a JSON object each (NDJSON); at most `limit` of them. */
export function* rowLines<Row>(
  rows: Iterable<Row>,
  limit: number,
  as: { readonly csv: CsvColumns<Row> } | { readonly json: (row: Row) => unknown },
): Generator<string> {
  if ('csv' in as) yield csvHead(as.csv);
  let listed = 0;
  for (const row of rows) {
    yield 'csv' in as ? csvLine(as.csv, row) : `${jsonText(as.json(row))}\n`;
    if (++listed >= limit) return;
  }
}

/** Resolves when standard output has taken all of them. */
export async function printLines(lines: Iterable<string>): Promise<void> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    chunk = '';
  }
  process.stdout.write(chunk);
}
