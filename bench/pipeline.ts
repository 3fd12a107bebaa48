/**
 * The engine end to end, the simulated camera on the same machine in a process of its own: cores that the engine takes
 * (without the camera), frames lost, incomplete and not recorded, worker time of each stage. A case takes a minute and runs
 * once: what it shows is not speed but that nothing is lost over that time.
 */
import type { Case, Target } from './harness.js';
import { type Disturbance, type EngineRequest, engineRun } from './pipeline/engine-run.js';

const FIGURES = {
  cores: { unit: 'cores', ratio: false },
  lost: { unit: 'frames', ratio: false },
  incomplete: { unit: 'frames', ratio: false },
  unrecorded: { unit: 'frames', ratio: false },
  fps: { unit: 'fps', ratio: false },
  frameMicroseconds: { unit: 'us of CPU a frame', ratio: false },
  ringHighPercent: { unit: '% of the ring', ratio: false },
  resent: { unit: 'packets', ratio: false },
  recoverSeconds: { unit: 's after the load', ratio: false },
  compression: { unit: 'pixels / bytes', ratio: false },
  unpackCores: { unit: 'cores', ratio: false },
  statisticsCores: { unit: 'cores', ratio: false },
  histogramCores: { unit: 'cores', ratio: false },
  encodeCores: { unit: 'cores', ratio: false },
  previewCores: { unit: 'cores', ratio: false },
  stackCores: { unit: 'cores', ratio: false },
  hduCores: { unit: 'cores', ratio: false },
  restCores: { unit: 'cores', ratio: false },
} as const;

const atMost = (value: number): Target => ({ of: 'measured', is: 'at most', value });
const atLeast = (value: number): Target => ({ of: 'measured', is: 'at least', value });
/** Frames a second, less one in a hundred: the first and the last are cut off by the clock of the session. */
const rate = (fps: number) => ({ fps: atLeast(fps * 0.99) });
const WHOLE = { lost: atMost(0), incomplete: atMost(0), unrecorded: atMost(0) };

function endToEnd(
  name: string,
  request: EngineRequest,
  targets: Readonly<Record<string, Target>>,
  disturbance: Disturbance = 'none',
): Case {
  return {
    name,
    reference: 'none: absolute figures of this machine',
    figures: FIGURES,
    contestants: { engine: targets },
    rounds: 1,
    warmUps: 0,
    open: ({ folder }) => ({
      runs: { engine: () => engineRun(request, disturbance, folder) },
      reference: null,
      note: 'a minute, once',
    }),
  };
}

const ALL_STEPS = ['--stack', 'exact', '--histogram', 'sampled', '--preview-width', '960'];
const WITHOUT_VIEW = ['--histogram', 'off', '--preview-width', '0'];

export const cases = [
  endToEnd(
    'qhy411-bin3, 20 fps, every step',
    { camera: 'sim:qhy411-bin3?fps=20', words: ALL_STEPS },
    { ...WHOLE, ...rate(20), cores: atMost(1) },
  ),
  endToEnd(
    'qhy461-14bit, 6 fps, no stack',
    { camera: 'sim:qhy461-14bit?fps=6', words: WITHOUT_VIEW },
    { ...WHOLE, ...rate(6) },
  ),
  endToEnd(
    'tiny, 1000 fps',
    { camera: 'sim:tiny?fps=1000', words: ['--preview-width', '0'] },
    { ...WHOLE, ...rate(1000) },
  ),
  endToEnd(
    'qhy411-bin3, main thread held up, index read',
    { camera: 'sim:qhy411-bin3?fps=20', words: ALL_STEPS },
    { ...WHOLE, ...rate(20) },
    'held-up',
  ),
  endToEnd(
    'qhy411-bin3, dd on the same disk',
    { camera: 'sim:qhy411-bin3?fps=20', words: ALL_STEPS },
    { lost: atMost(0), incomplete: atMost(0), ...rate(20), recoverSeconds: atMost(2) },
    'disk',
  ),
];
