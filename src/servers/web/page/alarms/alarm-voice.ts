/** How an alarm is told: two soft tones made here (no file), or a notification of the browser. */
import { signal } from '@preact/signals';

const TONES_HZ = [660, 520] as const;
const TONE_SECONDS = 0.32;
const LOUDNESS = 0.18;

/** Browsers give no sound before somebody has touched the page. */
export const soundWaits = signal(false);

let context: AudioContext | null = null;

export async function sound(): Promise<void> {
  context ??= new AudioContext();
  // Not awaited for ever: without a touch it stays asleep.
  if (context.state === 'suspended')
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 300))]);
  soundWaits.value = context.state !== 'running';
  if (soundWaits.value) return;
  for (const [index, hertz] of TONES_HZ.entries()) tone(context, hertz, context.currentTime + index * TONE_SECONDS);
}

/** Swells and fades, so that it does not click. */
function tone(context: AudioContext, hertz: number, at: number): void {
  const source = new OscillatorNode(context, { type: 'sine', frequency: hertz });
  const level = new GainNode(context, { gain: 0 });
  source.connect(level).connect(context.destination);
  level.gain.setValueAtTime(0, at);
  level.gain.linearRampToValueAtTime(LOUDNESS, at + 0.03);
  level.gain.linearRampToValueAtTime(0, at + TONE_SECONDS);
  source.start(at);
  source.stop(at + TONE_SECONDS);
}

/** Why there can be no notifications, in words; null where there can. */
export function notificationTrouble(): string | null {
  if (!('Notification' in globalThis))
    return 'This browser gives notifications only to pages of this machine or over https.';
  return Notification.permission === 'denied'
    ? 'The browser forbids notifications of this page; its settings can allow them.'
    : null;
}

/** Asks the observer for leave; true where it is given. */
export async function mayNotify(): Promise<boolean> {
  if (notificationTrouble() !== null) return false;
  return (await Notification.requestPermission()) === 'granted';
}

export function notify(title: string, text: string): void {
  if (notificationTrouble() !== null || Notification.permission !== 'granted') return;
  try {
    new Notification(title, { body: text, tag: text });
  } catch {
    // Phones show them from a service worker only; the sound and the page still tell.
  }
}
