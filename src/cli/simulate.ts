import { type Command, Option } from 'commander';
import { faultHelp } from '#src/cameras/simulator/fault-option.js';
import { cameraModels } from '#src/cameras/simulator/models.js';
import { simulatorOptionTable } from '#src/cameras/simulator/option-table.js';
import { type SimulatorOptions, simulatorOptions } from '#src/cameras/simulator/options.js';
import { SimulatedCamera } from '#src/cameras/simulator/simulated-camera.js';
import { command, EXIT, runCommand } from './command-line.js';

/** `appulse simulate`: GigE Vision cameras with a synthetic sky, until a signal, or their parent's end. */
export function simulateCommand(): Command {
  const simulate = command(
    'simulate',
    'a GigE Vision camera with a synthetic sky; prints one JSON line when it is ready',
    'appulse simulate qhy411-bin3 --loss 0.01 --truth truth.ndjson',
  ).argument('<model>', cameraModels.map((model) => `${model.name} (${model.description})`).join('; '));
  for (const row of simulatorOptionTable) {
    const flags = row.kind === 'flag' ? `--${row.name}` : `--${row.name} <${row.placeholder}>`;
    const fallback = row.fallback === '' || row.name === 'address' ? '' : ` (default: ${row.fallback})`;
    const option = new Option(flags, row.help + fallback);
    if (row.choices) option.choices(row.choices);
    if (row.kind === 'list')
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    simulate.addOption(option);
  }
  simulate.addHelpText('after', `\nFaults (exposures count from 0 in each acquisition):\n${faultHelp()}`);
  simulate.addHelpText('after', '\nA camera URI holds the same options: sim:tiny?fps=500&loss=0.01');
  return simulate.action((model: string, values: Record<string, unknown>) =>
    runCommand(values.json === true, async () => {
      await new Simulation(simulatorOptions(model, rawOptions(values))).run();
      return EXIT.done;
    }),
  );
}

/** Commander's values by the names of the option table. */
function rawOptions(values: Record<string, unknown>): Record<string, string | readonly string[] | true> {
  const raw: Record<string, string | readonly string[] | true> = {};
  for (const { name } of simulatorOptionTable) {
    // Commander turns --no-resend into resend = false.
    const negated = name.startsWith('no-');
    const key = (negated ? name.slice(3) : name).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const value = values[key];
    if (negated ? value === false : value === true) raw[name] = true;
    else if (typeof value === 'string' || Array.isArray(value)) raw[name] = value;
  }
  return raw;
}

/** The cameras of one process. */
class Simulation {
  readonly #options: SimulatorOptions;
  readonly #cameras: SimulatedCamera[] = [];
  #remaining = 0;
  #end: () => void = () => {};

  constructor(options: SimulatorOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    process.once('SIGTERM', () => this.#end());
    // Ctrl-C and the end of a terminal go to the whole group; whoever started this camera ends it when its own work is done.
    const isLeft = this.#options.exitWithParent;
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => isLeft || this.#end());
    if (isLeft) this.#watchParent();
    try {
      await this.#open();
      const cameras = this.#cameras.map(({ model, serial, address, port }) => ({ model, serial, address, port }));
      process.stdout.write(`${JSON.stringify({ ready: true, cameras })}\n`);
      await ended;
    } finally {
      await Promise.all(this.#cameras.map((camera) => camera.close()));
      process.stdin.destroy();
    }
  }

  async #open(): Promise<void> {
    const { addresses, count, port, truth } = this.#options;
    const places = addresses.flatMap((address) =>
      Array.from({ length: count }, (_, i) => ({ address, port: port === 0 ? 0 : port + i })),
    );
    this.#remaining = places.length;
    for (const [index, place] of places.entries()) {
      const truthPath = truth === null || index === 0 ? truth : `${truth}.${index + 1}`;
      const camera = await SimulatedCamera.open(
        this.#options,
        { ...place, index, truth: truthPath },
        { log: (message) => process.stderr.write(`${message}\n`), gone: () => this.#gone() },
      );
      this.#cameras.push(camera);
    }
  }

  #gone(): void {
    this.#remaining--;
    if (this.#remaining === 0) this.#end();
  }

  /** Whoever started this holds the other end of standard input; when it is gone, so are we. */
  #watchParent(): void {
    process.stdin.on('end', () => this.#end());
    process.stdin.on('close', () => this.#end());
    process.stdin.on('error', () => this.#end());
    process.stdin.resume();
  }
}
