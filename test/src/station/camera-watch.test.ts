import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type CameraEvent, cameraEvent } from '#src/cameras/camera-events.js';
import { type Control, type ControlValue, declareControl } from '#src/cameras/controls.js';
import { CameraLog } from '#src/station/camera-log.js';
import { CameraWatch } from '#src/station/camera-watch.js';
import type { EventRecord } from '#storage/frame-record.js';
import { test } from '#test/support/test.js';

const about = { label: '', help: '', group: 'Cooling', readOnly: true } as const;
const reading = (name: string, value: ControlValue): Control => {
  const choices = name === 'UnderVoltage' ? [{ name: 'UnderVoltage', label: 'below 11 V' }] : [];
  const type = typeof value === 'number' ? 'float' : 'choice';
  return { ...declareControl({ ...about, name, type, choices }), value, unavailable: null };
};

/** Looks at each of `looks` in turn, then ends. */
async function watch(looks: readonly (readonly Control[] | Error)[]) {
  const events: CameraEvent[] = [];
  const temperatures: number[] = [];
  let looked = 0;
  const watching = new CameraWatch({
    told: { celsius: null, supply: null },
    list: async () => {
      const look = looks[looked++];
      if (look instanceof Error) throw look;
      return look ?? [];
    },
    event: (event) => events.push(event),
    temperature: (celsius) => temperatures.push(celsius),
    everyMs: 1,
  });
  const limit = performance.now() + 20_000;
  while (looked < looks.length && performance.now() < limit) await delay(2);
  await delay(2);
  watching.end();
  return { events, temperatures, looked };
}

test('a temperature goes into every record, and is told when it has moved', async () => {
  const looks = [20, 19, 18.5, 17.9, -10].map((celsius) => [reading('DeviceTemperature', celsius)]);
  const { events, temperatures } = await watch(looks);
  assert.equal(temperatures, [20, 19, 18.5, 17.9, -10]);
  assert.equal(
    events.map(({ kind, values }) => [kind, values?.celsius, values?.before]),
    [
      ['temperature', 20, null],
      ['temperature', 17.9, 20],
      ['temperature', -10, 17.9],
    ],
  );
});

test('a supply that sags is an error with what to do, and its return is told', async () => {
  const looks = ['Good', 'UnderVoltage', 'UnderVoltage', 'Good'].map((supply) => [reading('UnderVoltage', supply)]);
  const { events } = await watch(looks);
  assert.equal(
    events.map(({ kind, level }) => [kind, level]),
    [
      ['under-voltage', 'error'],
      ['under-voltage', 'info'],
    ],
  );
  assert.match(events[0]?.text ?? '', /below 11 V; check the supply and its cable/);
});

test('a camera without readings is looked at once, and one that does not answer for a while again', async () => {
  assert.is((await watch([[reading('Gain', 3)]])).looked, 1);
  const { temperatures } = await watch([new Error('no answer'), [reading('DeviceTemperature', 3)]]);
  assert.equal(temperatures, [3]);
});

test('events are lines and rows; a flood of one kind is cut and counted, others come through', () => {
  const rows: EventRecord[] = [];
  const lines: string[] = [];
  const log = new CameraLog({ event: (row) => rows.push(row), log: (level, text) => lines.push(`${level} ${text}`) });
  for (let i = 0; i < 1_000; i++) log.tell(cameraEvent('info', `trigger ${i}`));
  log.tell({ kind: 'under-voltage', level: 'error', text: 'low', values: { volts: 10.5 } });
  assert.is(rows.length, 21);
  assert.is(lines.at(-1), 'error low');
  assert.equal(rows.at(-1)?.data, { volts: 10.5, event: 'under-voltage', level: 'error', text: 'low' });
});

test('what an event is about is found by its words', () => {
  const kinds = ['the supply fell below 11 V', 'OverTemperature', 'MissedTrigger', 'the library hung'].map(
    (text) => cameraEvent('warning', text).kind,
  );
  assert.equal(kinds, ['under-voltage', 'temperature', 'trigger', 'message']);
});

test.run();
