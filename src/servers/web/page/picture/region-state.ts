/** The rectangle that the user draws on the live image. */
import { effect, signal } from '@preact/signals';
import { watched } from '../live/connection.js';
import { liveViewer } from './live-viewer.js';
import type { Region } from './shown-frame.js';

const { frameWidth, frameHeight, view } = liveViewer;

/** Whether a drag draws a region. */
export const drawing = signal(false);
export const drawnRegion = signal<Region | null>(null);
effect(() => {
  watched.value;
  drawnRegion.value = null;
});

/** Within the frame, at least a pixel. */
export function setRegion({ x, y, width, height }: Region): void {
  const left = Math.round(Math.min(Math.max(0, x), frameWidth.value - 1));
  const top = Math.round(Math.min(Math.max(0, y), frameHeight.value - 1));
  drawnRegion.value = {
    x: left,
    y: top,
    width: Math.round(Math.min(Math.max(1, width), frameWidth.value - left)),
    height: Math.round(Math.min(Math.max(1, height), frameHeight.value - top)),
  };
}

/** Listens on `element` until the returned function is called. */
export function followDrawing(element: HTMLElement): () => void {
  let from: { readonly x: number; readonly y: number } | null = null;
  const placeOf = (event: PointerEvent) => {
    const { left, top } = element.getBoundingClientRect();
    return view.frameAt(event.clientX - left, event.clientY - top);
  };
  const down = (event: PointerEvent) => {
    if (!drawing.value || event.button !== 0) return;
    from = placeOf(event);
    element.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (from === null) return;
    const to = placeOf(event);
    const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
    const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
    const x = Math.max(0, left);
    const y = Math.max(0, top);
    setRegion({ x, y, width: right - x, height: bottom - y });
  };
  const up = () => {
    from = null;
  };
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
  };
}
