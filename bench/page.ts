/**
 * The station's page and the engine beside it: frames lost with nobody looking, one page in chromium, and many clients of which one
 * never reads; time from a frame's last packet to its pixels on the screen; what looking costs the station. A case takes a minute and
 * runs once: what it shows is that nothing is lost over that time. Chromium draws on the CPU of the same machine.
 */
import { existsSync } from 'node:fs';
import { type Case, skipped, type Target } from './harness.js';
import { type Audience, pageRun } from './page/page-run.js';

const FIGURES = {
  lost: { unit: 'frames', ratio: false },
  incomplete: { unit: 'frames', ratio: false },
  unrecorded: { unit: 'frames', ratio: false },
  fps: { unit: 'fps', ratio: false },
  stationCores: { unit: 'cores of the station before anybody looks', ratio: false },
  serverCoresEach: { unit: 'cores of the main thread a client', ratio: false },
  stationCoresEach: { unit: 'cores of the whole station a client', ratio: false },
  chromiumCores: { unit: 'cores of chromium', ratio: false },
  memoryMiB: { unit: 'MiB more memory of the station at the end', ratio: false },
  stuckLeft: { unit: 'clients that never read and are still there', ratio: false },
  shown: { unit: 'frames a second on the screen', ratio: false },
  latencyMedianMs: { unit: 'ms from the last packet', ratio: false },
  latencyP99Ms: { unit: 'ms from the last packet', ratio: false },
  latencyMostMs: { unit: 'ms from the last packet', ratio: false },
} as const;

const atMost = (value: number): Target => ({ of: 'measured', is: 'at most', value });
const WHOLE = {
  lost: atMost(0),
  incomplete: atMost(0),
  unrecorded: atMost(0),
  fps: { of: 'measured', is: 'at least', value: 19.8 },
} as const satisfies Record<string, Target>;

function lookedAt(name: string, audience: Audience, targets: Readonly<Record<string, Target>>): Case {
  return {
    name: `qhy411-bin3, 20 fps, ${name}`,
    reference: 'none: absolute figures of this machine',
    figures: FIGURES,
    contestants: { station: { ...WHOLE, ...targets } },
    rounds: 1,
    warmUps: 0,
    open: ({ folder }) =>
      audience.pages > 0 && !existsSync('/usr/bin/chromium')
        ? skipped('there is no /usr/bin/chromium')
        : { runs: { station: () => pageRun(audience, folder) }, reference: null, note: 'a minute, once' },
  };
}

export const cases: readonly Case[] = [
  lookedAt('no page', { pages: 0, clients: 0, stuck: 0 }, {}),
  lookedAt(
    'one page',
    { pages: 1, clients: 0, stuck: 0 },
    { latencyP99Ms: atMost(150), serverCoresEach: atMost(0.15), stationCoresEach: atMost(0.15) },
  ),
  lookedAt(
    '8 clients, one stuck',
    { pages: 0, clients: 8, stuck: 1 },
    { serverCoresEach: atMost(0.15), stationCoresEach: atMost(0.15), stuckLeft: atMost(0) },
  ),
];
