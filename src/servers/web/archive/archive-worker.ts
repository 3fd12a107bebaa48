/** Entry of the archive's threads. What is refused goes back as data: an error loses its code between threads. */
import { setPriority } from 'node:os';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import { QUESTIONS, type Questions } from './questions.js';

/** The frame path goes before whoever looks at what was recorded. Linux has a priority for each thread, and 0 is this one. */
const NICE = 10;
if (process.platform === 'linux') setPriority(0, NICE);

export interface Asked<Q extends keyof Questions = keyof Questions> {
  readonly question: Q;
  readonly dataFolders: readonly string[];
  readonly asked: Parameters<Questions[Q]>[1];
}

export type Answered<T> =
  | { readonly answer: T }
  | { readonly refused: { readonly code: string; readonly message: string; readonly usage: boolean } };

export default function answer({ question, dataFolders, asked }: Asked): Answered<unknown> {
  try {
    const of = QUESTIONS[question] as (dataFolders: readonly string[], asked: unknown) => unknown;
    return { answer: of(dataFolders, asked) };
  } catch (error) {
    if (!(error instanceof AppulseError)) throw error;
    return { refused: { code: error.code, message: reasonOf(error), usage: error instanceof UsageError } };
  }
}
