/** Zoom and pan by wheel, drag, double click, two fingers and keys. */
import type { View } from './view.js';

const WHEEL_STEP = 1.0015;
const KEY_STEP = 1.25;
const KEY_PAN_PX = 60;

/** The same for keys as for buttons; true where the key was one of them. */
export function zoomKey(view: View, key: string): boolean {
  const acts: Record<string, () => void> = {
    '+': () => view.zoomBy(KEY_STEP),
    '=': () => view.zoomBy(KEY_STEP),
    '-': () => view.zoomBy(1 / KEY_STEP),
    '0': () => view.fit(),
    '1': () => view.trueSize(),
    ArrowLeft: () => view.panBy(KEY_PAN_PX, 0),
    ArrowRight: () => view.panBy(-KEY_PAN_PX, 0),
    ArrowUp: () => view.panBy(0, KEY_PAN_PX),
    ArrowDown: () => view.panBy(0, -KEY_PAN_PX),
  };
  const act = acts[key];
  act?.();
  return act !== undefined;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Moves `view` as `element` is operated, until the returned function is called. `takesDrag`: whether a drag means something else now. */
export function followGestures(element: HTMLElement, view: View, takesDrag: () => boolean): () => void {
  const fingers = new Map<number, Place>();
  const placeOf = (event: MouseEvent): Place => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const { x, y } = placeOf(event);
    // Firefox counts lines.
    const delta = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 30 : event.deltaY;
    view.zoomBy(WHEEL_STEP ** -delta, x, y);
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0 || takesDrag()) return;
    fingers.set(event.pointerId, placeOf(event));
    element.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = placeOf(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (other === undefined) {
      view.panBy(now.x - before.x, now.y - before.y);
      return;
    }
    const distance = (place: Place) => Math.hypot(place.x - other.x, place.y - other.y);
    // About where the middle was, and then with it: the whole frame cannot be moved before it is zoomed.
    if (distance(before) > 0)
      view.zoomBy(distance(now) / distance(before), (before.x + other.x) / 2, (before.y + other.y) / 2);
    view.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
  };
  const up = (event: PointerEvent) => fingers.delete(event.pointerId);
  const twice = (event: MouseEvent) => {
    if (takesDrag()) return;
    const { x, y } = placeOf(event);
    // From 1:1 back to all of it.
    if (view.placement.value.scale === 1 && !view.fits.value) view.fit();
    else view.trueSize(x, y);
  };
  element.addEventListener('wheel', wheel, { passive: false });
  element.addEventListener('dblclick', twice);
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  return () => {
    element.removeEventListener('wheel', wheel);
    element.removeEventListener('dblclick', twice);
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
  };
}
