// npm run bench -- NAME [--json]: makes the clone ready, then runs bench/NAME.ts.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

prepare();
const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith('-'));
const known = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('harness'))
  .map((file) => file.replace(/\.ts$/, ''));
if (names.length === 0 || names.some((name) => !known.includes(name))) {
  process.stderr.write(`Name a benchmark: ${known.join(', ')}, as in npm run bench -- ${known[0]}\n`);
  process.exit(2);
}
for (const name of names) {
  const file = join(root, 'dist/bench', `${name}.js`);
  if (!existsSync(file)) throw new Error(`${file} was not built`);
  const { bench } = await import(pathToFileURL(file).href);
  await bench({ json: words.includes('--json') });
}
