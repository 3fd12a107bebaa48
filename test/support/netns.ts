/** A network namespace with loopback alone: there the GigE Vision port is free, broadcasts stay inside, nothing leaves. */
import { execFileSync, spawnSync } from 'node:child_process';

let made = 0;

export class Namespace {
  readonly name: string;

  constructor() {
    this.name = `appulse-${process.pid}-${++made}`;
    execFileSync('ip', ['netns', 'add', this.name]);
    execFileSync('ip', ['-n', this.name, 'link', 'set', 'lo', 'up']);
  }

  /** What stands before a command to run it inside. */
  get prefix(): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Runs a program inside to its end: all that it wrote. */
  run(...command: readonly string[]): string {
    const [program, ...args] = [...this.prefix, ...command];
    const done = spawnSync(program, args, { encoding: 'utf8', timeout: 30_000 });
    return `${done.stdout}${done.stderr}`;
  }

  remove(): void {
    execFileSync('ip', ['netns', 'delete', this.name]);
  }
}

/** Makes a namespace for `work` and removes it after. */
export async function withNamespace<T>(work: (namespace: Namespace) => Promise<T>): Promise<T> {
  const namespace = new Namespace();
  try {
    return await work(namespace);
  } finally {
    namespace.remove();
  }
}
