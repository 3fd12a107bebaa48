/** Frames and sessions for the tests of the archive: small, deterministic, with pixels that can be computed again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import { parseUtc } from '#gps/instant.js';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { padToBlock } from '#storage/fits/cards.js';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { writeFrameHeader } from '#storage/fits/image-hdu.js';
import type { SegmentHeader } from '#storage/formats/segment-header.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { newSessionId, openRecorder } from '#storage/segments/recorder.js';
import type { Recorder, RollingLimits } from '#storage/segments/recorder-types.js';
import type { WriterFault } from '#storage/segments/writer-faults.js';
import type { CameraDescription, SessionDescription } from '#storage/session-record.js';

export const FIRST_START = parseUtc('2026-08-14T00:00:00.123456700');
export const PERIOD_NS = 50_000_000n;

export const CAMERA: CameraDescription = {
  id: 'camera-1',
  name: 'QHY411',
  uri: 'sim:tiny',
  vendor: 'Appulse',
  model: 'tiny',
  serial: '1',
};

/** What a segment begins with. */
export const SEGMENT_HEADER: SegmentHeader = {
  sessionId: 's',
  stationId: 'st',
  stationName: 'Station',
  cameraId: 'c',
  cameraName: 'n',
  cameraUri: 'sim:tiny',
  number: 1,
  createdUtcNs: 0n,
  software: 'appulse test',
  observer: null,
  telescope: null,
  object: null,
  site: null,
};

export function sampleSession(): SessionDescription {
  return {
    id: newSessionId(),
    startedUtcNs: FIRST_START,
    station: { id: 'station-1', name: 'Station', site: { latitudeDeg: 41.5, longitudeDeg: -73, heightM: 120 } },
    camera: CAMERA,
    software: 'appulse test',
    observer: null,
    telescope: null,
    object: null,
    name: null,
    site: 'Kleť, the dome',
    notes: null,
  };
}

/** The record of frame `number`, 1 upward, exposed `PERIOD_NS` after the one before. */
export function sampleRecord(number: number, sessionId: string, changes: Partial<FrameRecord> = {}): FrameRecord {
  const startUtcNs = FIRST_START + BigInt(number - 1) * PERIOD_NS;
  const stamp = utcNsToStamp(startUtcNs, 0x33);
  return {
    sessionId,
    stationId: 'station-1',
    cameraId: CAMERA.id,
    cameraName: CAMERA.name,
    frameNumber: number,
    blockId: BigInt(65_000 + number),
    time: {
      startUtcNs,
      midUtcNs: startUtcNs + 20_000_000n,
      endUtcNs: startUtcNs + 40_000_000n,
      leapSecond: false,
      midLeapSecond: false,
      endLeapSecond: false,
      exposureNs: 40_000_000n,
      rows: {
        shutter: 'rolling',
        linePeriodNs: 43_194n,
        rowUnit: 'sensor-row',
        rowPairs: true,
        rowZeroEndOffsetNs: 1_974_286n,
        firstLine: 0,
        linesPerRow: 1,
        rowDirection: 'top-down',
        rows: 48,
        readoutBoundNs: 50_000_000n,
        origin: 'camera',
      },
      uncertaintyNs: 200n,
      source: 'gps-header',
      grade: 'locked',
      flags: ['host-unsynchronised'],
      rawHeader: encodeQhyHeader({
        sequence: number,
        reserved: 0,
        width: 320,
        height: 240,
        latitudeRaw: 411_026_600,
        longitudeRaw: 1_073_196_500,
        start: stamp,
        end: stamp,
        now: stamp,
        ppsCount: 10_000_000,
      }),
      sequence: number,
    },
    receivedNs: startUtcNs + 50_000_000n,
    width: 64,
    height: 48,
    offsetX: 0,
    offsetY: 12,
    bitDepth: 12,
    pixelFormat: 'Mono12p',
    missing: [],
    packetsMissing: 0,
    packetsResent: 0,
    statistics: { min: 0, max: 65_535, mean: 1000.5, stddev: 10.25, median: 999.5, saturated: 3 },
    frameType: 'light',
    sampleBytes: 2,
    readMode: null,
    gain: 12.5,
    offset: null,
    binningX: 1,
    binningY: 1,
    softwareBinning: 1,
    sensorTemperatureC: null,
    filter: null,
    object: null,
    observer: null,
    telescope: null,
    site: null,
    ...changes,
  };
}

/** Pixel `i` of frame `number`. */
export function samplePixel(number: number, i: number): number {
  return (i * 2621 + number * 77) & 0xffff;
}

/** Bytes of an uncompressed HDU of `width` x `height` pixels. */
export function hduBytes(width: number, height: number): number {
  return layoutFrameHdu(width, height, 'fits-raw').headerBytes + padToBlock(2 * width * height);
}

/** Writes the whole uncompressed HDU of `record` into `target` and returns its length. */
export function fillHdu(target: Uint8Array, record: FrameRecord): number {
  const { dataOffset } = layoutFrameHdu(record.width, record.height, 'fits-raw');
  const length = hduBytes(record.width, record.height);
  const view = new DataView(target.buffer, target.byteOffset + dataOffset, length - dataOffset);
  for (let i = 0; i < record.width * record.height; i++) {
    view.setUint16(2 * i, samplePixel(record.frameNumber, i) ^ 0x8000);
  }
  const sum = onesSum(target, dataOffset, 2 * record.width * record.height);
  const { paddingBytes } = writeFrameHeader(target, record, { kind: 'raw', sum });
  target.fill(0, length - paddingBytes, length);
  return length;
}

export interface SampleRecorder {
  readonly recorder: Recorder;
  readonly session: SessionDescription;
  readonly warnings: string[];
  /** Fills and appends frame `number`; waits for a free buffer. */
  readonly record: (number: number, changes?: Partial<FrameRecord>) => Promise<void>;
}

export interface SampleOptions {
  /** A new one where it is left out. */
  readonly session?: SessionDescription;
  readonly segmentBytes?: number;
  readonly maxBytes?: number | null;
  readonly retention?: RollingLimits;
  readonly faults?: readonly WriterFault[];
  readonly buffers?: number;
  readonly width?: number;
  readonly height?: number;
}

/** A recorder with buffers for frames of the sample's size. */
export async function sampleRecorder(dataFolder: string, options: SampleOptions = {}): Promise<SampleRecorder> {
  const session = options.session ?? sampleSession();
  const warnings: string[] = [];
  const { width = 64, height = 48 } = options;
  const { headerBytes } = layoutFrameHdu(width, height, 'fits-raw');
  const buffers = RecordBuffers.create({ bufferBytes: hduBytes(width, height), count: options.buffers ?? 16 });
  const recorder = await openRecorder({
    dataFolder,
    session,
    format: 'fits-raw',
    segmentBytes: options.segmentBytes ?? 10_000_000,
    maxBytes: options.maxBytes ?? null,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.retention === undefined ? {} : { retention: options.retention }),
    buffers: buffers.handle,
    onWarning: (message) => warnings.push(message),
  });
  const record = async (number: number, changes: Partial<FrameRecord> = {}): Promise<void> => {
    let buffer = recorder.acquire();
    while (buffer === null) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      buffer = recorder.acquire();
    }
    const frame = sampleRecord(number, session.id, { width, height, ...changes });
    const length = fillHdu(buffers.buffer(buffer), frame);
    const dataSum = onesSum(buffers.buffer(buffer), headerBytes, length - headerBytes);
    recorder.append({ buffer, parts: [{ offset: 0, length }], headerBytes, dataSum, record: frame });
  };
  return { recorder, session, warnings, record };
}

/** A folder that is removed when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-storage-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Polls until `done` is true; throws after `seconds`. */
export async function until(done: () => boolean, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!done()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${done}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A gap of two frames whose time is known, and one of which nothing is. */
export function tellSampleGaps(recorder: Recorder): void {
  recorder.gap({
    cause: 'network',
    firstBlock: 2n ** 63n + 1n,
    lastBlock: 2n ** 63n + 2n,
    frames: 2,
    fromUtcNs: FIRST_START,
    toUtcNs: FIRST_START + PERIOD_NS,
    detail: 'packets, "lost"',
  });
  recorder.gap({
    cause: 'camera-lost',
    firstBlock: null,
    lastBlock: null,
    frames: 0,
    fromUtcNs: null,
    toUtcNs: null,
    detail: 'away',
  });
}
