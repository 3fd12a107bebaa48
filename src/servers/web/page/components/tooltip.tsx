/**
 * What an element under the pointer says of itself: its `title`, or `data-tip` where it is drawn. The browser's own tooltips are white and
 * outside of the page, so a title is taken away as long as the pointer is on its element.
 */
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

const REST_MS = 350;
const MARGIN_PX = 8;

interface Tip {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

const shown = signal<Tip | null>(null);

let owner: Element | null = null;
let title = '';
let timer: ReturnType<typeof setTimeout> | undefined;

function leave(): void {
  clearTimeout(timer);
  shown.value = null;
  if (title !== '' && owner?.hasAttribute('title') === false) owner.setAttribute('title', title);
  owner = null;
  title = '';
}

function follow({ target, clientX: x, clientY: y, pointerType }: PointerEvent): void {
  const found = target instanceof Element ? target.closest('[title], [data-tip]') : null;
  if (owner !== null && found !== owner && !(target instanceof Node && owner.contains(target))) leave();
  if (pointerType === 'touch') return;
  if (found !== null && found !== owner) {
    leave();
    owner = found;
  }
  if (owner === null) return;
  const own = owner.getAttribute('title');
  if (own !== null) {
    title = own;
    owner.removeAttribute('title');
  }
  const text = title === '' ? (owner.getAttribute('data-tip') ?? '') : title;
  clearTimeout(timer);
  // One that is shown follows the pointer at once.
  if (shown.value !== null || text === '') shown.value = text === '' ? null : { text, x, y };
  else {
    timer = setTimeout(() => {
      shown.value = { text, x, y };
    }, REST_MS);
  }
}

export function Tooltip() {
  const place = useRef<HTMLDivElement>(null);
  const tip = shown.value;
  useEffect(() => {
    const events = ['pointerdown', 'keydown', 'wheel'] as const;
    document.addEventListener('pointermove', follow);
    document.documentElement.addEventListener('pointerleave', leave);
    for (const name of events) document.addEventListener(name, leave, { passive: true });
    return () => {
      leave();
      document.removeEventListener('pointermove', follow);
      document.documentElement.removeEventListener('pointerleave', leave);
      for (const name of events) document.removeEventListener(name, leave);
    };
  }, []);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null || tip === null) return;
    const { offsetWidth, offsetHeight } = element;
    const below = tip.y + 20;
    const top = below + offsetHeight + MARGIN_PX > innerHeight ? tip.y - offsetHeight - 10 : below;
    element.style.left = `${Math.max(MARGIN_PX, Math.min(tip.x, innerWidth - offsetWidth - MARGIN_PX))}px`;
    element.style.top = `${Math.max(MARGIN_PX, top)}px`;
  }, [tip]);
  return tip === null ? null : (
    <div ref={place} class="tooltip" aria-hidden="true">
      {tip.text}
    </div>
  );
}
