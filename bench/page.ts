/**
 * The station's page and the engine beside it: frames lost with nobody looking, one page in chromium, and many clients of which one
 * never reads; time from a frame's first packet to its pixels on the screen; what the server's thread takes for it. A case takes a
 * minute and runs once: what it shows is that nothing is lost over that time. Chromium draws on the CPU of the same machine.
 */
import { existsSync } from 'node:fs';
import { type Case, type Figures, skipped, type Target } from './harness.js';
import { type Audience, pageRun } from './page/page-run.js';

const FIGURES = {
  lost: { unit: 'frames', ratio: false },
  incomplete: { unit: 'frames', ratio: false },
  unrecorded: { unit: 'frames', ratio: false },
  fps: { unit: 'fps', ratio: false },
  serverCores: { unit: 'cores of the main thread', ratio: false },
  serverCoresEach: { unit: 'cores a client', ratio: false },
  shown: { unit: 'frames on the screen', ratio: false },
  latencyMedianMs: { unit: 'ms from the first packet', ratio: false },
  latencyP99Ms: { unit: 'ms from the first packet', ratio: false },
} as const;

const atMost = (value: number): Target => ({ of: 'measured', is: 'at most', value });
const WHOLE = {
  lost: atMost(0),
  incomplete: atMost(0),
  unrecorded: atMost(0),
  fps: { of: 'measured', is: 'at least', value: 19.8 },
} as const satisfies Record<string, Target>;

const NOBODY: Audience = { pages: 0, clients: 0, stuck: 0 };
const ONE_PAGE: Audience = { pages: 1, clients: 0, stuck: 0 };
const MANY: Audience = { pages: 0, clients: 8, stuck: 1 };

export const cases: readonly Case[] = [
  {
    name: 'qhy411-bin3, 20 fps, looked at',
    reference: 'none: absolute figures of this machine',
    figures: FIGURES,
    contestants: {
      'no page': WHOLE,
      'one page': { ...WHOLE, latencyP99Ms: atMost(150), serverCoresEach: atMost(0.15) },
      '8 clients, one stuck': { ...WHOLE, serverCoresEach: atMost(0.15) },
    },
    rounds: 1,
    warmUps: 0,
    open: ({ folder }) => {
      if (!existsSync('/usr/bin/chromium')) return skipped('there is no /usr/bin/chromium');
      let alone = 0;
      const run = async (audience: Audience): Promise<Figures> => {
        const figures = await pageRun(audience, folder);
        const { serverCores = Number.NaN } = figures;
        const viewers = audience.pages + audience.clients;
        if (viewers > 0) return { ...figures, serverCoresEach: (serverCores - alone) / viewers };
        alone = serverCores;
        return figures;
      };
      return {
        runs: {
          'no page': () => run(NOBODY),
          'one page': () => run(ONE_PAGE),
          '8 clients, one stuck': () => run(MANY),
        },
        reference: null,
        note: 'a minute each, once',
      };
    },
  },
];
