/** What all nodes have in common that stand before others. */
import { childrenOf, childText, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';
import { type FeatureAccess, FeatureNode, type Limits, narrowest, parseWhole } from './feature-node.js';

/** Where a value is kept that is not in the camera: the node's own, or one of its indexed ones. */
export interface Local {
  readonly key: string;
  /** Of the description, before it is set. */
  readonly first: string;
}

/** Nodes with a `Value` of their own (a variable kept here, not in the camera) or a `pValue`, perhaps chosen by `pIndex`. */
export class ForwardingNode extends FeatureNode {
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
export function common<T extends bigint | number>(
  a: Limits<T> | null | undefined,
  b: Limits<T> | null,
): Limits<T> | null {
  if (a === null || a === undefined || b === null) return a ?? b;
  return { min: a.min > b.min ? a.min : b.min, max: a.max < b.max ? a.max : b.max, step: a.step };
}
