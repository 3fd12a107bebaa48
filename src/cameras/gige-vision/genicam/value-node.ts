/** Nodes that stand before others: Integer, Float, Boolean, Command, String, Category. */
import { childrenOf, childText } from './description.js';
import { FeatureNode, type Limits, parseReal, parseWhole } from './feature-node.js';
import { common, ForwardingNode } from './forwarding-node.js';

/** Limits of an integer that has none (GenApi: 64 bits). */
export const INTEGER_MIN = -(2n ** 63n);
export const INTEGER_MAX = 2n ** 63n - 1n;

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
