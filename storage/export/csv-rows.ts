/** Rows of the index as comma-separated values (RFC 4180): a line a frame, on disk or not. Nanoseconds are whole numbers. */
import { formatUtc } from '#gps/instant.js';
import type { FrameRow } from '../index/rows.js';
import type { DecodedBatch } from './decode-pool.js';
import { PartFile } from './part-file.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

const COLUMNS: Readonly<Record<string, (row: FrameRow) => string | number | bigint | null>> = {
  session: (row) => row.sessionId,
  camera: (row) => row.cameraId,
  frame: (row) => row.number,
  block: (row) => row.blockId,
  sequence: (row) => row.sequence,
  start_utc: (row) => formatUtc(row.startUtcNs, 9, row.leapSecond),
  start_utc_ns: (row) => row.startUtcNs,
  mid_utc_ns: (row) => row.midUtcNs,
  end_utc_ns: (row) => row.endUtcNs,
  leap_second: (row) => (row.leapSecond ? 1 : 0),
  exposure_ns: (row) => row.exposureNs,
  uncertainty_ns: (row) => row.uncertaintyNs,
  source: (row) => row.source,
  grade: (row) => row.grade,
  flags: (row) => row.flags.join(' '),
  received_utc_ns: (row) => row.receivedUtcNs,
  width: (row) => row.width,
  height: (row) => row.height,
  bit_depth: (row) => row.bitDepth,
  pixel_format: (row) => row.pixelFormat,
  packets_missing: (row) => row.packetsMissing,
  packets_resent: (row) => row.packetsResent,
  bytes_missing: (row) => row.bytesMissing,
  adu_min: (row) => row.aduMin,
  adu_max: (row) => row.aduMax,
  adu_mean: (row) => row.aduMean,
  adu_stddev: (row) => row.aduStddev,
  adu_median: (row) => row.aduMedian,
  saturated: (row) => row.saturated,
  file: (row) => row.file,
  byte_offset: (row) => row.byteOffset,
  byte_length: (row) => row.byteLength,
  state: (row) => row.state,
};

function cell(value: string | number | bigint | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const line = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;

export class CsvRows implements ExportSink {
  readonly product = null;
  readonly #file: PartFile;

  private constructor(file: PartFile) {
    this.#file = file;
  }

  static async open(target: string, { resumed, state }: SinkStart): Promise<CsvRows> {
    const file = await PartFile.open(target, resumed, (state as { bytes: number } | null)?.bytes ?? 0);
    if (file.bytes === 0) await file.append(Buffer.from(line(Object.keys(COLUMNS))));
    return new CsvRows(file);
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async write({ rows }: DecodedBatch): Promise<void> {
    const columns = Object.values(COLUMNS);
    await this.#file.append(Buffer.from(rows.map((row) => line(columns.map((of) => cell(of(row))))).join('')));
  }

  async checkpoint(): Promise<unknown> {
    await this.#file.sync();
    return { bytes: this.#file.bytes };
  }

  async finish(): Promise<SinkResult> {
    await this.#file.finish();
    return { files: 1, bytes: this.#file.bytes };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
