/** Nodes that stand before others: Integer, Float, Boolean, Enumeration, Command, String, Category. */
import { childrenOf, childText, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';
import {
  EnumEntryNode,
  type FeatureAccess,
  FeatureNode,
  type Limits,
  narrowest,
  parseReal,
  parseWhole,
} from './feature-node.js';
import { enumEntriesOf } from './node-table.js';

/** Limits of an integer that has none (GenApi: 64 bits). */
export const INTEGER_MIN = -(2n ** 63n);
export const INTEGER_MAX = 2n ** 63n - 1n;

/** Where a value is kept that is not in the camera: the node's own, or one of its indexed ones. */
interface Local {
  readonly key: string;
  /** Of the description, before it is set. */
  readonly first: string;
}

/** Nodes with a `Value` of their own (a variable kept here, not in the camera) or a `pValue`, perhaps chosen by `pIndex`. */
class ForwardingNode extends FeatureNode {
  /** The node that holds the value, or the place here where it is kept. */
  protected async holder(): Promise<FeatureNode | Local> {
    const index = this.referred('pIndex');
    const wanted = index === undefined ? undefined : await index.readInteger();
    if (wanted !== undefined) {
      const isWanted = (entry: XmlElement) => parseWhole(entry.attributes.get('Index') ?? '', this.name) === wanted;
      const entry = childrenOf(this.element, 'pValueIndexed').find(isWanted);
      if (entry !== undefined) return this.linked(entry.text);
      const constant = childrenOf(this.element, 'ValueIndexed').find(isWanted);
      if (constant !== undefined) return { key: `${this.name} ${wanted}`, first: constant.text };
    }
    const node = this.referred(index === undefined ? 'pValue' : 'pValueDefault');
    if (node !== undefined) return node;
    const first = childText(this.element, index === undefined ? 'Value' : 'ValueDefault');
    if (first !== undefined) return { key: this.name, first };
    const which = wanted === undefined ? '' : ` for index ${wanted}`;
    throw new FeatureError('genicam.xml', `${this.name} has no value${which} in the camera's description`);
  }

  /** The node that holds the value, or undefined where it is kept here. */
  protected async target(): Promise<FeatureNode | undefined> {
    const holder = await this.holder();
    return holder instanceof FeatureNode ? holder : undefined;
  }

  protected localText({ key, first }: Local): string {
    return this.map.locals.get(key) ?? first;
  }

  protected setLocal({ key }: Local, text: string): void {
    this.map.locals.set(key, text);
    this.map.memory.forgetAfter(this.name);
  }

  /** Nodes that take a copy of each value written. */
  protected copies(): FeatureNode[] {
    return childrenOf(this.element, 'pValueCopy').map((child) => this.linked(child.text));
  }

  /** The value and its copies are written in the order of the description. */
  protected async writeInOrder(
    write: (node: FeatureNode) => Promise<void>,
    keep: (local: Local) => void,
  ): Promise<void> {
    const holder = await this.holder();
    let written = false;
    const own = async () => {
      written = true;
      if (holder instanceof FeatureNode) await write(holder);
      else keep(holder);
    };
    for (const { tag, text } of this.element.children)
      if (tag === 'pValueCopy') await write(this.linked(text));
      else if (tag === 'pValue' || tag === 'Value') await own();
    if (!written) await own();
  }

  /** What all copies can take. */
  protected async copyLimits<T extends bigint | number>(
    ask: (node: FeatureNode) => Promise<Limits<T> | null>,
  ): Promise<Limits<T> | null> {
    let limits: Limits<T> | null = null;
    for (const copy of this.copies()) limits = common(limits, await ask(copy));
    return limits;
  }

  protected override async ownAccess(): Promise<FeatureAccess> {
    const own = await super.ownAccess();
    const behind = await (await this.target())?.accessNow();
    return behind === undefined ? own : { ...behind, mode: narrowest(own.mode, behind.mode) };
  }
}

/** What two limits have in common; the steps of the first. */
function common<T extends bigint | number>(a: Limits<T> | null | undefined, b: Limits<T> | null): Limits<T> | null {
  if (a === null || a === undefined || b === null) return a ?? b;
  return { min: a.min > b.min ? a.min : b.min, max: a.max < b.max ? a.max : b.max, step: a.step };
}

export class IntegerNode extends ForwardingNode {
  /** The only values that it can have, where the description lists them (ValidValueSet: numbers between semicolons). */
  get validValues(): readonly bigint[] | null {
    const text = childText(this.element, 'ValidValueSet') ?? childText(this.element, 'ValidValuesSet');
    if (text === undefined) {
      const behind = this.referred('pValue');
      return behind instanceof IntegerNode ? behind.validValues : null;
    }
    const values = text.split(/[;\s]+/).filter((word) => word !== '');
    return values.length === 0 ? null : values.map((word) => parseWhole(word, this.name));
  }

  override async readInteger(): Promise<bigint> {
    const holder = await this.holder();
    return holder instanceof FeatureNode ? holder.readInteger() : parseWhole(this.localText(holder), this.name);
  }

  override writeInteger(value: bigint): Promise<void> {
    return this.writeInOrder(
      (node) => node.writeInteger(value),
      (local) => this.setLocal(local, String(value)),
    );
  }

  override async integerLimits(): Promise<Limits<bigint> | null> {
    const behind = common(
      await (await this.target())?.integerLimits(),
      await this.copyLimits((node) => node.integerLimits()),
    );
    const min = (await this.integerField('Min')) ?? behind?.min;
    const max = (await this.integerField('Max')) ?? behind?.max;
    const step = (await this.integerField('Inc')) ?? behind?.step ?? null;
    if (min === undefined && max === undefined && step === null) return null;
    return { min: min ?? INTEGER_MIN, max: max ?? INTEGER_MAX, step };
  }
}

export class FloatNode extends ForwardingNode {
  override async readFloat(): Promise<number> {
    const holder = await this.holder();
    return holder instanceof FeatureNode ? holder.readFloat() : parseReal(this.localText(holder), this.name);
  }

  override async readInteger(): Promise<bigint> {
    return this.rounded(await this.readFloat());
  }

  override async readText(): Promise<string> {
    return String(await this.readFloat());
  }

  override writeFloat(value: number): Promise<void> {
    return this.writeInOrder(
      (node) => node.writeFloat(value),
      (local) => this.setLocal(local, String(value)),
    );
  }

  override writeInteger(value: bigint): Promise<void> {
    return this.writeFloat(Number(value));
  }

  override async floatLimits(): Promise<Limits<number> | null> {
    const behind = common(
      await (await this.target())?.floatLimits(),
      await this.copyLimits((node) => node.floatLimits()),
    );
    const min = (await this.floatField('Min')) ?? behind?.min;
    const max = (await this.floatField('Max')) ?? behind?.max;
    const step = (await this.floatField('Inc')) ?? behind?.step ?? null;
    if (min === undefined && max === undefined && step === null) return null;
    return { min: min ?? -Infinity, max: max ?? Infinity, step };
  }
}

/** 0 and 1 for whoever refers to it; OnValue and OffValue in the camera. */
export class BooleanNode extends ForwardingNode {
  override async readInteger(): Promise<bigint> {
    const holder = await this.holder();
    if (!(holder instanceof FeatureNode)) return /^(true|1)$/i.test(this.localText(holder)) ? 1n : 0n;
    return (await holder.readInteger()) === this.#on ? 1n : 0n;
  }

  override async readText(): Promise<string> {
    return (await this.readInteger()) === 0n ? 'false' : 'true';
  }

  override async writeInteger(value: bigint): Promise<void> {
    const holder = await this.holder();
    if (holder instanceof FeatureNode) await holder.writeInteger(value === 0n ? this.#off : this.#on);
    else this.setLocal(holder, value === 0n ? 'false' : 'true');
  }

  override writeText(text: string): Promise<void> {
    if (!/^(true|false|on|off|1|0)$/i.test(text)) return Promise.reject(this.wrongType(`set to "${text}"`));
    return this.writeInteger(/^(true|on|1)$/i.test(text) ? 1n : 0n);
  }

  get #on(): bigint {
    return parseWhole(childText(this.element, 'OnValue') ?? '1', this.name);
  }

  get #off(): bigint {
    return parseWhole(childText(this.element, 'OffValue') ?? '0', this.name);
  }
}

/** A choice of symbols. Its integer is the one of the camera (for PixelFormat: the code of the format). */
export class EnumerationNode extends ForwardingNode {
  #entries: readonly EnumEntryNode[] | undefined;

  override async readInteger(): Promise<bigint> {
    const holder = await this.holder();
    if (!(holder instanceof FeatureNode)) return parseWhole(this.localText(holder), this.name);
    const value = await holder.readInteger();
    if (this.#entryOf(value)?.clearsItself === true) this.map.forgetBehind(this.name);
    return value;
  }

  /** For features that are numbers and have this one behind them: 1.5 for an entry `Medium`. */
  override async readFloat(): Promise<number> {
    const value = await this.readInteger();
    return this.#entryOf(value)?.numericValue ?? Number(value);
  }

  /** Chooses the entry that comes nearest. */
  override async writeFloat(value: number): Promise<void> {
    let nearest: EnumEntryNode | undefined;
    const distance = (entry: EnumEntryNode) => Math.abs(entry.numericValue - value);
    for (const entry of this.entries())
      if ((nearest === undefined || distance(entry) < distance(nearest)) && (await entry.access()) !== 'NA')
        nearest = entry;
    if (nearest === undefined) throw await this.#notOffered(String(value));
    await this.writeInteger(nearest.value);
  }

  override async readText(): Promise<string> {
    const value = await this.readInteger();
    return this.#entryOf(value)?.symbol ?? String(value);
  }

  override async writeInteger(value: bigint): Promise<void> {
    if (this.#entryOf(value) === undefined) throw await this.#notOffered(String(value));
    const holder = await this.holder();
    if (holder instanceof FeatureNode) await holder.writeInteger(value);
    else this.setLocal(holder, String(value));
  }

  override async writeText(text: string): Promise<void> {
    const entry = this.entries().find((candidate) => candidate.symbol === text);
    if (entry === undefined || (await entry.access()) === 'NA') throw await this.#notOffered(text);
    await this.writeInteger(entry.value);
  }

  /** The symbols that can be chosen now. */
  override async symbols(): Promise<readonly string[]> {
    const offered: string[] = [];
    for (const entry of this.entries()) if ((await entry.access()) !== 'NA') offered.push(entry.symbol);
    return offered;
  }

  #entryOf(value: bigint): EnumEntryNode | undefined {
    return this.entries().find((entry) => entry.value === value);
  }

  async #notOffered(wish: string): Promise<FeatureError> {
    const offered = (await this.symbols()).join(', ');
    return new FeatureError('feature.range', `${this.name} cannot be ${wish}; the camera offers ${offered}`);
  }

  /** All entries of the description, available or not. */
  entries(): readonly EnumEntryNode[] {
    this.#entries ??= enumEntriesOf(this.element, (name) => this.map.element(name)).map(
      (entry) => new EnumEntryNode(this.map, entry, `${this.name} ${entry.attributes.get('Name') ?? ''}`),
    );
    return this.#entries;
  }
}

/** Writes its command value; reads as 1 while the camera is still at it, where the register can be read. */
export class CommandNode extends ForwardingNode {
  override async readInteger(): Promise<bigint> {
    const target = await this.target();
    if (target === undefined || ['WO', 'NA'].includes(await target.access())) return 0n;
    this.map.forgetBehind(target.name);
    return (await target.readInteger()) === (await this.#command()) ? 1n : 0n;
  }

  /** `done` or `running`. */
  override async readText(): Promise<string> {
    return (await this.readInteger()) === 0n ? 'done' : 'running';
  }

  /** A command may change anything: nothing that was read before it is trusted after it. */
  override async execute(): Promise<void> {
    const holder = await this.holder();
    try {
      if (holder instanceof FeatureNode) await holder.writeInteger(await this.#command());
    } finally {
      this.map.memory.forgetWritten();
    }
  }

  async #command(): Promise<bigint> {
    return (await this.integerField('CommandValue')) ?? 1n;
  }
}

export class StringNode extends ForwardingNode {
  override async readText(): Promise<string> {
    const holder = await this.holder();
    return holder instanceof FeatureNode ? holder.readText() : this.localText(holder);
  }

  override async writeText(text: string): Promise<void> {
    const holder = await this.holder();
    if (holder instanceof FeatureNode) await holder.writeText(text);
    else this.setLocal(holder, text);
  }
}

export class CategoryNode extends FeatureNode {
  get features(): readonly string[] {
    return childrenOf(this.element, 'pFeature').map((child) => child.text);
  }
}
