import { AppulseError } from '#gps/errors.js';

/**
 * A camera that cannot be opened, or not any longer. Codes: `camera.no-answer` (nothing answers at the address),
 * `camera.not-found` (no camera of that serial number), `camera.address` (a name without an IPv4 address), `camera.ambiguous` (several), `camera.not-gige-vision` (what
 * answers is no GigE Vision device), `camera.access-denied` (another program controls it), `camera.lost` (it was open
 * and has gone), `camera.pixel-format` (a format that we cannot read), `camera.feature` (a value that cannot be), `camera.ids` (block ids of a size
 * that it does not have), `camera.action` (no action command), `camera.link` (more than the link carries).
 */
export class CameraError extends AppulseError {}
