/** Evaluates formulas: integers stay 64-bit integers, everything else is a double. */
import { type Formula, FormulaError, type FormulaValue } from './formula.js';

/** `integer` keeps whole numbers exact and divides them as integers; `float` computes with doubles throughout. */
export type Arithmetic = 'integer' | 'float';

export type Variables = ReadonlyMap<string, FormulaValue>;

/** The value of a formula in integer arithmetic; a fraction, where one arises, is cut off. Throws FormulaError. */
export function evaluateInteger(formula: Formula, variables: Variables): bigint {
  return whole(evaluate(formula, variables, 'integer'));
}

/** The value of a formula in floating point. Throws FormulaError. */
export function evaluateFloat(formula: Formula, variables: Variables): number {
  return Number(evaluate(formula, variables, 'float'));
}

function evaluate(formula: Formula, variables: Variables, mode: Arithmetic): FormulaValue {
  let part = formula;
  while (part.kind === 'choice') part = truth(evaluate(part.condition, variables, mode)) ? part.yes : part.no;
  switch (part.kind) {
    case 'number':
      return mode === 'integer' && part.integer !== null ? part.integer : part.float;
    case 'variable':
      return variableValue(part.name, variables, mode);
    case 'unary':
      return unary(part.operator, evaluate(part.operand, variables, mode), mode);
    case 'call':
      return call(
        part.name,
        part.operands.map((operand) => evaluate(operand, variables, mode)),
        mode,
      );
    case 'binary':
      return chain(part, variables, mode);
  }
}

/** `A + B - C ...` leans to the left as far as it is long: it is walked, not descended. */
function chain(formula: Formula, variables: Variables, mode: Arithmetic): FormulaValue {
  const steps: { operator: string; right: Formula }[] = [];
  let first = formula;
  for (; first.kind === 'binary'; first = first.left) steps.push(first);
  let value = evaluate(first, variables, mode);
  for (const { operator, right } of steps.reverse()) {
    if (operator === '&&' && !truth(value)) value = number(false, mode);
    else if (operator === '||' && truth(value)) value = number(true, mode);
    else value = binary(operator, value, evaluate(right, variables, mode), mode);
  }
  return value;
}

function variableValue(name: string, variables: Variables, mode: Arithmetic): FormulaValue {
  const value = variables.get(name);
  if (value !== undefined) return mode === 'float' ? Number(value) : value;
  if (name.toUpperCase() === 'PI') return Math.PI;
  if (name.toUpperCase() === 'E') return Math.E;
  throw new FormulaError('genicam.formula', `the camera's formula uses ${name}, which has no value`);
}

function truth(value: FormulaValue): boolean {
  return typeof value === 'bigint' ? value !== 0n : value !== 0;
}

function number(value: boolean, mode: Arithmetic): FormulaValue {
  if (mode === 'integer') return value ? 1n : 0n;
  return value ? 1 : 0;
}

/** Cuts a double to a 64-bit integer. Throws where it has none (infinity, NaN). */
function whole(value: FormulaValue): bigint {
  if (typeof value === 'bigint') return value;
  if (!Number.isFinite(value)) throw new FormulaError('genicam.formula', `${value} in a formula of whole numbers`);
  return BigInt.asIntN(64, BigInt(Math.trunc(value)));
}

/** The result of an integer operation, as the mode wants it. */
function fromInteger(value: bigint, mode: Arithmetic): FormulaValue {
  const wrapped = BigInt.asIntN(64, value);
  return mode === 'integer' ? wrapped : Number(wrapped);
}

function unary(operator: string, value: FormulaValue, mode: Arithmetic): FormulaValue {
  switch (operator) {
    case '-':
      return typeof value === 'bigint' ? BigInt.asIntN(64, -value) : -value;
    case '~':
      return fromInteger(~whole(value), mode);
    case '!':
      return number(!truth(value), mode);
    default:
      return value;
  }
}

function binary(operator: string, left: FormulaValue, right: FormulaValue, mode: Arithmetic): FormulaValue {
  switch (operator) {
    case '&&':
    case '||':
      return number(truth(right), mode);
    case '=':
    case '==':
      // biome-ignore lint/suspicious/noDoubleEquals: a bigint equals the double of the same value
      return number(left == right, mode);
    case '<>':
    case '!=':
      // biome-ignore lint/suspicious/noDoubleEquals: as above
      return number(left != right, mode);
    case '<':
      return number(left < right, mode);
    case '>':
      return number(left > right, mode);
    case '<=':
      return number(left <= right, mode);
    case '>=':
      return number(left >= right, mode);
    case '&':
      return fromInteger(whole(left) & whole(right), mode);
    case '|':
      return fromInteger(whole(left) | whole(right), mode);
    case '^':
      return fromInteger(whole(left) ^ whole(right), mode);
    case '<<':
      return fromInteger(whole(left) << (whole(right) & 63n), mode);
    case '>>':
      return fromInteger(whole(left) >> (whole(right) & 63n), mode);
    default:
      if (typeof left === 'bigint' && typeof right === 'bigint') return integers(operator, left, right);
      return doubles(operator, Number(left), Number(right));
  }
}

function integers(operator: string, left: bigint, right: bigint): FormulaValue {
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '**':
      return right < 0n || right > 64n ? doubles('**', Number(left), Number(right)) : BigInt.asIntN(64, left ** right);
    default:
      if (right === 0n) throw new FormulaError('genicam.formula', "a division by zero in the camera's formula");
      return operator === '/' ? BigInt.asIntN(64, left / right) : left % right;
  }
}

function doubles(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    default:
      return left ** right;
  }
}

/** Half away from zero, as the C library's round(); with a number of decimal places when given: more than a double has change nothing. */
function round(value: number, places = 0): number {
  const scale = 10 ** places;
  const scaled = Math.abs(value) * scale;
  return Number.isFinite(scaled) ? (Math.sign(value) * Math.round(scaled)) / scale : value;
}

const FUNCTIONS: Readonly<Record<string, (value: number, second?: number) => number>> = {
  SGN: Math.sign,
  NEG: (value) => -value,
  ABS: Math.abs,
  SQRT: Math.sqrt,
  TRUNC: Math.trunc,
  FRAC: (value) => value - Math.trunc(value),
  FLOOR: Math.floor,
  CEIL: Math.ceil,
  ROUND: round,
  SIN: Math.sin,
  COS: Math.cos,
  TAN: Math.tan,
  ASIN: Math.asin,
  ACOS: Math.acos,
  ATAN: Math.atan,
  EXP: Math.exp,
  LN: Math.log,
  LG: Math.log10,
};

function call(name: string, operands: readonly FormulaValue[], mode: Arithmetic): FormulaValue {
  if (name === 'PI' && operands.length === 0) return Math.PI;
  if (name === 'E' && operands.length === 0) return Math.E;
  const [first, second] = operands;
  const run = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (run === undefined || first === undefined || operands.length > (name === 'ROUND' ? 2 : 1))
    throw new FormulaError(
      'genicam.formula',
      `${name} with ${operands.length} values is no function of GenICam formulas`,
    );
  if (typeof first === 'bigint') {
    // Whole numbers beyond 2^53 pass unharmed through the functions that keep them whole.
    if (name === 'ABS') return BigInt.asIntN(64, first < 0n ? -first : first);
    if (name === 'NEG') return BigInt.asIntN(64, -first);
    if (name === 'FRAC') return 0n;
    if (['TRUNC', 'FLOOR', 'CEIL', 'ROUND'].includes(name)) return first;
    if (name === 'SGN') return fromInteger(first > 0n ? 1n : first < 0n ? -1n : 0n, mode);
  }
  return run(Number(first), second === undefined ? undefined : Number(second));
}
