/**
 * Receivers beside a small C program (bench/reference/receiver.c), all fed by the simulator's native sender over
 * loopback: Gb/s, lost bytes, CPU seconds of the receiving process a GB. Each run is a process of its own.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compileReference, ended, ownFolder, ownProcess } from './harness/own.js';
import type { Case, Contest, Figure, Figures, Run, Target } from './harness.js';

/** A QHY411 frame in 3x3 binning, Mono12p. */
const FRAME_BYTES = 4096 * 6264;
const PACKET_DATA_BYTES = 8952;
const SLOTS = 12;

type Send = 'gso' | 'mmsg';
interface Stream {
  readonly send: Send;
  /** 0: as fast as the sender can. */
  readonly gbps: number;
  readonly frames: number;
}

const CPU = 'CPU s/GB';
const RATE = 'Gb/s';
const LOST = 'lost';
const FIGURES: Record<string, Figure> = {
  [RATE]: { unit: 'Gb/s' },
  [LOST]: { unit: '%', ratio: false },
  [CPU]: { unit: 's/GB' },
};

/** Arguments of the receiving process before its sizes. */
const REFERENCES: Record<Send, readonly string[]> = { gso: ['gro'], mmsg: ['recvmmsg'] };
const RECEIVERS: Record<Send, Record<string, readonly string[]>> = {
  gso: { 'native, UDP_GRO': ['native', 'gro'] },
  mmsg: {
    'native, recvmmsg': ['native', 'nogro'],
    'native, UDP_GRO on single packets': ['native', 'gro'],
    raw: ['raw', 'gro'],
    dgram: ['dgram', 'gro'],
  },
};

const script = (name: string) => fileURLToPath(new URL(`./receive/${name}.js`, import.meta.url));
const stdio = (child: ChildProcess): NodeJS.ReadableStream => {
  if (child.stdout === null) throw new Error('no standard output');
  return child.stdout;
};

/** One stream into the process that `command` starts; its results. */
async function receive(command: string, words: readonly string[], stream: Stream): Promise<Figures> {
  const sizes = [FRAME_BYTES, PACKET_DATA_BYTES, SLOTS].map(String);
  const receiver = ownProcess(command, [...words, ...sizes], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: stdio(receiver) });
  const next = async () => JSON.parse(String((await once(lines, 'line'))[0])) as Record<string, number>;
  const { port } = await next();
  const { send, gbps, frames } = stream;
  const sending = [port, send, gbps, frames, FRAME_BYTES, PACKET_DATA_BYTES].map(String);
  const sender = ownProcess(process.execPath, [script('sender-process'), ...sending], { stdio: 'inherit' });
  const result = await next();
  lines.close();
  await Promise.all([ended(receiver), ended(sender)]);
  const { bytes = 0, frames: whole = 0, cpuSeconds = 0 } = result;
  return {
    [RATE]: result.gbps ?? 0,
    [LOST]: 100 * (1 - bytes / (frames * FRAME_BYTES)),
    [CPU]: cpuSeconds / (bytes / 1e9),
    'frames lost': frames - whole,
  };
}

function contest(stream: Stream): Contest {
  const program = compileReference(ownFolder(), 'receiver', ['-O3']);
  const runs: Record<string, Run> = {};
  for (const [name, words] of Object.entries(RECEIVERS[stream.send])) {
    if (words[0] === 'raw' && process.getuid?.() !== 0) continue;
    runs[name] = () => receive(process.execPath, [script('receiver-process'), ...words], stream);
  }
  const reference = REFERENCES[stream.send];
  return {
    runs,
    reference: program === null ? null : () => receive(program, reference, stream),
    note: program === null ? 'reference missing: no C compiler' : '',
  };
}

function caseOf(stream: Stream, targets: Readonly<Record<string, Target>>): Case {
  const { send, gbps } = stream;
  const names = Object.keys(RECEIVERS[send]);
  return {
    name: `${send} sender, ${gbps === 0 ? 'unpaced' : `${gbps} Gb/s`}`,
    reference: `C, ${send === 'gso' ? 'UDP_GRO' : 'recvmmsg'}`,
    figures: FIGURES,
    contestants: Object.fromEntries(names.map((name) => [name, send === 'gso' ? targets : {}])),
    warmUps: 0,
    open: () => contest(stream),
  };
}

const framesOf = (gigabytes: number): number => Math.ceil((gigabytes * 1e9) / FRAME_BYTES);
const cheap: Target = { of: 'ratio', is: 'at most', value: 1.15 };
const fast: Target = { of: 'ratio', is: 'at least', value: 0.9 };
const whole: Target = { of: 'measured', is: 'at most', value: 0 };

export const cases: readonly Case[] = [
  caseOf({ send: 'gso', gbps: 10, frames: framesOf(1.5) }, { [CPU]: cheap }),
  caseOf({ send: 'gso', gbps: 0, frames: framesOf(3) }, { [RATE]: fast }),
  caseOf({ send: 'mmsg', gbps: 4, frames: framesOf(1) }, {}),
  caseOf({ send: 'mmsg', gbps: 10, frames: framesOf(1.2) }, {}),
  caseOf({ send: 'mmsg', gbps: 0, frames: framesOf(1.2) }, {}),
  {
    ...caseOf({ send: 'gso', gbps: 10, frames: framesOf(75) }, { [CPU]: cheap, 'frames lost': whole }),
    name: 'gso sender, 10 Gb/s, 60 s',
    figures: { ...FIGURES, 'frames lost': { unit: 'frames', ratio: false } },
    rounds: 1,
    long: true,
  },
];
