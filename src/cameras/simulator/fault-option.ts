import type { ClockFault, ClockFaultName, FaultSpan } from './clock-faults.js';
import { SimulatorOptionError } from './option-error.js';

interface FaultForm {
  readonly name: ClockFaultName;
  /** What may stand behind the name. */
  readonly form: string;
  readonly help: string;
  readonly read: (args: FaultArguments) => ClockFault;
}

const EVENT_FRAMES = 1;

/** `--fault`: every name, what it takes, and a line of help. FIRST and N count exposures from 0; COUNT is of exposures. */
export const faultForms: readonly FaultForm[] = [
  lasting('lock-loss', 'the receiver searches (status 1), no PPS'),
  lasting('holding', 'not locked but valid (status 2), no PPS: the oscillator runs free'),
  lasting('pps-missing', 'no PPS, and still status 3'),
  {
    name: 'oscillator',
    form: ':PPM[:jitter]',
    help: 'off by so much; from +50 ppm on the PPS count is the sentinel; jitter: the count +-1',
    read: (a) => ({
      name: 'oscillator',
      ...a.wholeRun(),
      ppm: a.number('PPM', -1000, 1000),
      jitter: a.word(['jitter']) !== null,
    }),
  },
  {
    name: 'whole-second',
    form: '[@FIRST]:K[:COUNT]',
    help: 'the receiver is K seconds ahead, and says locked',
    read: (a) => {
      const first = a.first(0);
      const seconds = a.integer('K', -60, 60);
      return { name: 'whole-second', seconds, first, frames: a.count(Number.POSITIVE_INFINITY) };
    },
  },
  {
    name: 'almanac',
    form: '@N:K',
    help: 'K seconds ahead until frame N, when the almanac has come',
    read: (a) => ({ name: 'almanac', first: 0, frames: a.first(null, 1), seconds: a.integer('K', -60, 60) }),
  },
  {
    name: 'leap-second',
    form: '[:repeat|hold-next]',
    help: 'how 23:59:60 counts: as 23:59:59 again, or as the midnight; starts before one (see --origin)',
    read: (a) => ({ name: 'leap-second', ...a.wholeRun(), label: a.word(['repeat', 'hold-next']) ?? 'hold-next' }),
  },
  lasting('header-swapped', 'the bytes of each pair exchanged'),
  lasting('header-image', 'pixels over the header'),
  {
    name: 'header-16bit',
    form: '[@FIRST[:low|high[:COUNT]]]',
    help: 'each byte of the header in a pixel of 16 bits, the other byte 0',
    read: (a) => {
      const first = a.first(0);
      const byte = a.word(['low', 'high']) ?? 'low';
      return { name: 'header-16bit', byte, first, frames: a.count(Number.POSITIVE_INFINITY) };
    },
  },
  {
    name: 'sequence-wrap',
    form: '[:N]',
    help: 'the sequence starts at 2^32 - N (default 100)',
    read: (a) => ({ name: 'sequence-wrap', ...a.wholeRun(), before: a.optionalInteger('N', 1, 2 ** 32) ?? 100 }),
  },
  {
    name: 'sequence-reset',
    form: '@N',
    help: 'the sequence starts again at 0',
    read: (a) => ({ name: 'sequence-reset', first: a.first(null), frames: EVENT_FRAMES }),
  },
  event('repeat', 'frame N is delivered twice'),
  {
    name: 'stale',
    form: '@N:B[:instead|again[:COUNT]]',
    help: 'the frame of B exposures before is delivered instead of frame N, or again before it',
    read: (a) => {
      const first = a.first(null, 1);
      const back = a.integer('B', 1, first);
      const instead = a.word(['instead', 'again']) !== 'again';
      return { name: 'stale', first, back, instead, frames: a.count(EVENT_FRAMES) };
    },
  },
  event('all-zero', 'header and pixels are 0'),
  event('frame-gap', 'the camera loses frames: sequence numbers go on, block ids have no hole'),
  {
    name: 'out-of-order',
    form: '@N',
    help: 'frames N and N + 1 exchanged',
    read: (a) => ({ name: 'out-of-order', first: a.first(null), frames: 2 }),
  },
  {
    name: 'exposure',
    form: '@N:TIME[:COUNT]',
    help: 'another exposure from frame N on, in ExposureTime too; it may slow the frames down',
    read: (a) => {
      const first = a.first(null);
      const exposureNs = a.durationNs('TIME');
      return { name: 'exposure', first, exposureNs, frames: a.count(Number.POSITIVE_INFINITY) };
    },
  },
  {
    name: 'drift',
    form: ':PPM',
    help: "the clock of the leader's time stamp is fast by so much",
    read: (a) => ({ name: 'drift', ...a.wholeRun(), ppm: a.number('PPM', -10_000, 10_000) }),
  },
  {
    name: 'led-offset',
    form: ':START_NS:END_NS',
    help: "global shutter: the header's start and end are late by so much",
    read: (a) => ({
      name: 'led-offset',
      ...a.wholeRun(),
      startNs: BigInt(a.integer('START_NS', -1e9, 1e9)),
      endNs: BigInt(a.integer('END_NS', -1e9, 1e9)),
    }),
  },
];

function lasting(
  name: 'lock-loss' | 'holding' | 'pps-missing' | 'header-swapped' | 'header-image',
  help: string,
): FaultForm {
  const read = (a: FaultArguments): ClockFault => ({
    name,
    first: a.first(0),
    frames: a.count(Number.POSITIVE_INFINITY),
  });
  return { name, form: '[@FIRST[:COUNT]]', help, read };
}

function event(name: 'repeat' | 'all-zero' | 'frame-gap', help: string): FaultForm {
  const read = (a: FaultArguments): ClockFault => ({ name, first: a.first(null), frames: a.count(EVENT_FRAMES) });
  return { name, form: '@N[:COUNT]', help, read };
}

/** The help of `--fault`: a line for each name. */
export function faultHelp(): string {
  const width = Math.max(...faultForms.map(({ name, form }) => name.length + form.length));
  return faultForms.map(({ name, form, help }) => `  ${(name + form).padEnd(width)}  ${help}`).join('\n');
}

/** Reads `NAME[@FIRST[:ARG[:COUNT]]],...`. Throws {@link SimulatorOptionError}. */
export function parseClockFaults(text: string): ClockFault[] {
  const faults = text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => parseClockFault(item.trim()));
  for (const name of ['oscillator', 'leap-second', 'led-offset', 'sequence-wrap'] as const) {
    if (faults.filter((fault) => fault.name === name).length > 1) fail(text, `${name} may stand there once`);
  }
  return faults;
}

function parseClockFault(text: string): ClockFault {
  const match = /^([a-z0-9-]+)(?:@([^:]*))?(?::(.*))?$/.exec(text);
  const form = faultForms.find(({ name }) => name === match?.[1]);
  if (!match || !form) fail(text, `there is no such fault; choose ${faultForms.map(({ name }) => name).join(', ')}`);
  const args = new FaultArguments(text, `${form.name}${form.form}`, match[2] ?? null, match[3]?.split(':') ?? []);
  const fault = form.read(args);
  args.end();
  return fault;
}

function fail(text: string, why: string): never {
  throw new SimulatorOptionError(`--fault ${text}: ${why}`);
}

/** Takes the arguments of one fault in their order. */
class FaultArguments {
  readonly #text: string;
  readonly #form: string;
  #first: string | null;
  readonly #rest: string[];

  constructor(text: string, form: string, first: string | null, rest: string[]) {
    this.#text = text;
    this.#form = form;
    this.#first = first;
    this.#rest = rest;
  }

  /** The frame behind @; null as default: it must be there. */
  first(fallback: number | null, minimum = 0): number {
    const text = this.#first;
    this.#first = null;
    if (text === null && fallback !== null) return fallback;
    return this.#whole('the frame behind @', text, minimum, 2 ** 48);
  }

  wholeRun(): FaultSpan {
    return { first: 0, frames: Number.POSITIVE_INFINITY };
  }

  count(fallback: number): number {
    return this.#rest.length === 0 ? fallback : this.#whole('COUNT', this.#rest.shift() ?? null, 1, 2 ** 48);
  }

  integer(what: string, minimum: number, maximum: number): number {
    return this.#whole(what, this.#rest.shift() ?? null, minimum, maximum);
  }

  optionalInteger(what: string, minimum: number, maximum: number): number | null {
    return this.#rest.length === 0 ? null : this.integer(what, minimum, maximum);
  }

  number(what: string, minimum: number, maximum: number): number {
    const text = this.#rest.shift() ?? '';
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= minimum && value <= maximum)) {
      this.#refuse(`${what} must be a number from ${minimum} to ${maximum}`);
    }
    return value;
  }

  /** One of `words`, or null where there is nothing. */
  word<Word extends string>(words: readonly Word[]): Word | null {
    const text = this.#rest.shift();
    if (text === undefined) return null;
    const word = words.find((known) => known === text);
    if (word === undefined) this.#refuse(`'${text}' is not one of ${words.join(', ')}`);
    return word;
  }

  durationNs(what: string): bigint {
    const match = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(this.#rest.shift() ?? '');
    const ns = Math.round(Number(match?.[1]) * { us: 1e3, ms: 1e6, s: 1e9 }[(match?.[2] ?? 's') as 'us' | 'ms' | 's']);
    if (!(ns >= 10_000 && ns <= 3600e9)) this.#refuse(`${what} must be a duration from 10us to 3600s, such as 40ms`);
    return (BigInt(ns) / 100n) * 100n;
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.#first !== null) this.#refuse('it takes no @FIRST');
    if (this.#rest.length > 0) this.#refuse(`'${this.#rest.join(':')}' is too much`);
  }

  #whole(what: string, text: string | null, minimum: number, maximum: number): number {
    const value = /^[+-]?\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum)) {
      this.#refuse(`${what} must be a whole number from ${minimum} to ${maximum}`);
    }
    return value;
  }

  #refuse(why: string): never {
    fail(this.#text, `${why}; write ${this.#form}`);
  }
}
