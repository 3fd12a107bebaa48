/** What makes an export impossible, found in the rows of its selection before anything is created. */
import { planesOfName } from '#pipeline/wire/pixel-formats.js';
import { StorageError } from '../errors.js';
import type { FrameRow } from '../index/rows.js';
import { goesIntoFolder } from './export-target.js';
import type { ExportFormat, ExportRequest } from './export-types.js';
import { NamePattern, type PatternField } from './name-pattern.js';

/** Formats that hold frames of one shape. */
const ONE_SHAPE: readonly ExportFormat[] = ['fits-cube', 'ser', 'adv', 'ff', 'ff-bin'];
/** Formats that hold no more than 16 bits a pixel. */
const SIXTEEN_BITS: readonly ExportFormat[] = ['ser', 'adv', 'ff', 'ff-bin'];
/** Formats whose frames have one sample a pixel; the planes of a cube are frames. */
const ONE_SAMPLE: readonly ExportFormat[] = ['fits-cube', 'adv', 'ff', 'ff-bin'];
/** Fields of which frames of one session do not share a value. */
const TELLING: readonly PatternField[] = ['counter', 'frame', 'block', 'utc', 'time'];

export class SelectionCheck {
  readonly #request: ExportRequest;
  #first: FrameRow | null = null;
  #rows = 0;

  constructor(request: ExportRequest) {
    this.#request = request;
  }

  /** How many rows there were. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes the next row. Throws StorageError `export.depth`, `export.color`, `export.mixed` or `export.pattern` where the target cannot hold it. */
  add(row: FrameRow): void {
    const { format } = this.#request;
    this.#rows++;
    if (SIXTEEN_BITS.includes(format) && row.sampleBytes === 4) {
      throw new StorageError(
        'export.depth',
        `${format} has pixels of 16 bits at most, and those of frame ${row.number} have 32: export them as fits, fits.fz or fits-cube`,
      );
    }
    if (ONE_SAMPLE.includes(format) && planesOfName(row.pixelFormat) > 1) {
      throw new StorageError(
        'export.color',
        `${format} has one sample a pixel, and those of frame ${row.number} (${row.pixelFormat}) have three: export them as fits, fits.fz or ser`,
      );
    }
    if (ONE_SHAPE.includes(format) && this.#first !== null) sameShape(this.#first, row, format);
    this.#first ??= row;
    if (this.#rows === 2) this.#checkPattern();
  }

  #checkPattern(): void {
    const { format, pattern } = this.#request;
    if ((format === 'fits' || format === 'fits.fz') && goesIntoFolder(this.#request)) checkTellsApart(pattern);
  }
}

/** Throws `export.pattern` for a pattern that gives two frames of a session one name. */
export function checkTellsApart(pattern: string): void {
  const names = new NamePattern(pattern);
  if (TELLING.some((field) => names.has(field))) return;
  throw new StorageError(
    'export.pattern',
    `the pattern ${pattern} gives several frames one name: put {frame:6}, {counter:4} or {utc} into it`,
    { context: { pattern } },
  );
}

/** Throws `export.mixed` where `row` does not have the shape and format of `first`: a cube, SER and ADV hold frames of one kind. */
function sameShape(first: FrameRow, row: FrameRow, format: string): void {
  const kind = (of: FrameRow) => `${of.width} x ${of.height} ${of.pixelFormat} of ${of.bitDepth} bits`;
  if (kind(first) === kind(row) && first.sampleBytes === row.sampleBytes) return;
  const isOther = first.sessionId !== row.sessionId;
  const name = (of: FrameRow) => `frame ${of.number}${isOther ? ` of session ${of.sessionId}` : ''}`;
  throw new StorageError(
    'export.mixed',
    `${name(row)} is ${kind(row)}, ${name(first)} before it ${kind(first)}: a file of ${format} holds frames of one kind; select one session or camera, or a range of frames or time`,
  );
}
