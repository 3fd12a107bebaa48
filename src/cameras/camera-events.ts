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
  /** What belongs to it, by name, such as a temperature. */
  readonly values?: Readonly<Record<string, string | number | boolean | null>>;
}
