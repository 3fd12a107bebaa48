/** How a program ends whose thread is inside a maker's library that does not return: Node waits for its threads, for ever. */
import { load } from 'koffi';

const closing: Promise<boolean>[] = [];

/** The program ends when `closed` has settled: by itself where it was true, at once where something does not end. */
export function endsWith(closed: Promise<boolean>): void {
  closing.push(closed);
}

/** Called when everything is written and said. Does not return where the process must be ended. */
export async function endProgram(): Promise<void> {
  const closed = await Promise.all(closing.splice(0));
  if (closed.every((one) => one)) return;
  process.stderr.write(
    "appulse: a thread does not end, such as one in a maker's library that does not return: the program ends without it; all that was recorded is on disk\n",
  );
  endAtOnce(Number(process.exitCode ?? 0));
}

/** Without waiting for threads, which process.exit() does. */
function endAtOnce(code: number): void {
  try {
    load(null).func('void _exit(int code)')(code);
  } catch {
    // Where the system's own library cannot be called.
  }
  process.kill(process.pid, 'SIGKILL');
}
