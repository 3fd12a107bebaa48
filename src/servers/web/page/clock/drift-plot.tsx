/** How the oscillator of the watched camera drifts against PPS. */
import { useMemo } from 'preact/hooks';
import { watched } from '../live/connection.js';
import { stationSeconds } from '../live/station-time.js';
import { Plot } from '../plots/plot.js';
import { DRIFT_SECONDS, type DriftPoint, drifts } from './drift.js';

const NONE: readonly DriftPoint[] = [];

export function DriftPlot() {
  const points = drifts.value.get(watched.value) ?? NONE;
  const data = useMemo(
    () => [points.map(({ utcSeconds }) => utcSeconds), points.map(({ ppb }) => ppb)] as const,
    [points],
  );
  const values = data[1];
  const now = stationSeconds();
  const label =
    values.length === 0
      ? 'Error of the oscillator: nothing known yet'
      : `Error of the oscillator over the last 15 minutes: from ${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))} ppb`;
  return (
    <Plot
      label={label}
      isSmall
      data={data}
      fromSeconds={now - DRIFT_SECONDS}
      toSeconds={now}
      kind="line"
      unit="ppb"
      leastSpan={20}
      fromZero={false}
    />
  );
}
