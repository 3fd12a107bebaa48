/** One run of `appulse station` that records from a simulated camera: for a while nobody looks, and then pages and other clients do. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SessionSummary } from '#src/station/messages.js';
import { ended, ownFolder, ownProcess } from '../harness/own.js';
import type { Figures } from '../harness.js';
import { clientsOf, LiveSockets } from './live-sockets.js';
import { coresBetween, memoryMiB, snapshotOf } from './process-figures.js';
import { ShownPages } from './shown-pages.js';

export interface Audience {
  /** Pages in chromium. */
  readonly pages: number;
  /** WebSocket clients that watch, and say at once that a frame was shown. */
  readonly clients: number;
  /** WebSocket clients that watch and never read. */
  readonly stuck: number;
}

const CAMERA = 'sim:qhy411-bin3?fps=20';
/** While somebody looks. */
const SECONDS = Number(process.env.APPULSE_BENCH_SECONDS) || 62;
/** Before that: what the station takes by itself. */
const ALONE_SECONDS = 10;
const MAX_BYTES = '6GiB';
/** Of each part: what is opened and closed there is not measured. */
const MARGIN_MS = 2_000;

const program = fileURLToPath(new URL('../../../bin/appulse.mjs', import.meta.url));

export async function pageRun(audience: Audience, parent: string): Promise<Figures> {
  const data = join(ownFolder(parent), 'data');
  const duration = SECONDS + ALONE_SECONDS;
  const words = ['station', '--camera', CAMERA, '--duration', `${duration}s`, '--data', data, '--port', '0'];
  const station = ownProcess(process.execPath, [program, ...words, '--max-bytes', MAX_BYTES, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let answer = '';
  station.stdout?.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  let said = '';
  const streams = new Promise<void>((done) => {
    station.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(' streams ')) done();
    });
  });
  const end = ended(station);
  await Promise.race([streams, end]);
  const endMs = performance.now() + duration * 1_000 - MARGIN_MS;
  const link = said.match(/^page +(\S+)$/m)?.[1];
  const { pid } = station;
  if (link === undefined || pid === undefined) throw new Error(`the station told no address of its page: ${said}`);
  // Without the key that it may carry: they only look.
  const url = new URL('/', link).href;

  await sleep(MARGIN_MS);
  const begun = snapshotOf(pid);
  await sleep(ALONE_SECONDS * 1_000 - 2 * MARGIN_MS);
  const alone = coresBetween(begun, snapshotOf(pid));

  const sockets = new LiveSockets(url, audience);
  const pages = await ShownPages.open(url, audience.pages);
  try {
    await sleep(MARGIN_MS);
    await pages.begin();
    const looked = snapshotOf(pid);
    const memory = memoryMiB(pid);
    await sleep(Math.max(0, endMs - performance.now()));
    const { whole, main } = coresBetween(looked, snapshotOf(pid));
    const most = memoryMiB(pid);
    const clients = await clientsOf(url);
    const figures = await pages.figures();
    await end;
    const summary = JSON.parse(answer.trimEnd().split('\n').at(-1) ?? '') as SessionSummary;
    const viewers = audience.pages + audience.clients;
    return {
      ...engineFigures(summary, duration),
      ...figures,
      stationCores: alone.whole,
      memoryMiB: most - memory,
      ...(viewers === 0
        ? {}
        : {
            serverCoresEach: (main - alone.main) / viewers,
            stationCoresEach: (whole - alone.whole) / viewers,
          }),
      ...(audience.stuck === 0 ? {} : { stuckLeft: clients - viewers }),
    };
  } finally {
    sockets.close();
    await pages.close();
  }
}

function engineFigures({ frames }: SessionSummary, seconds: number): Figures {
  const { lost, incomplete, received, recorded } = frames;
  return { lost, incomplete, unrecorded: received - recorded, fps: received / seconds };
}
