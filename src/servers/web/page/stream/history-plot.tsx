/** The last hour of the watched camera by minute; one quantity at a time. */
import { useMemo } from 'preact/hooks';
import type { MinuteState } from '#src/servers/web/history/camera-history.js';
import { keptSignal } from '../kept/kept-signal.js';
import { watched } from '../live/connection.js';
import { histories } from '../live/history.js';
import { stationSeconds } from '../live/station-time.js';
import { Plot } from '../plots/plot.js';

const HOUR_SECONDS = 3_600;

interface Quantity {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  /** So that a little does not look like much. */
  readonly leastSpan: number;
  readonly of: (minute: MinuteState) => number;
}

const FRAMES: Quantity = { name: 'frames', label: 'fps', unit: 'fps', leastSpan: 1, of: (m) => m.framesPerSecond };
const QUANTITIES: readonly Quantity[] = [
  FRAMES,
  { name: 'data', label: 'Gb/s', unit: 'Gb/s', leastSpan: 0.1, of: (m) => m.gigabitsPerSecond },
  { name: 'lost', label: 'Lost', unit: 'frames lost', leastSpan: 10, of: (m) => m.lost },
  { name: 'resent', label: 'Resent', unit: 'packets resent', leastSpan: 10, of: (m) => m.packetsResent },
  { name: 'ring', label: 'Ring', unit: '% of the ring', leastSpan: 100, of: (m) => m.ringFill * 100 },
  { name: 'disk', label: 'Disk', unit: 'MB/s', leastSpan: 10, of: (m) => m.diskBytesPerSecond / 1e6 },
];
const shown = keptSignal('stream.history', FRAMES.name, (kept) => (typeof kept === 'string' ? kept : FRAMES.name));

export function HistoryPlot() {
  const quantity = QUANTITIES.find(({ name }) => name === shown.value) ?? FRAMES;
  const minutes = histories.value.get(watched.value);
  const data = useMemo(() => {
    const told = minutes ?? [];
    return [told.map(({ fromUtcNs }) => Number(BigInt(fromUtcNs) / 1_000_000_000n)), told.map(quantity.of)] as const;
  }, [minutes, quantity]);
  // The plot moves on by the minute.
  const to = Math.ceil(stationSeconds() / 60) * 60;
  const highest = Math.max(0, ...data[1]);
  return (
    <figure class="history">
      <figcaption class="unseen">The last hour by minute</figcaption>
      <fieldset class="history-choice">
        <legend class="unseen">What of the last hour is shown</legend>
        {QUANTITIES.map(({ name, label }) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === quantity.name}
            onClick={() => {
              shown.value = name;
            }}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <Plot
        label={`${quantity.label} over the last hour, by minute: at most ${Number(highest.toPrecision(3))} ${quantity.unit}`}
        data={data}
        fromSeconds={to - HOUR_SECONDS}
        toSeconds={to}
        kind="bars"
        unit={quantity.unit}
        leastSpan={quantity.leastSpan}
        fromZero
      />
    </figure>
  );
}
