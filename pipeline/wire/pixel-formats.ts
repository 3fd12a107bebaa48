/**
 * The pixel formats of GigE Vision streams: codes and names of the Pixel Format Naming Convention (PFNC) and of
 * GigE Vision 1.x. A code is colour class (0x01 mono or Bayer, 0x02 colour), bits a pixel in the stream, identifier.
 */
export interface PixelFormat {
  readonly name: string;
  readonly code: number;
  /** Bits a pixel occupies in the stream. */
  readonly bitsPerPixel: number;
  /** Significant bits of a sample. */
  readonly bitDepth: number;
  /**
   * How samples lie in the stream. `unpacked`: 8, 16 or 32 bit, little-endian, value in the low bits. `lsb-packed` (PFNC
   * "p"): one little-endian bit string without gaps. `gige-packed`: two samples in three bytes, their low bits in the middle one.
   */
  readonly packing: 'unpacked' | 'lsb-packed' | 'gige-packed';
  /** The colours of the first two pixels of the first row. */
  readonly bayer: 'none' | 'GR' | 'RG' | 'GB' | 'BG';
  /** True for RGB and YUV, where a pixel has more than one sample. Bayer frames have one sample a pixel: false. */
  readonly color: boolean;
  /** Of RGB formats: where red, green and blue stand among the bytes of a pixel. */
  readonly rgb?: readonly [red: number, green: number, blue: number];
}

type Packing = PixelFormat['packing'];
const patterns = ['GR', 'RG', 'GB', 'BG'] as const;

function mono(name: string, code: number, bitDepth: number, packing: Packing = 'unpacked'): PixelFormat {
  return { name, code, bitsPerPixel: (code >>> 16) & 0xff, bitDepth, packing, bayer: 'none', color: false };
}

/** Four formats of one depth; `codes` in the order GR, RG, GB, BG. */
function bayer(
  suffix: string,
  codes: readonly number[],
  bitDepth: number,
  packing: Packing = 'unpacked',
): PixelFormat[] {
  return patterns.map((pattern, i) => ({
    ...mono(`Bayer${pattern}${suffix}`, codes[i] ?? 0, bitDepth, packing),
    bayer: pattern,
  }));
}

function color(name: string, code: number, rgb?: PixelFormat['rgb']): PixelFormat {
  return { ...mono(name, code, 8), color: true, ...(rgb === undefined ? {} : { rgb }) };
}

export const pixelFormats: readonly PixelFormat[] = [
  mono('Mono1p', 0x01010037, 1, 'lsb-packed'),
  mono('Mono8', 0x01080001, 8),
  mono('Mono8s', 0x01080002, 8),
  mono('Mono10', 0x01100003, 10),
  mono('Mono10Packed', 0x010c0004, 10, 'gige-packed'),
  mono('Mono10p', 0x010a0046, 10, 'lsb-packed'),
  mono('Mono12', 0x01100005, 12),
  mono('Mono12Packed', 0x010c0006, 12, 'gige-packed'),
  mono('Mono12p', 0x010c0047, 12, 'lsb-packed'),
  mono('Mono14', 0x01100025, 14),
  mono('Mono14p', 0x010e0104, 14, 'lsb-packed'),
  mono('Mono16', 0x01100007, 16),
  mono('Mono32', 0x01200111, 32),
  ...bayer('8', [0x01080008, 0x01080009, 0x0108000a, 0x0108000b], 8),
  ...bayer('10', [0x0110000c, 0x0110000d, 0x0110000e, 0x0110000f], 10),
  ...bayer('10Packed', [0x010c0026, 0x010c0027, 0x010c0028, 0x010c0029], 10, 'gige-packed'),
  ...bayer('10p', [0x010a0056, 0x010a0058, 0x010a0054, 0x010a0052], 10, 'lsb-packed'),
  ...bayer('12', [0x01100010, 0x01100011, 0x01100012, 0x01100013], 12),
  ...bayer('12Packed', [0x010c002a, 0x010c002b, 0x010c002c, 0x010c002d], 12, 'gige-packed'),
  ...bayer('12p', [0x010c0057, 0x010c0059, 0x010c0055, 0x010c0053], 12, 'lsb-packed'),
  ...bayer('14', [0x01100109, 0x0110010a, 0x0110010b, 0x0110010c], 14),
  ...bayer('14p', [0x010e0105, 0x010e0106, 0x010e0107, 0x010e0108], 14, 'lsb-packed'),
  ...bayer('16', [0x0110002e, 0x0110002f, 0x01100030, 0x01100031], 16),
  color('RGB8', 0x02180014, [0, 1, 2]),
  color('BGR8', 0x02180015, [2, 1, 0]),
  color('YUV422_8_UYVY', 0x0210001f),
  color('YUV422_8', 0x02100032),
];

const byCode = new Map(pixelFormats.map((format) => [format.code, format]));
const byName = new Map(pixelFormats.map((format) => [format.name, format]));

export function pixelFormatByCode(code: number): PixelFormat | undefined {
  return byCode.get(code);
}

export function pixelFormatByName(name: string): PixelFormat | undefined {
  return byName.get(name);
}

/** Samples of a pixel: three of RGB formats, one of those with one sample a pixel. YUV formats, which share some, are not for it. */
export function planesOf({ rgb }: { readonly rgb?: PixelFormat['rgb'] | undefined }): 1 | 3 {
  return rgb === undefined ? 1 : 3;
}

/** The same of a format by its name; one of a name that is not known. */
export function planesOfName(name: string): 1 | 3 {
  return planesOf(byName.get(name) ?? {});
}

/** Whether frames of a format are recorded: mono, Bayer and RGB, not YUV. */
export function isRecordable({ color, rgb }: PixelFormat): boolean {
  return !color || rgb !== undefined;
}

/** Bytes of one image in the stream. Lines are not padded: with 12 or 14 bit a line may start inside a byte. */
export function payloadBytesOf(format: PixelFormat, width: number, height: number): number {
  return Math.ceil((width * height * format.bitsPerPixel) / 8);
}
