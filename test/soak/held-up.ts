/** Minutes of recording from makers' cameras, on doubles, at 20 frames of 17 Mpx a second, with main threads held up at random. */
import { type Held, type HeldUpRow, heldUpRecording, type SdkScheme } from '#test/support/held-up-recording.js';

const CAMERAS: readonly { scheme: SdkScheme; double: string; words: readonly string[] }[] = [
  {
    scheme: 'qhy',
    double: 'models=qhy411;fps=20',
    words: ['SensorReadoutMode=3x3_onchip_BIN_12bit', 'PixelFormat=Mono8', 'GpsHeader=true', 'ExposureTime=20000'],
  },
  {
    scheme: 'toupcam',
    double: 'models=m17;fps=20;gps=online',
    words: ['PixelFormat=Mono8', 'ExposureTime=20000'],
  },
];
const WAYS: readonly { inProcess: boolean; held: readonly Held[] }[] = [
  { inProcess: false, held: ['none', 'station', 'station,bridge'] },
  { inProcess: true, held: ['none', 'station'] },
];
/** What may be kept on disk: a minute gives 20 GB. */
const MAX_BYTES = '3GiB';
/** Beside the recording itself: opening, closing, the index. */
const LIMIT_BESIDE_MS = 120_000;

/** One for each camera, way and who is held up. `stopped` ends it before the next. */
export async function heldUpRows(seconds: number, seed: number, stopped: () => boolean): Promise<HeldUpRow[]> {
  const rows: HeldUpRow[] = [];
  for (const { scheme, double, words } of CAMERAS) {
    for (const { inProcess, held } of WAYS.flatMap((way) => way.held.map((each) => ({ ...way, held: each })))) {
      if (stopped()) return rows;
      process.stderr.write(`held up: ${scheme} ${inProcess ? 'in process' : 'bridge'}, ${held}, ${seconds} s\n`);
      rows.push(
        await heldUpRecording({
          ...{ scheme, double, inProcess, held, seed },
          words: [
            ...words.flatMap((word) => ['--set', word]),
            ...['--duration', `${seconds}s`, '--max-bytes', MAX_BYTES],
          ],
          limitMs: seconds * 1_000 + LIMIT_BESIDE_MS,
        }),
      );
    }
  }
  return rows;
}
