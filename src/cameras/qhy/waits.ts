/** Waiting: for as long as it takes, and for as long as a camera needs at least. */

/** About `ms`. A timer of Node may fire some ms early, because it counts from when the loop last looked at the clock. */
export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** A wait that another may end. */
export interface Wait {
  /** Resolves when the time has passed by `performance.now()`, never before, or when it was ended. */
  readonly over: Promise<void>;
  end(): void;
}

/** `ms` at the least. */
export function waitAtLeast(ms: number): Wait {
  const untilMs = performance.now() + ms;
  let timer: NodeJS.Timeout | undefined;
  let end = (): void => {};
  const over = new Promise<void>((done) => {
    end = () => {
      clearTimeout(timer);
      done();
    };
    const look = () => {
      const leftMs = untilMs - performance.now();
      if (leftMs > 0) timer = setTimeout(look, Math.max(1, leftMs));
      else done();
    };
    look();
  });
  return { over, end: () => end() };
}

export const sleepAtLeast = (ms: number): Promise<void> => waitAtLeast(ms).over;
