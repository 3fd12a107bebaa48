/** A camera that answers but sends nothing: told once, until packets come again. */
import type { Stream } from './stream.js';

const LOOK_INTERVAL_MS = 250;

/** Watches `stream`; `onSilence` gets what happened, for people. Returns what ends the watch. */
export function watchSilence(stream: Stream, onSilence: (detail: string) => void): () => void {
  let packets = -1;
  let sinceMs = performance.now();
  let said = false;
  const timer = setInterval(() => {
    const now = stream.live().counters.packetsReceived;
    const silentMs = performance.now() - sinceMs;
    if (now !== packets) {
      packets = now;
      sinceMs = performance.now();
      said = false;
    } else if (!said && silentMs > stream.silenceLimitMs) {
      said = true;
      onSilence(`no packet came for ${Math.round(silentMs / 1_000)} s though the camera answers`);
    }
  }, LOOK_INTERVAL_MS);
  return () => clearInterval(timer);
}
