// npm run soak [-- --kills N --cuts N --held-up SECONDS --seed S]: recordings killed at random, power cuts imitated, main threads held up;
// prints its tables.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

await prepare();
const child = spawn(process.execPath, [join(root, 'dist/test/soak/main.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl-C reaches both; the table is the child's to print.
process.on('SIGINT', () => {});
child.once('exit', (code) => process.exit(code ?? 1));
