/** An ADV file, as the recorder makes them: a status section with the whole record of each frame. */
import type { AdvBody } from '../adv/adv-body.js';
import { advFormat } from '../adv/adv-format.js';
import { advSegmentReader, resumeAdv } from '../adv/adv-segment.js';
import { StorageError } from '../errors.js';
import type { SegmentBody } from '../formats/recording-format.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { DecodedBatch } from './decode-pool.js';
import { partOf } from './new-file.js';
import { PartFile } from './part-file.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

export class AdvExport implements ExportSink {
  readonly product = 'adv';
  readonly #file: PartFile;
  readonly #segment: SegmentHeader;
  #body: SegmentBody | null;

  private constructor(file: PartFile, segment: SegmentHeader, body: SegmentBody | null) {
    this.#file = file;
    this.#segment = segment;
    this.#body = body;
  }

  static async open(target: string, segment: SegmentHeader, { resumed, state }: SinkStart): Promise<AdvExport> {
    const bytes = (state as { bytes: number } | null)?.bytes ?? 0;
    const file = await PartFile.open(target, resumed, bytes);
    return new AdvExport(file, segment, bytes === 0 ? null : bodyOf(partOf(target)));
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async write({ frames, memory }: DecodedBatch): Promise<void> {
    let at = 0;
    for (const { record, bytes } of frames) {
      if (record === null) continue;
      if (this.#body === null) {
        this.#body = advFormat.begin(this.#segment, record);
        await this.#file.append(this.#body.start);
      }
      const place = { byteOffset: this.#file.bytes + at, byteLength: bytes, headerBytes: 0, dataSum: null };
      this.#body.added(record, place);
      at += bytes;
    }
    await this.#file.append(memory.subarray(0, at));
  }

  async checkpoint(): Promise<unknown> {
    const state = { bytes: this.#file.bytes };
    await this.#file.sync();
    return state;
  }

  async finish(): Promise<SinkResult> {
    const end = this.#body?.end(this.#file.bytes) ?? null;
    if (end === null) throw new StorageError('export.empty', 'no frame of the selection is on disk');
    await this.#file.append(end.tail);
    for (const { offset, bytes } of end.patches) await this.#file.patch(offset, bytes);
    await this.#file.finish();
    return { files: 1, bytes: this.#file.bytes };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The body of a file that was stopped, with the frames that are in it. */
function bodyOf(file: string): AdvBody {
  const body = resumeAdv(file);
  for (const { record, place } of advSegmentReader.scan(file, 0, { verify: false })) body.added(record, place);
  return body;
}
