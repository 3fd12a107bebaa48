import * as assert from 'uvu/assert';
import { restoreControls, setControls, setWhatGoes } from '#src/cameras/set-controls.js';
import { MadeControls } from '#test/support/made-controls.js';
import { test } from '#test/support/test.js';

const refusalOf = async (work: Promise<unknown>): Promise<[string, string]> => {
  try {
    await work;
  } catch (error) {
    return [(error as { code: string }).code, (error as Error).message];
  }
  throw new Error('it was taken');
};
const wanted = (values: Record<string, number | boolean | string | null>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

test('controls that limit each other are set in the order that they need', async () => {
  const camera = new MadeControls();
  const changes = await setControls(camera, wanted({ OffsetX: 200, Width: 100 }));
  assert.equal(
    changes.map(({ name, from, asked, value }) => [name, from, asked, value]),
    [
      ['Width', 320, 100, 100],
      ['OffsetX', 0, 200, 200],
    ],
  );
  await setControls(camera, wanted({ Width: 320, OffsetX: 0 }));
  assert.equal([camera.width, camera.offset], [320, 0]);
});

test('what needs another control to be available is set behind it', async () => {
  const camera = new MadeControls();
  await setControls(camera, wanted({ TriggerDelay: 3, TriggerMode: 'on', TriggerSoftware: null }));
  assert.equal(camera.log, ['TriggerMode=true', 'TriggerDelay=3', 'TriggerSoftware']);
});

test('either all are set or none: what was set before a refusal gets its value back', async () => {
  const camera = new MadeControls();
  camera.gain = 2;
  const [code, message] = await refusalOf(setControls(camera, wanted({ Width: 64, OffsetX: 128, Gain: 13 })));
  assert.is(code, 'camera.control');
  assert.is(message, 'the camera refuses Gain = 13: not that one');
  assert.equal([camera.width, camera.offset, camera.gain], [320, 0, 2]);
});

test('what can be seen to be wrong is refused before anything is set', async () => {
  const camera = new MadeControls();
  const cases: [Record<string, number | string | null>, string, RegExp][] = [
    [{ Gain: 25 }, 'usage.control-value', /a number from 0 to 24, in dB/],
    [{ Width: 64, Gain: 'much' }, 'usage.control-value', /Gain cannot be much/],
    [{ Width: 64, Gian: 2 }, 'usage.control', /no control Gian/],
    [{ Width: 64, width: 32 }, 'usage.control-twice', /Width is given twice/],
    [{ Gain: null }, 'usage.control-value', /Gain is no command/],
    [{ TriggerDelay: 1 }, 'usage.control-unavailable', /needs TriggerMode/],
  ];
  for (const [values, code, message] of cases) {
    const [gotCode, gotMessage] = await refusalOf(setControls(camera, wanted(values)));
    assert.is(gotCode, code);
    assert.match(gotMessage, message);
  }
  assert.equal(camera.log, []);
});

test('of a profile, what goes is set, and every refusal has its reason', async () => {
  const camera = new MadeControls();
  const { changes, refused } = await setWhatGoes(camera, wanted({ Gain: 13, Width: 64, Old: 1, TriggerDelay: 2 }));
  assert.equal(
    changes.map(({ name }) => name),
    ['Width'],
  );
  assert.equal(
    refused.map(({ name, value }) => [name, value]),
    [
      ['Gain', 13],
      ['Old', 1],
      ['TriggerDelay', 2],
    ],
  );
  assert.match(refused.map(({ why }) => why).join('\n'), /not that one\n.*no control Old.*\n.*needs TriggerMode/);
});

test('what a control changes besides itself is told with it, and is not set back by itself', async () => {
  const camera = new MadeControls();
  camera.gain = 20;
  const changes = await setControls(camera, wanted({ TriggerMode: true }));
  assert.equal(
    changes.map(({ name, from, asked, value, because }) => ({ name, from, asked, value, because })),
    [
      { name: 'TriggerMode', from: false, asked: true, value: true, because: null },
      { name: 'Gain', from: 20, asked: null, value: 10, because: 'TriggerMode' },
    ],
  );
  assert.equal(await restoreControls(camera, changes), []);
  assert.equal(camera.log, ['TriggerMode=true', 'TriggerMode=false']);
});

test('a camera that does not answer is not asked for each of the others', async () => {
  const camera = new MadeControls();
  camera.goneAfter = 1;
  const [code] = await refusalOf(setWhatGoes(camera, wanted({ Width: 64, Gain: 3, OffsetX: 5 })));
  assert.is(code, 'gvcp.no-answer');
  assert.equal(camera.log, ['Width=64']);
});

test.run();
