/** Choices of symbols. */
import { FeatureError } from './feature-error.js';
import { EnumEntryNode, FeatureNode, parseWhole } from './feature-node.js';
import { ForwardingNode } from './forwarding-node.js';
import { enumEntriesOf } from './node-table.js';

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
