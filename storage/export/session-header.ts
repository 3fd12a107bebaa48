/** What files say of all frames of a session, by the index. */
import { StorageError } from '../errors.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { IndexReader } from '../index/queries.js';
import type { FrameRow } from '../index/rows.js';

/** Of the session and camera of `frame`. @throws StorageError `export.empty` where the index has them no more */
export function sessionHeader(index: IndexReader, frame: FrameRow | undefined): SegmentHeader {
  const session = index.sessions({ limit: Number.MAX_SAFE_INTEGER }).find(({ id }) => id === frame?.sessionId);
  const camera = index.cameras().find(({ id }) => id === frame?.cameraId);
  const station = index.stations().find(({ id }) => id === session?.stationId);
  if (frame === undefined || session === undefined || camera === undefined || station === undefined) {
    throw new StorageError('export.empty', 'the index has no frames of the selection any more');
  }
  return {
    sessionId: session.id,
    stationId: session.stationId,
    stationName: station.name,
    cameraId: camera.id,
    cameraName: camera.name,
    cameraUri: camera.uri,
    number: 1,
    // Of the first frame, so that the same export has the same bytes.
    createdUtcNs: frame.startUtcNs,
    software: session.software,
    observer: session.observer,
    telescope: session.telescope,
    object: session.object,
    site: station.site,
    siteName: session.site,
  };
}
