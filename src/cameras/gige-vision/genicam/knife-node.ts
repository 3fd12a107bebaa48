/** Nodes that are formulas: swiss knives (read only) and converters (between a feature and its register). */
import { childrenOf, childText, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';
import { type FeatureAccess, FeatureNode, type Limits } from './feature-node.js';
import { type Formula, type FormulaValue, parseFormula, variablesOf } from './formula.js';
import { evaluateFloat, evaluateInteger } from './formula-value.js';

/** The common part: variables, constants and sub-expressions of a formula. */
abstract class FormulaNode extends FeatureNode {
  readonly #formulas = new Map<string, Formula>();

  /** True for the Int- kinds, which compute with 64-bit integers. */
  protected get whole(): boolean {
    return this.kind === 'IntSwissKnife' || this.kind === 'IntConverter';
  }

  /** Evaluates the formula in child `tag`; `given` are values that it may use beside its declared variables. */
  protected async evaluate(tag: string, given: ReadonlyMap<string, FormulaValue>): Promise<FormulaValue> {
    const text = childText(this.element, tag);
    if (text === undefined)
      throw new FeatureError('genicam.xml', `${this.name} has no ${tag} in the camera's description`);
    const variables = new Map(given);
    const run = this.whole ? evaluateInteger : evaluateFloat;
    const formula = this.#formula(text);
    const expressions = new Map(childrenOf(this.element, 'Expression').map((e) => [e.attributes.get('Name'), e.text]));
    const resolve = async (part: Formula, depth: number): Promise<void> => {
      if (depth > 8) throw new FeatureError('genicam.xml', `the expressions of ${this.name} refer to each other`);
      for (const name of variablesOf(part)) {
        if (variables.has(name)) continue;
        const expression = expressions.get(name);
        if (expression !== undefined) {
          await resolve(this.#formula(expression), depth + 1);
          variables.set(name, run(this.#formula(expression), variables));
        } else {
          const value = await this.#variable(name);
          if (value !== undefined) variables.set(name, value);
        }
      }
    };
    await resolve(formula, 0);
    return run(formula, variables);
  }

  #formula(text: string): Formula {
    const known = this.#formulas.get(text);
    if (known !== undefined) return known;
    const formula = parseFormula(text);
    this.#formulas.set(text, formula);
    return formula;
  }

  async #variable(name: string): Promise<FormulaValue | undefined> {
    const named = (child: XmlElement) => child.attributes.get('Name') === name;
    const constant = childrenOf(this.element, 'Constant').find(named);
    if (constant !== undefined) {
      const number = Number(constant.text);
      return this.whole && /^[+-]?(0x[0-9a-f]+|\d+)$/i.test(constant.text) ? parseFixed(constant.text) : number;
    }
    const variable = childrenOf(this.element, 'pVariable').find(named);
    if (variable === undefined) return undefined;
    const node = this.map.node(variable.text);
    // A variable named X.Min, X.Max or X.Inc stands for that property of its node (GenApi 2.x).
    const property = /\.(Min|Max|Inc)$/.exec(name)?.[1];
    if (property !== undefined) {
      const limits = this.whole ? await node.integerLimits() : await node.floatLimits();
      const value = property === 'Min' ? limits?.min : property === 'Max' ? limits?.max : limits?.step;
      return value ?? undefined;
    }
    return this.whole ? node.readInteger() : node.readFloat();
  }
}

function parseFixed(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace(/^\+/, ''));
}

/** SwissKnife and IntSwissKnife. */
export class KnifeNode extends FormulaNode {
  override async readInteger(): Promise<bigint> {
    const value = await this.evaluate('Formula', new Map());
    return typeof value === 'bigint' ? value : roundToInteger(value, this.name);
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
    return typeof value === 'bigint' ? value : roundToInteger(value, this.name);
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
    await this.#write(this.whole ? roundToInteger(value, this.name) : value);
  }

  /** The limits of the register, seen through the formula (which may turn them round, as a period does a rate). */
  override async floatLimits(): Promise<Limits<number> | null> {
    const limits = this.whole ? await this.#target.integerLimits() : await this.#target.floatLimits();
    if (limits === null) return null;
    const ends = [Number(await this.#from(limits.min)), Number(await this.#from(limits.max))];
    return { min: Math.min(...ends), max: Math.max(...ends), step: null };
  }

  override async integerLimits(): Promise<Limits<bigint> | null> {
    const limits = await this.floatLimits();
    if (limits === null || !Number.isFinite(limits.min) || !Number.isFinite(limits.max)) return null;
    return { min: BigInt(Math.ceil(limits.min)), max: BigInt(Math.floor(limits.max)), step: null };
  }

  protected override ownAccess(): Promise<FeatureAccess> {
    return this.#target.accessNow();
  }

  get #target(): FeatureNode {
    const target = this.referred('pValue');
    if (target === undefined) throw new FeatureError('genicam.xml', `${this.name} converts nothing: it has no pValue`);
    return target;
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
    else await this.#target.writeFloat(await this.#fitting(converted));
  }

  /** What reaches an integer node is rounded: 1e6 / 3 us is a period of 333333 us. */
  async #fitting(value: number): Promise<number> {
    const takesFractions = ['Float', 'FloatReg', 'Converter'].includes(this.#target.kind);
    return takesFractions ? value : Number(roundToInteger(value, this.name));
  }
}

function roundToInteger(value: number, name: string): bigint {
  if (!Number.isFinite(value)) throw new FeatureError('feature.range', `${name} comes out as ${value}`);
  return BigInt(Math.round(value));
}
