/** Every byte and time of received frames against what the imitated camera says that it handed over. */
import { readFileSync } from 'node:fs';
import { decodeQhyHeader, QHY_HEADER_BYTES, stampUtcNs } from '#gps/header/qhy-header.js';
import { ImitatedFrames, type ImitatedTruth } from '#test/support/imitated-frames.js';
import type { Figures } from '../harness.js';

/** What was kept of a frame until the camera's truth is read. */
interface Kept {
  readonly header: Buffer;
  /** The leader's time stamp. */
  readonly cameraTimestamp: bigint;
  /** Null: its pixels were not compared. */
  readonly equal: boolean | null;
}

export const COMPARED = {
  'frames compared': { unit: 'frames', ratio: false },
  'share compared': { unit: '% of frames', ratio: false },
  'unequal pixels': { unit: 'frames', ratio: false },
  'unequal headers': { unit: 'frames', ratio: false },
  'unequal times': { unit: 'frames', ratio: false },
} as const;

export class FrameComparison {
  readonly #frames: ImitatedFrames;
  readonly #kept: Kept[] = [];

  constructor(frameBytes: number) {
    this.#frames = new ImitatedFrames(frameBytes);
  }

  /** `compare`: there is time for its pixels, each page of which bears the number of its frame: one pass of memcmp. */
  take(payload: Uint8Array, cameraTimestamp: bigint, compare: boolean): void {
    const header = Buffer.from(payload.subarray(0, QHY_HEADER_BYTES));
    const { sequence } = decodeQhyHeader(header);
    const wanted = compare ? this.#frames.frame(sequence) : null;
    const equal =
      wanted &&
      payload.length === wanted.length &&
      Buffer.compare(payload.subarray(QHY_HEADER_BYTES), wanted.subarray(QHY_HEADER_BYTES)) === 0;
    this.#kept.push({ header, cameraTimestamp, equal });
  }

  /** Reads the truth file: the camera has stopped. */
  figures(truthFile: string): Figures {
    const lines = readFileSync(truthFile, 'utf8').trim().split('\n');
    const truths = new Map(
      lines.map((line) => {
        const truth = JSON.parse(line) as ImitatedTruth;
        return [truth.n, truth];
      }),
    );
    let [pixels, headers, times] = [0, 0, 0];
    for (const { header, cameraTimestamp, equal } of this.#kept) {
      const { sequence, end, ppsCount } = decodeQhyHeader(header);
      const truth = truths.get(sequence);
      if (equal === false) pixels++;
      if (header.toString('hex') !== truth?.header) headers++;
      const endUtcNs = String(stampUtcNs(end, ppsCount));
      if (endUtcNs !== truth?.endUtcNs || String(cameraTimestamp) !== truth.arrivedUtcNs) times++;
    }
    const compared = this.#kept.filter(({ equal }) => equal !== null).length;
    return {
      'frames compared': compared,
      'share compared': (100 * compared) / this.#kept.length,
      'unequal pixels': pixels,
      'unequal headers': headers,
      'unequal times': times,
    };
  }
}
