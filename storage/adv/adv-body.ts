/** An ADV file while it is written: keeps of each frame what the index at the file's end says, and gives that end. */

import { formatUtc } from '#gps/instant.js';
import type { SegmentBody, SegmentEnd } from '../formats/recording-format.js';
import type { FramePlace, FrameRecord } from '../frame-record.js';
import { AdvBytes } from './adv-bytes.js';
import type { AdvMarks, AdvStart } from './adv-header.js';
import { FRAME_MAGIC, INDEX_ENTRY_BYTES, INDEX_OFFSET_AT, USER_METADATA_OFFSET_AT } from './adv-words.js';

/** Beyond it a reader takes an accuracy for unknown. */
const WORST_ACCURACY_NS = (1n << 62n) - 1n;

export class AdvBody implements SegmentBody {
  readonly start: Uint8Array;
  readonly #marks: AdvMarks;
  #entries = Buffer.alloc(256 * INDEX_ENTRY_BYTES);
  #frames = 0;
  #incomplete = 0;
  #worstNs = 0n;
  #firstReceivedNs = 0n;
  #first: FrameRecord | null = null;
  #last: FrameRecord | null = null;

  constructor({ bytes, marks }: AdvStart) {
    this.start = bytes;
    this.#marks = marks;
  }

  added(record: FrameRecord, { byteOffset, byteLength }: Omit<FramePlace, 'segment'>): void {
    if (this.#first === null) this.#firstReceivedNs = record.receivedNs;
    this.#first ??= record;
    this.#last = record;
    const { uncertaintyNs } = record.time;
    if (uncertaintyNs > this.#worstNs) this.#worstNs = uncertaintyNs;
    if (record.missing.length > 0 || record.packetsMissing > 0) this.#incomplete++;
    const at = this.#frames * INDEX_ENTRY_BYTES;
    if (at === this.#entries.byteLength) this.#entries = Buffer.concat([this.#entries], 2 * at);
    const elapsed = record.receivedNs - this.#firstReceivedNs;
    // The host's clock may have been set back.
    this.#entries.writeBigUInt64LE(elapsed > 0n ? elapsed : 0n, at);
    this.#entries.writeBigUInt64LE(BigInt(byteOffset), at + 8);
    this.#entries.writeUInt32LE(byteLength - FRAME_MAGIC.length, at + 16);
    this.#frames++;
  }

  end(bytes: number): SegmentEnd {
    const entries = this.#entries.subarray(0, this.#frames * INDEX_ENTRY_BYTES);
    const blocksAt = 1 + 2 * 4;
    const head = new AdvBytes(32)
      .u8(2)
      .u32(blocksAt)
      .u32(blocksAt + 4 + entries.byteLength)
      .u32(this.#frames);
    const none = new AdvBytes(4).u32(0);
    const index = Buffer.concat([head.bytes(), entries, none.bytes()]);
    const worst = this.#worstNs < WORST_ACCURACY_NS ? this.#worstNs : WORST_ACCURACY_NS;
    return {
      tail: Buffer.concat([index, this.#userMetadata()]),
      patches: [
        { offset: INDEX_OFFSET_AT, bytes: new AdvBytes(8).u64(bytes).bytes() },
        { offset: USER_METADATA_OFFSET_AT, bytes: new AdvBytes(8).u64(bytes + index.byteLength).bytes() },
        { offset: this.#marks.frameCountAt, bytes: new AdvBytes(4).u32(this.#frames).bytes() },
        { offset: this.#marks.accuracyAt, bytes: new AdvBytes(8).u64(worst).bytes() },
      ],
    };
  }

  #userMetadata(): Buffer {
    const pairs: [string, string][] = [
      ['FRAMES', String(this.#frames)],
      ['INCOMPLETE-FRAMES', String(this.#incomplete)],
    ];
    if (this.#first !== null && this.#last !== null) {
      const { time: first } = this.#first;
      const { time: last } = this.#last;
      pairs.push(['FIRST-EXPOSURE-START-UTC', formatUtc(first.startUtcNs, 9, first.leapSecond)]);
      pairs.push(['LAST-EXPOSURE-END-UTC', formatUtc(last.endUtcNs, 9, last.endLeapSecond)]);
    }
    return new AdvBytes(512).u32(pairs.length).pairs(pairs).bytes();
  }
}
