/** Siril without its window: runs a script in a folder and gives what it logged. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIMIT_MS = 60_000;

/**
 * Runs `commands` in `folder`, which also takes the place of the user's own settings. One thread: with two, version 1.0.6 has been seen to wait for
 * itself for ever while it wrote a SER file. Throws where the script fails.
 */
export async function siril(folder: string, commands: readonly string[]): Promise<string> {
  const script = join(folder, 'script.ssf');
  writeFileSync(script, ['requires 1.0.0', 'setext fits', 'setcpu 1', ...commands, ''].join('\n'));
  const child = spawn('siril-cli', ['-d', folder, '-s', script], {
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  if (code !== 0 || !output.includes('Script execution finished successfully')) {
    throw new Error(`siril-cli ended with ${code}:\n${output}`);
  }
  return output;
}
