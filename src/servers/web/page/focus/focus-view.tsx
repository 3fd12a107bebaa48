/** The focus aid: true pixels of a region, its stars, and how wide they are from one frame to the next. */
import { useEffect } from 'preact/hooks';
import { HistoryPlot } from '../controls/history-plot.js';
import { usePolling } from '../controls/polling.js';
import { watched } from '../live/connection.js';
import './focus.css';
import { FocusFigures } from './focus-figures.js';
import {
  beginAnew,
  chooseItself,
  choosesItself,
  forgetHistory,
  history,
  measured,
  measureNewest,
  moveRegion,
  pixelScale,
  quantity,
  REGION_SIZES,
  region,
  regionSize,
  trouble,
} from './focus-store.js';
import { MagnifiedStar } from './magnified-star.js';
import { Overview } from './overview.js';
import { RegionCanvas } from './region-canvas.js';

/** Two measurements a second at most, and room for the rest of the page between them. */
const PERIOD_MS = 500;
const REST_MS = 150;

export function FocusView() {
  useEffect(() => {
    if (measured.value !== null && measured.value.camera !== watched.value) beginAnew();
  }, [watched.value]);
  usePolling(measureNewest, PERIOD_MS, REST_MS, [watched.value, region.value]);
  return (
    <div class="focus">
      <h1 class="unseen">Focus</h1>
      <section class="focus-picture" aria-label="Region">
        <RegionCanvas />
        <RegionBar />
        {trouble.value === null ? null : (
          <p class="focus-trouble" role="alert">
            {trouble.value}
          </p>
        )}
      </section>
      <div class="focus-right">
        <section class="panel focus-star" aria-label="Star">
          <MagnifiedStar />
          <FocusFigures />
        </section>
        <section class="panel focus-history" aria-labelledby="focus-history">
          <header>
            <h2 id="focus-history">{quantity.value === 'hfd' ? 'Half-flux diameter' : 'FWHM'} over time</h2>
            <HistoryBar />
          </header>
          <Widths />
        </section>
      </div>
      <section class="panel focus-where" aria-label="Frame">
        <h2>Where in the frame</h2>
        <Overview />
        <ScaleField />
      </section>
    </div>
  );
}

function RegionBar() {
  return (
    <div class="focus-bar">
      <fieldset class="segments">
        <legend class="unseen">Size of the region in pixels</legend>
        {REGION_SIZES.map((size) => (
          <button
            key={size}
            type="button"
            aria-pressed={regionSize.value === size}
            onClick={() => {
              regionSize.value = size;
            }}
          >
            {size}
          </button>
        ))}
      </fieldset>
      <fieldset class="focus-move">
        <legend class="unseen">Move the region</legend>
        <MoveButton label="Left" sign="←" right={-1} down={0} />
        <MoveButton label="Up" sign="↑" right={0} down={-1} />
        <MoveButton label="Down" sign="↓" right={0} down={1} />
        <MoveButton label="Right" sign="→" right={1} down={0} />
      </fieldset>
      <button type="button" aria-pressed={choosesItself.value} onClick={chooseItself}>
        Choose by itself
      </button>
    </div>
  );
}

interface MoveProps {
  readonly label: string;
  readonly sign: string;
  readonly right: number;
  readonly down: number;
}

function MoveButton({ label, sign, right, down }: MoveProps) {
  return (
    <button type="button" aria-label={label} onClick={() => moveRegion(right, down)}>
      {sign}
    </button>
  );
}

function HistoryBar() {
  return (
    <div class="focus-bar">
      <fieldset class="segments">
        <legend class="unseen">Judge the focus by</legend>
        {(['hfd', 'fwhm'] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={quantity.value === each}
            onClick={() => {
              quantity.value = each;
            }}
          >
            {each.toUpperCase()}
          </button>
        ))}
      </fieldset>
      <button type="button" onClick={forgetHistory}>
        Begin anew
      </button>
    </div>
  );
}

function Widths() {
  const points = history.value;
  const isHfd = quantity.value === 'hfd';
  const lines = [
    { label: 'star', unit: 'px', values: points.map((point) => (isHfd ? point.hfd : point.fwhm)), isMain: true },
    {
      label: 'median',
      unit: 'px',
      values: points.map((point) => (isHfd ? point.medianHfd : point.medianFwhm)),
      isMain: false,
    },
  ];
  return (
    <>
      <HistoryPlot
        label="Width of the followed star, and the median of all stars, over the last minutes"
        seconds={points.map(({ seconds }) => seconds)}
        lines={lines}
        leastSpan={1}
        heightPx={180}
      />
      <p class="focus-legend">
        <span data-line="main">followed star</span>
        <span data-line="quiet">median of all stars</span>
      </p>
    </>
  );
}

function ScaleField() {
  return (
    <label class="focus-scale">
      <span>Pixel scale, ″/px</span>
      <input
        type="text"
        inputMode="decimal"
        placeholder="not given"
        value={pixelScale.value ?? ''}
        onChange={({ currentTarget }) => {
          const given = Number(currentTarget.value.replace(',', '.'));
          pixelScale.value = Number.isFinite(given) && given > 0 ? given : null;
        }}
      />
    </label>
  );
}
