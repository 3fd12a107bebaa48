/** The target of an export by its format. */
import { StorageError } from '../errors.js';
import type { IndexReader } from '../index/queries.js';
import { CsvRows } from './csv-rows.js';
import { goesIntoFolder } from './export-target.js';
import type { ExportRequest } from './export-types.js';
import { FileAFrame } from './file-a-frame.js';
import { FitsCube } from './fits-cube.js';
import { FitsSegment } from './fits-segment.js';
import { NamePattern } from './name-pattern.js';
import { SerFile, type SerTexts } from './ser-file.js';
import type { ExportSink, SinkStart } from './sink.js';

export async function openSink(request: ExportRequest, index: IndexReader, start: SinkStart): Promise<ExportSink> {
  const { format, target } = request;
  switch (format) {
    case 'fits':
      return new FileAFrame(target, new NamePattern(request.pattern), 'file', start);
    case 'fits.fz':
      return goesIntoFolder(request)
        ? new FileAFrame(target, new NamePattern(request.pattern), 'compressed-file', start)
        : FitsSegment.open(target, start);
    case 'fits-cube':
      return FitsCube.open(target, start);
    case 'csv':
      return CsvRows.open(target, start);
    case 'ser':
      return SerFile.open(target, textsOf(request, index), start);
    default:
      throw new StorageError('export.format', `nothing can be exported as ${format}`);
  }
}

function textsOf({ selection }: ExportRequest, index: IndexReader): SerTexts {
  const sessions = index.sessions();
  const session =
    selection.sessionId === undefined ? sessions[0] : sessions.find(({ id }) => id === selection.sessionId);
  const first = index.frames(selection, { limit: 1 })[0];
  const camera = index.cameras().find(({ id }) => id === first?.cameraId);
  return { observer: session?.observer ?? '', camera: camera?.name ?? '', telescope: '' };
}
