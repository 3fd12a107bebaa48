/** The truth about time: the UTC of the frame on screen, how far it can be defended, and why not further. */
import { formatUtc } from '#gps/instant.js';
import { TIME_FLAGS } from '#gps/judge/time-flags.js';
import type { ShownTime } from '#src/servers/web/live/live-protocol.js';
import type { Clock } from '#src/station/station-state.js';
import { countText } from '../figures/amounts.js';
import { boundText, lastingText, signedSpanText, spanText } from '../figures/spans.js';
import { cameras, frame, watched } from '../live/connection.js';
import { secondsSince } from '../live/station-time.js';
import './clock.css';
import { GRADE_MEANINGS, GRADE_WORDS, SOURCE_WORDS } from './clock-words.js';
import { DriftPlot } from './drift-plot.js';

export function ClockPanel() {
  const clock = cameras.value.find(({ camera }) => camera === watched.value)?.clock ?? null;
  const time = frame.value?.time ?? null;
  const grade = time?.grade ?? clock?.grade ?? null;
  return (
    <section class="panel clock" aria-labelledby="clock-title">
      <h2 id="clock-title">
        Clock <span class="quiet">start of exposure, first row, UTC</span>
      </h2>
      <ShownUtc time={time} />
      {grade === null ? (
        <p class="quiet">No frame has come yet, so there is no time to judge.</p>
      ) : (
        <div class="clock-grade">
          <span class="grade" data-grade={grade} title={GRADE_MEANINGS[grade]}>
            {GRADE_WORDS[grade]}
          </span>
          <Uncertainty ns={time?.uncertaintyNs ?? clock?.uncertaintyNs ?? null} />
          <span class="quiet clock-source">{SOURCE_WORDS[time?.source ?? clock?.source ?? 'host-clock']}</span>
        </div>
      )}
      {clock === null ? null : (
        <>
          <Why clock={clock} />
          <Facts clock={clock} time={time} />
          {clock.ppsErrorPpb === null ? null : <DriftPlot />}
        </>
      )}
    </section>
  );
}

/** Ticks with the frames, so it is a picture of their times and never of the host's. */
function ShownUtc({ time }: { readonly time: ShownTime | null }) {
  if (time === null) {
    return (
      <p class="utc">
        <span class="utc-date">&nbsp;</span>
        <span class="utc-time quiet">--:--:--</span>
      </p>
    );
  }
  const text = formatUtc(BigInt(time.startUtcNs), 6, time.leapSecond);
  return (
    <p class="utc">
      <span class="utc-date">
        {text.slice(0, 10)}
        {time.leapSecond ? ' leap second' : ''}
      </span>
      <span class="utc-time">
        {text.slice(11, 19)}
        <span class="utc-fraction">{text.slice(19)}</span>
      </span>
    </p>
  );
}

function Uncertainty({ ns }: { readonly ns: string | null }) {
  if (ns === null) return null;
  return (
    <span class="uncertainty" title="Bound of the error of this time">
      ± {boundText(BigInt(ns))}
    </span>
  );
}

function Why({ clock }: { readonly clock: Clock }) {
  const since = formatUtc(BigInt(clock.sinceUtcNs), 0).slice(11);
  const lasting = lastingText(secondsSince(clock.sinceUtcNs));
  if (clock.grade === 'locked') {
    return (
      <p class="quiet clock-since">
        since {since} UTC, {lasting}
      </p>
    );
  }
  return (
    <p class="why" data-grade={clock.grade}>
      <strong>{sentence(clock.why ?? GRADE_MEANINGS[clock.grade])}</strong>
      <span>
        {GRADE_WORDS[clock.grade]} since {since} UTC, {lasting}
      </span>
    </p>
  );
}

function Facts({ clock, time }: { readonly clock: Clock; readonly time: ShownTime | null }) {
  const { receiver, ppsCount, ppsErrorPpb, satellites, almanac, hostOffsetNs, host, flags } = clock;
  const facts: (readonly [name: string, value: string | null])[] = [
    ['Exposure', time === null ? null : spanText(BigInt(time.exposureNs))],
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

/** The offset is that of the camera's second against the host: the host is late where it is positive. */
function hostText(offsetNs: string | null, host: string | null): string | null {
  const offset = offsetNs === null ? null : `camera ${signedSpanText(BigInt(offsetNs))}`;
  return [offset, host].filter((part) => part !== null).join('; ') || null;
}

function flagText(flag: string): string {
  return Object.hasOwn(TIME_FLAGS, flag) ? TIME_FLAGS[flag as keyof typeof TIME_FLAGS] : flag;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
