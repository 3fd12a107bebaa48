/** A data folder with a session of sample frames and two gaps, and a station without an engine beside it, served on loopback. */
import { WebServer } from '#src/servers/web/web-server.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import type { FrameRecord } from '#storage/frame-record.js';
import {
  FIRST_START,
  PERIOD_NS,
  sampleRecord,
  sampleRecorder,
  tellSampleGaps,
  temporaryFolder,
} from '#test/storage/sample-session.js';
import { CheckedApi } from './checked-api.js';
import { ImitatedStation } from './imitated-station.js';

/** `frames` frames of 64 x 48, every tenth of them coarse, with a gap behind the first, one of no known time, and a GPS lock that is lost behind the twelfth. */
export async function recordedFolder(frames: number): Promise<{ readonly path: string; readonly session: string }> {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record, session } = await sampleRecorder(path);
  for (let number = 1; number <= frames; number++) await record(number, coarse(number, session.id));
  tellSampleGaps(recorder);
  const lostAt = FIRST_START + 12n * PERIOD_NS;
  for (const [utcNs, from, to] of [
    [FIRST_START, null, 'locked'],
    [lostAt, 'locked', 'holdover'],
  ] as const) {
    const data = { from, to, why: 'receiver status 2, no PPS', block: '1' };
    recorder.event({ kind: 'clock-state', startUtcNs: utcNs, endUtcNs: utcNs, data });
  }
  await recorder.close();
  folder.close();
  return { path, session: session.id };
}

function coarse(number: number, sessionId: string): Partial<FrameRecord> {
  if (number % 10 !== 0) return {};
  return { time: { ...sampleRecord(number, sessionId).time, grade: 'coarse', uncertaintyNs: 5_000_000n } };
}

export interface ServedStation {
  readonly station: ImitatedStation;
  readonly api: CheckedApi;
  readonly url: string;
  /** Lets who shows it change things. */
  readonly key: string;
  /** Ends the server and the station; nothing of them is left. */
  close(): Promise<void>;
}

export async function servedStation(dataFolders: readonly string[]): Promise<ServedStation> {
  const station = new ImitatedStation();
  const server = await WebServer.open({ station, dataFolders, host: '127.0.0.1', port: 0 });
  return {
    station,
    api: await CheckedApi.of(server),
    url: server.url,
    key: server.key,
    close: async () => {
      await server.close();
      station.close();
    },
  };
}

/** What is kept of cameras stands in a folder that is none of the user's. */
export function ownUserFolder(): void {
  process.env.XDG_CONFIG_HOME = temporaryFolder();
}
