/**
 * Rows of the index as CSV (RFC 4180, lines end with a line feed). Columns are called as those of the index are, docs/index.md; a column
 * `X_utc` is `X_utc_ns` as ISO 8601 with nine digits. Nothing passes through a double but what the index keeps as one.
 */
import { formatUtc } from '#gps/instant.js';
import type { FrameRow, GapRow, SessionRow } from './rows.js';

type Cell = string | number | bigint | boolean | null;

/** A column: its name, and its cell of a row. */
export type CsvColumns<Row> = readonly (readonly [name: string, cell: (row: Row) => Cell])[];

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return cell ? '1' : '0';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The first line, of the columns' names. */
export function csvHead<Row>(columns: CsvColumns<Row>): string {
  return `${columns.map(([name]) => cellText(name)).join(',')}\n`;
}

/** The line of a row. */
export function csvLine<Row>(columns: CsvColumns<Row>, row: Row): string {
  return `${columns.map(([, cell]) => cellText(cell(row))).join(',')}\n`;
}

const utc = (utcNs: bigint | null): Cell => (utcNs === null ? null : formatUtc(utcNs));

/** A frame: its times, statistics, flags, how the camera was set, and where its pixels are. */
export const FRAME_CSV: CsvColumns<FrameRow> = [
  ['session', (f) => f.sessionId],
  ['camera', (f) => f.cameraId],
  ['number', (f) => f.number],
  ['block_id', (f) => f.blockId],
  ['sequence', (f) => f.sequence],
  ['start_utc', (f) => formatUtc(f.startUtcNs, 9, f.leapSecond)],
  ['mid_utc', (f) => formatUtc(f.midUtcNs)],
  ['end_utc', (f) => formatUtc(f.endUtcNs)],
  ['start_utc_ns', (f) => f.startUtcNs],
  ['mid_utc_ns', (f) => f.midUtcNs],
  ['end_utc_ns', (f) => f.endUtcNs],
  ['leap_second', (f) => f.leapSecond],
  ['exposure_ns', (f) => f.exposureNs],
  ['uncertainty_ns', (f) => f.uncertaintyNs],
  ['source', (f) => f.source],
  ['grade', (f) => f.grade],
  ['flags', (f) => f.flags.join(' ')],
  ['span_start_utc_ns', (f) => f.spanStartUtcNs],
  ['span_end_utc_ns', (f) => f.spanEndUtcNs],
  ['received_utc_ns', (f) => f.receivedUtcNs],
  ['frame_type', (f) => f.frameType],
  ['width', (f) => f.width],
  ['height', (f) => f.height],
  ['bit_depth', (f) => f.bitDepth],
  ['sample_bytes', (f) => f.sampleBytes],
  ['pixel_format', (f) => f.pixelFormat],
  ['read_mode', (f) => f.readMode],
  ['gain', (f) => f.gain],
  ['camera_offset', (f) => f.offset],
  ['binning_x', (f) => f.binningX],
  ['binning_y', (f) => f.binningY],
  ['software_binning', (f) => f.softwareBinning],
  ['sensor_temperature_c', (f) => f.sensorTemperatureC],
  ['filter', (f) => f.filter],
  ['adu_min', (f) => f.aduMin],
  ['adu_max', (f) => f.aduMax],
  ['adu_mean', (f) => f.aduMean],
  ['adu_stddev', (f) => f.aduStddev],
  ['adu_median', (f) => f.aduMedian],
  ['saturated', (f) => f.saturated],
  ['packets_missing', (f) => f.packetsMissing],
  ['packets_resent', (f) => f.packetsResent],
  ['bytes_missing', (f) => f.bytesMissing],
  ['format', (f) => f.format],
  ['file', (f) => f.file],
  ['byte_offset', (f) => f.byteOffset],
  ['byte_length', (f) => f.byteLength],
  ['header_bytes', (f) => f.headerBytes],
  ['data_sum', (f) => f.dataSum],
  ['state', (f) => f.state],
];

export const GAP_CSV: CsvColumns<GapRow> = [
  ['session', (g) => g.sessionId],
  ['camera', (g) => g.cameraId],
  ['cause', (g) => g.cause],
  ['frames', (g) => g.frames],
  ['first_block', (g) => g.firstBlock],
  ['last_block', (g) => g.lastBlock],
  ['from_utc', (g) => utc(g.fromUtcNs)],
  ['to_utc', (g) => utc(g.toUtcNs)],
  ['from_utc_ns', (g) => g.fromUtcNs],
  ['to_utc_ns', (g) => g.toUtcNs],
  ['detail', (g) => g.detail],
];

export const SESSION_CSV: CsvColumns<SessionRow> = [
  ['session', (s) => s.id],
  ['state', (s) => s.state],
  ['started_utc', (s) => utc(s.startedUtcNs)],
  ['ended_utc', (s) => utc(s.endedUtcNs)],
  ['started_utc_ns', (s) => s.startedUtcNs],
  ['ended_utc_ns', (s) => s.endedUtcNs],
  ['name', (s) => s.name],
  ['object', (s) => s.object],
  ['observer', (s) => s.observer],
  ['telescope', (s) => s.telescope],
  ['site', (s) => s.site],
  ['notes', (s) => s.notes],
  ['station', (s) => s.stationId],
  ['station_name', (s) => s.stationName],
  ['software', (s) => s.software],
  ['cameras', (s) => s.cameraIds.join(' ')],
  ['formats', (s) => s.formats.join(' ')],
  ['folder', (s) => s.folder],
  ['frames_recorded', (s) => s.framesRecorded],
  ['frames_incomplete', (s) => s.framesIncomplete],
  ['frames_lost', (s) => s.framesLost],
  ['frames_not_recorded', (s) => s.framesNotRecorded],
  ['frames_destroyed', (s) => s.framesDestroyed],
  ['bytes', (s) => s.bytes],
  ['max_bytes', (s) => s.maxBytes],
];
