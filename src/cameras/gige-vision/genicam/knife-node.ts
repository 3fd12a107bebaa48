/** Nodes that are formulas: swiss knives (read only) and converters (between a feature and its register). */
import { childrenOf, childText } from './description.js';
import { EnumerationNode } from './enumeration-node.js';
import { FeatureError } from './feature-error.js';
import { type FeatureAccess, FeatureNode, type Limits, parseReal, parseWhole } from './feature-node.js';
import { type Formula, type FormulaValue, parseFormula, variablesOf } from './formula.js';
import { evaluateFloat, evaluateInteger } from './formula-value.js';

/** Expressions may use expressions, so deep; makers' reach five. */
const DEEPEST_EXPRESSION = 32;

/** What a formula can use beside the values that it is given. */
interface Names {
  readonly constants: ReadonlyMap<string, string>;
  readonly expressions: ReadonlyMap<string, string>;
  /** Names of nodes. */
  readonly variables: ReadonlyMap<string, string>;
}

/** The common part: variables, constants and sub-expressions of a formula. */
abstract class FormulaNode extends FeatureNode {
  readonly #formulas = new Map<string, Formula>();
  #names: Names | null = null;

  /** True for the Int- kinds, which compute with 64-bit integers. */
  protected get whole(): boolean {
    return this.kind === 'IntSwissKnife' || this.kind === 'IntConverter';
  }

  /** Evaluates the formula in child `tag`; `given` are values that it may use beside its declared variables. */
  protected async evaluate(tag: string, given: ReadonlyMap<string, FormulaValue>): Promise<FormulaValue> {
    const text = childText(this.element, tag);
    if (text === undefined)
      throw new FeatureError('genicam.xml', `${this.name} has no ${tag} in the camera's description`);
    const formula = this.#formula(text);
    const values = new Map(given);
    await this.#resolve(formula, values, 0);
    return this.#run(formula, values);
  }

  #run(formula: Formula, values: ReadonlyMap<string, FormulaValue>): FormulaValue {
    return this.whole ? evaluateInteger(formula, values) : evaluateFloat(formula, values);
  }

  /** Finds the values of all names in `formula`; those that have none stay out, the formula may know them (PI). */
  async #resolve(formula: Formula, values: Map<string, FormulaValue>, depth: number): Promise<void> {
    if (depth > DEEPEST_EXPRESSION)
      throw new FeatureError('genicam.xml', `the expressions of ${this.name} refer to each other`);
    for (const name of variablesOf(formula)) {
      if (values.has(name)) continue;
      const expression = this.#declared.expressions.get(name);
      if (expression !== undefined) {
        const part = this.#formula(expression);
        await this.#resolve(part, values, depth + 1);
        values.set(name, this.#run(part, values));
      } else {
        const value = await this.#valueOf(name);
        if (value !== undefined) values.set(name, value);
      }
    }
  }

  #formula(text: string): Formula {
    const known = this.#formulas.get(text) ?? parseFormula(text);
    this.#formulas.set(text, known);
    return known;
  }

  get #declared(): Names {
    const named = (tag: string) =>
      new Map(childrenOf(this.element, tag).map(({ attributes, text }) => [attributes.get('Name') ?? '', text]));
    this.#names ??= { constants: named('Constant'), expressions: named('Expression'), variables: named('pVariable') };
    return this.#names;
  }

  async #valueOf(name: string): Promise<FormulaValue | undefined> {
    const { constants, variables } = this.#declared;
    const constant = constants.get(name);
    if (constant !== undefined)
      return this.whole && /^[+-]?(0x[0-9a-f]+|\d+)$/i.test(constant)
        ? parseWhole(constant, this.name)
        : parseReal(constant, this.name);
    // X.Max may be declared by that name, or only X.
    const property = /^(.*?)\.(Value|Min|Max|Inc|(?:Entry|Enum)\.\w+)$/i.exec(name);
    const node = variables.get(name) ?? variables.get(property?.[1] ?? '');
    return node === undefined ? undefined : this.#property(this.linked(node), property?.[2] ?? 'Value');
  }

  /** A variable named X.Min, X.Max, X.Inc or X.Entry.NAME stands for that of its node (GenApi 1.1, SwissKnife). */
  async #property(node: FeatureNode, property: string): Promise<FormulaValue | undefined> {
    const [kind, symbol] = property.split('.');
    if (symbol !== undefined) {
      const entry =
        node instanceof EnumerationNode ? node.entries().find((known) => known.symbol === symbol) : undefined;
      return entry?.value;
    }
    if (kind?.toLowerCase() === 'value') return this.whole ? node.readInteger() : node.readFloat();
    const limits = this.whole ? await node.integerLimits() : await node.floatLimits();
    const limit = { min: limits?.min, max: limits?.max, inc: limits?.step }[kind?.toLowerCase() ?? ''];
    return limit ?? undefined;
  }
}

/** SwissKnife and IntSwissKnife. */
export class KnifeNode extends FormulaNode {
  override async readInteger(): Promise<bigint> {
    const value = await this.evaluate('Formula', new Map());
    return typeof value === 'bigint' ? value : this.rounded(value);
  }

  override async readFloat(): Promise<number> {
    return Number(await this.evaluate('Formula', new Map()));
  }

  override async readText(): Promise<string> {
    return String(await this.evaluate('Formula', new Map()));
  }

  protected override ownAccess(): Promise<FeatureAccess> {
    return Promise.resolve({ mode: 'RO', why: null });
  }
}

/** Converter and IntConverter: FormulaFrom turns the register (TO) into the feature, FormulaTo the feature (FROM) back. */
export class ConverterNode extends FormulaNode {
  override async readInteger(): Promise<bigint> {
    const value = await this.#read();
    return typeof value === 'bigint' ? value : this.rounded(value);
  }

  override async readFloat(): Promise<number> {
    return Number(await this.#read());
  }

  override async readText(): Promise<string> {
    return String(await this.#read());
  }

  override async writeInteger(value: bigint): Promise<void> {
    await this.#write(this.whole ? value : Number(value));
  }

  override async writeFloat(value: number): Promise<void> {
    await this.#write(this.whole ? this.rounded(value) : value);
  }

  override async floatLimits(): Promise<Limits<number> | null> {
    const limits = await this.#limits();
    return (
      limits && {
        min: Number(limits.min),
        max: Number(limits.max),
        step: limits.step === null ? null : Number(limits.step),
      }
    );
  }

  override async integerLimits(): Promise<Limits<bigint> | null> {
    const limits = await this.#limits();
    if (limits === null) return null;
    const [min, max] = [upwards(limits.min), downwards(limits.max)];
    return min === null || max === null ? null : { min, max, step: limits.step === null ? null : upwards(limits.step) };
  }

  /** Registers that only the converter stands before say what can be done. */
  protected override ownAccess(): Promise<FeatureAccess> {
    return this.#target.accessNow();
  }

  get #target(): FeatureNode {
    const target = this.referred('pValue');
    if (target === undefined) throw new FeatureError('genicam.xml', `${this.name} converts nothing: it has no pValue`);
    return target;
  }

  /**
   * The limits of the register, seen through the formula, which may turn them round, as a period does a rate. Of a formula whose slope
   * changes its sign (Varying) nothing is known; only a linear one keeps steps equal.
   */
  async #limits(): Promise<Limits<FormulaValue> | null> {
    if (childText(this.element, 'Slope') === 'Varying') return null;
    const limits: Limits<FormulaValue> | null = this.whole
      ? await this.#target.integerLimits()
      : await this.#target.floatLimits();
    if (limits === null) return null;
    const [one, other] = [await this.#from(limits.min), await this.#from(limits.max)];
    if (Number.isNaN(Number(one)) || Number.isNaN(Number(other))) return null;
    const [min, max] = one <= other ? [one, other] : [other, one];
    const linear = childText(this.element, 'IsLinear') === 'Yes' && limits.step !== null;
    return { min, max, step: linear ? await this.#step(limits) : null };
  }

  async #step({ min, step }: Limits<FormulaValue>): Promise<FormulaValue | null> {
    if (typeof min === 'bigint' && typeof step === 'bigint') {
      const difference = Number(await this.#from(min + step)) - Number(await this.#from(min));
      return BigInt(Math.abs(Math.trunc(difference)));
    }
    const difference = Math.abs(
      Number(await this.#from(Number(min) + Number(step))) - Number(await this.#from(Number(min))),
    );
    return Number.isFinite(difference) && difference > 0 ? difference : null;
  }

  async #read(): Promise<FormulaValue> {
    return this.#from(this.whole ? await this.#target.readInteger() : await this.#target.readFloat());
  }

  #from(value: FormulaValue): Promise<FormulaValue> {
    return this.evaluate('FormulaFrom', new Map([['TO', value]]));
  }

  async #write(value: FormulaValue): Promise<void> {
    const converted = await this.evaluate('FormulaTo', new Map([['FROM', value]]));
    if (typeof converted === 'bigint') await this.#target.writeInteger(converted);
    else await this.#target.writeFloat(converted);
  }
}

/** The least whole number that is not below a limit, null where there is none. */
function upwards(limit: FormulaValue): bigint | null {
  if (typeof limit === 'bigint') return limit;
  return Number.isFinite(limit) ? BigInt(Math.ceil(limit)) : null;
}

function downwards(limit: FormulaValue): bigint | null {
  if (typeof limit === 'bigint') return limit;
  return Number.isFinite(limit) ? BigInt(Math.floor(limit)) : null;
}
