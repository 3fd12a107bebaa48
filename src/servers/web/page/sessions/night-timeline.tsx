/**
 * The timeline of a night: recordings, how far their times can be defended, gaps and marks, in lanes of one scale. It is walked and zoomed
 * with buttons or with the keys that a map has.
 */
import { useState } from 'preact/hooks';
import { nightAt, noonOfNight } from '#src/night/sun.js';
import { sessionChanges, status } from '../live/connection.js';
import { type Timeline, type TimelinePart, timeline } from './archive-client.js';
import { useAsked } from './asked.js';
import { Failure } from './field.js';
import { dateAndTime, hostNowNs, lengthText, partOf, percentIn, type Span, timeOfDay } from './instants.js';
import { isChange, LockKey, LockList, LockMarks } from './lock-changes.js';
import { chosenSession, cursorNs, edits } from './sessions-state.js';
import { TimelineLine, TimelineScale } from './timeline-scale.js';

const DAY_NS = 86_400_000_000_000n;
const LEAST_SPAN_NS = 5_000_000_000n;
const HEIGHT = 150;
const LANES = { sessions: 6, times: 38, locks: 57, gaps: 80, marks: 104 } as const;
/** The better the times, the higher: in night mode there is one colour. */
const GRADE_HEIGHTS = { recorded: 16, holdover: 11, coarse: 7, untrusted: 3 } as const;
type ShownGrade = keyof typeof GRADE_HEIGHTS;

function tonight(): Span {
  const site = status.value?.site ?? null;
  const fromNs = noonOfNight(nightAt(hostNowNs(), site), site);
  return { fromNs, toNs: fromNs + DAY_NS };
}

function zoomed({ fromNs, toNs }: Span, by: 'in' | 'out', aroundNs: bigint | null): Span {
  const length = toNs - fromNs;
  const wanted = by === 'in' ? length / 2n : length * 2n;
  const next = wanted < LEAST_SPAN_NS ? LEAST_SPAN_NS : wanted > 7n * DAY_NS ? 7n * DAY_NS : wanted;
  const isInside = aroundNs !== null && aroundNs >= fromNs && aroundNs <= toNs;
  const middle = isInside ? aroundNs : fromNs + length / 2n;
  // What is looked at stays where it is on the screen.
  const before = ((middle - fromNs) * next) / length;
  return { fromNs: middle - before, toNs: middle - before + next };
}

const walked = ({ fromNs, toNs }: Span, quarters: bigint): Span => {
  const step = ((toNs - fromNs) * quarters) / 4n;
  return { fromNs: fromNs + step, toNs: toNs + step };
};

export function NightTimeline() {
  // Until somebody walks or zooms it is the night that is, at the site as soon as that is known.
  const [own, setSpan] = useState<Span | null>(null);
  const span = own ?? tonight();
  const { answer, failed } = useAsked(
    (signal) => timeline(span, signal),
    [span.fromNs, span.toNs, sessionChanges.value, edits.value],
  );
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => setSpan(walked(span, -1n)),
    ArrowRight: () => setSpan(walked(span, 1n)),
    '+': () => setSpan(zoomed(span, 'in', cursorNs.value)),
    '-': () => setSpan(zoomed(span, 'out', cursorNs.value)),
    Home: () => setSpan(null),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  const pointTo = (event: MouseEvent) => {
    const box = (event.currentTarget as SVGSVGElement).getBoundingClientRect();
    const thousandths = BigInt(Math.round(((event.clientX - box.left) / box.width) * 1_000_000));
    cursorNs.value = span.fromNs + ((span.toNs - span.fromNs) * thousandths) / 1_000_000n;
  };
  return (
    <section
      class="panel"
      aria-label="Timeline; arrows walk, plus and minus zoom, Home shows tonight"
      onKeyDown={onKeyDown}
    >
      <div class="heading">
        <h2>
          {dateAndTime(span.fromNs).slice(0, 16)} to {dateAndTime(span.toNs).slice(0, 16)} UTC
        </h2>
        <fieldset class="segments" aria-label="Timeline: walk and zoom">
          <button type="button" aria-label="Earlier" onClick={keys.ArrowLeft}>
            ←
          </button>
          <button type="button" aria-label="Zoom out" onClick={keys['-']}>
            −
          </button>
          <button type="button" onClick={keys.Home}>
            Tonight
          </button>
          <button type="button" aria-label="Zoom in" onClick={keys['+']}>
            +
          </button>
          <button type="button" aria-label="Later" onClick={keys.ArrowRight}>
            →
          </button>
        </fieldset>
      </div>
      <div class="timeline">
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys of the frame browser move the same cursor */}
        <svg width="100%" height={HEIGHT} role="img" aria-label={summaryOf(answer)} onClick={pointTo}>
          <TimelineScale span={span} height={HEIGHT} />
          {answer !== null && <Lanes answer={answer} span={span} />}
          <TimelineLine span={span} atNs={hostNowNs()} height={HEIGHT} name="now" />
          {cursorNs.value !== null && <TimelineLine span={span} atNs={cursorNs.value} height={HEIGHT} name="cursor" />}
        </svg>
        {answer !== null && <SessionBars answer={answer} span={span} />}
      </div>
      <p class="legend quiet">
        {LEGEND.map(([kind, word]) => (
          <span key={kind}>
            <span class={`key ${kind}`} /> {word}
          </span>
        ))}
        <LockKey />
      </p>
      {answer !== null && <LockList changes={answer.lockChanges} span={span} />}
      <Failure text={failed} />
    </section>
  );
}

const LEGEND = [
  ['recorded', 'locked'],
  ['holdover', 'holdover'],
  ['coarse', 'coarse'],
  ['untrusted', 'untrusted'],
  ['gap', 'gap'],
  ['mark', 'mark'],
] as const;

function summaryOf(answer: Timeline | null): string {
  if (answer === null) return 'Timeline';
  const { sessions, gaps, marks, lockChanges } = answer;
  const locks = lockChanges.filter(isChange).length;
  return `Timeline: ${sessions.length} sessions, ${gaps.length} gaps, ${marks.length} marks, ${locks} changes of the GPS lock`;
}

const spanOf = ({ fromUtcNs, toUtcNs }: { readonly fromUtcNs: string; readonly toUtcNs: string }): Span => ({
  fromNs: BigInt(fromUtcNs),
  toNs: BigInt(toUtcNs),
});

/** The worst grade that a part holds. */
function gradeOf({ frames, notLocked }: TimelinePart): ShownGrade | null {
  if (notLocked.untrusted > 0) return 'untrusted';
  if (notLocked.coarse > 0) return 'coarse';
  if (notLocked.holdover > 0) return 'holdover';
  return frames > 0 ? 'recorded' : null;
}

function Lanes({ answer, span }: { readonly answer: Timeline; readonly span: Span }) {
  return (
    <>
      {answer.parts.map((part) => {
        const grade = gradeOf(part);
        const at = partOf(span, spanOf(part), 0.05);
        if (grade === null || at === null) return null;
        return (
          <rect
            key={part.fromUtcNs}
            x={`${at.x}%`}
            width={`${at.width}%`}
            y={LANES.times + 16 - GRADE_HEIGHTS[grade]}
            height={GRADE_HEIGHTS[grade]}
            class={grade}
            data-tip={`${timeOfDay(part.fromUtcNs)} UTC: ${part.frames} frames, ${grade === 'recorded' ? 'locked' : grade}`}
          />
        );
      })}
      <LockMarks changes={answer.lockChanges} span={span} y={LANES.locks} />
      {answer.gaps.map((gap, i) => {
        if (gap.fromUtcNs === null) return null;
        const at = partOf(span, spanOf({ fromUtcNs: gap.fromUtcNs, toUtcNs: gap.toUtcNs ?? gap.fromUtcNs }), 0.3);
        if (at === null) return null;
        return (
          <rect
            key={i}
            x={`${at.x}%`}
            width={`${at.width}%`}
            y={LANES.gaps}
            height={16}
            class={gap.cause === 'untriggered' ? 'gap waited' : 'gap'}
            data-tip={`${timeOfDay(gap.fromUtcNs)} UTC: ${gap.frames} frames, ${gap.cause}: ${gap.detail}`}
          />
        );
      })}
      {answer.marks.map((mark, i) => {
        const at = partOf(span, spanOf(mark), 0.3);
        if (at === null) return null;
        return (
          <rect
            key={i}
            x={`${at.x}%`}
            width={`${at.width}%`}
            y={LANES.marks}
            height={16}
            class="mark"
            data-tip={`${timeOfDay(mark.fromUtcNs)} UTC, ${mark.cause}: ${mark.detail}`}
          />
        );
      })}
    </>
  );
}

/** Buttons, so that a session is chosen by keyboard as by hand. */
function SessionBars({ answer, span }: { readonly answer: Timeline; readonly span: Span }) {
  return (
    <>
      {answer.sessions.map((session) => {
        const fromNs = BigInt(session.startedUtcNs);
        const toNs = session.endedUtcNs === null ? hostNowNs() : BigInt(session.endedUtcNs);
        const at = partOf(span, { fromNs, toNs });
        if (at === null || percentIn(span, toNs) < 0) return null;
        const what = session.name ?? session.object ?? 'session';
        const label = `${what}, from ${timeOfDay(fromNs)} UTC, ${lengthText(toNs - fromNs)}, ${session.framesRecorded} frames`;
        return (
          <button
            key={session.id}
            type="button"
            class="session-bar"
            aria-label={label}
            title={label}
            aria-pressed={session.id === chosenSession.value}
            style={{ left: `${at.x}%`, width: `${at.width}%`, top: `${LANES.sessions}px` }}
            onClick={() => (chosenSession.value = session.id)}
          >
            {what}
          </button>
        );
      })}
    </>
  );
}
