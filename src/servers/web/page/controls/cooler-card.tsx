/** The cooler: how cold the sensor is, how cold it shall be, and how both have gone over the last minutes. */
import type { Control } from '#src/cameras/controls.js';
import { watched } from '../live/connection.js';
import { ControlWidget } from './control-widget.js';
import { type CoolingPoint, coolingHistory } from './cooling-history.js';
import { HistoryPlot } from './history-plot.js';

/** As near to its target as counts. */
const NEAR_C = 0.5;

export function CoolerCard({ controls }: { readonly controls: readonly Control[] }) {
  const named = (name: string) => controls.find((control) => control.name === name);
  const [on, target] = [named('CoolerOn'), named('CoolerTarget')];
  if (on === undefined && target === undefined) return null;
  const temperature = numberOf(named('DeviceTemperature'));
  const power = numberOf(named('CoolerPower'));
  const history = coolingHistory.value.get(watched.value) ?? [];
  return (
    <section class="panel card" aria-labelledby="cooler-card">
      <h2 id="cooler-card">Cooler</h2>
      {temperature === null && power === null ? null : (
        <p class="card-figures">
          <span>
            <strong>{temperature === null ? '–' : degrees(temperature)}</strong>
            <small>°C</small>
          </span>
          <span>
            <strong>{power === null ? '–' : power.toFixed(0)}</strong>
            <small>% power</small>
          </span>
        </p>
      )}
      <p class="card-state">{stateText(on, numberOf(target), temperature)}</p>
      {on === undefined ? null : <CardControl control={on} label="Cooling" />}
      {target === undefined ? null : <CardControl control={target} label="Target" />}
      {history.length > 1 ? <Plots history={history} /> : null}
    </section>
  );
}

/** The widget of the list once more, with an identifier of its own. */
function CardControl({ control, label }: { readonly control: Control; readonly label: string }) {
  return (
    <div class="card-control">
      <label for={`card-${control.name}`}>{label}</label>
      <ControlWidget control={control} idPrefix="card" />
    </div>
  );
}

function Plots({ history }: { readonly history: readonly CoolingPoint[] }) {
  const seconds = history.map((point) => point.seconds);
  const lines = [
    { label: 'Sensor', unit: '°C', values: history.map((point) => point.temperature), isMain: true },
    { label: 'Target', unit: '°C', values: history.map((point) => point.target), isMain: false },
  ];
  const power = [{ label: 'Power', unit: '%', values: history.map((point) => point.power), isMain: true }];
  return (
    <>
      <HistoryPlot
        label="Temperature of the sensor over the last minutes"
        seconds={seconds}
        lines={lines}
        leastSpan={2}
        heightPx={120}
      />
      <HistoryPlot
        label="Power of the cooler over the last minutes"
        seconds={seconds}
        lines={power}
        leastSpan={10}
        heightPx={84}
      />
    </>
  );
}

function stateText(on: Control | undefined, target: number | null, temperature: number | null): string {
  if (on?.unavailable != null) return `Not now: ${on.unavailable}`;
  if (on?.value === false) return 'Off';
  if (target === null || temperature === null) return 'On';
  const off = temperature - target;
  if (Math.abs(off) <= NEAR_C) return 'At its target';
  return `${degrees(Math.abs(off))} °C ${off > 0 ? 'above' : 'below'} its target`;
}

const degrees = (value: number): string => value.toFixed(1).replace('-', '−');

function numberOf(control: Control | undefined): number | null {
  return typeof control?.value === 'number' ? control.value : null;
}
