// npm start: makes the clone ready, then runs the main job on a simulated QHY411 in its meteor mode.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const rest = process.argv.slice(2);
const has = (option) => rest.some((word) => word === option || word.startsWith(`${option}=`));
const camera = has('--camera') ? [] : ['--camera', 'sim:qhy411-bin3'];
const rolling = has('--max-bytes') ? [] : ['--max-bytes', '2GiB'];
const station = spawn(process.execPath, [join(root, 'bin/appulse.mjs'), 'station', ...camera, ...rolling, ...rest], {
  stdio: 'inherit',
});
// Ctrl-C reaches the whole group; a signal to this process alone is handed on, and its end is awaited either way.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => station.kill(signal));
station.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
