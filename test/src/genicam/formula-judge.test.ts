import * as assert from 'uvu/assert';
import { type Formula, FormulaError, parseFormula, variablesOf } from '#src/cameras/gige-vision/genicam/formula.js';
import { evaluateFloat, evaluateInteger } from '#src/cameras/gige-vision/genicam/formula-value.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** The same expression for GenICam and for JavaScript, which judges it. */
interface Pair {
  readonly genicam: string;
  readonly script: string;
}

type Chooser = <T>(items: readonly T[]) => T;

function chooserOf(seed: number): { random: () => number; pick: Chooser } {
  const random = randomOf(seed);
  return { random, pick: (items) => items[Math.floor(random() * items.length)] as never };
}

const FUNCTIONS: readonly (readonly [string, string])[] = [
  ['SGN', 'Math.sign'],
  ['NEG', '-'],
  ['TRUNC', 'Math.trunc'],
  ['CEIL', 'Math.ceil'],
  ['FLOOR', 'Math.floor'],
  ['ABS', 'Math.abs'],
  ['EXP', 'Math.exp'],
  ['LN', 'Math.log'],
  ['LG', 'Math.log10'],
  ['SQRT', 'Math.sqrt'],
  ['SIN', 'Math.sin'],
  ['COS', 'Math.cos'],
  ['TAN', 'Math.tan'],
  ['ASIN', 'Math.asin'],
  ['ACOS', 'Math.acos'],
  ['ATAN', 'Math.atan'],
];

const COMPARISONS: readonly (readonly [string, string])[] = [
  ['=', '==='],
  ['<>', '!=='],
  ['<', '<'],
  ['>', '>'],
  ['<=', '<='],
  ['>=', '>='],
];

/** Without brackets where `loose`: precedence and association are then those of the two languages. */
function floatPair({ random, pick }: ReturnType<typeof chooserOf>, depth: number): Pair {
  const inner = () => floatPair({ random, pick }, depth - 1);
  const kind = depth === 0 ? random() * 0.2 : random();
  if (kind < 0.12) {
    const number = pick(['0', '1', '2.5', '1e3', '.25', '0x1F', '7', '3.', '1.5E-2']);
    return { genicam: number, script: number };
  }
  if (kind < 0.2) {
    const name = pick(['A', 'B', 'X.Max']);
    return { genicam: name, script: `v[${JSON.stringify(name)}]` };
  }
  if (kind < 0.35) {
    const [name, script] = pick(FUNCTIONS);
    const { genicam, script: operand } = inner();
    return { genicam: `${pick([name, name.toLowerCase()])}(${genicam})`, script: `(${script}(${operand}))` };
  }
  if (kind < 0.42) {
    const operand = inner();
    return { genicam: `(-(${operand.genicam}))`, script: `(-(${operand.script}))` };
  }
  const [a, b] = [inner(), inner()];
  if (kind < 0.75) {
    const operator = pick(['+', '-', '*', '/', '%']);
    return { genicam: `(${a.genicam} ${operator} ${b.genicam})`, script: `(${a.script} ${operator} ${b.script})` };
  }
  if (kind < 0.85) {
    const [genicam, script] = pick(COMPARISONS);
    return { genicam: `(${a.genicam} ${genicam} ${b.genicam})`, script: `Number(${a.script} ${script} ${b.script})` };
  }
  if (kind < 0.92) {
    const c = inner();
    return {
      genicam: `(${a.genicam} ? ${b.genicam} : ${c.genicam})`,
      script: `((n => n !== 0)(${a.script}) ? ${b.script} : ${c.script})`,
    };
  }
  const operator = pick(['&&', '||']);
  return {
    genicam: `(${a.genicam} ${operator} ${b.genicam})`,
    script: `Number((n => n !== 0)(${a.script}) ${operator} (n => n !== 0)(${b.script}))`,
  };
}

test('formulas of doubles have the values that JavaScript gives them', () => {
  const chooser = chooserOf(11);
  const values = { A: 3.75, B: -2, 'X.Max': 640 };
  for (let i = 0; i < 3000; i++) {
    const { genicam, script } = floatPair(chooser, 4);
    const expected = new Function('v', `return ${script}`)(values) as number;
    const value = evaluateFloat(parseFormula(genicam), new Map(Object.entries(values)));
    assert.ok(Object.is(value, expected) || value === expected, `${genicam}: ${value}, not ${expected}`);
  }
});

/** Sums, products and bit operations: a ring, so that JavaScript may compute without bounds and cut to 64 bits at the end. */
function integerPair({ random, pick }: ReturnType<typeof chooserOf>, depth: number): Pair {
  const inner = () => integerPair({ random, pick }, depth - 1);
  const kind = depth === 0 ? random() * 0.3 : random();
  if (kind < 0.2) {
    const number = pick(['0', '1', '7', '255', '0xFFFF', '0x8000000000000000', '9223372036854775807', '123456789012']);
    return { genicam: number, script: `${number}n` };
  }
  if (kind < 0.3) {
    const name = pick(['A', 'B']);
    return { genicam: name, script: `v.${name}` };
  }
  if (kind < 0.45) {
    const { genicam, script } = inner();
    const operator = pick(['-', '~']);
    return { genicam: `(${operator}${genicam})`, script: `(${operator}${script})` };
  }
  const [a, b] = [inner(), inner()];
  const operator = pick(['+', '-', '*', '&', '|', '^']);
  return { genicam: `(${a.genicam} ${operator} ${b.genicam})`, script: `(${a.script} ${operator} ${b.script})` };
}

test('formulas of integers have 64 bits and overflow as those of a computer', () => {
  const chooser = chooserOf(12);
  const values = { A: -1_234_567_890_123_456_789n, B: 42n };
  for (let i = 0; i < 3000; i++) {
    const { genicam, script } = integerPair(chooser, 5);
    const expected = BigInt.asIntN(64, new Function('v', `return ${script}`)(values) as bigint);
    assert.is(evaluateInteger(parseFormula(genicam), new Map(Object.entries(values))), expected, genicam);
  }
});

test('operators bind as tightly as in C, without brackets', () => {
  const chooser = chooserOf(13);
  // JavaScript ranks these as C does; `**`, and unary minus before it, is ours alone. Its shifts are of 32 bits: they get small numbers.
  const arithmetic = { most: 9, operators: ['+', '-', '*', '&', '|', '^', '<', '>=', '=', '<>', '&&', '||'] };
  const shifts = { most: 4, operators: ['<<', '>>', '&', '|', '^', '<', '>=', '=', '<>', '&&', '||'] };
  const script: Readonly<Record<string, string>> = { '=': '==', '<>': '!=' };
  for (let i = 0; i < 3000; i++) {
    const { most, operators } = chooser.pick([arithmetic, shifts]);
    const digit = () => String(Math.floor(chooser.random() * most));
    const words: string[] = [digit()];
    for (let n = 0; n < 6; n++) words.push(chooser.pick(operators), digit());
    const judge = words.map((word) => script[word] ?? word).join(' ');
    const expected = new Function(`return Number(${judge})`)() as number;
    const logic = /&&|\|\|/.test(judge);
    const value = evaluateInteger(parseFormula(words.join(' ')), new Map());
    assert.is(logic ? value !== 0n : value, logic ? expected !== 0 : BigInt(expected), words.join(' '));
  }
});

test('what JavaScript does not have is as GenICam says it', () => {
  const integers: [string, bigint][] = [
    ['7 / 2', 3n],
    ['-7 / 2', -3n],
    ['-7 % 3', -1n],
    ['2 ** 3 ** 2', 512n],
    ['-2 ** 2', 4n],
    ['0 - 2 ** 2', -4n],
    ['0x8000000000000000 / -1', -(2n ** 63n)],
    ['0xFFFFFFFFFFFFFFFF', -1n],
    ['ABS(0x8000000000000000)', -(2n ** 63n)],
    ['-8 >> 1', -4n],
    ['1 << 63', -(2n ** 63n)],
    ['FRAC(7) + SGN(-3)', -1n],
    ['1 ? 2 : 0 ? 3 : 4', 2n],
    ['0 ? 2 : 0 ? 3 : 4', 4n],
    ['(0 && (1 / 0)) + (1 || (1 / 0))', 1n],
    ['0 ? 1 / 0 : 5', 5n],
    ['TRUNC(2.9) + ROUND(2.5) + ROUND(-2.5) + FLOOR(-0.5) + CEIL(0.2)', 2n],
  ];
  for (const [text, value] of integers) assert.is(evaluateInteger(parseFormula(text), new Map()), value, text);
  const floats: [string, number][] = [
    ['7 / 2', 3.5],
    ['1 / 0', Number.POSITIVE_INFINITY],
    ['-1 / 0', Number.NEGATIVE_INFINITY],
    ['FRAC(-2.25)', -0.25],
    ['ROUND(2.5) + ROUND(-2.5)', 0],
    ['ROUND(1.2345, 2)', 1.23],
    ['ROUND(1234.5, -2)', 1200],
    ['ROUND(1e300, 20) / 1e300 + ROUND(0.5, 400)', 1.5],
    ['PI() + PI + E', 2 * Math.PI + Math.E],
    ['3.9 & 0x6', 2],
    ['2 ** -1', 0.5],
    ['1 = 1.0', 1],
  ];
  for (const [text, value] of floats) assert.is(evaluateFloat(parseFormula(text), new Map()), value, text);
  for (const text of [
    'SIN(1, 2)',
    'ABS()',
    'ROUND(1, 2, 3)',
    'ATAN2(1, 2)',
    'constructor(1)',
    '1 / 0',
    '1 % 0',
    'LN(0)',
    '1 / 0.0',
    'SQRT(-1)',
  ])
    assert.throws(
      () => evaluateInteger(parseFormula(text), new Map()),
      (error: unknown) => error instanceof FormulaError,
      text,
    );
});

test('long formulas are evaluated, deep ones are refused', () => {
  const sum = parseFormula(Array.from({ length: 20_000 }, () => '1').join('+'));
  assert.is(evaluateInteger(sum, new Map()), 20_000n);
  assert.is(variablesOf(parseFormula(Array.from({ length: 5000 }, (_, i) => `V${i}`).join('|'))).size, 5000);
  const choices = Array.from({ length: 2000 }, (_, i) => `A = ${i} ? ${i * 2}`).join(' : ');
  const table: Formula = parseFormula(`${choices} : -1`);
  assert.is(evaluateInteger(table, new Map([['A', 1999n]])), 3998n);
  assert.is(evaluateInteger(table, new Map([['A', 2000n]])), -1n);
  for (const deep of [
    `${'('.repeat(9000)}1${')'.repeat(9000)}`,
    '!'.repeat(9000),
    '1**'.repeat(9000),
    '1?'.repeat(9000),
  ])
    assert.throws(
      () => parseFormula(deep),
      (error: unknown) => error instanceof FormulaError,
      deep.slice(0, 5),
    );
});

test('random text is a formula or a typed error', () => {
  const { random, pick } = chooserOf(14);
  const words = [
    '1',
    'A',
    '(',
    ')',
    '+',
    '-',
    '**',
    '?',
    ':',
    ',',
    'SIN',
    '<<',
    '=',
    '&&',
    '~',
    '0x',
    '.',
    ' ',
    '#',
    '1e',
    '"',
  ];
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: 1 + Math.floor(random() * 12) }, () => pick(words)).join('');
    try {
      const formula = parseFormula(text);
      evaluateFloat(formula, new Map([['A', 2]]));
      evaluateInteger(formula, new Map([['A', 2n]]));
    } catch (error) {
      if (!(error instanceof FormulaError)) throw new Error(`${text}: ${String(error)}`);
    }
  }
});

test.run();
