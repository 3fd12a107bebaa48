/** What happens to a camera besides its frames. */

/**
 * connected, lost: it is there, it is gone. under-voltage: its supply sags. temperature: its sensor's has changed. trigger: a trigger
 * came, or could not be served. message: anything else that its maker tells.
 */
export const CAMERA_EVENT_KINDS = ['connected', 'lost', 'under-voltage', 'temperature', 'trigger', 'message'] as const;
export type CameraEventKind = (typeof CAMERA_EVENT_KINDS)[number];

/** `text` is for people: what it is, and what to do. */
export interface CameraEvent {
  readonly kind: CameraEventKind;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  /** Frames that were lost and that no block id shows, because no frame came behind them; left out: none. */
  readonly lostFrames?: number;
  /** As many frames as were asked for have been given: no silence behind them is an outage. Left out: not so. */
  readonly streamWhole?: true;
  /** What belongs to it, by name, such as a temperature. */
  readonly values?: Readonly<Record<string, string | number | boolean | null>>;
}

const KINDS: readonly (readonly [CameraEventKind, RegExp])[] = [
  ['under-voltage', /under-?voltage|UVLO|supply/i],
  ['temperature', /temperature/i],
  ['trigger', /trigger/i],
];

/** An event out of words, whose kind is found by what they are about. */
export function cameraEvent(level: CameraEvent['level'], text: string): CameraEvent {
  const kind = KINDS.find(([, about]) => about.test(text))?.[0] ?? 'message';
  return { kind, level, text };
}
