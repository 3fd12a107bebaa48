/** Runs `appulse simulate` as a process of its own, as a user would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const APPULSE = join(root, 'bin/appulse.mjs');

export interface SimulatedPlace {
  readonly model: string;
  readonly serial: string;
  readonly address: string;
  readonly port: number;
}

/** A running simulator. It ends with this process, whatever happens here. */
export class SimulatorProcess {
  readonly cameras: readonly SimulatedPlace[];
  readonly child: ChildProcess;
  readonly #errors: string[];

  private constructor(child: ChildProcess, cameras: readonly SimulatedPlace[], errors: string[]) {
    this.child = child;
    this.cameras = cameras;
    this.#errors = errors;
  }

  /**
   * Resolves when the simulator is ready; rejects with what it wrote when it ends before. `prefix`: the command that runs it.
   * `byHand`: as one that nobody's end ends.
   */
  static async start(
    args: readonly string[],
    prefix: readonly string[] = [],
    byHand = false,
  ): Promise<SimulatorProcess> {
    const { child, errors } = launch(byHand ? args : ['--exit-with-parent', ...args], prefix);
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout?.on('data', (data) => {
        text += data;
        if (text.includes('\n')) resolve(text);
      });
      child.once('exit', (code) => reject(new Error(`simulate ended with ${code}: ${errors.join('')}`)));
    });
    return new SimulatorProcess(child, JSON.parse(line).cameras, errors);
  }

  get camera(): SimulatedPlace {
    return this.cameras[0] as SimulatedPlace;
  }

  get log(): string {
    return this.#errors.join('');
  }

  /** Closes its standard input and returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exit = once(this.child, 'exit');
    this.child.stdin?.end();
    await exit;
    return this.child.exitCode;
  }
}

function launch(args: readonly string[], prefix: readonly string[]) {
  const [command, ...rest] = [...prefix, process.execPath, APPULSE, 'simulate', ...args];
  const child = spawn(command as string, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (data) => errors.push(String(data)));
  return { child, errors };
}

/** Runs `appulse simulate` to its end. */
export async function simulateToEnd(args: readonly string[]): Promise<{ code: number | null; errors: string }> {
  const { child, errors } = launch(args, []);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, errors: errors.join('') };
}
