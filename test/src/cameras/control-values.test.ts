import * as assert from 'uvu/assert';
import { controlNamed, controlValueOf, declareControl, rangeInWords } from '#src/cameras/controls.js';
import { test } from '#test/support/test.js';

const about = { label: 'x', group: 'Other', help: '' } as const;
const width = declareControl({
  ...about,
  name: 'Width',
  type: 'integer',
  minimum: 2,
  maximum: 320,
  step: 2,
  unit: 'px',
});
const gain = declareControl({ ...about, name: 'Gain', type: 'float', minimum: 0, maximum: 24, unit: 'dB' });
const mode = declareControl({
  ...about,
  name: 'Mode',
  type: 'choice',
  choices: [
    { name: 'High', label: 'fast' },
    { name: 'Fast', label: 'high gain' },
  ],
});
const cooler = declareControl({ ...about, name: 'CoolerOn', type: 'boolean' });

const refusalOf = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    assert.is((error as { code: string }).code, 'usage.control-value');
    return (error as Error).message;
  }
};

test('numbers are held to range and step, and a refusal names them', () => {
  assert.is(controlValueOf(width, '160'), 160);
  assert.is(controlValueOf(width, 2), 2);
  assert.is(controlValueOf(width, '0x20'), 32);
  assert.is(controlValueOf(gain, '1.5e1'), 15);
  for (const bad of ['321', '1', '3', '2.5', '', ' ', 'wide', 'NaN', 'Infinity', '1e99', '9007199254740993']) {
    assert.is(
      refusalOf(() => controlValueOf(width, bad)),
      `Width cannot be ${bad}: a whole number from 2 to 320 in steps of 2, in px`,
    );
  }
  for (const bad of [-0.001, 24.001, Number.NaN, Number.POSITIVE_INFINITY, '1,5']) {
    assert.is(
      refusalOf(() => controlValueOf(gain, bad)),
      `Gain cannot be ${bad}: a number from 0 to 24, in dB`,
    );
  }
});

test('what is no number is none, whatever JavaScript makes of it', () => {
  for (const bad of [null, undefined, true, false, [], [5], {}]) {
    assert.match(
      refusalOf(() => controlValueOf(gain, bad)),
      /^Gain cannot be/,
    );
  }
});

test('a range that is known in part is named as far as it is', () => {
  assert.is(rangeInWords({ ...width, maximum: null, step: null }), 'a whole number from 2 on, in px');
  assert.is(rangeInWords({ ...gain, minimum: null, unit: null }), 'a number up to 24');
  assert.is(rangeInWords({ ...gain, minimum: null, maximum: null, unit: null }), 'a number');
  assert.is(controlValueOf({ ...gain, minimum: null, maximum: null }, '-1e6'), -1e6);
});

test('a choice is taken by its name or label in any letters of case, a name before a label', () => {
  assert.is(controlValueOf(mode, 'fast'), 'Fast');
  assert.is(controlValueOf(mode, 'HIGH GAIN'), 'Fast');
  assert.is(
    refusalOf(() => controlValueOf(mode, 'slow')),
    'Mode cannot be slow: it is one of High, Fast',
  );
});

test('booleans are taken as people write them', () => {
  for (const yes of ['on', 'true', 'YES', '1', true]) assert.is(controlValueOf(cooler, yes), true);
  for (const no of ['off', 'False', 'no', '0', false]) assert.is(controlValueOf(cooler, no), false);
  for (const bad of ['', '2', 'maybe', null])
    assert.match(
      refusalOf(() => controlValueOf(cooler, bad)),
      /write on or off/,
    );
});

test('a reading cannot be set, and a control is found in any letters of case', () => {
  assert.match(
    refusalOf(() => controlValueOf({ ...gain, readOnly: true }, 3)),
    /it is a reading/,
  );
  assert.is(controlNamed([width, gain], 'gain'), gain);
  assert.throws(() => controlNamed([width], 'Heigth'), /no control Heigth/);
});

test.run();
