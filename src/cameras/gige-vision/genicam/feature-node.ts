/** What every node of a camera's description can be asked. */
import { childrenOf, childText, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';
import type { RegisterMemory } from './register-memory.js';

export type { RegisterPort } from './register-memory.js';

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
  /** Why it is not available, where that is known: a subordinate clause for people. */
  readonly detail?: string;
}

/** The node map as nodes see it. */
export interface NodeLookup {
  readonly memory: RegisterMemory;
  /** Values kept here and not in the camera, by node (and index). */
  readonly locals: Map<string, string>;
  /** Bytes of the chunks or the event that this map reads, by `chunk ID` and `event ID`. */
  readonly carried: ReadonlyMap<string, Uint8Array>;
  has(name: string): boolean;
  element(name: string): XmlElement | undefined;
  /** Registers behind `name` are read anew. */
  forgetBehind(name: string): void;
  /** Throws FeatureError `feature.unknown`. */
  node(name: string): FeatureNode;
}

/** A node. Each kind overrides what it can do; the rest throws `feature.type`. Only registers remember (RegisterMemory). */
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

  /** What reaches an integer is rounded: 1e6 / 3 us is a period of 333333 us. */
  writeFloat(value: number): Promise<void> {
    return this.writeInteger(this.rounded(value));
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
    return (
      limits && {
        min: Number(limits.min),
        max: Number(limits.max),
        step: limits.step === null ? null : Number(limits.step),
      }
    );
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
    if (await this.anyReferred('pIsImplemented', (value) => value === 0n))
      return { mode: 'NA', why: 'not-implemented' };
    if (await this.anyReferred('pIsAvailable', (value) => value === 0n)) return { mode: 'NA', why: 'not-available' };
    const own = await this.ownAccess();
    const mode = narrowest(own.mode, accessOf(childText(this.element, 'ImposedAccessMode'), 'RW'));
    if (mode === 'NA') return own.mode === 'NA' ? own : { mode, why: 'not-available' };
    if (mode !== 'RW' && mode !== 'WO') return { mode, why: own.why };
    if (!(await this.anyReferred('pIsLocked', (value) => value !== 0n))) return { mode, why: null };
    return { mode: mode === 'RW' ? 'RO' : 'NA', why: 'locked' };
  }

  protected async anyReferred(tag: string, matches: (value: bigint) => boolean): Promise<boolean> {
    for (const { text } of childrenOf(this.element, tag))
      if (matches(await this.linked(text).readInteger())) return true;
    return false;
  }

  protected ownAccess(): Promise<FeatureAccess> {
    return Promise.resolve({ mode: accessOf(childText(this.element, 'AccessMode'), 'RW'), why: null });
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

  /** Nodes that tell what the camera thought of the value written last: 0 is content (pError, GenApi 1.1). */
  errorNodes(): FeatureNode[] {
    return childrenOf(this.element, 'pError').map(({ text }) => this.linked(text));
  }

  /** The node that a `pSomething` child names, if there is such a child. */
  protected referred(tag: string): FeatureNode | undefined {
    const name = childText(this.element, tag);
    return name === undefined ? undefined : this.linked(name);
  }

  /** A node that this one's description names. */
  protected linked(name: string): FeatureNode {
    if (this.map.has(name)) return this.map.node(name);
    throw new FeatureError('genicam.xml', `${this.name} refers to "${name}", which the camera's description lacks`);
  }

  /** A constant child, or the value of the node that its `p` twin names. */
  protected async integerField(tag: string): Promise<bigint | undefined> {
    const text = childText(this.element, tag);
    if (text !== undefined) return parseWhole(text, this.name);
    return this.referred(`p${tag}`)?.readInteger();
  }

  protected async floatField(tag: string): Promise<number | undefined> {
    const text = childText(this.element, tag);
    if (text !== undefined) return parseReal(text, this.name);
    return this.referred(`p${tag}`)?.readFloat();
  }

  protected rounded(value: number): bigint {
    if (Number.isFinite(value)) return BigInt(Math.round(value));
    throw new FeatureError('feature.range', `${this.name} is a whole number, it cannot be ${value}`);
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

  /** What it stands for as a number: its value where the description says nothing else. */
  get numericValue(): number {
    const text = childText(this.element, 'NumericValue');
    return text === undefined ? Number(this.value) : parseReal(text, this.name);
  }

  /** The camera leaves it by itself. */
  get clearsItself(): boolean {
    return childText(this.element, 'IsSelfClearing') === 'Yes';
  }
}

/** Integers of a description; some cameras write them with a fraction of zero. Of 64 bits, whatever their sign. */
export function parseWhole(text: string, name: string): bigint {
  const match = /^([+-]?)(0x[0-9a-f]{1,32}|\d{1,40})(?:\.0*)?$/i.exec(text.trim());
  if (match === null)
    throw new FeatureError('genicam.xml', `"${clipped(text)}" in the camera's description of ${name} is no integer`);
  const magnitude = BigInt(match[2] ?? '0');
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Numbers of a description, as XML Schema spells them; hexadecimal ones occur. */
export function parseReal(text: string, name: string): number {
  const trimmed = text.trim();
  if (/^[+-]?INF(?:INITY)?$/i.test(trimmed)) return trimmed.startsWith('-') ? -Infinity : Infinity;
  const number = trimmed === '' ? Number.NaN : Number(trimmed);
  if (!Number.isNaN(number)) return number;
  throw new FeatureError('genicam.xml', `"${clipped(text)}" in the camera's description of ${name} is no number`);
}

function clipped(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** `R` and `W` occur beside the schema's RO, RW and WO. */
export function accessOf(text: string | undefined, otherwise: AccessMode): AccessMode {
  switch (text) {
    case undefined:
      return otherwise;
    case 'R':
    case 'RO':
      return 'RO';
    case 'W':
    case 'WO':
      return 'WO';
    case 'NA':
    case 'NI':
      return 'NA';
    default:
      return 'RW';
  }
}

/** What two access modes have in common. */
export function narrowest(a: AccessMode, b: AccessMode): AccessMode {
  if (a === b || b === 'RW') return a;
  return a === 'RW' ? b : 'NA';
}
