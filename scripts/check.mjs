// npm run check: types, lint and format, the layer rule. Runs all, fails if any fails.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const node = process.execPath;
const checks = [
  ['types', node, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root, '--noEmit']],
  [
    'types of the page',
    node,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'src/servers/web/page'), '--noEmit'],
  ],
  ['lint and format', node, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', '.']],
  ['layer rule', node, [join(root, 'scripts/layers.mjs')]],
];
let failed = 0;
for (const [title, command, args] of checks) {
  const ok = spawnSync(command, args, { cwd: root, stdio: ['ignore', 1, 2] }).status === 0;
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${title}\n`);
  if (!ok) failed++;
}
process.exit(failed > 0 ? 1 : 0);
