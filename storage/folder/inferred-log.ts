/** What the log of a session would say, as far as its files tell: for archives from before there was one. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseUtc } from '#gps/instant.js';
import { advSegmentHeader } from '../adv/adv-segment.js';
import { readPrimaryCards } from '../fits/reader.js';
import { exactKeyword, percentDecoded } from '../fits/text-cards.js';
import type { ScannedFrame } from '../formats/segment-reader.js';
import { segmentReaderOf } from '../formats/segment-readers.js';
import { PART } from '../segments/names.js';
import type { CameraDescription, SessionDescription } from '../session-record.js';
import { namesIn, segmentOfName } from './folder-names.js';
import type { LogEntry } from './session-log.js';
import { formatOfFile } from './session-recovery.js';

interface FoundSegment {
  readonly name: string;
  readonly number: number;
  readonly file: string;
  readonly isPart: boolean;
  readonly bytes: number;
  readonly extension: string;
  readonly first: ScannedFrame;
}

/** Entries for the session whose segments stand in `folder`, relative to `dataFolder`; none where no frame can be read there. */
export function inferLog(dataFolder: string, folder: string): LogEntry[] {
  const segments = segmentsIn(dataFolder, folder);
  const [begin] = segments;
  if (begin === undefined) return [];
  const entries: LogEntry[] = [];
  const session = sessionOf(begin, folder);
  entries.push({ kind: 'session', session, folder, maxBytes: null });
  const cameras = new Set([session.camera.id]);
  for (const segment of segments) {
    const camera = cameraOf(segment);
    const format = formatOfFile(segment.file, segment.extension);
    if (format === null || segment.first.record.sessionId !== session.id) continue;
    if (!cameras.has(camera.id)) entries.push({ kind: 'camera', camera });
    cameras.add(camera.id);
    const { number, isPart, bytes } = segment;
    entries.push({ kind: 'segment-opened', number, file: `${folder}/${segment.name}`, cameraId: camera.id, format });
    if (!isPart) entries.push({ kind: 'segment-closed', number, bytes });
  }
  const last = segments.at(-1);
  if (last !== undefined && segments.every(({ isPart }) => !isPart)) {
    entries.push({ kind: 'session-ended', endedUtcNs: endOf(last) });
  }
  return entries;
}

function segmentsIn(dataFolder: string, folder: string): FoundSegment[] {
  const shortId = /-([0-9a-f]{8})$/.exec(folder)?.[1] ?? '';
  const found: FoundSegment[] = [];
  for (const name of namesIn(join(dataFolder, folder)).sort()) {
    const segment = segmentOfName(name, shortId);
    if (segment === null) continue;
    const file = join(dataFolder, folder, name);
    const first = firstFrame(file);
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (first !== null) found.push({ ...segment, file, isPart: name.endsWith(PART), bytes, first });
  }
  return found.sort((a, b) => a.number - b.number);
}

function firstFrame(file: string): ScannedFrame | null {
  try {
    const scan = segmentReaderOf(file)?.scan(file, 0, { verify: false });
    const first = scan?.next();
    scan?.return(0);
    return first === undefined || first.done === true ? null : first.value;
  } catch {
    return null;
  }
}

function endOf({ file, first }: FoundSegment): bigint {
  let end = first.record.time.endUtcNs;
  for (const { record } of segmentReaderOf(file)?.scan(file, 0, { verify: false }) ?? []) end = record.time.endUtcNs;
  return end;
}

function cameraOf({ file, first }: FoundSegment): CameraDescription {
  const { cameraId, cameraName } = first.record;
  return { id: cameraId, name: cameraName, uri: wordsOf(file).cameraUri, vendor: '', model: cameraName, serial: '' };
}

interface SegmentWords {
  readonly cameraUri: string;
  readonly stationName: string;
  readonly software: string;
}

/** What a segment's file says of more than its frames; empty where it does not. */
function wordsOf(file: string): SegmentWords {
  if (/\.adv(\.part)?$/.test(file)) {
    try {
      return advSegmentHeader(file);
    } catch {
      return { cameraUri: '', stationName: '', software: '' };
    }
  }
  return {
    cameraUri: textOf(file, 'CAMERURI') ?? '',
    stationName: textOf(file, 'ORIGIN') ?? '',
    software: textOf(file, 'CREATOR') ?? '',
  };
}

function textOf(file: string, keyword: string): string | null {
  try {
    const value = readPrimaryCards(file).get(keyword);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** The name of the place, exactly, where the file is FITS and has one. */
function siteNameOf(file: string): string | null {
  const exact = textOf(file, exactKeyword('SITENAME'));
  return (exact === null ? null : percentDecoded(exact)) ?? textOf(file, 'SITENAME');
}

function sessionOf(segment: FoundSegment, folder: string): SessionDescription {
  const { record } = segment.first;
  const { stationName, software } = wordsOf(segment.file);
  return {
    id: record.sessionId,
    startedUtcNs: startOf(folder) ?? record.time.startUtcNs,
    station: { id: record.stationId, name: stationName, site: record.site },
    camera: cameraOf(segment),
    software,
    observer: record.observer,
    telescope: record.telescope,
    object: record.object,
    name: null,
    site: siteNameOf(segment.file),
    notes: null,
  };
}

/** The UTC in a folder's name, whole seconds. */
function startOf(folder: string): bigint | null {
  const match = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{8}$/.exec(folder);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  try {
    return parseUtc(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  } catch {
    return null;
  }
}
