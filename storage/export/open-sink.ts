/** The target of an export by its format. */
import { stationCodeOf } from '../ff/station-code.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { IndexReader } from '../index/queries.js';
import { AdvExport } from './adv-export.js';
import { CsvRows } from './csv-rows.js';
import { goesIntoFolder } from './export-target.js';
import type { ExportRequest } from './export-types.js';
import { FfFiles, type FfNames } from './ff-files.js';
import { FileAFrame } from './file-a-frame.js';
import { FitsCube } from './fits-cube.js';
import { FitsSegment } from './fits-segment.js';
import { NamePattern } from './name-pattern.js';
import { SerFile } from './ser-file.js';
import { sessionHeader } from './session-header.js';
import type { ExportSink, SinkStart } from './sink.js';

export async function openSink(request: ExportRequest, index: IndexReader, start: SinkStart): Promise<ExportSink> {
  const { format, target } = request;
  switch (format) {
    case 'fits':
      return new FileAFrame(target, new NamePattern(request.pattern), 'file', start, request.firstCounter ?? 1);
    case 'fits.fz':
      return goesIntoFolder(request)
        ? new FileAFrame(target, new NamePattern(request.pattern), 'compressed-file', start, request.firstCounter ?? 1)
        : FitsSegment.open(target, start);
    case 'fits-cube':
      return FitsCube.open(target, headerOf(request, index), start);
    case 'csv':
      return CsvRows.open(target, start);
    case 'ser':
      return SerFile.open(target, headerOf(request, index), start, request.serStamp);
    case 'adv':
      return AdvExport.open(target, headerOf(request, index), start);
    case 'ff':
    case 'ff-bin':
      return new FfFiles(target, ffNames(request, index, format), start.resumed);
  }
}

function ffNames(request: ExportRequest, index: IndexReader, kind: FfNames['kind']): FfNames {
  const { sessionId, stationId } = headerOf(request, index);
  const session = index.sessions({ limit: Number.MAX_SAFE_INTEGER }).find(({ id }) => id === sessionId);
  const sessionStartUtcNs = session?.startedUtcNs ?? 0n;
  return { kind, sessionStartUtcNs, stationCode: request.stationCode ?? stationCodeOf(null, stationId, 0) };
}

/** What the target says of all its frames: what the session of the first one does. */
function headerOf({ selection }: ExportRequest, index: IndexReader): SegmentHeader {
  return sessionHeader(index, index.frames(selection, { limit: 1 })[0]);
}
