/** Nodes that stand before others: Integer, Float, Boolean, Enumeration, Command, String, Category. */
import { childrenOf, childText, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';
import { EnumEntryNode, type FeatureAccess, FeatureNode, type Limits, narrowest, parseWhole } from './feature-node.js';

/** Nodes with a `Value` of their own (a variable kept here, not in the camera) or a `pValue`, perhaps chosen by `pIndex`. */
class ForwardingNode extends FeatureNode {
  /** The value, where it is kept here. */
  protected local: string | undefined = childText(this.element, 'Value');

  /** The node that holds the value, or undefined where it is kept here. */
  protected async target(): Promise<FeatureNode | undefined> {
    const index = this.referred('pIndex');
    if (index === undefined) return this.referred('pValue');
    const wanted = await index.readInteger();
    const isWanted = (entry: XmlElement) => parseWhole(entry.attributes.get('Index') ?? '', this.name) === wanted;
    const entry = childrenOf(this.element, 'pValueIndexed').find(isWanted);
    if (entry !== undefined) return this.map.node(entry.text);
    const constant = childrenOf(this.element, 'ValueIndexed').find(isWanted) ?? childText(this.element, 'ValueDefault');
    if (constant === undefined) return this.referred('pValueDefault');
    this.local = typeof constant === 'string' ? constant : constant.text;
    return undefined;
  }

  protected localText(): string {
    if (this.local === undefined)
      throw new FeatureError('genicam.xml', `${this.name} has no value in the camera's description`);
    return this.local;
  }

  /** Nodes that take a copy of each value written. */
  protected copies(): FeatureNode[] {
    return childrenOf(this.element, 'pValueCopy').map((child) => this.map.node(child.text));
  }

  protected override async ownAccess(): Promise<FeatureAccess> {
    const own = await super.ownAccess();
    const behind = await (await this.target())?.accessNow();
    return behind === undefined ? own : { mode: narrowest(own.mode, behind.mode), why: behind.why };
  }
}

export class IntegerNode extends ForwardingNode {
  override async readInteger(): Promise<bigint> {
    const target = await this.target();
    return target === undefined ? parseWhole(this.localText(), this.name) : target.readInteger();
  }

  override async writeInteger(value: bigint): Promise<void> {
    const target = await this.target();
    if (target === undefined) this.local = String(value);
    else await target.writeInteger(value);
    for (const copy of this.copies()) await copy.writeInteger(value);
  }

  override async integerLimits(): Promise<Limits<bigint> | null> {
    const behind = await (await this.target())?.integerLimits();
    const min = (await this.integerField('Min')) ?? behind?.min;
    const max = (await this.integerField('Max')) ?? behind?.max;
    if (min === undefined || max === undefined) return null;
    return { min, max, step: (await this.integerField('Inc')) ?? behind?.step ?? null };
  }
}

export class FloatNode extends ForwardingNode {
  override async readFloat(): Promise<number> {
    const target = await this.target();
    return target === undefined ? Number(this.localText()) : target.readFloat();
  }

  override async readInteger(): Promise<bigint> {
    const value = await this.readFloat();
    if (!Number.isFinite(value)) throw this.wrongType(`read as an integer: it is ${value}`);
    return BigInt(Math.round(value));
  }

  override async readText(): Promise<string> {
    return String(await this.readFloat());
  }

  override async writeFloat(value: number): Promise<void> {
    const target = await this.target();
    if (target === undefined) this.local = String(value);
    else await target.writeFloat(value);
    for (const copy of this.copies()) await copy.writeFloat(value);
  }

  override writeInteger(value: bigint): Promise<void> {
    return this.writeFloat(Number(value));
  }

  override async floatLimits(): Promise<Limits<number> | null> {
    const behind = await (await this.target())?.floatLimits();
    const min = (await this.floatField('Min')) ?? behind?.min;
    const max = (await this.floatField('Max')) ?? behind?.max;
    if (min === undefined || max === undefined) return null;
    return { min, max, step: (await this.floatField('Inc')) ?? null };
  }
}

/** 0 and 1 for whoever refers to it; OnValue and OffValue in the camera. */
export class BooleanNode extends ForwardingNode {
  override async readInteger(): Promise<bigint> {
    const target = await this.target();
    if (target === undefined) return /^(true|1)$/i.test(this.localText()) ? 1n : 0n;
    return (await target.readInteger()) === this.#on ? 1n : 0n;
  }

  override async readText(): Promise<string> {
    return (await this.readInteger()) === 0n ? 'false' : 'true';
  }

  override async writeInteger(value: bigint): Promise<void> {
    const target = await this.target();
    if (target === undefined) this.local = value === 0n ? 'false' : 'true';
    else await target.writeInteger(value === 0n ? this.#off : this.#on);
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
    const target = await this.target();
    return target === undefined ? parseWhole(this.localText(), this.name) : target.readInteger();
  }

  override async readText(): Promise<string> {
    const value = await this.readInteger();
    return this.entries().find((entry) => entry.value === value)?.symbol ?? String(value);
  }

  override async writeInteger(value: bigint): Promise<void> {
    if (!this.entries().some((entry) => entry.value === value)) throw await this.#notOffered(String(value));
    const target = await this.target();
    if (target === undefined) this.local = String(value);
    else await target.writeInteger(value);
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

  async #notOffered(wish: string): Promise<FeatureError> {
    const offered = (await this.symbols()).join(', ');
    return new FeatureError('feature.range', `${this.name} cannot be ${wish}; the camera offers ${offered}`);
  }

  /** All entries of the description, available or not. */
  entries(): readonly EnumEntryNode[] {
    this.#entries ??= childrenOf(this.element, 'EnumEntry').map(
      (entry) => new EnumEntryNode(this.map, entry, `${this.name} ${entry.attributes.get('Name') ?? ''}`),
    );
    return this.#entries;
  }
}

/** Writes its command value; reads as 1 while the camera is still at it, where the register can be read. */
export class CommandNode extends ForwardingNode {
  override async readInteger(): Promise<bigint> {
    const target = await this.target();
    if (target === undefined || (await target.access()) === 'WO') return 0n;
    return (await target.readInteger()) === (await this.#command()) ? 1n : 0n;
  }

  override async execute(): Promise<void> {
    const target = await this.target();
    if (target !== undefined) await target.writeInteger(await this.#command());
  }

  async #command(): Promise<bigint> {
    return (await this.integerField('CommandValue')) ?? 1n;
  }
}

export class StringNode extends ForwardingNode {
  override async readText(): Promise<string> {
    const target = await this.target();
    return target === undefined ? this.localText() : target.readText();
  }

  override async writeText(text: string): Promise<void> {
    const target = await this.target();
    if (target === undefined) this.local = text;
    else await target.writeText(text);
  }
}

export class CategoryNode extends FeatureNode {
  get features(): readonly string[] {
    return childrenOf(this.element, 'pFeature').map((child) => child.text);
  }
}
