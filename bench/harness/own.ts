/** What a case owns besides its memory: folders and processes. They are gone when its process ends, however it ends. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folders = new Set<string>();
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own below `parent`, removed at the end of the process. */
export function ownFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'appulse-bench-'));
  folders.add(folder);
  return folder;
}

/** Starts a process that is killed at the end of this one. */
export function ownProcess(command: string, words: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, words, options);
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.once('error', (error) => {
    throw error;
  });
  return child;
}

/** Resolves when a process has ended, which it may have done before. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => child.once('exit', () => done()));
}

/** Compiles bench/reference/NAME.c into `folder`; null where it or the compiler is missing, or it does not compile. */
export function compileReference(folder: string, name: string, words: readonly string[]): string | null {
  const program = join(folder, name);
  const source = fileURLToPath(new URL(`../../../bench/reference/${name}.c`, import.meta.url));
  const done = spawnSync('cc', ['-o', program, source, ...words], { encoding: 'utf8' });
  if (done.status === 0) return program;
  process.stderr.write(`${name}.c: ${done.stderr ?? done.error?.message}\n`);
  return null;
}

/** Whether a program is to be found. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}
