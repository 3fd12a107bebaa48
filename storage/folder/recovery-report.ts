/** What recovery found and did, for people and programs. */
import type { TornFile } from './torn-bytes.js';

export interface SessionRecovery {
  readonly id: string;
  /** Relative to the data folder. */
  readonly folder: string;
  /** Rows of the session's log (gaps, events, segments ...) that the index lacked. */
  rowsRestored: number;
  /** Frames whole in a file that had no row. */
  framesIndexed: number;
  /** Rows whose bytes are damaged or gone. */
  framesMissing: number;
  /** Frames that were in hand when the process ended, and are in no file. */
  framesInFlight: number;
  /** Lost frames that had been found and had no gap row yet, and outages of that kind. */
  gapsRestored: number;
  /** Files that were completed, relative to the data folder. */
  readonly completed: string[];
  /** Where bytes of torn frames are now; paths relative to the data folder. */
  readonly torn: TornFile[];
  /** Lines of the session's log that could not be read. */
  damagedLogLines: number;
  /** Records of the journal that were torn. */
  tornJournalRecords: number;
  /** What could not be set right. */
  readonly problems: string[];
}

export interface Recovery {
  /** Ids of sessions that were found recording, their process dead. */
  readonly interruptedSessions: readonly string[];
  /** Rows that pointed at bytes which are damaged or not there. */
  readonly framesMissing: number;
  /** Files of expired segments that were still there. */
  readonly expiredFilesRemoved: number;
  /** Sessions of which something was found. */
  readonly sessions: readonly SessionRecovery[];
  /** Files in the sessions' folders that are none of the archive's, left as they are; relative to the data folder. */
  readonly strangers: readonly string[];
  /** Session folders that the index does not know; `recover --rebuild` takes them in. */
  readonly unknownFolders: readonly string[];
  /** The copy of the index that was kept before it was brought forward to this program's version; null where it was not. */
  readonly indexBackup: string | null;
}

export function newSessionRecovery(id: string, folder: string): SessionRecovery {
  return {
    id,
    folder,
    rowsRestored: 0,
    framesIndexed: 0,
    framesMissing: 0,
    framesInFlight: 0,
    gapsRestored: 0,
    completed: [],
    torn: [],
    damagedLogLines: 0,
    tornJournalRecords: 0,
    problems: [],
  };
}

/** Whether there is anything to tell of it. */
export function isEventful(session: SessionRecovery): boolean {
  const { rowsRestored, framesIndexed, framesMissing, framesInFlight, gapsRestored } = session;
  const counts = rowsRestored + framesIndexed + framesMissing + framesInFlight + gapsRestored;
  const lists = session.completed.length + session.torn.length + session.problems.length;
  return counts + lists + session.damagedLogLines + session.tornJournalRecords > 0;
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Whether no frame is missing, and nothing is left to do: what could not be set right, folders that the index does not know. */
export function isClean({ sessions, framesMissing, unknownFolders }: Recovery): boolean {
  if (framesMissing > 0 || unknownFolders.length > 0) return false;
  return sessions.every(({ framesInFlight, problems }) => framesInFlight + problems.length === 0);
}

/** A line for each thing that was found. */
export function recoveryLines(recovery: Recovery): string[] {
  const lines: string[] = [];
  const interrupted = new Set(recovery.interruptedSessions);
  for (const session of recovery.sessions) {
    const found = findings(session);
    const what = interrupted.has(session.id) ? 'was interrupted' : 'was looked at';
    lines.push(`session ${session.id} ${what}${found.length === 0 ? ', nothing is missing' : `: ${found.join('; ')}`}`);
    for (const { file, offset, bytes } of session.torn) {
      lines.push(`  ${bytes} bytes of a torn frame, from byte ${offset} on, are kept in ${file}`);
    }
    for (const problem of session.problems) lines.push(`  ${problem}`);
  }
  for (const id of interrupted) {
    if (!recovery.sessions.some((session) => session.id === id)) {
      lines.push(`session ${id} was interrupted, nothing is missing`);
    }
  }
  if (recovery.expiredFilesRemoved > 0) {
    lines.push(
      `${counted(recovery.expiredFilesRemoved, 'file of an expired segment was', 'files of expired segments were')} removed`,
    );
  }
  if (recovery.indexBackup !== null) {
    lines.push(`the index was of an older program: brought forward, as it was it is kept in ${recovery.indexBackup}`);
  }
  for (const folder of recovery.unknownFolders) {
    lines.push(
      `${folder} is not in the index: 'appulse recover --rebuild' takes it in, where its session is in no other folder`,
    );
  }
  return lines;
}

function findings(session: SessionRecovery): string[] {
  const found: string[] = [];
  const say = (count: number, one: string, many: string): void => {
    if (count > 0) found.push(counted(count, one, many));
  };
  say(
    session.framesIndexed,
    'frame of its files was put into the index',
    'frames of its files were put into the index',
  );
  say(session.framesMissing, 'frame is missing or damaged', 'frames are missing or damaged');
  say(session.framesInFlight, 'frame was in hand and is lost', 'frames were in hand and are lost');
  say(session.gapsRestored, 'gap was put into the index', 'gaps were put into the index');
  say(session.rowsRestored, 'row of its log was put into the index', 'rows of its log were put into the index');
  say(session.completed.length, 'file was completed', 'files were completed');
  say(session.damagedLogLines, 'line of its log is damaged', 'lines of its log are damaged');
  say(session.tornJournalRecords, 'record of its journal was torn', 'records of its journal were torn');
  return found;
}
