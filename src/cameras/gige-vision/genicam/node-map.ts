/**
 * The features of a camera, by name, as its GenICam description defines them over its registers: all node types of GenApi 1.0 and 1.1
 * that lead to a GigE Vision camera's registers, chunks and events. Nodes of IEEE 1394 cameras (ConfRom, TextDesc, IntKey,
 * AdvFeatureLock, SmartFeature) can be named, not read.
 */
import type { Chunk } from '#pipeline/wire/chunks.js';
import { childText, type XmlElement } from './description.js';
import { EnumerationNode } from './enumeration-node.js';
import {
  categoryTree,
  describeFeature,
  type Feature,
  type FeatureCategory,
  type FeatureText,
  featuresBelow,
  featureText,
} from './feature.js';
import { FeatureError } from './feature-error.js';
import { type FeatureAccess, FeatureNode, type Limits, type NodeLookup, type RegisterPort } from './feature-node.js';
import { ConverterNode, KnifeNode } from './knife-node.js';
import { type DescriptionInfo, NodeTable } from './node-table.js';
import { PortNode, SerialBusNode } from './port-node.js';
import { RegisterMemory } from './register-memory.js';
import { BytesNode, FloatRegisterNode, IntegerRegisterNode, StringRegisterNode } from './register-node.js';
import { BooleanNode, CategoryNode, CommandNode, FloatNode, IntegerNode, StringNode } from './value-node.js';

type NodeClass = new (map: NodeLookup, element: XmlElement, name: string) => FeatureNode;

const KINDS: ReadonlyMap<string, NodeClass> = new Map<string, NodeClass>([
  ['Integer', IntegerNode],
  ['IntReg', IntegerRegisterNode],
  ['MaskedIntReg', IntegerRegisterNode],
  ['StructEntry', IntegerRegisterNode],
  ['Float', FloatNode],
  ['FloatReg', FloatRegisterNode],
  ['Boolean', BooleanNode],
  ['Enumeration', EnumerationNode],
  ['Command', CommandNode],
  ['String', StringNode],
  ['StringReg', StringRegisterNode],
  ['Register', BytesNode],
  ['SwissKnife', KnifeNode],
  ['IntSwissKnife', KnifeNode],
  ['Converter', ConverterNode],
  ['IntConverter', ConverterNode],
  ['Category', CategoryNode],
  ['Port', PortNode],
  ['ConfRom', SerialBusNode],
  ['TextDesc', SerialBusNode],
  ['IntKey', SerialBusNode],
  ['AdvFeatureLock', SerialBusNode],
  ['SmartFeature', SerialBusNode],
]);

export interface NodeMapOptions {
  /** A clock that only grows, for PollingTime; the process's own when left out. */
  readonly nowNs?: () => bigint;
}

/** What views of the same camera have in common. */
interface Shared {
  readonly table: NodeTable;
  readonly memory: RegisterMemory;
  readonly locals: Map<string, string>;
}

export class NodeMap implements NodeLookup {
  readonly port: RegisterPort;
  readonly memory: RegisterMemory;
  readonly locals: Map<string, string>;
  readonly carried: ReadonlyMap<string, Uint8Array>;
  readonly #shared: Shared;
  readonly #nodes = new Map<string, FeatureNode>();

  /** Throws FeatureError `genicam.xml` when `xml` is no GenICam description. */
  constructor(xml: string, port: RegisterPort, options?: NodeMapOptions);
  constructor(shared: Shared, port: RegisterPort, carried: ReadonlyMap<string, Uint8Array>);
  constructor(from: string | Shared, port: RegisterPort, more: NodeMapOptions | ReadonlyMap<string, Uint8Array> = {}) {
    this.port = port;
    this.carried = more instanceof Map ? more : new Map();
    if (typeof from === 'string') {
      const table = new NodeTable(from);
      const nowNs = ('nowNs' in more ? more.nowNs : undefined) ?? process.hrtime.bigint;
      this.#shared = { table, memory: new RegisterMemory(port, table.links, nowNs), locals: new Map() };
    } else this.#shared = from;
    this.memory = this.#shared.memory;
    this.locals = this.#shared.locals;
  }

  /** Who made the camera, and by which version of the schema it is described. */
  get info(): DescriptionInfo {
    return this.#shared.table.info;
  }

  /** What contradicts itself in the description, in sentences: references to nothing, names given twice. */
  problems(): readonly string[] {
    return this.#shared.table.problems();
  }

  has(name: string): boolean {
    return this.#shared.table.has(name);
  }

  element(name: string): XmlElement | undefined {
    return this.#shared.table.element(name);
  }

  /** The names of all features below category `name`, categories themselves left out. */
  featuresOf(category = 'Root'): string[] {
    return featuresBelow(this, category);
  }

  /** What a feature is, from the description alone: the camera is asked nothing. Throws FeatureError `feature.unknown`. */
  about(name: string): FeatureText {
    return featureText(this.node(name), this.#shared.table.selectorsOf(name));
  }

  /**
   * What a feature is and what can be done with it now: kind, access and why not more, limits, entries. Its value is not read.
   * Throws FeatureError, and what the port throws.
   */
  async describe(name: string): Promise<Feature> {
    return describeFeature(this.node(name), this.#shared.table.selectorsOf(name));
  }

  /** What can be done with a feature now, and why not more. Throws FeatureError. */
  async access(name: string): Promise<FeatureAccess> {
    return this.node(name).accessNow();
  }

  /** The tree of categories as the camera's maker made it. Throws FeatureError `feature.unknown` when there is no such category. */
  tree(category = 'Root'): FeatureCategory {
    return categoryTree(this, category);
  }

  /**
   * The same features as a frame carries them: those behind chunk ports are read from the chunks, the rest from the camera as here.
   * Values kept here (a ChunkSelector) are shared. Cheap enough for some frames a second.
   */
  withChunks(chunks: readonly Chunk[]): NodeMap {
    return this.#carrying(chunks.map(({ id, data }) => [`chunk ${id}`, data]));
  }

  /** The same for the features of an event; `data` begins where the description counts addresses from. */
  withEvent(id: number, data: Uint8Array): NodeMap {
    return this.#carrying([[`event ${id}`, data]]);
  }

  /**
   * The camera's memory was written past these features (by bootstrap registers, by another program): what was remembered of that
   * place, or of everything when none is given, is read anew.
   */
  forget(address?: number, length?: number): void {
    this.memory.forgetWritten(address, length);
  }

  forgetBehind(name: string): void {
    this.memory.forget(this.#shared.table.links.registersBehind(name));
  }

  /** Throws FeatureError `feature.unknown`; `genicam.xml` when the node depends on itself, or on too much. */
  node(name: string): FeatureNode {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const element = this.element(name);
    if (element === undefined) throw new FeatureError('feature.unknown', `the camera has no feature named ${name}`);
    this.#shared.table.links.requireAnswerable(name);
    const node = new (KINDS.get(element.tag) ?? FeatureNode)(this, element, name);
    this.#nodes.set(name, node);
    return node;
  }

  async integer(name: string): Promise<bigint> {
    return (await this.#readable(name)).readInteger();
  }

  async float(name: string): Promise<number> {
    return (await this.#readable(name)).readFloat();
  }

  /** The symbol of an enumeration, `true` or `false`, a number in digits, text; bytes of a Register in hexadecimal. */
  async text(name: string): Promise<string> {
    return (await this.#readable(name)).readText();
  }

  /** Sets a feature, after a look at its access mode and its limits. Throws FeatureError. */
  async set(name: string, value: bigint | number | string | boolean): Promise<void> {
    const node = await this.#writable(name, 'set');
    await setNode(node, value);
    await this.#requireNoError(node);
  }

  async execute(name: string): Promise<void> {
    const node = await this.#writable(name, 'executed');
    await node.execute();
    await this.#requireNoError(node);
  }

  #carrying(carried: readonly (readonly [string, Uint8Array])[]): NodeMap {
    return new NodeMap(this.#shared, this.port, new Map([...this.carried, ...carried]));
  }

  async #readable(name: string): Promise<FeatureNode> {
    const node = this.node(name);
    const access = await node.accessNow();
    if (access.mode === 'RO' || access.mode === 'RW') return node;
    throw refused(name, 'read', access, 'it is write only');
  }

  async #writable(name: string, wish: string): Promise<FeatureNode> {
    const node = this.node(name);
    const access = await node.accessNow();
    if (access.mode === 'RW' || access.mode === 'WO') return node;
    throw refused(name, wish, access, 'it is read only');
  }

  /** A camera may tell in other features (pError) what it thinks of a value; 0 is content. */
  async #requireNoError(node: FeatureNode): Promise<void> {
    for (const error of node.errorNodes()) {
      this.forgetBehind(error.name);
      if ((await error.readInteger()) === 0n) continue;
      const word = await error.readText();
      const entry =
        error instanceof EnumerationNode ? error.entries().find(({ symbol }) => symbol === word) : undefined;
      const tip = entry === undefined ? undefined : childText(entry.element, 'ToolTip');
      const why = `the camera did not accept ${node.name}: ${error.name} is ${word}${tip === undefined ? '' : ` (${tip})`}`;
      throw new FeatureError('feature.refused', why);
    }
  }
}

function refused(name: string, wish: string, { mode, why, detail }: FeatureAccess, rule: string): FeatureError {
  const reasons = {
    'not-implemented': 'this camera does not implement it',
    'not-available': `it is not available in the camera's present state`,
    locked: 'it is locked, as most that shapes the frames is while they stream',
  };
  const reason = detail ?? (why === null ? (mode === 'NA' ? 'it is not available' : rule) : reasons[why]);
  const now = why === 'not-available' || why === 'locked' ? ' now' : '';
  return new FeatureError('feature.access', `${name} cannot be ${wish}${now}: ${reason}`);
}

async function setNode(node: FeatureNode, value: bigint | number | string | boolean): Promise<void> {
  if (typeof value === 'boolean') return node.writeInteger(value ? 1n : 0n);
  if (TEXT_KINDS.has(node.kind)) return node.writeText(String(value));
  const number = typeof value === 'string' ? numberFrom(value, node) : value;
  if (typeof number === 'string') return node.writeText(number);
  if (typeof number === 'bigint') {
    requireWithin(node, number, await node.integerLimits());
    return node.writeInteger(number);
  }
  if (WHOLE_KINDS.has(node.kind)) {
    if (!Number.isInteger(number))
      throw new FeatureError('feature.type', `${node.name} is a whole number, it cannot be set to ${number}`);
    return setNode(node, BigInt(number));
  }
  if (Number.isNaN(number)) throw new FeatureError('feature.range', `${node.name} cannot be NaN`);
  requireWithin(node, number, await node.floatLimits());
  return node.writeFloat(number);
}

const WHOLE_KINDS: ReadonlySet<string> = new Set(['Integer', 'IntReg', 'MaskedIntReg', 'StructEntry', 'IntConverter']);
const FLOAT_KINDS: ReadonlySet<string> = new Set(['Float', 'FloatReg', 'Converter']);
const TEXT_KINDS: ReadonlySet<string> = new Set(['String', 'StringReg', 'Register']);

/** Text for a feature that is a number becomes one, as on a command line; other text stays. */
function numberFrom(text: string, node: FeatureNode): bigint | number | string {
  const trimmed = text.trim();
  const whole = WHOLE_KINDS.has(node.kind);
  if (!whole && !FLOAT_KINDS.has(node.kind)) return text;
  if (whole && /^([+-]?\d{1,40}|0x[0-9a-f]{1,32})$/i.test(trimmed)) return BigInt(trimmed.replace(/^\+/, ''));
  const number = trimmed === '' ? Number.NaN : Number(trimmed);
  if (!Number.isNaN(number)) return number;
  throw new FeatureError('feature.type', `${node.name} is a number, it cannot be set to "${text}"`);
}

function requireWithin<T extends bigint | number>(node: FeatureNode, value: T, limits: Limits<T> | null): void {
  const refuse = (why: string) => new FeatureError('feature.range', `${node.name} = ${value} ${why}`);
  if (node instanceof IntegerNode && typeof value === 'bigint') {
    const valid = node.validValues;
    if (valid !== null && !valid.includes(value)) throw refuse(`is none of ${valid.join(', ')}`);
  }
  if (limits === null) return;
  const { min, max, step } = limits;
  if (value < min || value > max) throw refuse(`is outside ${min} to ${max}`);
  if (typeof value === 'bigint' && typeof min === 'bigint' && typeof step === 'bigint' && step > 1n)
    if ((value - min) % step !== 0n) throw refuse(`is not ${min} plus a multiple of ${step}`);
}
