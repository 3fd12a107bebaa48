/** The truth about time: the UTC of the frame on screen, how far it can be defended, and why not further. */

import type { Grade, TimeSource } from '#gps/frame-time.js';
import { formatUtc } from '#gps/instant.js';
import { TIME_FLAGS } from '#gps/judge/time-flags.js';
import type { ShownTime } from '#src/servers/web/live/live-protocol.js';
import type { Clock } from '#src/station/station-state.js';
import { countText } from '../figures/amounts.js';
import { boundText, lastingText, signedSpanText, spanText } from '../figures/spans.js';
import { cameras, connected, frame, watched } from '../live/connection.js';
import { secondsSince } from '../live/station-time.js';
import './clock.css';
import { GRADE_MEANINGS, GRADE_WORDS, SOURCE_WORDS } from './clock-words.js';
import { DriftPlot } from './drift-plot.js';

export function ClockPanel() {
  const camera = cameras.value.find((each) => each.camera === watched.value);
  const clock = camera?.clock ?? null;
  const time = frame.value?.time ?? null;
  const grade = time?.grade ?? clock?.grade ?? null;
  const isNow = connected.value && camera?.state === 'streaming';
  const lasting = clock !== null && isNow ? lastingOf(clock, time?.startUtcNs ?? null) : null;
  return (
    <section class="panel clock" aria-labelledby="clock-title">
      <div class="clock-head">
        <h2 id="clock-title">Clock</h2>
        <ShownDate time={time} />
      </div>
      <ShownUtc time={time} />
      {grade === null ? (
        <p class="quiet">No frame has come yet, so there is no time to judge.</p>
      ) : (
        <div class="clock-grade">
          <span class="grade" data-grade={grade} title={GRADE_MEANINGS[grade]}>
            {GRADE_WORDS[grade]}
          </span>
          <Uncertainty grade={grade} ns={time?.uncertaintyNs ?? clock?.uncertaintyNs ?? null} />
          {clock === null ? null : <Source clock={clock} source={time?.source ?? clock.source} lasting={lasting} />}
        </div>
      )}
      {clock === null ? null : (
        <>
          <Why clock={clock} lasting={lasting} />
          <Facts clock={clock} time={time} />
        </>
      )}
    </section>
  );
}

function ShownDate({ time }: { readonly time: ShownTime | null }) {
  if (time === null) return null;
  const date = formatUtc(BigInt(time.startUtcNs), 0, time.leapSecond).slice(0, 10);
  return (
    <span>
      {date} UTC{time.leapSecond ? ', leap second' : ''}
    </span>
  );
}

/** Ticks with the frames, so it is a picture of their times and never of the host's. */
function ShownUtc({ time }: { readonly time: ShownTime | null }) {
  if (time === null) {
    return (
      <p class="utc quiet" aria-hidden="true">
        --:--:--
      </p>
    );
  }
  const text = formatUtc(BigInt(time.startUtcNs), 6, time.leapSecond);
  return (
    <p class="utc" title="Start of the exposure of the first row">
      {text.slice(11, 19)}
      <span class="utc-fraction">{text.slice(19)}</span>
    </p>
  );
}

function Uncertainty({ grade, ns }: { readonly grade: Grade; readonly ns: string | null }) {
  if (ns === null) return null;
  if (grade === 'untrusted') {
    return (
      <span class="uncertainty" title="What contradicts this time contradicts its bound, too">
        no bound
      </span>
    );
  }
  return (
    <span class="uncertainty" title="Bound of the error of this time">
      ± {boundText(BigInt(ns))}
    </span>
  );
}

interface Lasting {
  readonly clock: Clock;
  /** In words; null where frames do not come: it is what was known of the last one, and how long it lasted is not. */
  readonly lasting: string | null;
}

/** For how long the grade lasts, by the frames' own clock where there is a frame. */
function lastingOf({ sinceUtcNs }: Clock, nowUtcNs: string | null): string {
  return lastingText(
    nowUtcNs === null ? secondsSince(sinceUtcNs) : Number((BigInt(nowUtcNs) - BigInt(sinceUtcNs)) / 1_000_000_000n),
  );
}

/** Where the time comes from, and for how long it has been locked. */
function Source({ clock: { grade }, source, lasting }: Lasting & { readonly source: TimeSource }) {
  return (
    <span class="quiet clock-source">
      <span>{SOURCE_WORDS[source]}</span>
      {lasting === null ? (
        <span>at the last frame</span>
      ) : grade === 'locked' ? (
        <span>locked for {lasting}</span>
      ) : null}
    </span>
  );
}

/** Why it is not locked, and since when. */
function Why({ clock: { grade, why, sinceUtcNs }, lasting }: Lasting) {
  if (grade === 'locked') return null;
  return (
    <p class="why" data-grade={grade}>
      <strong>{sentence(why ?? GRADE_MEANINGS[grade])}</strong>{' '}
      <span>
        {GRADE_WORDS[grade]} since {formatUtc(BigInt(sinceUtcNs), 0).slice(11)} UTC
        {lasting === null ? '' : `, ${lasting}`}
      </span>
    </p>
  );
}

function Facts({ clock, time }: { readonly clock: Clock; readonly time: ShownTime | null }) {
  const { receiver, ppsCount, ppsErrorPpb, satellites, almanac, hostOffsetNs, host, flags } = clock;
  const remarks = flags.map(flagText).join('; ');
  return (
    <dl class="clock-facts">
      <Fact name="Exposure" value={time === null ? null : spanText(BigInt(time.exposureNs))} />
      <Fact name="PPS" value={ppsCount === null ? null : countText(ppsCount)} />
      <Fact name="Receiver" value={receiver} isLong />
      <Fact name="Satellites" value={satellitesText(satellites, almanac)} isLong />
      {ppsErrorPpb === null ? null : (
        <div class="long">
          <dt>Drift</dt>
          <dd class="drift">
            <span>{driftText(ppsErrorPpb)}</span>
            <DriftPlot />
          </dd>
        </div>
      )}
      <Fact name="Host clock" value={hostText(hostOffsetNs, host)} title={HOST_MEANS} isLong />
      <Fact name="Remarks" value={remarks === '' ? null : remarks} title={remarks} isLong />
    </dl>
  );
}

const HOST_MEANS = 'The host’s clock when the frame came, less the time of the frame: readout and transfer are in it';

interface FactProps {
  readonly name: string;
  readonly value: string | null;
  readonly title?: string;
  /** It has a line of its own. */
  readonly isLong?: boolean;
}

function Fact({ name, value, title, isLong = false }: FactProps) {
  if (value === null) return null;
  return (
    <div class={isLong ? 'long' : undefined}>
      <dt>{name}</dt>
      <dd title={title}>
        <span>{value}</span>
      </dd>
    </div>
  );
}

function driftText(ppb: number): string {
  return `${ppb < 0 ? '−' : '+'}${countText(Math.abs(Math.round(ppb)))} ppb`;
}

function satellitesText(satellites: number | null, almanac: boolean | null): string | null {
  const parts = [
    satellites === null ? '' : String(satellites),
    almanac === null ? '' : almanac ? 'almanac present' : 'no almanac yet: the leap seconds may be wrong',
  ].filter((part) => part !== '');
  return parts.length === 0 ? null : parts.join(', ');
}

function hostText(offsetNs: string | null, host: string | null): string | null {
  const offset = offsetNs === null ? null : signedSpanText(BigInt(offsetNs));
  return [offset, host].filter((part) => part !== null).join('; ') || null;
}

function flagText(flag: string): string {
  return Object.hasOwn(TIME_FLAGS, flag) ? TIME_FLAGS[flag as keyof typeof TIME_FLAGS] : flag;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
