/** The error of each camera's oscillator as its PPS shows it, over the last minutes: from the station's history, then second by second. */
import { effect, signal, untracked } from '@preact/signals';
import type { MinuteState } from '#src/servers/web/history/camera-history.js';
import { cameras } from '../live/connection.js';
import { histories } from '../live/history.js';
import { stationSeconds } from '../live/station-time.js';

export const DRIFT_SECONDS = 900;

export interface DriftPoint {
  readonly utcSeconds: number;
  readonly ppb: number;
}

/** By camera, oldest first. */
export const drifts = signal<ReadonlyMap<number, readonly DriftPoint[]>>(new Map());

effect(() => {
  const now = cameras.value;
  untracked(() => {
    const utcSeconds = stationSeconds();
    let next: Map<number, readonly DriftPoint[]> | null = null;
    for (const { camera, state, clock } of now) {
      const before = drifts.value.get(camera) ?? [];
      if (clock?.ppsErrorPpb == null || state !== 'streaming') continue;
      if (utcSeconds - (before.at(-1)?.utcSeconds ?? 0) < 0.9) continue;
      next ??= new Map(drifts.value);
      next.set(camera, recent([...before, { utcSeconds, ppb: clock.ppsErrorPpb }], utcSeconds));
    }
    if (next !== null) drifts.value = next;
  });
});

effect(() => {
  const told = histories.value;
  untracked(() => {
    const next = new Map(drifts.value);
    for (const [camera, minutes] of told) {
      const own = next.get(camera) ?? [];
      const first = own[0]?.utcSeconds ?? stationSeconds();
      const older = minutes.flatMap(pointOf).filter(({ utcSeconds }) => utcSeconds < first - 30);
      next.set(camera, recent([...older, ...own], stationSeconds()));
    }
    drifts.value = next;
  });
});

function recent(points: readonly DriftPoint[], utcSeconds: number): readonly DriftPoint[] {
  return points.filter((point) => point.utcSeconds > utcSeconds - DRIFT_SECONDS);
}

/** A minute stands at its middle. */
function pointOf({ fromUtcNs, ppsErrorPpb }: MinuteState): DriftPoint[] {
  if (ppsErrorPpb === null) return [];
  return [{ utcSeconds: Number(BigInt(fromUtcNs) / 1_000_000_000n) + 30, ppb: ppsErrorPpb }];
}
