/** An answer that a component waits for: asked anew when what it depends on changes, the older question given up. */
import { useEffect, useState } from 'preact/hooks';
import { isGivenUp, wordsOf } from '../api-client.js';

export interface Asked<T> {
  /** The newest answer; it stays while another is waited for. */
  readonly answer: T | null;
  /** Why there is none, for people. */
  readonly failed: string | null;
  readonly waits: boolean;
}

const NOTHING = { answer: null, failed: null, waits: true } as const;

/** `question` null: nothing is asked. */
export function useAsked<T>(
  question: ((signal: AbortSignal) => Promise<T>) | null,
  dependsOn: readonly unknown[],
): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>(NOTHING);
  // Who asks names what the question depends on.
  useEffect(() => {
    if (question === null) {
      setAsked({ answer: null, failed: null, waits: false });
      return;
    }
    const giveUp = new AbortController();
    setAsked((before) => ({ ...before, waits: true }));
    question(giveUp.signal).then(
      (answer) => {
        if (!giveUp.signal.aborted) setAsked({ answer, failed: null, waits: false });
      },
      (error: unknown) => {
        if (!giveUp.signal.aborted && !isGivenUp(error))
          setAsked((before) => ({ ...before, failed: wordsOf(error), waits: false }));
      },
    );
    return () => giveUp.abort();
  }, dependsOn);
  return asked;
}
