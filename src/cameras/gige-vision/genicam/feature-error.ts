import { AppulseError } from '#gps/errors.js';

/**
 * A feature that cannot be read or set. Codes: `feature.unknown` (the camera has none of that name), `feature.type` (not
 * that kind of value), `feature.access` (not readable or writable, or not now), `feature.range` (outside the camera's
 * limits), `feature.refused` (the camera says that it did not accept a value), `genicam.xml` (the camera's description contradicts itself).
 */
export class FeatureError extends AppulseError {}
