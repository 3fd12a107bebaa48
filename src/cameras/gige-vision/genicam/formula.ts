/**
 * The formula language of GenICam's swiss knives and converters (GenApi 1.1, SwissKnife): numbers, variables,
 * arithmetic, comparison, bit and logic operators, `? :`, and a set of functions. Text becomes a tree once; the tree is
 * evaluated with integers (64 bit) or in floating point.
 */
import { AppulseError } from '#gps/errors.js';

/** Code `genicam.formula`: text that is no formula, a variable without value, a division by zero. */
export class FormulaError extends AppulseError {}

/** An integer is a bigint, a floating-point value a number; the result of an operation on both is a number. */
export type FormulaValue = bigint | number;

export type Formula =
  | { readonly kind: 'number'; readonly text: string; readonly integer: bigint | null; readonly float: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Formula }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Formula; readonly right: Formula }
  | { readonly kind: 'choice'; readonly condition: Formula; readonly yes: Formula; readonly no: Formula }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Formula[] };

const TOKEN =
  /\s*(?:(0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|([a-z_][\w.]*)|(\*\*|<<|>>|<>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!()?:,=<>]))/iy;

/** Binary operators, loosest first; all but `**` associate to the left. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['=', '==', '<>', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** Nesting beyond this is not a formula that a camera's maker wrote. Chains (`A + B + ...`, `A ? 1 : B ? 2 : ...`) nest nothing. */
const DEEPEST = 200;
const LONGEST = 50_000;

/** Parses a formula. Throws FormulaError. */
export function parseFormula(text: string): Formula {
  const parser = new Parser(text);
  const formula = parser.choice(0);
  parser.expectEnd();
  return formula;
}

/** The names of the variables in a formula. */
export function variablesOf(formula: Formula): ReadonlySet<string> {
  const names = new Set<string>();
  const waiting = [formula];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop())
    switch (part.kind) {
      case 'number':
        break;
      case 'variable':
        names.add(part.name);
        break;
      case 'unary':
        waiting.push(part.operand);
        break;
      case 'binary':
        waiting.push(part.right, part.left);
        break;
      case 'choice':
        waiting.push(part.no, part.yes, part.condition);
        break;
      case 'call':
        waiting.push(...part.operands);
        break;
    }
  return names;
}

class Parser {
  readonly #text: string;
  #at = 0;
  #token = '';
  #kind: 'number' | 'name' | 'operator' | 'end' = 'end';

  constructor(text: string) {
    this.#text = text.length > LONGEST ? `${text.slice(0, 40)}...` : text;
    if (text.length > LONGEST) throw this.#wrong(`it is ${text.length} characters long`);
    this.#next();
  }

  expectEnd(): void {
    if (this.#kind !== 'end') throw this.#wrong(`"${this.#token}" is not expected`);
  }

  choice(depth: number): Formula {
    if (depth > DEEPEST) throw this.#wrong('it is nested too deeply');
    const steps: { condition: Formula; yes: Formula }[] = [];
    let last = this.#binary(0, depth);
    while (this.#take('?')) {
      steps.push({ condition: last, yes: this.choice(depth + 1) });
      this.#expect(':');
      last = this.#binary(0, depth);
    }
    return steps.reduceRight<Formula>((no, { condition, yes }) => ({ kind: 'choice', condition, yes, no }), last);
  }

  #binary(level: number, depth: number): Formula {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#power(depth);
    let left = this.#binary(level + 1, depth);
    while (this.#kind === 'operator' && operators.includes(this.#token)) {
      const operator = this.#token;
      this.#next();
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1, depth) };
    }
    return left;
  }

  /** A sign binds more tightly than the power behind it, as Aravis has it: -2 ** 2 is 4. */
  #power(depth: number): Formula {
    const base = this.#unary(depth);
    if (!this.#take('**')) return base;
    if (depth > DEEPEST) throw this.#wrong('it is nested too deeply');
    return { kind: 'binary', operator: '**', left: base, right: this.#power(depth + 1) };
  }

  #unary(depth: number): Formula {
    if (depth > DEEPEST) throw this.#wrong('it is nested too deeply');
    for (const operator of ['-', '+', '~', '!'])
      if (this.#take(operator)) return { kind: 'unary', operator, operand: this.#unary(depth + 1) };
    return this.#primary(depth);
  }

  #primary(depth: number): Formula {
    const token = this.#token;
    if (this.#take('(')) {
      const inner = this.choice(depth + 1);
      this.#expect(')');
      return inner;
    }
    if (this.#kind === 'number') {
      this.#next();
      const integer = /^(?:0x[0-9a-f]+|\d+)$/i.test(token) ? BigInt.asIntN(64, BigInt(token)) : null;
      return { kind: 'number', text: token, integer, float: Number(token) };
    }
    if (this.#kind !== 'name') throw this.#wrong(token === '' ? 'it ends too early' : `"${token}" is not expected`);
    this.#next();
    if (!this.#take('(')) return { kind: 'variable', name: token };
    const operands: Formula[] = [];
    if (!this.#take(')')) {
      do operands.push(this.choice(depth + 1));
      while (this.#take(','));
      this.#expect(')');
    }
    return { kind: 'call', name: token.toUpperCase(), operands };
  }

  #take(operator: string): boolean {
    if (this.#kind !== 'operator' || this.#token !== operator) return false;
    this.#next();
    return true;
  }

  #expect(operator: string): void {
    if (!this.#take(operator)) throw this.#wrong(`"${operator}" is missing`);
  }

  #next(): void {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) {
      if (this.#text.slice(this.#at).trim() !== '') throw this.#wrong(`it cannot be read from character ${this.#at}`);
      this.#token = '';
      this.#kind = 'end';
      return;
    }
    this.#at = TOKEN.lastIndex;
    this.#token = match[0].trim();
    this.#kind = match[1] !== undefined ? 'number' : match[2] !== undefined ? 'name' : 'operator';
  }

  #wrong(why: string): FormulaError {
    return new FormulaError('genicam.formula', `the camera's formula "${this.#text.trim()}" is wrong: ${why}`);
  }
}
