/** What arrives, what of it is kept, and how near the limits are. */
import type { CameraState } from '#src/station/station-state.js';
import { type Amount, bytesAmount, counted, countText, threeFigures } from '../figures/amounts.js';
import { lastingText } from '../figures/spans.js';
import { cameraName } from '../live/camera-name.js';
import { cameras, connected, watched } from '../live/connection.js';
import { HistoryPlot } from './history-plot.js';
import { Meter } from './meter.js';
import './stream.css';

const NOT_KNOWN: Amount = { figure: '–', unit: '' };

export function StreamPanel() {
  const state = cameras.value.find(({ camera }) => camera === watched.value);
  return (
    <section class="panel stream" aria-labelledby="stream-title">
      <h2 id="stream-title">
        Stream{' '}
        {state === undefined ? null : (
          <span class="quiet">
            {cameraName(state)}, {state.width} × {state.height}, {state.bitDepth} bit
            {connected.value ? '' : ', as told last'}
          </span>
        )}
      </h2>
      {state === undefined ? <p class="quiet">No camera yet.</p> : <Figures state={state} />}
      <HistoryPlot />
    </section>
  );
}

function Figures({ state }: { readonly state: CameraState }) {
  const { frames, freeBytes, secondsLeft } = state;
  return (
    <>
      <dl class="amounts">
        <Large name="Frames" amount={{ figure: state.framesPerSecond.toFixed(1), unit: 'fps' }} />
        <Large name="Data" amount={{ figure: threeFigures(state.gigabitsPerSecond), unit: 'Gb/s' }} />
        <Large name="To disk" amount={perSecond(state.diskBytesPerSecond)} />
        <Large name="Free" amount={freeBytes === null ? NOT_KNOWN : bytesAmount(freeBytes)} />
      </dl>
      <dl class="counts">
        <Count name="Lost" count={frames.lost} grave />
        <Count name="Incomplete" count={frames.incomplete} grave />
        <Count name="Resent" count={state.packetsResent} />
        <Count name="Received" count={frames.received} />
        <div>
          <dt>Time left</dt>
          <dd>{secondsLeft === null ? '–' : lastingText(secondsLeft)}</dd>
        </div>
      </dl>
      {state.diskFails || frames.notRecorded > 0 ? (
        <p class="trouble" role="alert">
          {state.diskFails ? 'Frames are not being recorded: the disk does not take them. ' : ''}
          {frames.notRecorded > 0
            ? `${counted(frames.notRecorded, 'frame')} of this session ${frames.notRecorded === 1 ? 'is' : 'are'} not on disk.`
            : ''}
        </p>
      ) : null}
      <div class="meters">
        <Meter name="Ring" share={state.ringFill} />
        <Meter name="Workers" share={state.workerLoad} />
      </div>
    </>
  );
}

function Large({ name, amount: { figure, unit } }: { readonly name: string; readonly amount: Amount }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {figure} <span class="unit">{unit}</span>
      </dd>
    </div>
  );
}

/** `grave`: above 0 it says that something is missing. */
function Count({
  name,
  count,
  grave = false,
}: {
  readonly name: string;
  readonly count: number;
  readonly grave?: boolean;
}) {
  return (
    <div data-trouble={grave && count > 0}>
      <dt>{name}</dt>
      <dd>{countText(count)}</dd>
    </div>
  );
}

function perSecond(bytes: number): Amount {
  const { figure, unit } = bytesAmount(bytes);
  return { figure, unit: `${unit}/s` };
}
