/** What the page and the API ask of the archive, answered in a thread of its own. Plain data goes in and comes out. */

import { camerasNamed } from '#src/archive/find-session.js';
import { type SelectionOptions, selectionOf, timeRangeOf } from '#src/archive/selection.js';
import { sessionDetails } from '#src/archive/session-details.js';
import { auditSession } from '#src/audit/audit-session.js';
import { htmlReport } from '#src/audit/html-report.js';
import { UsageError } from '#src/config/usage-error.js';
import { VERSION } from '#src/config/version.js';
import type { FrameFilter } from '#storage/index/frame-filter.js';
import type { SessionEdit } from '#storage/index/index-changes.js';
import type { IndexReader, SessionRow } from '#storage/index/queries.js';
import type { EventRow, FrameRow } from '#storage/index/rows.js';
import type { SessionState } from '#storage/index/schema.js';
import { editSession } from '#storage/index/session-edit.js';
import { markAtRest } from '#storage/retention/mark-at-rest.js';
import { exportedFiles, type FilesAsked } from '../exports/exported-files.js';
import { frameOf, type OpenIndex, sessionAmong, withIndexes } from './open-indexes.js';
import { frameFile, frameImage, framePicture, frameRowTime } from './recorded-frame.js';

/** Rows of a list that is not asked for in pages. */
const MOST_ROWS = 1_000;

export interface SessionsAsked {
  readonly from?: string;
  readonly to?: string;
  readonly camera?: string;
  readonly object?: string;
  readonly state?: SessionState;
  readonly limit: number;
}

/** Sessions of all folders, the newest first. */
function sessions(dataFolders: readonly string[], asked: SessionsAsked): SessionRow[] {
  const { fromUtcNs, toUtcNs } = worded(() => timeRangeOf(asked));
  const object = asked.object?.toLowerCase();
  return withIndexes(dataFolders, (open) =>
    open
      .flatMap(({ index }) => {
        const cameras = asked.camera === undefined ? null : camerasNamed(index, asked.camera).map(({ id }) => id);
        return index
          .sessions({ limit: Number.MAX_SAFE_INTEGER, ...(asked.state !== undefined && { state: asked.state }) })
          .filter(({ cameraIds }) => cameras === null || cameraIds.some((id) => cameras.includes(id)));
      })
      .filter((session) => toUtcNs === undefined || session.startedUtcNs < toUtcNs)
      .filter((session) => fromUtcNs === undefined || session.endedUtcNs === null || session.endedUtcNs >= fromUtcNs)
      .filter((session) => object === undefined || session.object?.toLowerCase() === object)
      .sort((a, b) => Number(b.startedUtcNs - a.startedUtcNs))
      .slice(0, asked.limit),
  );
}

function session(dataFolders: readonly string[], { session: wanted }: { readonly session: string }) {
  return withIndexes(dataFolders, (open) => {
    const { index, session: found } = sessionAmong(open, wanted);
    const details = index.snapshot(() => sessionDetails(index, found));
    return {
      ...details,
      segments: details.segments.slice(-MOST_ROWS),
      stacks: details.stacks.slice(-MOST_ROWS),
      marks: details.marks.slice(-MOST_ROWS),
    };
  });
}

function edit(
  dataFolders: readonly string[],
  asked: { readonly session: string; readonly edit: SessionEdit },
): SessionRow {
  const found = withIndexes(dataFolders, (open) => {
    const { dataFolder, session: row } = sessionAmong(open, asked.session);
    return { dataFolder, id: row.id };
  });
  editSession(found.dataFolder, found.id, asked.edit);
  return withIndexes([found.dataFolder], (open) => sessionAmong(open, found.id).session);
}

export interface MarkAsked {
  readonly session: string;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
  readonly cameraId: string | null;
  readonly note: string;
}

/** Keeps a span of a session that nobody records. @throws StorageError `storage.mark-empty`, `storage.no-camera` */
function mark(dataFolders: readonly string[], asked: MarkAsked) {
  const { session: wanted, fromUtcNs, toUtcNs, cameraId, note } = asked;
  const found = withIndexes(dataFolders, (open) => {
    const { dataFolder, session: row } = sessionAmong(open, wanted);
    return { dataFolder, id: row.id };
  });
  const madeUtcNs = BigInt(Date.now()) * 1_000_000n;
  const made = { fromUtcNs, toUtcNs, cause: 'command', detail: note, madeUtcNs } as const;
  const [marked] = markAtRest(found.dataFolder, made, cameraId, found.id);
  return { session: found.id, frames: marked?.frames ?? 0, fromUtcNs, toUtcNs };
}

export interface FramesAsked {
  readonly selection: SelectionOptions;
  readonly limit: number;
  readonly after?: bigint;
  readonly newestFirst: boolean;
  /** Count all that are selected, too: of millions it takes seconds. */
  readonly count: boolean;
}

function frames(dataFolders: readonly string[], { selection, limit, after, newestFirst, count }: FramesAsked) {
  return withIndexes(dataFolders, (open) => {
    const { index, filter } = selected(open, selection);
    // One more tells whether there is another page.
    const page = { limit: limit + 1, newestFirst, ...(after !== undefined && { afterKey: after }) };
    const rows = index.frames(filter, page);
    const more = rows.length > limit;
    const shown = rows.slice(0, limit);
    return {
      session: filter.sessionId ?? null,
      total: count ? index.countFrames(filter) : null,
      frames: shown.map((row) => withMissing(index, row)),
      nextAfter: more ? (shown.at(-1)?.key ?? null) : null,
    };
  });
}

/** The one session is looked for in all folders; `all` means those of the first. */
function selected(
  open: readonly OpenIndex[],
  selection: SelectionOptions,
): OpenIndex & { readonly filter: FrameFilter } {
  const { session: wanted = 'latest' } = selection;
  const [first] = open;
  if (wanted === 'all' && first !== undefined)
    return { ...first, filter: worded(() => selectionOf(first.index, selection)) };
  const found = sessionAmong(open, wanted);
  return { ...found, filter: worded(() => selectionOf(found.index, { ...selection, session: found.session.id })) };
}

/** What an export is about: the data folder and the frames in it. */
function selection(dataFolders: readonly string[], asked: SelectionOptions) {
  return withIndexes(dataFolders, (open) => {
    const { dataFolder, filter } = selected(open, asked);
    return { dataFolder, filter };
  });
}

const withMissing = (index: IndexReader, row: FrameRow) => ({
  ...row,
  missing: row.bytesMissing > 0 ? index.missingRanges(row.key).slice(0, MOST_ROWS) : [],
});

interface FrameAsked {
  readonly session: string;
  readonly frame: bigint;
}

/** A frame's row, and its neighbours in the session. */
function frame(dataFolders: readonly string[], { session: wanted, frame: key }: FrameAsked) {
  return withIndexes(dataFolders, (open) => {
    const found = sessionAmong(open, wanted);
    const row = frameOf(found, key);
    const of = { sessionId: found.session.id };
    return {
      frame: withMissing(found.index, row),
      previous: found.index.frames(of, { afterKey: key, newestFirst: true, limit: 1 })[0]?.key ?? null,
      next: found.index.frames(of, { afterKey: key, limit: 1 })[0]?.key ?? null,
    };
  });
}

export interface GapsAsked {
  readonly session: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

function gaps(dataFolders: readonly string[], { session: wanted, limit, ...range }: GapsAsked) {
  return withIndexes(dataFolders, (open) => {
    const found = sessionAmong(open, wanted);
    const span = worded(() => timeRangeOf(range));
    return { session: found.session.id, gaps: found.index.gaps({ sessionId: found.session.id, ...span, limit }) };
  });
}

export interface TimelineAsked {
  readonly from: string;
  readonly to: string;
  readonly parts: number;
}

/** What went on between two instants, in all folders. */
function timeline(dataFolders: readonly string[], { parts, ...range }: TimelineAsked) {
  const { fromUtcNs = 0n, toUtcNs = 0n } = worded(() => timeRangeOf(range));
  const span = { fromUtcNs, toUtcNs };
  return withIndexes(dataFolders, (open) => {
    const each = open.map(({ index }) =>
      index.snapshot(() => ({
        parts: index.timeline({ ...span, parts }),
        gaps: index.gaps({ ...span, limit: MOST_ROWS }),
        marks: index.marks({ ...span, limit: MOST_ROWS }),
        lockChanges: index.events({ ...span, kind: 'clock-state', limit: MOST_ROWS }).map(lockChangeOf),
      })),
    );
    return {
      ...span,
      sessions: sessions(dataFolders, { ...range, limit: MOST_ROWS }),
      parts: sumOf(each.map((one) => one.parts)),
      gaps: each.flatMap((one) => one.gaps.filter((gap) => gap.fromUtcNs !== null)).slice(0, MOST_ROWS),
      marks: each.flatMap((one) => one.marks).slice(0, MOST_ROWS),
      lockChanges: each.flatMap((one) => one.lockChanges).slice(0, MOST_ROWS),
    };
  });
}

/** A change of the GPS receiver's state, as its event has it. */
function lockChangeOf({ startUtcNs, sessionId, cameraId, data: { from, to, why } }: EventRow) {
  return { utcNs: startUtcNs, sessionId, cameraId, from: wordOf(from), to: wordOf(to), why: wordOf(why) };
}

const wordOf = (word: unknown): string | null => (typeof word === 'string' ? word : null);

type Parts = ReturnType<IndexReader['timeline']>;

/** Of the same span in several folders. */
function sumOf(folders: readonly Parts[]): Parts {
  const [first = []] = folders;
  return first.map(({ fromUtcNs, toUtcNs }, i) => {
    const same = folders.flatMap((parts) => parts[i] ?? []);
    const sum = (count: (part: Parts[number]) => number) => same.reduce((total, part) => total + count(part), 0);
    return {
      fromUtcNs,
      toUtcNs,
      frames: sum((part) => part.frames),
      notLocked: {
        holdover: sum((part) => part.notLocked.holdover),
        coarse: sum((part) => part.notLocked.coarse),
        untrusted: sum((part) => part.notLocked.untrusted),
      },
      missing: sum((part) => part.missing),
    };
  });
}

/** The report of `appulse audit`, or the page that it makes. */
function audit(dataFolders: readonly string[], asked: { readonly session: string }) {
  return withIndexes(dataFolders, (open) => {
    const found = sessionAmong(open, asked.session);
    const { session: row, cameras, result } = auditSession(found.index, found.session);
    return { session: row, cameras, ...result };
  });
}

function auditPage(dataFolders: readonly string[], asked: { readonly session: string }): string {
  return withIndexes(dataFolders, (open) => {
    const found = sessionAmong(open, asked.session);
    const facts = { version: VERSION, madeUtcNs: BigInt(Date.now()) * 1_000_000n };
    return htmlReport(auditSession(found.index, found.session), facts);
  });
}

/** Errors of what the command line shares name its options: `--from ...`. Here they are `from`. */
function worded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError('usage.request', error.message.replaceAll(/--(?=[a-z])/g, ''), { cause: error });
  }
}

export const QUESTIONS = {
  sessions,
  session,
  edit,
  mark,
  frames,
  selection,
  frame,
  gaps,
  timeline,
  audit,
  auditPage,
  rowTime: frameRowTime,
  image: frameImage,
  picture: framePicture,
  file: frameFile,
  exportFiles: (_: readonly string[], asked: FilesAsked) => exportedFiles(asked),
} as const;
export type Questions = typeof QUESTIONS;
