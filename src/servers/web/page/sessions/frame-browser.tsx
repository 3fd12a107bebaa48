/** The recorded frames of a session, by time: a slider over the whole of it, steps of a frame and of the span, and the frame itself. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { isGivenUp, wordsOf } from '../api-client.js';
import { type Frame, type FrameAnswer, frame, frameAt, type Session } from './archive-client.js';
import { Failure } from './field.js';
import { FrameFacts } from './frame-facts.js';
import { dateAndTime, hostNowNs, timeOfDay } from './instants.js';
import { cursorNs } from './sessions-state.js';

const SLIDER_STEPS = 1_000_000;

/** Where to go: to the frame at an instant, or to one that is known by its key. */
type Wanted = { readonly atNs: bigint } | { readonly key: string };

export function FrameBrowser({ session }: { readonly session: Session }) {
  const firstNs = BigInt(session.startedUtcNs);
  const lastNs = session.endedUtcNs === null ? hostNowNs() : BigInt(session.endedUtcNs);
  const lengthNs = lastNs > firstNs ? lastNs - firstNs : 1n;
  const [wanted, setWanted] = useState<Wanted>({ atNs: startOf(firstNs, lastNs) });
  const [shown, setShown] = useState<FrameAnswer | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const shownNs = shown === null ? null : BigInt(shown.frame.startUtcNs);
  const cameTo = useRef<bigint | null>(null);

  useEffect(() => {
    const giveUp = new AbortController();
    find(session.id, wanted, giveUp.signal).then(
      (found) => {
        if (giveUp.signal.aborted) return;
        setFailed(found === null ? 'this session has no frames' : null);
        setShown(found);
        if (found === null) return;
        cameTo.current = BigInt(found.frame.startUtcNs);
        cursorNs.value = cameTo.current;
      },
      (error: unknown) => {
        if (!giveUp.signal.aborted && !isGivenUp(error)) setFailed(wordsOf(error));
      },
    );
    return () => giveUp.abort();
  }, [session.id, wanted]);

  // The timeline was pointed to.
  const cursor = cursorNs.value;
  useEffect(() => {
    if (cursor !== null && cursor !== cameTo.current && cursor >= firstNs && cursor <= lastNs)
      setWanted({ atNs: cursor });
  }, [cursor]);

  const by = (percent: bigint) =>
    setWanted({ atNs: clamp((shownNs ?? firstNs) + (lengthNs * percent) / 100n, firstNs, lastNs) });
  const to = (key: string | null | undefined) => {
    if (key !== null && key !== undefined) setWanted({ key });
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => to(shown?.previous),
    ArrowRight: () => to(shown?.next),
    PageUp: () => by(-1n),
    PageDown: () => by(1n),
    Home: () => setWanted({ atNs: firstNs }),
    End: () => setWanted({ atNs: lastNs }),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  const place = Number((((shownNs ?? firstNs) - firstNs) * BigInt(SLIDER_STEPS)) / lengthNs);
  return (
    <div class="frame-browser">
      {/* The slider takes the keys: a step is a frame, a page a hundredth of the session. */}
      <input
        type="range"
        min={0}
        max={SLIDER_STEPS}
        value={place}
        aria-label="Time in the session; arrows go frame by frame"
        aria-valuetext={
          shown === null ? '' : `frame ${shown.frame.number}, ${timeOfDay(shown.frame.startUtcNs, 3)} UTC`
        }
        onKeyDown={onKeyDown}
        onInput={({ currentTarget }) =>
          setWanted({
            atNs: firstNs + (lengthNs * BigInt(Math.round(Number(currentTarget.value)))) / BigInt(SLIDER_STEPS),
          })
        }
      />
      <div class="buttons">
        <button type="button" onClick={keys.Home}>
          First
        </button>
        <button type="button" onClick={keys.PageUp} aria-label="Back by a hundredth of the session">
          −1 %
        </button>
        <button type="button" disabled={shown?.previous == null} onClick={keys.ArrowLeft}>
          Before
        </button>
        <button type="button" disabled={shown?.next == null} onClick={keys.ArrowRight}>
          Next
        </button>
        <button type="button" onClick={keys.PageDown} aria-label="On by a hundredth of the session">
          +1 %
        </button>
        <button type="button" onClick={keys.End}>
          Last
        </button>
        <output>
          {shown === null ? '' : `frame ${shown.frame.number}, ${dateAndTime(shown.frame.startUtcNs, 6)} UTC`}
        </output>
      </div>
      <Failure text={failed} />
      {shown !== null && <FrameFacts frame={shown.frame} />}
    </div>
  );
}

/** Where the timeline was pointed to, where that is in the session; else its beginning. */
function startOf(firstNs: bigint, lastNs: bigint): bigint {
  const cursor = cursorNs.peek();
  return cursor !== null && cursor >= firstNs && cursor <= lastNs ? cursor : firstNs;
}

const clamp = (value: bigint, least: bigint, most: bigint) => (value < least ? least : value > most ? most : value);

async function find(session: string, wanted: Wanted, signal: AbortSignal): Promise<FrameAnswer | null> {
  if ('key' in wanted) return frame(session, wanted.key, signal);
  const found: Frame | null = await frameAt(session, wanted.atNs, signal);
  return found === null ? null : frame(session, found.key, signal);
}
