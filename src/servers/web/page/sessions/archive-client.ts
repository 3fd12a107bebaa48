/** What the sessions' part of the page asks of the API. Types are those of the index, as JSON carries them. */
import type { AuditResult } from '#gps/audit/auditor.js';
import { HISTOGRAM_BINS } from '#pipeline/stages/steps.js';
import type { PreviewPlane } from '#src/servers/web/live/live-protocol.js';
import { histogramOf } from '#src/servers/web/live/stretch.js';
import type { MarkAnswer } from '#src/station/mark-request.js';
import type { CameraRow, FrameRow, GapRow, MarkRow, SessionRow } from '#storage/index/rows.js';
import { type AsText, api, apiUrl, type Query } from '../api-client.js';
import type { FetchedPixels, Region, ShownFrame } from '../picture/shown-frame.js';
import { asQuery, type Span } from './instants.js';

export type Session = AsText<SessionRow>;
export type Frame = AsText<FrameRow>;
export type Audit = AsText<AuditResult>;

export interface TimelinePart {
  readonly fromUtcNs: string;
  readonly toUtcNs: string;
  readonly frames: number;
  readonly notLocked: { readonly holdover: number; readonly coarse: number; readonly untrusted: number };
  readonly missing: number;
}

/** A change of the GPS receiver's state; `from` is null where a session begins with it. */
export interface LockChange {
  readonly utcNs: string;
  readonly sessionId: string;
  readonly cameraId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string | null;
}

export interface Timeline {
  readonly sessions: readonly Session[];
  readonly parts: readonly TimelinePart[];
  readonly gaps: readonly AsText<GapRow>[];
  readonly marks: readonly AsText<MarkRow>[];
  readonly lockChanges: readonly LockChange[];
}

export interface FrameAnswer {
  readonly frame: Frame;
  /** Keys of its neighbours; null where there is none. */
  readonly previous: string | null;
  readonly next: string | null;
}

export interface SessionDetails {
  readonly session: Session;
  readonly cameras: readonly AsText<CameraRow>[];
  readonly grades: Readonly<Record<string, number>>;
  readonly gaps: readonly { readonly cause: string; readonly gaps: number; readonly frames: number }[];
  readonly marks: readonly AsText<MarkRow>[];
}

export type SessionText = Partial<Record<'name' | 'object' | 'observer' | 'notes', string | null>>;

export interface NewSession {
  readonly camera: number | null;
  readonly name: string | null;
  readonly object: string | null;
  readonly observer: string | null;
  readonly notes: string | null;
  readonly frameType: string;
}

export const startSession = (session: NewSession) => api.post<unknown>('/sessions', session);
export const stopSession = (camera: number | null) => api.post<unknown>('/sessions/stop', { camera });

export const trigger = async (note: string, camera: number | null): Promise<readonly AsText<MarkAnswer>[]> =>
  (await api.post<{ readonly marks: readonly AsText<MarkAnswer>[] }>('/trigger', { note, camera })).marks;

/** The newest first; at most 1,000. */
export const listSessions = async (limit: number, signal: AbortSignal): Promise<readonly Session[]> =>
  (await api.get<{ readonly sessions: readonly Session[] }>('/sessions', { limit }, signal)).sessions;

export const sessionDetails = (id: string, signal: AbortSignal) =>
  api.get<SessionDetails>(`/sessions/${id}`, {}, signal);
/** As many as the API gives at once. */
export const MOST_GAPS_ASKED = 1_000;
export const sessionGaps = async (id: string, signal: AbortSignal): Promise<readonly AsText<GapRow>[]> =>
  (
    await api.get<{ readonly gaps: readonly AsText<GapRow>[] }>(
      `/sessions/${id}/gaps`,
      { limit: MOST_GAPS_ASKED },
      signal,
    )
  ).gaps;
export const editSession = (id: string, text: SessionText) => api.patch<unknown>(`/sessions/${id}`, text);
export const auditSession = (id: string, signal: AbortSignal) => api.get<Audit>(`/sessions/${id}/audit`, {}, signal);

/** Counts in equal parts, sessions, gaps and marks of a span of time. */
export const timeline = ({ fromNs, toNs }: Span, signal: AbortSignal) =>
  api.get<Timeline>('/timeline', { from: asQuery(fromNs), to: asQuery(toNs) }, signal);

/** The first frame that starts at an instant or later; the last of the session where there is none. */
export async function frameAt(session: string, atNs: bigint, signal: AbortSignal): Promise<Frame | null> {
  const frames = async (query: object): Promise<Frame | undefined> =>
    (await api.get<{ readonly frames: readonly Frame[] }>('/frames', { session, limit: 1, ...query }, signal))
      .frames[0];
  return (await frames({ from: asQuery(atNs) })) ?? (await frames({ newestFirst: true })) ?? null;
}

export const frame = (session: string, key: string, signal: AbortSignal) =>
  api.get<FrameAnswer>(`/sessions/${session}/frames/${key}`, {}, signal);

export const frameFile = ({ sessionId, key }: Frame) => apiUrl(`/sessions/${sessionId}/frames/${key}/fits`);
/** Columns of a preview, at most. */
const PREVIEW_COLUMNS = 1_024;

/** A frame for a viewer. @throws Error with the station's own words */
export async function framePreview(
  { sessionId, key, width, height }: Frame,
  plane: PreviewPlane,
  signal: AbortSignal,
): Promise<ShownFrame> {
  const { told, pixels } = await framePixels(sessionId, key, { columns: PREVIEW_COLUMNS, plane }, signal);
  const [columns, rows, binning, bitDepth] = [told('columns'), told('rows'), told('binning'), told('bit-depth')];
  const linesPerRow = told('paired-lines-per-row');
  const [median, sigma, high] = [told('median'), told('sigma'), told('high')];
  return {
    number: told('frame'),
    frameWidth: width,
    frameHeight: height,
    bitDepth,
    width: columns,
    height: rows,
    coveredWidth: columns * binning,
    coveredHeight: rows * binning,
    plane,
    pixels,
    histogram: histogramOf(pixels, bitDepth, HISTOGRAM_BINS),
    frameLevels: { median, sigma, high },
    time: {
      startUtcNs: told.ns('start-utc-ns'),
      lastRowOffsetNs: told.ns('last-row-offset-ns'),
      rowPairs: linesPerRow === 0 ? null : { linesPerRow, firstLineIsOdd: told.text('first-line-odd') === 'true' },
      leapSecond: told.text('leap-second') === 'true',
    },
  };
}

/** Pixels of the frame itself. @throws Error with the station's own words */
export async function frameRegion({ sessionId, key }: Frame, region: Region): Promise<FetchedPixels> {
  const { told, pixels } = await framePixels(sessionId, key, { ...region, columns: region.width });
  return { ...region, pixels, startUtcNs: told.ns('start-utc-ns') };
}

async function framePixels(session: string, key: string, query: Query, signal?: AbortSignal) {
  const { headers, bytes } = await api.bytes(`/sessions/${session}/frames/${key}/pixels`, query, signal);
  const pixels = new Uint16Array(bytes);
  const text = (name: string): string => headers.get(`x-appulse-${name}`) ?? '0';
  const told = Object.assign((name: string) => Number(text(name)), { text, ns: (name: string) => BigInt(text(name)) });
  const [columns, rows] = [told('columns'), told('rows')];
  if (pixels.length !== columns * rows) throw new Error(`${pixels.length} pixels came for ${columns} x ${rows}`);
  return { told, pixels };
}
