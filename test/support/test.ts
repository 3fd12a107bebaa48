/** uvu's `test` and `suite` with a time limit on each test, so that one that hangs is named instead of the whole file. */
import { type Callback, type Test, suite as uvuSuite } from 'uvu';

const LIMIT_MS = 60_000;

function limited<T>(name: string, run: Callback<T>, limitMs: number): Callback<T> {
  return async (context) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`'${name}' took longer than ${limitMs / 1000} s`)), limitMs);
    });
    try {
      await Promise.race([run(context), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A uvu suite; each of its tests may take `limitMs`. */
export function suite<T extends object = Record<string, never>>(name: string, limitMs = LIMIT_MS): Test<T> {
  const inner = uvuSuite<T>(name);
  const outer = (title: string, run: Callback<T>) => inner(title, limited(title, run, limitMs));
  const only = (title: string, run: Callback<T>) => inner.only(title, limited(title, run, limitMs));
  return Object.assign(outer, {
    only,
    skip: inner.skip,
    before: inner.before,
    after: inner.after,
    run: inner.run,
  }) as unknown as Test<T>;
}

/** The suite of a file that needs only one. */
export const test = suite('');
