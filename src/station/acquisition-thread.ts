/** Entry of the acquisition thread: the cameras of the station, all on one pool of frame workers, reporting by messages. */
import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { checkCameraUri } from '#src/cameras/open-camera.js';
import { dataFoldersOf } from '#src/config/data-folders.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import { type DataFolder, openDataFolder } from '#storage/folder/data-folder.js';
import { recoveryLines } from '#storage/folder/recovery-report.js';
import { DiskUse } from './disk-use.js';
import { FramePool } from './frame-pool.js';
import { IdleRetention } from './idle-retention.js';
import type { AcquisitionThreadData, SessionSummary, ToAcquisitionThread, ToMain } from './messages.js';
import { SharedLinks } from './shared-links.js';
import { StationAnswers } from './station-answers.js';
import { StationCamera } from './station-camera.js';
import { memoryBudget } from './stream-memory.js';

if (parentPort === null)
  throw new AppulseError('station.thread', 'the acquisition thread was started outside of a station');
const port = parentPort;
const data = workerData as AcquisitionThreadData;
const post = (message: ToMain) => port.postMessage(message);

/** A camera's share of the settings: memory and a rolling archive's bytes are divided among all of them, CPUs dealt out. */
function settingsOfEach(settings: Settings, uris: readonly string[]): Settings[] {
  const maxBytes = settings['recording.max-bytes'];
  const cpus = settings['camera.receive-cpu'];
  return uris.map((uri, camera) => ({
    ...settings,
    'camera.uri': [uri],
    'camera.receive-cpu': cpus === null ? null : cpus.slice(camera, camera + 1),
    'pipeline.memory': Math.floor(memoryBudget(settings) / uris.length),
    'recording.max-bytes': maxBytes === null ? null : Math.floor(maxBytes / uris.length),
  }));
}

function checkedCameras(settings: Settings): readonly string[] {
  const uris = settings['camera.uri'] ?? [];
  const fallback = settings['camera.fallback'];
  if (uris.length === 0) {
    throw new UsageError(
      'usage.camera',
      'no camera is named: give --camera URI, such as sim:qhy411-bin3 or gige:192.168.1.20',
    );
  }
  const cpus = settings['camera.receive-cpu'];
  if (cpus !== null && cpus.length !== uris.length) {
    throw new UsageError(
      'usage.receive-cpu',
      `--receive-cpu ${cpus.join(',')}: name a CPU for each camera's receive thread, ${uris.length} in all`,
    );
  }
  if (fallback !== null && uris.length > 1) {
    throw new UsageError('usage.fallback', `a fallback stands in for one camera, ${uris.length} are named`);
  }
  const qhyCameras = uris.filter((uri) => uri.startsWith('qhy:')).length;
  if (settings['camera.in-process'] && qhyCameras > 1) {
    throw new UsageError(
      'usage.in-process',
      `--in-process: ${qhyCameras} QHY cameras are named, and QHY's library ends the stream of an open camera when another is looked for in the same process: leave --in-process out, and each camera gets a process of its own`,
    );
  }
  for (const uri of [...uris, ...(fallback === null ? [] : [fallback])]) checkCameraUri(uri);
  return uris;
}

/** All of them, or none. @throws as `openDataFolder` */
async function openFolders(paths: readonly string[]): Promise<DataFolder[]> {
  const folders: DataFolder[] = [];
  try {
    for (const path of paths) folders.push(await openDataFolder(path));
    return folders;
  } catch (error) {
    for (const folder of folders) folder.close();
    throw error;
  }
}

/** Runs all cameras to their ends, and returns what was recorded. One that cannot begin ends the others. */
async function acquire(): Promise<SessionSummary[]> {
  const { settings } = data;
  const uris = checkedCameras(settings);
  const workers = settings['pipeline.workers'] ?? Math.min(8, Math.max(1, availableParallelism() - 1));
  const folders = await openFolders(dataFoldersOf(settings));
  const pool = new FramePool(workers, (error) =>
    post({ kind: 'log', camera: 0, level: 'warning', message: `a frame worker ended: ${error.message}` }),
  );
  const recorded = new Set<string>();
  const diskUse = new DiskUse();
  const retentions = folders.map(
    ({ path, indexFile }) =>
      new IdleRetention({
        dataFolder: path,
        indexFile,
        settings,
        busy: () => recorded,
        log: (level, message) => post({ kind: 'log', camera: 0, level, message }),
      }),
  );
  try {
    await pool.ready();
    for (const message of folders.flatMap(({ recovery }) => recoveryLines(recovery)))
      post({ kind: 'log', camera: 0, level: 'warning', message });
    for (const retention of retentions) await retention.run();
    const linkRate = settings['camera.link-rate'];
    const links = linkRate === null ? null : new SharedLinks(linkRate, uris);
    const cameras = settingsOfEach(settings, uris).map(
      (own, camera) => new StationCamera({ ...data, settings: own, camera, pool, post, recorded, diskUse, links }),
    );
    const answers = new StationAnswers(cameras, post);
    const stop = () => {
      for (const camera of cameras) camera.stop();
    };
    port.on('message', (message: ToAcquisitionThread) => {
      if (message.kind === 'stop') stop();
      else void answers.answer(message);
    });
    // What happened first is the reason; the others only say that they were stopped.
    let reason: unknown;
    const ends = await Promise.allSettled(
      cameras.map((camera) =>
        camera.run().catch((error: unknown) => {
          reason ??= error;
          stop();
          throw error;
        }),
      ),
    );
    const summaries = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
    if (reason === undefined) return summaries;
    for (const [camera, end] of ends.entries()) {
      if (end.status === 'rejected') continue;
      for (const { session, folder, frames } of end.value) {
        const message = `session ${session} ended as well: ${frames.recorded} frames are recorded in ${folder}`;
        post({ kind: 'log', camera, level: 'info', message });
      }
    }
    throw reason;
  } finally {
    for (const retention of retentions) await retention.end();
    await pool.destroy();
    for (const folder of folders) folder.close();
  }
}

try {
  post({ kind: 'done', summaries: await acquire() });
} catch (error) {
  const known = error instanceof AppulseError;
  const debug = !known && process.env.APPULSE_DEBUG !== undefined;
  const message = error instanceof Error ? (debug && error.stack) || error.message : String(error);
  const code = known ? error.code : 'unexpected';
  post({ kind: 'failed', code, message, usage: error instanceof UsageError });
}
port.close();
