/** Nodes that are registers of the camera: integers (whole or some of their bits), doubles, text, bytes. */
import { childText } from './description.js';
import { FeatureError } from './feature-error.js';
import { FeatureNode, type Limits, parseWhole } from './feature-node.js';
import { KnifeNode } from './knife-node.js';

/** No register of a camera is longer than its memory of look-up tables. */
const LONGEST = 1 << 20;

/** Register: an address, a length and bytes. The base of all that is a register. */
export class RegisterNode extends FeatureNode {
  /** The sum of all that makes up the address: constants, other nodes, an index times an offset. */
  async address(): Promise<number> {
    let address = 0n;
    for (const child of this.element.children) {
      if (child.tag === 'Address') address += parseWhole(child.text, this.name);
      else if (child.tag === 'pAddress') address += await this.map.node(child.text).readInteger();
      else if (child.tag === 'IntSwissKnife') address += await new KnifeNode(this.map, child, this.name).readInteger();
      else if (child.tag === 'pIndex') address += await this.#indexed(child.text, child.attributes);
    }
    if (address < 0n || address > 0xffffffffn)
      throw new FeatureError('genicam.xml', `register ${this.name} lies at ${address}, outside the camera's memory`);
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
    this.#requirePort();
    return this.map.port.read(await this.address(), await this.length());
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    this.#requirePort();
    const length = await this.length();
    if (bytes.length !== length) throw this.wrongType(`written with ${bytes.length} bytes, it holds ${length}`);
    await this.map.port.write(await this.address(), bytes);
  }

  override async readText(): Promise<string> {
    return Buffer.from(await this.readBytes()).toString('hex');
  }

  protected get bigEndian(): boolean {
    return childText(this.element, 'Endianess') === 'BigEndian';
  }

  async #indexed(name: string, attributes: ReadonlyMap<string, string>): Promise<bigint> {
    const index = await this.map.node(name).readInteger();
    const offset = attributes.get('Offset');
    if (offset !== undefined) return index * parseWhole(offset, this.name);
    const offsetNode = attributes.get('pOffset');
    if (offsetNode !== undefined) return index * (await this.map.node(offsetNode).readInteger());
    return index * BigInt(await this.length());
  }

  /** Registers of chunk ports live in the stream, not in the camera's memory. */
  #requirePort(): void {
    const name = childText(this.element, 'pPort');
    const port = name === undefined ? undefined : this.map.node(name);
    if (port?.element.children.some((child) => child.tag === 'ChunkID' || child.tag === 'pChunkID'))
      throw new FeatureError(
        'feature.access',
        `${this.name} is sent with the frames (chunk data), it cannot be asked for`,
      );
  }
}

/** IntReg, MaskedIntReg and the entries of a StructReg: an integer in all or some bits of a register of 1..8 bytes. */
export class IntegerRegisterNode extends RegisterNode {
  override async readInteger(): Promise<bigint> {
    const { low, bits } = this.#field(await this.length());
    const raw = (toInteger(await this.readBytes(), this.bigEndian) >> low) & ((1n << bits) - 1n);
    return this.#signed ? BigInt.asIntN(Number(bits), raw) : raw;
  }

  override async readText(): Promise<string> {
    return String(await this.readInteger());
  }

  override async writeInteger(value: bigint): Promise<void> {
    const length = await this.length();
    const { low, bits } = this.#field(length);
    const mask = ((1n << bits) - 1n) << low;
    const old = bits === BigInt(length * 8) ? 0n : toInteger(await this.readBytes(), this.bigEndian);
    await this.writeBytes(toBytes((old & ~mask) | ((value << low) & mask), length, this.bigEndian));
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
