import { AppulseError } from '#gps/errors.js';

/**
 * `genicam.url`: the camera names a place that cannot be read. `genicam.zip`: its archive cannot be unpacked. `genicam.encoding`: its
 * text is in an encoding that is not known.
 */
export class XmlSourceError extends AppulseError {}
