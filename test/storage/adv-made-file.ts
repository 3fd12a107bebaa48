/** ADV files of other programs, made byte by byte: any layout of pixels, entries of status, with or without an index. */

const u8 = (...values: number[]) => Buffer.from(values);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: bigint | number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u8(bytes.byteLength & 0xff, bytes.byteLength >> 8), bytes]);
};
const tags = (pairs: Readonly<Record<string, string>>) =>
  Buffer.concat(Object.entries(pairs).flatMap(([name, value]) => [text(name), text(value)]));

export interface MadeAdv {
  readonly width: number;
  readonly height: number;
  readonly nativeBits: number;
  readonly layoutBits: number;
  readonly layoutTags: Readonly<Record<string, string>>;
  readonly imageTags?: Readonly<Record<string, string>>;
  /** The pixels of each frame as they stand in the file. */
  readonly frames: readonly Uint8Array[];
  readonly mode?: number;
  readonly withIndex?: boolean;
}

/** Mid-exposure of frame `i`, nanoseconds since 2010; each is exposed a second. */
export const madeMidNs = (i: number): bigint => 315_532_800_000_000_000n + BigInt(i) * 1_000_000_000n;

export function madeAdv({ mode = 0, withIndex = true, imageTags = {}, ...adv }: MadeAdv): Buffer {
  const image = Buffer.concat([
    u8(2),
    u32(adv.width),
    u32(adv.height),
    u8(adv.nativeBits, 1, 9, 2, adv.layoutBits, Object.keys(adv.layoutTags).length),
    tags(adv.layoutTags),
    u8(Object.keys(imageTags).length),
    tags(imageTags),
  ]);
  const status = Buffer.concat([u8(2), u64(5_000_000n), u8(1), text('SatelliteFixStatus'), u8(0)]);
  const system = Buffer.concat([u32(1), tags({ 'CAMERA-MODEL': 'PAL' })]);
  const head = (index: number, at: readonly number[]) =>
    Buffer.concat([
      Buffer.from('FSTF'),
      u8(2),
      u32(0),
      u64(index),
      u64(at[2] ?? 0),
      u64(index === 0 ? 0 : index + 13 + 20 * adv.frames.length + 4),
      u8(2),
      ...['MAIN', 'CALIBRATION'].flatMap((name) => [text(name), u32(0), u64(76_900), u32(0), u64(0)]),
      u8(2),
      text('IMAGE'),
      u64(at[0] ?? 0),
      text('STATUS'),
      u64(at[1] ?? 0),
    ]);
  const size = head(0, []).byteLength;
  const at = [size, size + image.byteLength, size + image.byteLength + status.byteLength];
  const first = (at[2] ?? 0) + system.byteLength;
  const frames = adv.frames.map((pixels, i) =>
    Buffer.concat([
      u8(0xff, 0x22, 0x01, 0xee, 0),
      u64(i),
      u64(i + 1),
      u32(pixels.byteLength + 2),
      u8(9, mode),
      pixels,
      u32(15),
      u64(madeMidNs(i)),
      u32(1_000_000_000),
      u8(1, 0, 3),
    ]),
  );
  const body = Buffer.concat(frames);
  const front = Buffer.concat([head(withIndex ? first + body.byteLength : 0, at), image, status, system, body]);
  if (!withIndex) return front;
  let offset = first;
  const entries = frames.map((frame, i) => {
    const entry = Buffer.concat([u64(i), u64(offset), u32(frame.byteLength - 4)]);
    offset += frame.byteLength;
    return entry;
  });
  const index = Buffer.concat([u8(2), u32(9), u32(13 + 20 * frames.length), u32(frames.length), ...entries, u32(0)]);
  return Buffer.concat([front, index, u32(0)]);
}
