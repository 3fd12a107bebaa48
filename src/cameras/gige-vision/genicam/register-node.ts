/** Nodes that are registers of the camera: integers (whole or some of their bits), doubles, text, bytes. */
import { childText, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';
import { accessOf, type FeatureAccess, FeatureNode, type Limits, narrowest, parseWhole } from './feature-node.js';
import { KnifeNode } from './knife-node.js';
import { type Carrier, PortNode } from './port-node.js';
import type { RegisterPlace } from './register-memory.js';

/** No register of a camera is longer than its memory of look-up tables. */
const LONGEST = 1 << 20;

/** An address, a length and bytes: the base of all that is a register. */
export class RegisterNode extends FeatureNode {
  readonly #knives = new Map<XmlElement, KnifeNode>();

  /**
   * The sum of all that makes up the address: constants, other nodes, an index times an offset. In a chunk it may be negative: then
   * it counts from the end.
   */
  async address(): Promise<number> {
    let address = 0n;
    for (const child of this.element.children) {
      if (child.tag === 'Address') address += parseWhole(child.text, this.name);
      else if (child.tag === 'pAddress') address += await this.linked(child.text).readInteger();
      else if (child.tag === 'IntSwissKnife') address += await this.#knife(child).readInteger();
      else if (child.tag === 'pIndex') address += await this.#indexed(child.text, child.attributes);
    }
    return Number(address);
  }

  async length(): Promise<number> {
    const length = Number((await this.integerField('Length')) ?? 4n);
    if (length < 1 || length > LONGEST)
      throw new FeatureError(
        'genicam.xml',
        `register ${this.name} is ${length} bytes long in the camera's description`,
      );
    return length;
  }

  async readBytes(): Promise<Uint8Array> {
    const carrier = await this.carrier();
    const bytes = carrier === null ? await this.map.memory.read(await this.place()) : await this.#carriedBytes(carrier);
    return this.swapsWords ? wordsSwapped(bytes) : bytes;
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    const carrier = await this.carrier();
    if (carrier !== null) throw new FeatureError('feature.access', `${this.name} cannot be set: it ${wayOf(carrier)}`);
    const place = await this.place();
    if (bytes.length !== place.length)
      throw this.wrongType(`written with ${bytes.length} bytes, it holds ${place.length}`);
    await this.map.memory.write(place, this.swapsWords ? wordsSwapped(bytes) : bytes);
  }

  /** A register says what can be done with it; where it does not, it can be read (GenApi's default). */
  protected override async ownAccess(): Promise<FeatureAccess> {
    const mode = accessOf(childText(this.element, 'AccessMode'), 'RO');
    const port = this.#port;
    if (port === undefined) return { mode, why: null };
    const through = await port.accessNow();
    if (through.mode === 'NA') return through;
    const carrier = await port.carrier();
    if (carrier === null) return { mode: narrowest(mode, through.mode), why: null };
    if (this.#carriedData(carrier) !== undefined) return { mode: 'RO', why: null };
    return { mode: 'NA', why: 'not-available', detail: `it ${wayOf(carrier)}` };
  }

  protected async place(): Promise<RegisterPlace> {
    const caching = childText(this.element, 'Cachable');
    const [address, length] = [await this.address(), await this.length()];
    if (address < 0 || address + length > 2 ** 32)
      throw new FeatureError('genicam.xml', `register ${this.name} lies at ${address}, outside the camera's memory`);
    return {
      name: this.name,
      address,
      length,
      caching: caching === 'NoCache' || caching === 'WriteThrough' ? caching : 'WriteAround',
    };
  }

  get bigEndian(): boolean {
    return childText(this.element, 'Endianess') === 'BigEndian';
  }

  /** Its port turns the bytes of each word of 4 bytes round (GenICam Standard 2.1.1, 2.8.16; forbidden to newer GigE Vision cameras). */
  get swapsWords(): boolean {
    return this.#port?.swapsBytes === true;
  }

  /** Undefined where the description names none: then it is the camera's memory. */
  get #port(): PortNode | undefined {
    const port = this.referred('pPort');
    if (port === undefined || port instanceof PortNode) return port;
    throw new FeatureError('genicam.xml', `${this.name} has ${port.name} as its port, which is a ${port.kind}`);
  }

  /** What brings its bytes, null: the camera's memory. */
  async carrier(): Promise<Carrier | null> {
    return (await this.#port?.carrier()) ?? null;
  }

  #carriedData({ kind, id }: Carrier): Uint8Array | undefined {
    return this.map.carried.get(`${kind} ${id}`);
  }

  async #carriedBytes(carrier: Carrier): Promise<Uint8Array> {
    const data = this.#carriedData(carrier);
    if (data === undefined)
      throw new FeatureError('feature.access', `${this.name} cannot be asked for: it ${wayOf(carrier)}`);
    const [address, length] = [await this.address(), await this.length()];
    // Text may fill a chunk that is shorter than its register.
    const start = address < 0 ? data.length + address : address;
    const bytes = start < 0 ? new Uint8Array(0) : data.subarray(start, start + length);
    if (bytes.length === length || (this instanceof StringRegisterNode && bytes.length > 0)) return bytes;
    throw new FeatureError(
      'feature.access',
      `${this.name} lies at ${address}..${address + length} of a ${carrier.kind} that is ${data.length} bytes long`,
    );
  }

  /** The formula of a part of the address. */
  #knife(element: XmlElement): KnifeNode {
    const known = this.#knives.get(element) ?? new KnifeNode(this.map, element, this.name);
    this.#knives.set(element, known);
    return known;
  }

  async #indexed(name: string, attributes: ReadonlyMap<string, string>): Promise<bigint> {
    const index = await this.linked(name).readInteger();
    const offset = attributes.get('Offset');
    if (offset !== undefined) return index * parseWhole(offset, this.name);
    const offsetNode = attributes.get('pOffset');
    if (offsetNode !== undefined) return index * (await this.linked(offsetNode).readInteger());
    return index * BigInt(await this.length());
  }
}

function wordsSwapped(bytes: Uint8Array): Uint8Array {
  const swapped = Uint8Array.from(bytes);
  for (let at = 0; at < swapped.length; at += 4) swapped.subarray(at, at + 4).reverse();
  return swapped;
}

function wayOf({ kind }: Carrier): string {
  return kind === 'chunk' ? 'is sent with the frames (chunk data)' : 'is sent with an event';
}

/** Register: bytes, in hexadecimal where they are text. */
export class BytesNode extends RegisterNode {
  override async readText(): Promise<string> {
    return Buffer.from(await this.readBytes()).toString('hex');
  }

  /** Bytes in hexadecimal, as they are read. */
  override async writeText(text: string): Promise<void> {
    const digits = text.trim().replace(/^0x/i, '');
    if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits))
      throw this.wrongType(`set to "${text}", only to bytes in hexadecimal`);
    await this.writeBytes(Buffer.from(digits, 'hex'));
  }
}

/** IntReg, MaskedIntReg and the entries of a StructReg: an integer in all or some bits of a register of 1..8 bytes. */
export class IntegerRegisterNode extends RegisterNode {
  override async readInteger(): Promise<bigint> {
    const { low, bits } = this.#field(await this.length());
    const raw = (toInteger(await this.readBytes(), this.bigEndian) >> low) & ((1n << bits) - 1n);
    return this.#signed ? BigInt.asIntN(Number(bits), raw) : raw;
  }

  override writeInteger(value: bigint): Promise<void> {
    return this.map.memory.inTurn(async () => {
      const length = await this.length();
      const { low, bits } = this.#field(length);
      const mask = ((1n << bits) - 1n) << low;
      const old = bits === BigInt(length * 8) ? 0n : toInteger(await this.#otherBits(), this.bigEndian);
      await this.writeBytes(toBytes((old & ~mask) | ((value << low) & mask), length, this.bigEndian));
    });
  }

  /** Of a register that cannot be read, what was written last. */
  async #otherBits(): Promise<Uint8Array> {
    if (accessOf(childText(this.element, 'AccessMode'), 'RO') !== 'WO') return this.readBytes();
    return this.map.memory.lastWritten(await this.place());
  }

  override async integerLimits(): Promise<Limits<bigint>> {
    const { bits } = this.#field(await this.length());
    if (this.#signed) return { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n, step: 1n };
    return { min: 0n, max: (1n << bits) - 1n, step: 1n };
  }

  get #signed(): boolean {
    return childText(this.element, 'Sign') === 'Signed';
  }

  /** Where the value lies. Bit 0 is the lowest bit of a little-endian register, the highest of a big-endian one. */
  #field(length: number): { low: bigint; bits: bigint } {
    const size = length * 8;
    if (length > 8) throw this.wrongType(`read as an integer: it is ${length} bytes long`);
    const bit = childText(this.element, 'Bit');
    const lsb = childText(this.element, 'LSB') ?? childText(this.element, 'Lsb') ?? bit;
    const msb = childText(this.element, 'MSB') ?? childText(this.element, 'Msb') ?? bit;
    if (lsb === undefined || msb === undefined) return { low: 0n, bits: BigInt(size) };
    const ends = [lsb, msb].map((text) => {
      const position = Number(parseWhole(text, this.name));
      return this.bigEndian ? size - 1 - position : position;
    });
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    if (low < 0 || high >= size)
      throw new FeatureError('genicam.xml', `bits ${lsb}..${msb} of ${this.name} lie outside its ${length} bytes`);
    return { low: BigInt(low), bits: BigInt(high - low + 1) };
  }
}

/** FloatReg: an IEEE 754 number of 4 or 8 bytes. */
export class FloatRegisterNode extends RegisterNode {
  override async readFloat(): Promise<number> {
    const bytes = await this.readBytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length === 4) return view.getFloat32(0, !this.bigEndian);
    if (bytes.length === 8) return view.getFloat64(0, !this.bigEndian);
    throw this.wrongType(`read as a number: it is ${bytes.length} bytes long`);
  }

  override async readInteger(): Promise<bigint> {
    return this.rounded(await this.readFloat());
  }

  override async readText(): Promise<string> {
    return String(await this.readFloat());
  }

  override async writeFloat(value: number): Promise<void> {
    const bytes = new Uint8Array(await this.length());
    const view = new DataView(bytes.buffer);
    if (bytes.length === 4) view.setFloat32(0, value, !this.bigEndian);
    else if (bytes.length === 8) view.setFloat64(0, value, !this.bigEndian);
    else throw this.wrongType(`set to a number: it is ${bytes.length} bytes long`);
    await this.writeBytes(bytes);
  }

  override writeInteger(value: bigint): Promise<void> {
    return this.writeFloat(Number(value));
  }
}

/** StringReg: text, ended by a NUL where it is shorter than the register. */
export class StringRegisterNode extends RegisterNode {
  override async readText(): Promise<string> {
    const bytes = await this.readBytes();
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
  }

  override async writeText(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'utf8');
    const padded = new Uint8Array(await this.length());
    if (bytes.length > padded.length)
      throw new FeatureError(
        'feature.range',
        `"${text}" is too long for ${this.name}, which holds ${padded.length} bytes`,
      );
    padded.set(bytes);
    await this.writeBytes(padded);
  }
}

function toInteger(bytes: Uint8Array, bigEndian: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < bytes.length; i++)
    value = (value << 8n) | BigInt(bytes[bigEndian ? i : bytes.length - 1 - i] as number);
  return value;
}

function toBytes(value: bigint, length: number, bigEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    bytes[bigEndian ? length - 1 - i : i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return bytes;
}
