/** The widths in large figures, whether they get better, and what is to be known of the star. */
import { formatUtc } from '#gps/instant.js';
import type { Trend } from '#src/focus/trend.js';
import { best, followed, measured, pixelScale, quantity, star, trend } from './focus-store.js';

const TRENDS: Readonly<Record<Trend, { readonly sign: string; readonly word: string }>> = {
  better: { sign: '▼', word: 'better' },
  worse: { sign: '▲', word: 'worse' },
  steady: { sign: '●', word: 'steady' },
};

export function FocusFigures() {
  const seen = star.value;
  const field = measured.value?.field ?? null;
  const median = quantity.value === 'hfd' ? (field?.medianHfd ?? null) : (field?.medianFwhm ?? null);
  return (
    <div class="focus-figures">
      <dl class="focus-widths">
        <Width word="Half-flux diameter" width={seen?.hfd ?? null} isMain={quantity.value === 'hfd'} />
        <Width word="FWHM" width={seen?.fwhm ?? null} isMain={quantity.value === 'fwhm'} />
      </dl>
      <TrendLine />
      <dl class="focus-facts">
        <Fact word="Best so far" value={bestText()} />
        <Fact
          word={`Median of ${field?.telling ?? 0} ${field?.telling === 1 ? 'star' : 'stars'}`}
          value={median === null ? '–' : widthText(median)}
        />
        <Fact word="Signal to noise" value={seen === null ? '–' : seen.snr.toFixed(0)} />
        <Fact
          word="Longer than wide"
          value={seen?.ellipticity == null ? '–' : `${(100 * seen.ellipticity).toFixed(0)} %`}
        />
        <Fact word="Place" value={placeText()} />
      </dl>
      <Peak />
    </div>
  );
}

function Width({
  word,
  width,
  isMain,
}: {
  readonly word: string;
  readonly width: number | null;
  readonly isMain: boolean;
}) {
  const scale = pixelScale.value;
  return (
    <div data-main={isMain}>
      <dt>{word}</dt>
      <dd>
        <strong>{width === null ? '–' : width.toFixed(2)}</strong>
        <small>{width === null ? '' : scale === null ? 'px' : `px · ${(width * scale).toFixed(2)}″`}</small>
      </dd>
    </div>
  );
}

function TrendLine() {
  const now = trend.value;
  const seen = star.value;
  const words =
    seen === null
      ? followed.value === null
        ? 'No star yet'
        : 'The star is not seen'
      : now === null
        ? 'Measuring …'
        : null;
  return (
    <p class="focus-trend" data-trend={words === null ? now : null} role="status">
      {words ?? (now === null ? '' : `${TRENDS[now].sign} ${TRENDS[now].word}`)}
    </p>
  );
}

function Fact({ word, value }: { readonly word: string; readonly value: string }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The highest pixel against what a pixel can hold. */
function Peak() {
  const seen = star.value;
  const full = 2 ** (measured.value?.image.bitDepth ?? 16) - 1;
  const share = seen === null ? 0 : Math.min(1, seen.peak / full);
  return (
    <div class="focus-peak" data-saturated={seen?.isSaturated === true}>
      <span id="focus-peak">Peak</span>
      <progress max={1} value={share} aria-labelledby="focus-peak" />
      <span>{seen === null ? '–' : `${seen.peak} of ${full}`}</span>
      <p role="status">{warningText()}</p>
    </div>
  );
}

function warningText(): string {
  const seen = star.value;
  if (seen === null) return '';
  if (seen.isSaturated) return 'Saturated: choose a fainter star or a shorter exposure.';
  if (seen.isAtEdge) return 'Close to the edge of the region: move it.';
  if (seen.isBlended) return 'Another star is in its light.';
  return '';
}

function widthText(width: number): string {
  const scale = pixelScale.value;
  return `${width.toFixed(2)} px${scale === null ? '' : ` · ${(width * scale).toFixed(2)}″`}`;
}

function bestText(): string {
  const found = best.value;
  if (found === null) return '–';
  const at = formatUtc(BigInt(Math.round(found.seconds)) * 1_000_000_000n, 0).slice(11, 19);
  return `${widthText(found.width)} at ${at}`;
}

function placeText(): string {
  const place = star.value === null ? null : followed.value;
  return place === null ? '–' : `${place.x.toFixed(1)}, ${place.y.toFixed(1)}`;
}
