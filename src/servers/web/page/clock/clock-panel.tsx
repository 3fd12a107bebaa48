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
        </div>
      )}
      {clock === null ? null : (
        <>
          <Standing
            clock={clock}
            source={time?.source ?? clock.source}
            nowUtcNs={time?.startUtcNs ?? null}
            isNow={connected.value && camera?.state === 'streaming'}
          />
          <Facts clock={clock} time={time} />
          {clock.ppsErrorPpb === null ? null : <DriftPlot />}
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

interface StandingProps {
  readonly clock: Clock;
  readonly source: TimeSource;
  /** Of the newest frame, by the clock that `sinceUtcNs` is of; null before the first. */
  readonly nowUtcNs: string | null;
  /** Whether frames come: otherwise it is what was known of the last one, and how long it lasted is not. */
  readonly isNow: boolean;
}

/** Where the time comes from, since when it has its grade, and why not a better one. */
function Standing({ clock, source, nowUtcNs, isNow }: StandingProps) {
  const { grade, why, sinceUtcNs } = clock;
  const since = formatUtc(BigInt(sinceUtcNs), 0).slice(11);
  const lasted =
    nowUtcNs === null ? secondsSince(sinceUtcNs) : Number((BigInt(nowUtcNs) - BigInt(sinceUtcNs)) / 1_000_000_000n);
  const lasting = isNow ? lastingText(lasted) : null;
  return (
    <>
      <p class="quiet clock-source" title={`${GRADE_WORDS[grade]} since ${since} UTC`}>
        {SOURCE_WORDS[source]}
        {lasting === null ? ', at the last frame' : grade === 'locked' ? `, locked for ${lasting}` : ''}
      </p>
      {grade === 'locked' ? null : (
        <p class="why" data-grade={grade}>
          <strong>{sentence(why ?? GRADE_MEANINGS[grade])}</strong>
          <span>
            {GRADE_WORDS[grade]} since {since} UTC{lasting === null ? '' : `, ${lasting}`}
          </span>
        </p>
      )}
    </>
  );
}

function Facts({ clock, time }: { readonly clock: Clock; readonly time: ShownTime | null }) {
  const { receiver, ppsCount, ppsErrorPpb, satellites, almanac, hostOffsetNs, host, flags } = clock;
  const facts: (readonly [name: string, value: string | null])[] = [
    ['Exposure', time === null ? null : `${spanText(BigInt(time.exposureNs))}, row 0 from this time`],
    ['Receiver', receiver],
    ['PPS', ppsCount === null ? null : `${countText(ppsCount)}${driftText(ppsErrorPpb)}`],
    ['Satellites', satellitesText(satellites, almanac)],
    ['Host clock', hostText(hostOffsetNs, host)],
    ['Remarks', flags.length === 0 ? null : flags.map(flagText).join('; ')],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function driftText(ppb: number | null): string {
  return ppb === null ? '' : ` (${ppb < 0 ? '−' : '+'}${countText(Math.abs(Math.round(ppb)))} ppb)`;
}

function satellitesText(satellites: number | null, almanac: boolean | null): string | null {
  const parts = [
    satellites === null ? '' : String(satellites),
    almanac === null ? '' : almanac ? 'almanac present' : 'no almanac yet: the leap seconds may be wrong',
  ].filter((part) => part !== '');
  return parts.length === 0 ? null : parts.join(', ');
}

/** The host's clock when the frame came, less its stamp: readout and transfer are in it. */
function hostText(offsetNs: string | null, host: string | null): string | null {
  const offset = offsetNs === null ? null : `${signedSpanText(BigInt(offsetNs))} at receipt`;
  return [offset, host].filter((part) => part !== null).join('; ') || null;
}

function flagText(flag: string): string {
  return Object.hasOwn(TIME_FLAGS, flag) ? TIME_FLAGS[flag as keyof typeof TIME_FLAGS] : flag;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
