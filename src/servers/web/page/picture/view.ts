/** Which part of the frame is seen, and how large: zoom and pan, and the way between places of the screen and pixels of the frame. */
import { computed, signal } from '@preact/signals';
import { frameHeight, frameWidth } from './planes.js';

/** The canvas, in device pixels, and how many of them are one pixel of the style sheet. */
export const area = signal({ width: 1, height: 1, ratio: 1 });

/** What the user looks at; pixels of the frame, device pixels a pixel of the frame. */
interface View {
  readonly centerX: number;
  readonly centerY: number;
  readonly scale: number;
}

/** Null: the whole frame fits. */
const chosen = signal<View | null>(null);

const LARGEST_SCALE = 40;

const fitScale = computed(() =>
  frameWidth.value === 0 ? 1 : Math.min(area.value.width / frameWidth.value, area.value.height / frameHeight.value),
);

export const fits = computed(() => chosen.value === null);

/** Device pixels a pixel of the frame, and the place of the frame that is at the canvas's left top corner. */
export const placement = computed(() => {
  const { width, height } = area.value;
  const { centerX, centerY, scale } = view();
  return { scale, left: centerX - width / 2 / scale, top: centerY - height / 2 / scale };
});
export type Placement = typeof placement.value;

function view(): View {
  return chosen.value ?? { centerX: frameWidth.value / 2, centerY: frameHeight.value / 2, scale: fitScale.value };
}

/** Place of the frame under a place of the canvas, given in pixels of the style sheet. */
export function frameAt(x: number, y: number): { readonly x: number; readonly y: number } {
  const { scale, left, top } = placement.value;
  const { ratio } = area.value;
  return { x: left + (x * ratio) / scale, y: top + (y * ratio) / scale };
}

/** Place of the canvas, in pixels of the style sheet, where a place of the frame is seen. */
export function screenAt(x: number, y: number): { readonly x: number; readonly y: number } {
  const { scale, left, top } = placement.value;
  const { ratio } = area.value;
  return { x: ((x - left) * scale) / ratio, y: ((y - top) * scale) / ratio };
}

/** Zooms by `factor`; what is at `x`, `y` (pixels of the style sheet; left out: the middle) stays there. */
export function zoomBy(factor: number, x?: number, y?: number): void {
  const { width, height, ratio } = area.value;
  zoomTo(view().scale * factor, x ?? width / ratio / 2, y ?? height / ratio / 2);
}

export function zoomTo(wanted: number, x: number, y: number): void {
  const { width, height, ratio } = area.value;
  const scale = Math.min(LARGEST_SCALE, wanted);
  if (scale <= fitScale.value) {
    fit();
    return;
  }
  const held = frameAt(x, y);
  choose({
    centerX: held.x - (x * ratio - width / 2) / scale,
    centerY: held.y - (y * ratio - height / 2) / scale,
    scale,
  });
}

export function fit(): void {
  chosen.value = null;
}

/** One pixel of the frame is one pixel of the screen. */
export function trueSize(): void {
  choose({ ...view(), scale: 1 });
}

/** Moves what is seen by pixels of the style sheet. */
export function panBy(x: number, y: number): void {
  if (chosen.value === null) return;
  const { centerX, centerY, scale } = chosen.value;
  const { ratio } = area.value;
  choose({ centerX: centerX - (x * ratio) / scale, centerY: centerY - (y * ratio) / scale, scale });
}

/** The middle of the canvas never leaves the frame. */
function choose({ centerX, centerY, scale }: View): void {
  chosen.value = {
    centerX: Math.min(frameWidth.value, Math.max(0, centerX)),
    centerY: Math.min(frameHeight.value, Math.max(0, centerY)),
    scale,
  };
}
