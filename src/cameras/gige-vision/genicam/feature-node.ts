/** What every node of a camera's description can be asked. */
import { childText, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';

/** Reads and writes the camera's memory; any address, any length. */
export interface RegisterPort {
  read(address: number, length: number): Promise<Uint8Array>;
  write(address: number, data: Uint8Array): Promise<void>;
}

/** Smallest and largest value, and the step between values (null: any). */
export interface Limits<T> {
  readonly min: T;
  readonly max: T;
  readonly step: T | null;
}

export type AccessMode = 'RO' | 'RW' | 'WO' | 'NA';

/** What can be done with a feature now, and what keeps more from being done. */
export interface FeatureAccess {
  readonly mode: AccessMode;
  /**
   * Of `NA`: `not-implemented` (never on this camera), `not-available` (not in its present state). Of `RO`: `locked` (it could be set
   * in another state, mostly when no frames stream), null where it can never be set.
   */
  readonly why: 'not-implemented' | 'not-available' | 'locked' | null;
}

/** The node map as nodes see it. */
export interface NodeLookup {
  readonly port: RegisterPort;
  has(name: string): boolean;
  /** Throws FeatureError `feature.unknown`. */
  node(name: string): FeatureNode;
}

/**
 * A node. Each kind overrides what it can do; the rest throws `feature.type`. Nothing is cached: a value is what the
 * camera says now (a feature's registers may change behind our back, and cameras are asked rarely).
 */
export class FeatureNode {
  readonly name: string;
  readonly element: XmlElement;
  protected readonly map: NodeLookup;

  constructor(map: NodeLookup, element: XmlElement, name: string) {
    this.map = map;
    this.element = element;
    this.name = name;
  }

  get kind(): string {
    return this.element.tag;
  }

  readInteger(): Promise<bigint> {
    return Promise.reject(this.wrongType('read as an integer'));
  }

  async readFloat(): Promise<number> {
    return Number(await this.readInteger());
  }

  /** The value as people read it. */
  async readText(): Promise<string> {
    return String(await this.readInteger());
  }

  /** Writes a value without asking for limits; `setInteger` of the map asks. */
  writeInteger(_value: bigint): Promise<void> {
    return Promise.reject(this.wrongType('set to an integer'));
  }

  writeFloat(value: number): Promise<void> {
    if (!Number.isInteger(value)) return Promise.reject(this.wrongType(`set to ${value}, only to whole numbers`));
    return this.writeInteger(BigInt(value));
  }

  writeText(text: string): Promise<void> {
    const number = Number(text);
    if (text.trim() === '' || Number.isNaN(number)) return Promise.reject(this.wrongType(`set to "${text}"`));
    return /^[+-]?\d+$/.test(text.trim()) ? this.writeInteger(BigInt(text.trim())) : this.writeFloat(number);
  }

  integerLimits(): Promise<Limits<bigint> | null> {
    return Promise.resolve(null);
  }

  async floatLimits(): Promise<Limits<number> | null> {
    const limits = await this.integerLimits();
    return limits && { min: Number(limits.min), max: Number(limits.max), step: null };
  }

  /** The symbols of an enumeration, empty for everything else. */
  symbols(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  execute(): Promise<void> {
    return Promise.reject(this.wrongType('executed'));
  }

  async access(): Promise<AccessMode> {
    return (await this.accessNow()).mode;
  }

  /** What can be done with the node by its own description; kinds narrow it by the node they refer to. */
  async accessNow(): Promise<FeatureAccess> {
    if ((await this.referred('pIsImplemented')?.readInteger()) === 0n) return { mode: 'NA', why: 'not-implemented' };
    if ((await this.referred('pIsAvailable')?.readInteger()) === 0n) return { mode: 'NA', why: 'not-available' };
    const own = await this.ownAccess();
    const mode = narrowest(own.mode, accessOf(childText(this.element, 'ImposedAccessMode')));
    if (mode === 'NA') return { mode, why: own.why ?? 'not-available' };
    if (mode !== 'RW' && mode !== 'WO') return { mode, why: own.why };
    if (((await this.referred('pIsLocked')?.readInteger()) ?? 0n) === 0n) return { mode, why: null };
    return { mode: mode === 'RW' ? 'RO' : 'NA', why: 'locked' };
  }

  protected ownAccess(): Promise<FeatureAccess> {
    return Promise.resolve({ mode: accessOf(childText(this.element, 'AccessMode')), why: null });
  }

  /** Text of child `tag`, or of the first node behind `pValue` that has one: units and the like are often given there. */
  inherited(tag: string): string | undefined {
    const seen = new Set<string>();
    let node: FeatureNode = this;
    for (;;) {
      const text = childText(node.element, tag);
      const next = childText(node.element, 'pValue');
      if (text !== undefined || next === undefined || seen.has(next) || !this.map.has(next)) return text;
      seen.add(next);
      node = this.map.node(next);
    }
  }

  /** The node that a `pSomething` child names, if there is such a child. */
  protected referred(tag: string): FeatureNode | undefined {
    const name = childText(this.element, tag);
    return name === undefined ? undefined : this.map.node(name);
  }

  /** A constant child, or the value of the node that its `p` twin names. */
  protected async integerField(tag: string): Promise<bigint | undefined> {
    const text = childText(this.element, tag);
    if (text !== undefined) return parseWhole(text, this.name);
    return this.referred(`p${tag}`)?.readInteger();
  }

  protected async floatField(tag: string): Promise<number | undefined> {
    const text = childText(this.element, tag);
    if (text !== undefined) return Number(text);
    return this.referred(`p${tag}`)?.readFloat();
  }

  protected wrongType(wish: string): FeatureError {
    return new FeatureError('feature.type', `the camera's feature ${this.name} (${this.kind}) cannot be ${wish}`);
  }
}

/** An entry of an enumeration. */
export class EnumEntryNode extends FeatureNode {
  /** What is read and written. */
  get symbol(): string {
    return childText(this.element, 'Symbolic') ?? this.element.attributes.get('Name') ?? '';
  }

  /** Throws FeatureError `genicam.xml` where it has none. */
  get value(): bigint {
    return parseWhole(childText(this.element, 'Value') ?? '', this.name);
  }
}

/** Integers of a description; some cameras write them with a fraction of zero. */
export function parseWhole(text: string, name: string): bigint {
  const match = /^([+-]?)(0x[0-9a-f]+|\d+)(?:\.0*)?$/i.exec(text.trim());
  if (match === null)
    throw new FeatureError('genicam.xml', `"${text}" in the camera's description of ${name} is no integer`);
  const magnitude = BigInt(match[2] ?? '0');
  return match[1] === '-' ? -magnitude : magnitude;
}

function accessOf(text: string | undefined): AccessMode {
  return text === 'RO' || text === 'WO' || text === 'NA' ? text : 'RW';
}

/** What two access modes have in common. */
export function narrowest(a: AccessMode, b: AccessMode): AccessMode {
  if (a === b || b === 'RW') return a;
  return a === 'RW' ? b : 'NA';
}
