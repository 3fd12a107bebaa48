// npm run bench -- NAME [--case WORD] [--long] [--folder PATH] [--json]: makes the clone ready, then runs bench/NAME.ts.
// npm run bench -- table: writes the README's table from bench/results.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';

const known = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts') && file !== 'harness.ts')
  .map((file) => file.replace(/\.ts$/, ''));

function usage(complaint) {
  process.stderr.write(
    `${complaint}: npm run bench -- NAME [--case WORD] [--long] [--folder PATH] [--json], where NAME is one of ${[...known, 'table'].join(', ')}\n`,
  );
  process.exit(2);
}

function readWords() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        case: { type: 'string', default: '' },
        long: { type: 'boolean', default: false },
        folder: { type: 'string', default: tmpdir() },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return usage(error.message);
  }
}

const { values, positionals } = readWords();
const [name] = positionals;
if (positionals.length !== 1 || ![...known, 'table'].includes(name)) usage('Name one benchmark');
prepare();
const built = (file) => pathToFileURL(join(root, 'dist/bench', file)).href;
if (name === 'table') {
  const { writeReadmeTable } = await import(built('harness/table.js'));
  writeReadmeTable();
} else {
  const { runBench } = await import(built('harness.js'));
  const { machineText, thisMachine } = await import(built('harness/results.js'));
  process.stderr.write(`${machineText(thisMachine())}\nmedian [least to most] of the rounds\n`);
  const choice = { word: values.case, long: values.long };
  const rows = await runBench(name, built(`${name}.js`), choice, { folder: resolve(values.folder) });
  if (rows.length === 0) usage(`No case of ${name} holds '${values.case}'`);
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: name, machine: thisMachine(), rows })}\n`);
}
