/** What those who listen to the page are told of by itself: connection, grade, warnings. One sentence at a time, not one a frame. */
import { computed, effect, signal } from '@preact/signals';
import { GRADE_WORDS } from '../clock/clock-words.js';
import { cameras, connected, messages, status, watched } from '../live/connection.js';

const BETWEEN_MS = 5_000;
const said = signal('');
const waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;

function say(text: string): void {
  // Of many only the newest is still worth hearing.
  waiting.splice(0, waiting.length, text);
  if (timer === null) speak();
}

function speak(): void {
  const next = waiting.shift();
  timer = next === undefined ? null : setTimeout(speak, BETWEEN_MS);
  if (next !== undefined) said.value = next;
}

const grade = computed(() => cameras.value.find(({ camera }) => camera === watched.value)?.clock?.grade ?? null);
effect(() => {
  if (grade.value !== null) say(`Clock: ${GRADE_WORDS[grade.value]}`);
});
effect(() => {
  if (connected.value || status.peek() !== null) say(connected.value ? 'Connected' : 'Not connected to the station');
});
effect(() => {
  const newest = messages.value.at(-1);
  // What was said before the page came is not news.
  const since = BigInt(status.peek()?.nowUtcNs ?? 0);
  if (newest !== undefined && newest.level !== 'info' && BigInt(newest.utcNs) >= since) {
    say(`${newest.level}: ${newest.text}`);
  }
});

export function Announcer() {
  return (
    <div role="status" class="unseen">
      {said.value}
    </div>
  );
}
