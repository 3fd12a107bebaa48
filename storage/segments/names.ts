/**
 * Where a session's files stand in a data folder, by UTC and session. The end of the session's UUIDv7 keeps two sessions
 * of one second apart; its beginning is the time again.
 */
import { formatUtc } from '#gps/instant.js';

/** What a segment's file name ends with while it is written, and after a crash. */
export const PART = '.part';

/** The folder in a data folder that holds a folder for every session. */
export const SESSIONS = 'sessions';

function compactUtc(utcNs: bigint, digits: number): string {
  return `${formatUtc(utcNs, digits).replace(/[-:]/g, '')}Z`;
}

/** The last eight digits of a session's id, as it appears in names. */
export function shortSessionId(sessionId: string): string {
  return sessionId.replaceAll('-', '').slice(-8);
}

/** A session's folder, relative to the data folder: `sessions/20261120T192103Z-3f9a1c2b`. */
export function sessionFolderName(startedUtcNs: bigint, sessionId: string): string {
  return `${SESSIONS}/${compactUtc(startedUtcNs, 0)}-${shortSessionId(sessionId)}`;
}

/** A segment's file in its session's folder, by the UTC of its first frame: `20261120T192103.250Z-3f9a1c2b-000001.fits`. */
export function segmentFileName(firstUtcNs: bigint, sessionId: string, number: number, extension = 'fits'): string {
  return `${compactUtc(firstUtcNs, 3)}-${shortSessionId(sessionId)}-${String(number).padStart(6, '0')}.${extension}`;
}

/** A stack's file in its session's folder: `20261120T192103.250Z-3f9a1c2b-stack-000001.fits`. */
export function stackFileName(firstUtcNs: bigint, sessionId: string, number: number): string {
  return `${compactUtc(firstUtcNs, 3)}-${shortSessionId(sessionId)}-stack-${String(number).padStart(6, '0')}.fits`;
}
