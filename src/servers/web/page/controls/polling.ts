/** Work that is repeated as long as its view is on the screen. */
import { useEffect } from 'preact/hooks';

/**
 * Runs `work` at once and then again, `periodMs` from begin to begin and `restMs` after an end at least; not while the page is hidden.
 * Anew when one of `of` changes. `work` must not throw.
 */
export function usePolling(work: () => Promise<void>, periodMs: number, restMs: number, of: readonly unknown[]): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let isRunning = false;
    const run = async () => {
      if (isOver || isRunning || document.visibilityState === 'hidden') return;
      isRunning = true;
      const begun = performance.now();
      await work();
      isRunning = false;
      clearTimeout(timer);
      timer = setTimeout(run, Math.max(restMs, periodMs - (performance.now() - begun)));
    };
    const seen = () => void run();
    document.addEventListener('visibilitychange', seen);
    void run();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, of);
}
