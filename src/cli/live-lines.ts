/** The station's state in a few lines: on a terminal they stay in place, elsewhere one line appears now and then. */
import { createLogUpdate } from 'log-update';
import { formatSeconds, formatSize } from '#src/config/units.js';
import type { LogLevel, SessionSummary, Telemetry } from '#src/station/messages.js';

const PLAIN_INTERVAL_MS = 5_000;

const gpsState = (t: Telemetry) =>
  t.lastGrade === null ? 'no frame yet' : `${t.lastGrade} (${t.lastSource})  ${t.lastFrameUtc ?? ''}`;

/** The live lines: rate, ring, losses, clock, disk. */
export function statusLines(t: Telemetry): string[] {
  const { frames, packets, thinned } = t;
  const left = t.secondsLeft === null ? '' : `  ${formatSeconds(t.secondsLeft)} left`;
  return [
    `camera ${t.camera}  ${t.state}  ${formatSeconds(t.seconds)}${left}`,
    t.session === null ? 'watched: nothing is recorded' : `records session ${t.session}`,
    `stream ${t.framesPerSecond.toFixed(1)} fps  ${t.gigabitsPerSecond.toFixed(2)} Gb/s  ring ${(t.ringFill * 100).toFixed(0)} % (high ${t.ring.highWater}/${t.ring.slots})`,
    `frames ${frames.received} received  ${frames.recorded} recorded  ${frames.lost} lost  ${frames.incomplete} incomplete  ${packets.resent} packets resent`,
    ...(thinned.statistics + thinned.previews > 0
      ? [`behind ${thinned.statistics} frames without statistics, ${thinned.previews} previews left out`]
      : []),
    `clock  ${gpsState(t)}`,
    `disk   ${formatSize(t.diskBytesPerSecond)}/s  ${formatSize(t.bytes)} written  ${formatSize(t.freeBytes)} free`,
    ...(t.diskWarning === null ? [] : [`disk   ${t.diskWarning}`]),
  ];
}

function plainLine(t: Telemetry): string {
  return `${t.state}${t.session === null ? ', nothing is recorded' : ''}: ${t.framesPerSecond.toFixed(1)} fps, ${t.gigabitsPerSecond.toFixed(2)} Gb/s, ring ${(t.ringFill * 100).toFixed(0)} %, ${t.frames.received} received, ${t.frames.lost} lost, ${t.frames.incomplete} incomplete, clock ${t.lastGrade ?? '-'}, disk ${formatSize(t.diskBytesPerSecond)}/s`;
}

/** How much smaller than their pixels the recorded frames are. */
function compressionText({ pixelBytes, bytes }: SessionSummary): string {
  return bytes === 0 || pixelBytes === 0 ? '' : `, 1/${(pixelBytes / bytes).toFixed(2)} of the pixels`;
}

/** What remains to be said when a session has ended. */
export function summaryLines(s: SessionSummary): string[] {
  const { frames, packets, times } = s;
  const grades = Object.entries(times).filter(([, n]) => n > 0);
  return [
    `session ${s.session} ended after ${formatSeconds(s.seconds)}`,
    `frames  ${frames.received} received, ${frames.recorded} recorded, ${frames.indexed} indexed, ${frames.lost} lost, ${frames.incomplete} incomplete`,
    `packets ${packets.received} received, ${packets.resent} resent, ${packets.missing} missing, ${packets.duplicate} duplicate, ${packets.late} late, ${packets.invalid} invalid, ${packets.kernelDrops} dropped by the kernel`,
    ...(s.outages > 0 ? [`camera  lost ${s.outages} times in mid-session: frames may be missing there`] : []),
    `times   ${grades.length === 0 ? 'none' : grades.map(([grade, n]) => `${n} ${grade}`).join(', ')}`,
    `ring    ${s.ring.highWater} of ${s.ring.slots} slots used at most`,
    ...(s.thinned.statistics > 0
      ? [
          `workers were behind: ${s.thinned.statistics} frames have no statistics, ${s.thinned.previews} previews were left out`,
        ]
      : []),
    `folder  ${s.folder} (${formatSize(s.bytes)} written${compressionText(s)})`,
    `index   ${s.index}`,
  ];
}

/** Writes log lines and live lines to standard error, without mixing them up. */
export class LiveDisplay {
  readonly #terminal = process.stderr.isTTY === true;
  readonly #update = createLogUpdate(process.stderr);
  #shown: readonly string[] = [];
  /** The newest of each camera, by number. */
  readonly #latest = new Map<number, Telemetry>();
  #lastPlain = performance.now();
  #page: readonly string[] = [];

  /** Where the page is: said once, and kept in sight on a terminal. */
  showPage(url: string): void {
    this.tell(`page   ${url}`);
    if (this.#terminal) this.#page = [`page   ${url}`];
  }

  log(level: LogLevel, message: string): void {
    const mark = level === 'info' ? '' : `${level}: `;
    this.tell(`${new Date().toISOString()} ${mark}${message}`);
  }

  /** A line that stays. */
  tell(line: string): void {
    if (this.#terminal) this.#update.clear();
    process.stderr.write(`${line}\n`);
    if (this.#terminal && this.#shown.length > 0) this.#update(this.#shown.join('\n'));
  }

  show(telemetry: Telemetry): void {
    this.#latest.set(telemetry.number, telemetry);
    const all = [...this.#latest.values()];
    if (this.#terminal) {
      const width = process.stderr.columns ?? 80;
      this.#shown = [...this.#page, ...all.flatMap(statusLines)].map((line) => line.slice(0, width - 1));
      this.#update(this.#shown.join('\n'));
    } else if (performance.now() - this.#lastPlain >= PLAIN_INTERVAL_MS) {
      this.#lastPlain = performance.now();
      for (const each of all) this.log('info', plainLine(each));
    }
  }

  /** Leaves the last state standing. */
  end(): void {
    if (this.#terminal) this.#update.done();
    this.#shown = [];
  }
}
