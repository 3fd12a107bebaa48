/** One run of `appulse station` that records from a simulated camera while pages and other clients look at it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pack, unpack } from 'msgpackr';
import { type Browser, chromium, type Page } from 'playwright-core';
import { WebSocket } from 'ws';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { ended, ownFolder, ownProcess } from '../harness/own.js';
import type { Figures } from '../harness.js';

export interface Audience {
  /** Pages in chromium. */
  readonly pages: number;
  /** WebSocket clients that watch, and say at once that a frame was shown. */
  readonly clients: number;
  /** WebSocket clients that watch and never read. */
  readonly stuck: number;
}

const CAMERA = 'sim:qhy411-bin3?fps=20';
const SECONDS = Number(process.env.APPULSE_BENCH_SECONDS) || 60;
const MAX_BYTES = '6GiB';
const CLOCK_TICKS = 100;
/** Of a run's beginning and end: what is opened and closed there is not measured. */
const MARGIN_MS = 3_000;
const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const WATCH = { kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 };

const program = fileURLToPath(new URL('../../../bin/appulse.mjs', import.meta.url));

/** Notes when each frame came to the screen, ms since 1970: behind the refresh that shows it. */
const FOLLOW_FRAMES = `(() => {
  window.framesShown = [];
  const canvas = document.querySelector('.picture canvas');
  new MutationObserver(() => {
    const number = Number(canvas.dataset.frame);
    requestAnimationFrame(() => window.framesShown.push([number, performance.timeOrigin + performance.now()]));
  }).observe(canvas, { attributes: true, attributeFilter: ['data-frame'] });
})()`;

type Shown = readonly (readonly [number: number, atMs: number])[];

/** CPU seconds of a process's main thread, where the server lives. */
function mainThreadSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

export async function pageRun(audience: Audience, parent: string): Promise<Figures> {
  const data = join(ownFolder(parent), 'data');
  const words = ['station', '--camera', CAMERA, '--duration', `${SECONDS}s`, '--data', data, '--port', '0'];
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
  const beganMs = performance.now();
  const link = said.match(/^page +(\S+)$/m)?.[1];
  if (link === undefined) throw new Error(`the station told no address of its page: ${said}`);
  const url = new URL('/', link).href;
  const sockets = openSockets(url, audience);
  const browser =
    audience.pages > 0 ? await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS }) : null;
  try {
    const pages = browser === null ? [] : await openPages(browser, url, audience.pages);
    await sleep(MARGIN_MS);
    const pid = station.pid ?? 0;
    const [cpu, atMs] = [mainThreadSeconds(pid), performance.now()];
    await sleep(Math.max(0, SECONDS * 1_000 - (performance.now() - beganMs) - MARGIN_MS));
    const serverCores = ((mainThreadSeconds(pid) - cpu) * 1_000) / (performance.now() - atMs);
    const shown = (await Promise.all(pages.map((page) => page.evaluate<Shown>('window.framesShown')))).flat();
    await end;
    const summary = JSON.parse(answer.trimEnd().split('\n').at(-1) ?? '') as SessionSummary;
    return { ...engineFigures(summary), serverCores, ...latencies(summary, shown) };
  } finally {
    for (const socket of sockets) socket.terminate();
    await browser?.close();
  }
}

async function openPages(browser: Browser, url: string, count: number): Promise<Page[]> {
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${url}#live`);
    await page.locator('.picture canvas[data-frame]').waitFor();
    await page.evaluate(FOLLOW_FRAMES);
    pages.push(page);
  }
  return pages;
}

function openSockets(url: string, { clients, stuck }: Audience): WebSocket[] {
  const address = `${url.replace(/^http/, 'ws')}live`;
  return Array.from({ length: clients + stuck }, (_, i) => {
    const socket = new WebSocket(address, { origin: new URL(url).origin });
    // One that is cut off, as those that never read are, says so by an error.
    socket.on('error', () => undefined);
    socket.on('open', () => {
      socket.send(pack(WATCH));
      if (i >= clients) socket.pause();
    });
    if (i < clients) socket.on('message', (bytes: Buffer) => answerFrame(socket, bytes));
    return socket;
  });
}

function answerFrame(socket: WebSocket, bytes: Buffer): void {
  const message = unpack(bytes) as { kind?: unknown; camera?: unknown; number?: unknown };
  if (message.kind === 'frame') socket.send(pack({ kind: 'shown', camera: message.camera, number: message.number }));
}

function engineFigures({ frames }: SessionSummary): Figures {
  const { lost, incomplete, received, recorded } = frames;
  return { lost, incomplete, unrecorded: received - recorded, fps: received / SECONDS };
}

/** From the kernel's receipt of a frame's first packet, which is earlier than its last, to the screen. */
function latencies(summary: SessionSummary, shown: Shown): Figures {
  if (shown.length === 0) return {};
  const index = new IndexReader(summary.index);
  try {
    const received = new Map<number, number>();
    for (const { number, receivedUtcNs } of index.frames({ sessionId: summary.session }, { limit: 1_000_000 })) {
      received.set(number, Number(receivedUtcNs) / 1e6);
    }
    const ms = shown
      .flatMap(([number, atMs]) => {
        const fromMs = received.get(number);
        return fromMs === undefined ? [] : [atMs - fromMs];
      })
      .sort((a, b) => a - b);
    const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))] ?? Number.NaN;
    return { shown: shown.length, latencyMedianMs: at(0.5), latencyP99Ms: at(0.99) };
  } finally {
    index.close();
  }
}
