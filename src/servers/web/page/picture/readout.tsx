/** Pixel, value and row time under the cursor, in one line that keeps its places. */
import type { Viewer } from './viewer.js';

const KINDS = { true: 'true pixel', mean: 'preview mean', maximum: 'preview maximum' } as const;

export function Readout({ viewer }: { readonly viewer: Viewer }) {
  const pixel = viewer.readPixel.value;
  return (
    <div class="picture-readout">
      <dl>
        <dt>{viewer.pointer.value === null ? 'centre' : 'cursor'}</dt>
        <dd class="readout-pixel">{pixel === null ? '–' : `${pixel.column}, ${pixel.row}`}</dd>
        <dt>value</dt>
        <dd class="readout-value">{pixel === null ? '–' : pixel.value}</dd>
        <dd class="readout-kind">{pixel === null ? 'outside of the frame' : KINDS[pixel.kind]}</dd>
        <dt>row time</dt>
        <dd class="readout-time">{pixel === null ? '–' : `${pixel.rowTime.replace('T', ' ')} UTC`}</dd>
        <dt>zoom</dt>
        <dd class="readout-zoom">{zoomText(viewer.view.placement.value.scale)}</dd>
      </dl>
    </div>
  );
}

function zoomText(scale: number): string {
  return scale >= 1 ? `${scale.toFixed(1)} : 1` : `1 : ${(1 / scale).toFixed(1)}`;
}
