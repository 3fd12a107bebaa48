/**
 * One of several by a list that opens: in place of `select`, whose list the browser draws in its own colours, outside of the page. The
 * keyboard works it as it does a `select` (the WAI-ARIA pattern of a combobox that only chooses).
 */
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

export type Choices = readonly (readonly [value: string, label: string])[];

export interface ChoiceListProps {
  readonly id?: string;
  /** What is chosen, for those who do not see it; left out where a label names the `id`. */
  readonly name?: string;
  readonly describedBy?: string;
  readonly value: string;
  readonly choices: Choices;
  readonly isDisabled?: boolean;
  readonly onChange: (value: string) => void;
}

const TYPING_MS = 700;
const MARGIN_PX = 8;

export function ChoiceList({ id, name, describedBy, value, choices, isDisabled = false, onChange }: ChoiceListProps) {
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: '', atMs: 0 });
  const listId = useId();
  /** The choice that keys are at; null while the list is closed. */
  const [at, setAt] = useState<number | null>(null);
  const chosen = choices.findIndex(([each]) => each === value);
  const isOpen = at !== null;
  const close = () => setAt(null);
  const open = () => setAt(Math.max(0, chosen));
  const choose = (index: number) => {
    close();
    const [next] = choices[index] ?? [];
    if (next !== undefined && next !== value) onChange(next);
  };

  useLayoutEffect(() => {
    if (!isOpen || button.current === null || list.current === null) return;
    list.current.showPopover();
    place(list.current, button.current.getBoundingClientRect());
    return () => list.current?.hidePopover();
  }, [isOpen]);
  useLayoutEffect(() => {
    if (at !== null) list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  useEffect(() => {
    if (!isOpen) return;
    const isInside = ({ target }: Event) =>
      target instanceof Node && (list.current?.contains(target) || button.current?.contains(target));
    const closeOutside = (event: Event) => {
      if (!isInside(event)) close();
    };
    const follow = (event: Event) => {
      if (list.current === null || button.current === null || event.target === list.current) return;
      place(list.current, button.current.getBoundingClientRect());
    };
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('scroll', follow, true);
    addEventListener('resize', follow);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('scroll', follow, true);
      removeEventListener('resize', follow);
    };
  }, [isOpen]);

  /** Letters choose by how a label begins. */
  const type = (key: string) => {
    const now = performance.now();
    const text = (now - typed.current.atMs < TYPING_MS ? typed.current.text : '') + key.toLowerCase();
    typed.current = { text, atMs: now };
    const found = choices.findIndex(([, label]) => label.toLowerCase().startsWith(text));
    if (found >= 0) setAt(found);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || key === 'Tab') return;
    const isTyping = performance.now() - typed.current.atMs < TYPING_MS;
    const last = choices.length - 1;
    const moves: Readonly<Record<string, number>> =
      at === null ? {} : { ArrowDown: Math.min(last, at + 1), ArrowUp: Math.max(0, at - 1), Home: 0, End: last };
    const moved = moves[key];
    if (moved !== undefined && !altKey) setAt(moved);
    else if (at === null && ['ArrowDown', 'ArrowUp', 'Enter', ' '].includes(key)) open();
    else if (at !== null && (key === 'Enter' || (key === ' ' && !isTyping))) choose(at);
    else if (at !== null && key === 'Escape') close();
    else if (key.length === 1 && !altKey) type(key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <span class="choice">
      <button
        ref={button}
        id={id}
        type="button"
        class="choice-button"
        role="combobox"
        aria-label={name}
        aria-describedby={describedBy}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-controls={listId}
        aria-activedescendant={at === null ? undefined : `${listId}-${at}`}
        disabled={isDisabled}
        onClick={() => {
          button.current?.focus();
          if (isOpen) close();
          else open();
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      >
        <span>{choices[chosen]?.[1] ?? '–'}</span>
        {/* As wide as the widest choice, so that choosing moves nothing. */}
        <span class="choice-width" aria-hidden="true">
          {choices.map(([each, label]) => (
            <span key={each}>{label}</span>
          ))}
        </span>
      </button>
      <div ref={list} id={listId} class="choice-list" popover="manual" role="listbox" aria-label={name}>
        {choices.map(([each, label], index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the button has the focus and the keys
          <div
            key={each}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={each === value}
            data-at={index === at}
            // The focus stays at the button, and a label around both does not click it.
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
            onPointerMove={() => setAt(index)}
            onClick={(event) => {
              event.preventDefault();
              choose(index);
            }}
          >
            {label}
          </div>
        ))}
      </div>
    </span>
  );
}

/** Below its button, or above it where there is more room. */
function place(list: HTMLElement, { left, top, bottom, width }: DOMRect): void {
  const above = top - 2 * MARGIN_PX;
  const below = innerHeight - bottom - 2 * MARGIN_PX;
  const isBelow = below >= list.offsetHeight || below >= above;
  list.style.minWidth = `${width}px`;
  list.style.maxHeight = `${Math.max(80, isBelow ? below : above)}px`;
  list.style.left = `${Math.max(MARGIN_PX, Math.min(left, innerWidth - list.offsetWidth - MARGIN_PX))}px`;
  list.style.top = isBelow ? `${bottom + 4}px` : `${Math.max(MARGIN_PX, top - 4 - list.offsetHeight)}px`;
}
