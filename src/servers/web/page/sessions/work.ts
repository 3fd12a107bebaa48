/** Something that a button does: while it lasts the button waits, and what goes wrong is told. */
import { useState } from 'preact/hooks';
import { wordsOf } from '../api-client.js';

export interface Work {
  readonly busy: boolean;
  readonly failed: string | null;
  readonly run: (what: () => Promise<unknown>) => Promise<void>;
}

export function useWork(): Work {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const run = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setFailed(null);
    try {
      await what();
    } catch (error) {
      setFailed(wordsOf(error));
    }
    setBusy(false);
  };
  return { busy, failed, run };
}
