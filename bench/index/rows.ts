/** 1000 frames a second into the index thread, as the writer thread sends them: 50 rows every 50 ms. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { IndexChange } from '#storage/index/index-changes.js';
import { openIndexFile } from '#storage/index/index-file.js';
import type { FromIndex, IndexThreadData, ToIndex } from '#storage/index/index-thread.js';
import { CAMERA, sampleRecord, sampleSession } from '#test/storage/sample-session.js';
import { ownFolder } from '../harness/own.js';
import type { BenchOptions, Case, Contest, Figures } from '../harness.js';
import { HDU_BYTES, plainInserts } from './plain-inserts.js';

const SECONDS = 4;
const BATCH = 50;
const BATCH_MS = 50;
const ROWS = (SECONDS * 1000 * BATCH) / BATCH_MS;
/** Commits of the reference, in batches: as often as the index thread commits (80 ms) where batches come every 50 ms. */
const COMMIT_BATCHES = 2;

const indexUrl = new URL('../../storage/index/index-thread.js', import.meta.url);

/** Threads of this process, by their ids. */
const threads = (): Set<string> => new Set(readdirSync('/proc/self/task'));

/** Seconds that a thread has been on a core. */
function cpuSecondsOf(thread: string): number {
  return Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
}

/** Calls `send` with the number of each batch when it is due. */
async function paced(send: (batch: number) => void): Promise<void> {
  const began = performance.now();
  for (let batch = 0; batch < ROWS / BATCH; batch++) {
    await sleep(Math.max(0, began + batch * BATCH_MS - performance.now()));
    send(batch);
  }
}

function openRows({ folder }: BenchOptions): Contest {
  const own = ownFolder(folder);
  const session = sampleSession();
  const records = Array.from({ length: ROWS }, (_, i) => sampleRecord(i + 1, session.id));
  let files = 0;

  const throughThread = async (): Promise<Figures> => {
    const file = join(own, `thread-${++files}.sqlite`);
    const { port1: port, port2 } = new MessageChannel();
    const before = threads();
    const worker = new Worker(indexUrl, {
      workerData: { file, port: port2 } satisfies IndexThreadData,
      transferList: [port2],
    });
    await new Promise((done) => worker.once('message', done));
    const [thread] = [...threads()].filter((id) => !before.has(id));
    if (thread === undefined) throw new Error('the index thread is not among the threads of the process');
    let indexed = 0;
    let latest: () => void = () => {};
    port.on('message', (message: FromIndex) => {
      if (message.kind === 'committed') indexed += message.frames;
      if (message.kind === 'warning') throw new Error(message.message);
      latest();
    });
    const send = (changes: readonly IndexChange[]): void =>
      port.postMessage({ kind: 'changes', changes, ack: null } satisfies ToIndex);
    const segment = {
      kind: 'segment-opened',
      format: 'fits',
      number: 1,
      file: `${files}.fits`,
      cameraId: CAMERA.id,
    } as const;
    send([{ kind: 'session', session, folder: 'sessions/bench', maxBytes: null }, segment]);
    await sleep(200);
    const cpu = cpuSecondsOf(thread);
    const began = performance.now();
    await paced((batch) => {
      const changes = records.slice(batch * BATCH, (batch + 1) * BATCH).map((record, i): IndexChange => {
        const byteOffset = (batch * BATCH + i) * HDU_BYTES;
        const place = { segment: 1, byteOffset, byteLength: HDU_BYTES, headerBytes: 11_520, dataSum: 0xfeed_beef };
        return { kind: 'frame', record, place };
      });
      send(changes);
    });
    while (indexed < ROWS) {
      await new Promise<void>((done) => {
        latest = done;
      });
    }
    const share = (100 * (cpuSecondsOf(thread) - cpu)) / ((performance.now() - began) / 1000);
    port.postMessage({ kind: 'close' } satisfies ToIndex);
    await new Promise((done) => worker.once('exit', done));
    return { 'share of a core': share };
  };

  const plain = async (): Promise<Figures> => {
    const database = openIndexFile(join(own, `plain-${++files}.sqlite`));
    const commit = plainInserts(database, records);
    await sleep(200);
    const main = String(process.pid);
    const cpu = cpuSecondsOf(main);
    const began = performance.now();
    await paced((batch) => {
      if (batch % COMMIT_BATCHES === COMMIT_BATCHES - 1)
        commit((batch - COMMIT_BATCHES + 1) * BATCH, COMMIT_BATCHES * BATCH);
    });
    const share = (100 * (cpuSecondsOf(main) - cpu)) / ((performance.now() - began) / 1000);
    database.close();
    return { 'share of a core': share };
  };
  return { runs: { 'index thread': throughThread }, reference: plain };
}

export const rowsCase: Case = {
  name: '1000 frames a second',
  reference: 'plain inserts',
  figures: { 'share of a core': { unit: '%' } },
  contestants: { 'index thread': { 'share of a core': { of: 'measured', is: 'below', value: 3 } } },
  open: openRows,
};
