/** What the station has said, newest first, and what the observer wants to be called for. */
import { computed, effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatUtc } from '#gps/instant.js';
import { MOST_MESSAGES } from '#src/station/station-log.js';
import type { Message } from '#src/station/station-state.js';
import { AlarmTable } from '../alarms/alarm-table.js';
import { keptSignal } from '../kept/kept-signal.js';
import { cameraName } from '../live/camera-name.js';
import { cameras, messages } from '../live/connection.js';
import { stationSeconds } from '../live/station-time.js';

const LEVELS = ['info', 'warning', 'error'] as const;
const LEVEL_WORDS = { info: 'Note', warning: 'Warning', error: 'Error' } as const;
const SHOWN_LEVELS = { info: 'All', warning: 'Warnings and errors', error: 'Errors' } as const;

/** The least severity that is shown. */
const least = keptSignal<Message['level']>(
  'messages.least',
  'info',
  (kept) => LEVELS.find((level) => level === kept) ?? 'info',
);
/** Everything up to this instant has been read. */
const readUntilUtcNs = keptSignal('messages.read', '0', (kept) =>
  typeof kept === 'string' && /^\d{1,19}$/.test(kept) ? kept : '0',
);
const reading = signal(false);
/** The date that need not be said. */
const today = computed(() => formatUtc(BigInt(Math.floor(stationSeconds())) * 1_000_000_000n, 0).slice(0, 10));

/** Warnings and errors that nobody has looked at. */
export const unreadMessages = computed(() => {
  const until = BigInt(readUntilUtcNs.value);
  return messages.value.filter(({ level, utcNs }) => level !== 'info' && BigInt(utcNs) > until).length;
});

effect(() => {
  const newest = messages.value.at(-1);
  if (reading.value && newest !== undefined) readUntilUtcNs.value = newest.utcNs;
});

export function MessagesView() {
  useEffect(() => {
    reading.value = true;
    return () => {
      reading.value = false;
    };
  }, []);
  const from = LEVELS.indexOf(least.value);
  const shown = messages.value.filter(({ level }) => LEVELS.indexOf(level) >= from).toReversed();
  return (
    <div class="messages">
      <section class="panel" aria-labelledby="messages-title">
        <div class="messages-head">
          <h1 id="messages-title">Messages</h1>
          <fieldset class="segments">
            <legend class="unseen">Severity</legend>
            {LEVELS.map((level) => (
              <button
                key={level}
                type="button"
                aria-pressed={least.value === level}
                onClick={() => (least.value = level)}
              >
                {SHOWN_LEVELS[level]}
              </button>
            ))}
          </fieldset>
        </div>
        {shown.length === 0 ? (
          <p class="quiet">Nothing to tell.</p>
        ) : (
          <ol class="message-list">
            {shown.map((message) => (
              <Line key={`${message.utcNs}-${message.number}`} message={message} />
            ))}
          </ol>
        )}
        {messages.value.length >= MOST_MESSAGES ? (
          <p class="quiet">The station keeps the newest {MOST_MESSAGES}; older ones are gone.</p>
        ) : null}
      </section>
      <AlarmTable />
    </div>
  );
}

function Line({ message }: { readonly message: Message }) {
  const { level, utcNs, camera, text } = message;
  const utc = formatUtc(BigInt(utcNs), 0);
  const own = cameras.value.length > 1 ? cameras.value.find((each) => each.camera === camera) : undefined;
  return (
    <li data-level={level}>
      <time class="quiet" dateTime={`${utc}Z`} title={`${utc} UTC`}>
        {utc.startsWith(today.value) ? '' : `${utc.slice(0, 10)} `}
        {utc.slice(11)}
      </time>
      <span class="level">{LEVEL_WORDS[level]}</span>
      <span>
        {own === undefined ? null : <span class="quiet">{cameraName(own)}: </span>}
        {text}
      </span>
    </li>
  );
}
