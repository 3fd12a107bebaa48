/** A station as a user starts it, for tests of its page: its own process, its own data folder, a free port. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Beyond this a station that a test forgets ends by itself. */
const LONGEST = '120s';

export interface StationProcess {
  /** The address of its page, as it tells it. */
  readonly address: Promise<string>;
  /** Its data folder. */
  readonly data: string;
  /** Resolves when standard error has said `text`, from the station's beginning on. */
  says(text: string): Promise<void>;
  /** Ends it in order and removes what it has recorded; tells what it has said. */
  end(): Promise<EndedStation>;
}

export interface EndedStation {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npm start -- WORDS` runs. */
export const startAsNpmStart = (...words: string[]): StationProcess => run('scripts/start.mjs', words);

/** `appulse station WORDS`. */
export const startStation = (...words: string[]): StationProcess => run('bin/appulse.mjs', ['station', ...words]);

function run(program: string, words: readonly string[]): StationProcess {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-station-'));
  const data = join(folder, 'data');
  const bounds = ['--port', '0', '--duration', LONGEST, '--data', data];
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    [join(ROOT, program), ...words, ...bounds],
    { cwd: folder, env: { ...process.env, XDG_CONFIG_HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  const looks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of looks) look();
  });
  const ended = new Promise<EndedStation>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((done, failed) => {
      const look = () => {
        const found = pattern.exec(stderr);
        if (found === null) return;
        looks.delete(look);
        done(found[1] ?? found[0]);
      };
      looks.add(look);
      look();
      void ended.then(() => failed(new Error(`the station ended without saying ${pattern}:\n${stderr}`)));
    });
  const address = said(/^page\s+(https?:\/\/\S+)/m);
  // Who does not ask for it is told by the end of the station.
  address.catch(() => {});
  return {
    address,
    data,
    says: async (text) => {
      await said(new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
    },
    end: async () => {
      child.kill('SIGTERM');
      const all = await ended;
      rmSync(folder, { recursive: true, force: true });
      return all;
    },
  };
}
