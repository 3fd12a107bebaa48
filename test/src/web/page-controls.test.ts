import * as assert from 'uvu/assert';
import { declareControl } from '#src/cameras/controls.js';
import { rangeText, timeHint, typedNumber, valueText } from '#src/servers/web/page/controls/control-words.js';
import { arrowStep, sliderScale } from '#src/servers/web/page/controls/slider-scale.js';
import { test } from '#test/support/test.js';

const number = (given: Partial<Parameters<typeof declareControl>[0]>) =>
  declareControl({ name: 'Made', label: 'Made', group: 'Other', type: 'float', help: '', ...given });
const exposure = number({ unit: 'us', minimum: 20, maximum: 3.6e9 });

test('a time is typed in the unit that comes to mind, and counted in that of the control', () => {
  assert.is(typedNumber('50000', 'us'), 50_000);
  assert.is(typedNumber(' 50 ms ', 'us'), 50_000);
  assert.is(typedNumber('1.5s', 'us'), 1_500_000);
  assert.is(typedNumber('1,5 s', 'us'), 1_500_000);
  assert.is(typedNumber('7 µs', 'us'), 7);
  assert.is(typedNumber('3e4', 'us'), 30_000);
  assert.is(typedNumber('−15', 'Cel'), -15);
  assert.is(typedNumber('-15 °C', 'Cel'), -15);
});

test('what could be meant in two ways, and what is no number, is not guessed at', () => {
  for (const text of ['50,000', '', 'fast', '5 ms 3', '1.2.3', '--5']) assert.is(typedNumber(text, 'us'), null, text);
  assert.is(typedNumber('5 ms', 'Cel'), null);
  assert.is(typedNumber('5 parsecs', 'us'), null);
});

test('values and ranges are written as people read them', () => {
  assert.is(valueText(-15, number({ unit: 'Cel' })), '−15 °C');
  assert.is(valueText(0.1 + 0.2, number({})), '0.3');
  assert.is(
    valueText('Mono12p', number({ type: 'choice', choices: [{ name: 'Mono12p', label: '12 bits' }] })),
    '12 bits',
  );
  assert.is(timeHint(49_000, 'us'), '49 ms');
  assert.is(timeHint(49, 'us'), null);
  assert.is(timeHint(49, 'Cel'), null);
  assert.is(rangeText(exposure), '20 µs to 60 min');
  assert.is(
    rangeText(number({ type: 'integer', unit: 'px', minimum: 16, maximum: 4096, step: 16 })),
    '16 to 4096 px in steps of 16',
  );
  assert.is(rangeText(number({})), '');
});

test('a slider reaches both ends of its range, and each of its places is a value of the control', () => {
  const width = number({ type: 'integer', minimum: 16, maximum: 4_768, step: 16 });
  for (const control of [
    exposure,
    width,
    number({ type: 'integer', minimum: 0, maximum: 100 }),
    number({ minimum: -50, maximum: 50 }),
  ]) {
    const scale = sliderScale(control);
    if (scale === null) throw new Error('no slider');
    assert.is(scale.valueAt(0), control.minimum);
    assert.is(scale.valueAt(scale.places), control.maximum);
    assert.is(scale.placeOf(control.minimum ?? 0), 0);
    assert.is(scale.placeOf(control.maximum ?? 0), scale.places);
    for (let place = 0; place <= scale.places; place++) {
      const value = scale.valueAt(place);
      assert.ok(value >= (control.minimum ?? 0) && value <= (control.maximum ?? 0));
      if (control === width) assert.is((value - 16) % 16, 0);
    }
  }
});

test('the slider of an exposure gives each power of ten its room', () => {
  const scale = sliderScale(exposure);
  const places = [100, 10_000, 1_000_000, 100_000_000].map((us) => scale?.placeOf(us) ?? 0);
  const steps = places.slice(1).map((place, i) => place - (places[i] ?? 0));
  for (const step of steps) assert.ok(Math.abs(step - (steps[0] ?? 0)) <= 1, String(steps));
});

test('readings, texts, and numbers without an end have no slider', () => {
  assert.is(sliderScale(number({ minimum: 0, maximum: 9, readOnly: true })), null);
  assert.is(sliderScale(number({ type: 'text' })), null);
  assert.is(sliderScale(number({ minimum: 0 })), null);
});

test('an arrow key goes by the step of the control, or by what is small for its value', () => {
  assert.is(arrowStep(number({ type: 'integer', step: 16 }), 4_000), 16);
  assert.is(arrowStep(number({ type: 'integer' }), 4_000), 1);
  assert.is(arrowStep(exposure, 49_000), 1_000);
});

test.run();
