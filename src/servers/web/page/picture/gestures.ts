/** Zoom and pan by wheel, drag, two fingers and keys. */
import { fit, panBy, trueSize, zoomBy } from './view.js';

const WHEEL_STEP = 1.0015;
const KEY_STEP = 1.25;
const KEY_PAN_PX = 60;

/** The same for keys as for buttons; true where the key was one of them. */
export function zoomKey(key: string): boolean {
  const acts: Record<string, () => void> = {
    '+': () => zoomBy(KEY_STEP),
    '=': () => zoomBy(KEY_STEP),
    '-': () => zoomBy(1 / KEY_STEP),
    '0': fit,
    '1': trueSize,
    ArrowLeft: () => panBy(KEY_PAN_PX, 0),
    ArrowRight: () => panBy(-KEY_PAN_PX, 0),
    ArrowUp: () => panBy(0, KEY_PAN_PX),
    ArrowDown: () => panBy(0, -KEY_PAN_PX),
  };
  const act = acts[key];
  act?.();
  return act !== undefined;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Listens on `element` until the returned function is called. `takesDrag`: whether a drag means something else now. */
export function followGestures(element: HTMLElement, takesDrag: () => boolean): () => void {
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
    zoomBy(WHEEL_STEP ** -delta, x, y);
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
      panBy(now.x - before.x, now.y - before.y);
      return;
    }
    const distance = (place: Place) => Math.hypot(place.x - other.x, place.y - other.y);
    panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (distance(before) > 0) zoomBy(distance(now) / distance(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  };
  const up = (event: PointerEvent) => fingers.delete(event.pointerId);
  element.addEventListener('wheel', wheel, { passive: false });
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  return () => {
    element.removeEventListener('wheel', wheel);
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
  };
}
