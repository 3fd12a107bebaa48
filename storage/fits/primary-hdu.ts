/** The primary HDU of a segment: no data, and what holds for all of its frames. */
import { formatUtc } from '#gps/instant.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import { BLOCK_BYTES, CardWriter } from './cards.js';
import { sealHeader, writeSumCards } from './checksum.js';
import { writeSiteCards } from './site-cards.js';
import { writeText } from './text-cards.js';

/** Bytes of the primary HDU. */
export const PRIMARY_BYTES = BLOCK_BYTES;

/** The {@link PRIMARY_BYTES} bytes of a segment's primary HDU. */
export function primaryHdu(segment: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(PRIMARY_BYTES);
  const out = new CardWriter(bytes, PRIMARY_BYTES);
  out.card('SIMPLE', true, 'FITS 4.0');
  out.card('BITPIX', 8);
  out.card('NAXIS', 0, 'no data here, a frame is an extension');
  out.card('EXTEND', true);
  const checksumAt = writeSumCards(out, 0);
  out.card('DATE', formatUtc(segment.createdUtcNs, 3), 'file begun, UTC');
  out.card('ORIGIN', segment.stationName);
  out.card('CREATOR', segment.software);
  out.card('INSTRUME', segment.cameraName);
  if (segment.telescope !== null) out.card('TELESCOP', segment.telescope);
  if (segment.observer !== null) out.card('OBSERVER', segment.observer);
  if (segment.object !== null) out.card('OBJECT', segment.object);
  out.card('SESSION', segment.sessionId);
  out.card('STATION', segment.stationId);
  out.card('CAMERAID', segment.cameraId);
  out.card('CAMERURI', segment.cameraUri);
  out.card('SEGMENT', segment.number, 'number of the file in the session');
  if (segment.siteName) writeText(out, 'SITENAME', segment.siteName);
  if (segment.site !== null) writeSiteCards(out, segment.site);
  out.finish();
  sealHeader(bytes, PRIMARY_BYTES, checksumAt, 0);
  return bytes;
}
