/**
 * A reader of ADV version 2.1 that forgives nothing, made from the format description alone and sharing nothing with ours: every
 * byte of the file must belong to something that the description names, once; every offset, count and length must agree.
 */

export interface StrictFrame {
  readonly offset: number;
  readonly stream: number;
  readonly startTicks: bigint;
  readonly endTicks: bigint;
  readonly layout: number;
  readonly pixels: Buffer;
  readonly midNs: bigint;
  readonly exposureNs: number;
  readonly status: Readonly<Record<string, bigint | number | string>>;
}

export interface StrictAdv {
  readonly system: Readonly<Record<string, string>>;
  /** Null in a file without its end. */
  readonly user: Readonly<Record<string, string>> | null;
  readonly width: number;
  readonly height: number;
  readonly nativeBits: number;
  readonly layouts: Readonly<
    Record<number, { readonly bits: number; readonly tags: Readonly<Record<string, string>> }>
  >;
  readonly imageTags: Readonly<Record<string, string>>;
  readonly accuracyNs: bigint;
  readonly statusTags: readonly string[];
  readonly frames: readonly StrictFrame[];
  /** Of MAIN. */
  readonly elapsedTicks: readonly bigint[];
}

class Bytes {
  readonly #file: Buffer;
  at: number;
  constructor(file: Buffer, at: number) {
    this.#file = file;
    this.at = at;
  }
  raw(length: number): Buffer {
    if (this.at + length > this.#file.byteLength)
      throw new Error(`byte ${this.at}: ${length} bytes go beyond the file`);
    this.at += length;
    return this.#file.subarray(this.at - length, this.at);
  }
  u8 = (): number => this.raw(1).readUInt8();
  u32 = (): number => this.raw(4).readUInt32LE();
  u64 = (): bigint => this.raw(8).readBigUInt64LE();
  i64 = (): bigint => this.raw(8).readBigInt64LE();
  text(): string {
    const bytes = this.raw(this.raw(2).readUInt16LE());
    const text = bytes.toString('utf8');
    must(Buffer.from(text).equals(bytes), `byte ${this.at}: no UTF-8`);
    return text;
  }
  tags(count: number): Record<string, string> {
    const tags: Record<string, string> = {};
    for (let i = 0; i < count; i++) {
      const name = this.text();
      must(name !== '' && !(name in tags), `byte ${this.at}: the name '${name}' is empty or stands twice`);
      tags[name] = this.text();
    }
    return tags;
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** `end`: whether index, metadata and offsets must be there, or must not. */
export function readStrictly(file: Buffer, end: 'complete' | 'missing' = 'complete'): StrictAdv {
  const taken: { from: number; to: number; what: string }[] = [];
  const part = <T>(offset: number, what: string, read: (bytes: Bytes) => T): T => {
    const bytes = new Bytes(file, offset);
    const value = read(bytes);
    taken.push({ from: offset, to: bytes.at, what });
    return value;
  };
  const complete = end === 'complete';

  const header = part(0, 'header', (b) => {
    must(b.u32() === 0x46545346, 'no FSTF');
    must(b.u8() === 2, 'not revision 2');
    must(b.u32() === 0, 'reserved bytes are set');
    const index = Number(b.u64());
    const system = Number(b.u64());
    must(b.at === 0x19, 'the offset of the user metadata is not at 0x19');
    const user = Number(b.u64());
    must(b.at === 0x21 && b.u8() === 2, 'not two streams');
    const streams = [0, 1].map(() => ({
      name: b.text(),
      frames: b.u32(),
      clockHz: b.u64(),
      accuracy: b.u32(),
      metadata: Number(b.u64()),
    }));
    must(streams.map(({ name }) => name).join() === 'MAIN,CALIBRATION', 'streams are not MAIN and CALIBRATION');
    must(b.u8() === 2, 'not two sections');
    const sections = [0, 1].map(() => ({ name: b.text(), offset: Number(b.u64()) }));
    must(sections.map(({ name }) => name).join() === 'IMAGE,STATUS', 'sections are not IMAGE and STATUS');
    return { index, system, user, streams, sections };
  });
  for (const { name, metadata, clockHz } of header.streams) {
    must(clockHz > 0n, `no clock of ${name}`);
    if (metadata !== 0) part(metadata, `metadata of ${name}`, (b) => b.tags(b.u8()));
  }

  const image = part(header.sections[0]?.offset ?? 0, 'IMAGE', (b) => {
    must(b.u8() === 2, 'IMAGE is not of version 2');
    const width = b.u32();
    const height = b.u32();
    const nativeBits = b.u8();
    must(nativeBits >= 1 && nativeBits <= 16, `${nativeBits} bits a pixel`);
    const layouts: Record<number, { bits: number; tags: Record<string, string> }> = {};
    const count = b.u8();
    must(count > 0, 'no layout');
    for (let i = 0; i < count; i++) {
      const id = b.u8();
      must(b.u8() === 2, 'a layout is not of version 2');
      const bits = b.u8();
      const tags = b.tags(b.u8());
      must(tags['DATA-LAYOUT'] === 'FULL-IMAGE-RAW', `layout ${tags['DATA-LAYOUT']}`);
      must(tags['SECTION-DATA-COMPRESSION'] === 'UNCOMPRESSED', `compression ${tags['SECTION-DATA-COMPRESSION']}`);
      must(bits === 8 || bits === 16, `${bits} bits in a layout`);
      must(nativeBits <= bits && (bits === 8 || nativeBits > 8), `${nativeBits} bits do not fit a layout of ${bits}`);
      layouts[id] = { bits, tags };
    }
    const imageTags = b.tags(b.u8());
    must(imageTags['IMAGE-BYTE-ORDER'] === 'LITTLE-ENDIAN', 'byte order');
    const depth = Math.log2(Number(imageTags['IMAGE-MAX-PIXEL-VALUE']) + 1);
    must(Number.isInteger(depth) && depth > 0 && depth <= nativeBits, 'largest pixel');
    must(
      ['MONOCHROME', 'RGGB', 'GRBG', 'GBRG', 'BGGR'].includes(imageTags['IMAGE-BAYER-PATTERN'] ?? ''),
      'Bayer pattern',
    );
    must(imageTags['SECTION-DATA-REDUNDANCY-CHECK'] === undefined, 'a CRC is promised');
    return { width, height, nativeBits, layouts, imageTags };
  });

  const status = part(header.sections[1]?.offset ?? 0, 'STATUS', (b) => {
    must(b.u8() === 2, 'STATUS is not of version 2');
    const accuracyNs = b.u64();
    const tags = Array.from({ length: b.u8() }, () => ({ name: b.text(), type: b.u8() }));
    must(new Set(tags.map(({ name }) => name)).size === tags.length, 'an entry of STATUS stands twice');
    const standard: Record<string, number> = {
      SystemTime: 3,
      VideoCameraFrameId: 3,
      HardwareTimerFrameId: 3,
      SatelliteFixStatus: 0,
      TrackedSatellites: 0,
      AlmanacStatus: 0,
      AlmanacOffset: 0,
      Gain: 4,
      Gamma: 4,
      Shutter: 4,
      Offset: 4,
      Error: 5,
    };
    for (const { name, type } of tags) {
      must(type <= 5 && type === (standard[name] ?? type), `entry ${name} of type ${type}`);
    }
    return { accuracyNs, tags };
  });

  const system = part(header.system, 'system metadata', (b) => b.tags(b.u32()));
  for (const name of ['RECORDER-SOFTWARE', 'RECORDER-SOFTWARE-VERSION', 'CAMERA-MODEL', 'BITPIX', 'WIDTH', 'HEIGHT']) {
    must(name in system, `system metadata without ${name}`);
  }
  must(system['FSTF-TYPE'] === 'ADV' && system['ADV-VERSION'] === '2', 'system metadata of another type');
  must(system.WIDTH === String(image.width) && system.HEIGHT === String(image.height), 'two sizes');
  must(system.BITPIX === String(image.nativeBits), 'two depths');

  // Frames follow each other from the end of what is in front of them to the index.
  const first = Math.max(...taken.map(({ to }) => to));
  const frames: StrictFrame[] = [];
  const framesEnd = complete ? header.index : file.byteLength;
  for (let at = first; at < framesEnd; ) {
    const frame = part(at, `frame at ${at}`, (b) => readFrame(b, at, image, status.tags));
    frames.push(frame);
    at = taken.at(-1)?.to ?? 0;
  }

  const counted = header.streams.map(({ frames: count }) => count);
  if (!complete) {
    must(header.index === 0 && header.user === 0 && counted.join() === '0,0', 'an end is promised that is not there');
    must(status.accuracyNs === 0n, 'an accuracy before it is known');
    tile(taken, file.byteLength);
    return { system, user: null, ...image, ...statusOf(status), frames, elapsedTicks: [] };
  }
  const ends = new Map(taken.map(({ from, to }) => [from, to]));
  const entries = readIndex(part, header.index);
  for (const [stream, block] of entries.entries()) {
    const mine = frames.filter((frame) => frame.stream === stream);
    must(block.length === mine.length && counted[stream] === mine.length, `frames of stream ${stream}`);
    for (const [i, entry] of block.entries()) {
      const offset = mine[i]?.offset ?? 0;
      must(Number(entry.offset) === offset, `entry ${i} of stream ${stream}`);
      must(entry.length === (ends.get(offset) ?? 0) - offset - 4, `length in entry ${i} of stream ${stream}`);
      const began = mine[0]?.endTicks ?? 0n;
      const elapsed = (mine[i]?.endTicks ?? 0n) - began;
      must(entry.elapsed === (elapsed > 0n ? elapsed : 0n), `elapsed ticks in entry ${i} of stream ${stream}`);
    }
  }
  const user = part(header.user, 'user metadata', (b) => b.tags(b.u32()));
  tile(taken, file.byteLength);
  const elapsedTicks = entries[0]?.map(({ elapsed }) => elapsed) ?? [];
  return { system, user, ...image, ...statusOf(status), frames, elapsedTicks };
}

const statusOf = ({ accuracyNs, tags }: { accuracyNs: bigint; tags: readonly { name: string }[] }) => ({
  accuracyNs,
  statusTags: tags.map(({ name }) => name),
});

function readFrame(
  b: Bytes,
  offset: number,
  image: Pick<StrictAdv, 'width' | 'height' | 'layouts'>,
  tags: readonly { name: string; type: number }[],
): StrictFrame {
  must(b.raw(4).toString('hex') === 'ff2201ee', `byte ${offset}: no frame begins here`);
  const stream = b.u8();
  must(stream < 2, `a frame of stream ${stream}`);
  const startTicks = b.i64();
  const endTicks = b.i64();
  must(startTicks <= endTicks, 'a frame that ends before it begins');
  const imageBytes = b.u32();
  const imageEnd = b.at + imageBytes;
  const layout = b.u8();
  const bits = image.layouts[layout]?.bits ?? 0;
  must(bits > 0, `a frame in layout ${layout}`);
  must(b.u8() === 0, 'a frame that is not plain');
  const pixels = b.raw((image.width * image.height * bits) / 8);
  must(b.at === imageEnd, `byte ${b.at}: the image section is ${imageBytes} bytes long`);
  const statusBytes = b.u32();
  const statusEnd = b.at + statusBytes;
  const midNs = b.u64();
  const exposureNs = b.u32();
  const status: Record<string, bigint | number | string> = {};
  const count = b.u8();
  let textBefore = false;
  for (let i = 0; i < count; i++) {
    const tag = tags[b.u8()];
    must(!textBefore, `byte ${b.at}: an entry behind a text, which ADVCore reads at a wrong place`);
    if (tag === undefined) throw new Error(`byte ${b.at}: an entry that STATUS does not name`);
    must(!(tag.name in status), `entry ${tag.name} twice`);
    if (tag.type === 0) status[tag.name] = b.raw(1).readInt8();
    else if (tag.type === 1) status[tag.name] = b.raw(2).readInt16LE();
    else if (tag.type === 2) status[tag.name] = b.raw(4).readInt32LE();
    else if (tag.type === 3) status[tag.name] = b.i64();
    else if (tag.type === 4) status[tag.name] = b.raw(4).readFloatLE();
    else {
      status[tag.name] = b.text();
      textBefore = true;
    }
  }
  must(b.at === statusEnd, `byte ${b.at}: the status section is ${statusBytes} bytes long`);
  return { offset, stream, startTicks, endTicks, layout, pixels, midNs, exposureNs, status };
}

interface IndexEntry {
  readonly elapsed: bigint;
  readonly offset: bigint;
  readonly length: number;
}

function readIndex(
  part: <T>(offset: number, what: string, read: (b: Bytes) => T) => T,
  offset: number,
): IndexEntry[][] {
  const blocks = part(offset, 'index', (b) => {
    must(b.u8() === 2, 'an index of other than two streams');
    return [b.u32(), b.u32()];
  });
  return blocks.map((at, stream) =>
    part(offset + at, `index of stream ${stream}`, (b) =>
      Array.from({ length: b.u32() }, () => ({ elapsed: b.u64(), offset: b.u64(), length: b.u32() })),
    ),
  );
}

/** Every byte once. */
function tile(taken: { from: number; to: number; what: string }[], bytes: number): void {
  let at = 0;
  for (const { from, to, what } of [...taken].sort((a, b) => a.from - b.from || a.to - b.to)) {
    must(from === at, `${what} begins at byte ${from}, and what is before it ends at ${at}`);
    at = to;
  }
  must(at === bytes, `${bytes - at} bytes at the end belong to nothing`);
}
