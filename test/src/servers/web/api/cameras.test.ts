import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '#test/storage/sample-session.js';
import type { CheckedApi } from '#test/support/checked-api.js';
import { ownUserFolder, type ServedStation, servedStation } from '#test/support/recorded-folder.js';
import { test } from '#test/support/test.js';

let served: ServedStation;
let api: CheckedApi;

test.before(async () => {
  ownUserFolder();
  served = await servedStation([temporaryFolder()]);
  api = served.api;
});
test.after(() => served.close());

interface Answer {
  readonly changes: readonly { readonly name: string; readonly from: unknown; readonly value: unknown }[];
}
interface Refused {
  readonly error: { readonly code: string; readonly message: string };
}

const CONTROLS = '/api/v1/cameras/0/controls';

test('a control is set, and the answer is what has changed', async () => {
  const { status, json } = await api.ask<Answer>('PATCH', CONTROLS, { set: [{ name: 'Gain', value: 41 }] });
  assert.is(status, 200);
  assert.equal(
    json.changes.map(({ name, from, value }) => [name, from, value]),
    [['Gain', 30, 41]],
  );
  const { controls } = await api.get<{ controls: { name: string; value: unknown }[] }>(CONTROLS);
  assert.is(controls.find(({ name }) => name === 'Gain')?.value, 41);
});

test('a value that a control cannot have is refused with its name and range', async () => {
  const { status, json } = await api.ask<Refused>('PATCH', CONTROLS, { set: [{ name: 'Gain', value: 4_100 }] });
  assert.is(status, 400);
  assert.is(json.error.code, 'usage.control-value');
  assert.match(json.error.message, /Gain.*0 to 100/);
});

test('what is asked wrongly is refused with the name of the field', async () => {
  for (const [body, name] of [
    [{ set: [{ name: 'Gain', value: 1 }], whatgoes: true }, 'whatgoes'],
    [{ set: [] }, 'set'],
    [{ set: [{ name: 'Gain' }] }, 'value'],
  ] as const) {
    const { status, json } = await api.ask<Refused>('PATCH', CONTROLS, body);
    assert.is(status, 400);
    assert.match(json.error.message, name);
  }
  const levels = await api.ask<Refused>('GET', '/api/v1/cameras/0/preview.png?black=9&white=9');
  assert.is(levels.status, 400);
  assert.match(levels.json.error.message, /white has to be above black/);
  const query = await api.ask<Refused>('GET', '/api/v1/cameras/0/preview.png?blak=3');
  assert.is(query.status, 400);
  assert.match(query.json.error.message, 'blak');
});

test('a camera that is not there is not found', async () => {
  for (const path of ['controls', 'profiles', 'pixels?width=1&height=1', 'preview.jpg']) {
    const { status, json } = await api.ask<Refused>('GET', `/api/v1/cameras/7/${path}`);
    assert.is(status, 404, path);
    assert.is(json.error.code, 'station.no-camera');
  }
});

test('a profile keeps the values of now, and brings them back', async () => {
  const profile = '/api/v1/cameras/0/profiles/Faint%20stars';
  await api.ask('PATCH', CONTROLS, { set: [{ name: 'Gain', value: 55 }] });
  assert.is((await api.ask('PUT', profile)).status, 200);
  const { profiles } = await api.get<{ profiles: Record<string, { values: Record<string, unknown> }> }>(
    '/api/v1/cameras/0/profiles',
  );
  assert.is(profiles['Faint stars']?.values.Gain, 55);
  await api.ask('PATCH', CONTROLS, { set: [{ name: 'Gain', value: 3 }] });
  const loaded = await api.ask<Answer>('POST', `${profile}/load`);
  assert.equal(
    loaded.json.changes.map(({ name, value }) => [name, value]),
    [['Gain', 55]],
  );
  assert.equal((await api.ask<Answer>('POST', `${profile}/load`)).json.changes, []);
  assert.is((await api.ask('DELETE', profile)).status, 200);
  assert.is((await api.ask('DELETE', profile)).status, 404);
  assert.is((await api.ask('POST', `${profile}/load`)).status, 404);
  assert.is((await api.ask('PUT', '/api/v1/cameras/0/profiles/..%2Fetc')).status, 400);
  assert.is((await api.ask('POST', `${CONTROLS}/reset`)).status, 200);
});

test('pixels of a region are little-endian, with what they are of in the headers', async () => {
  const { status, bytes, headers } = await api.ask('GET', '/api/v1/cameras/0/pixels?x=100&y=40&width=33&height=21');
  assert.is(status, 200);
  assert.is(bytes.byteLength, 2 * 33 * 21);
  assert.is(headers.get('x-appulse-width'), '33');
  assert.is(headers.get('x-appulse-y'), '40');
  assert.is(headers.get('x-appulse-bit-depth'), '12');
  assert.match(headers.get('x-appulse-start-utc-ns') ?? '', /^\d{19}$/);
  const background = Array.from({ length: 33 * 21 }, (_, i) => bytes.readUInt16LE(2 * i)).filter(
    (pixel) => pixel === 220,
  );
  assert.ok(background.length > 500);
});

test('a region of too many pixels is too large', async () => {
  const { status, json } = await api.ask<Refused>('GET', '/api/v1/cameras/0/pixels?width=9000&height=9000');
  assert.is(status, 413);
  assert.is(json.error.code, 'image.too-large');
});

test('a preview is a picture whose stretch is chosen', async () => {
  const meanOf = async (query: string): Promise<number> => {
    const { bytes } = await api.ask('GET', `/api/v1/cameras/0/preview.png?${query}`);
    const { width, height, format, channels } = await sharp(bytes).metadata();
    assert.equal([width, height, format, channels], [600, 400, 'png', 1]);
    return (await sharp(bytes).stats()).channels[0]?.mean ?? Number.NaN;
  };
  const [dark, bright] = [
    await meanOf('stretch=linear&black=0&white=4095'),
    await meanOf('stretch=asinh&black=0&white=440'),
  ];
  assert.ok(dark > 10 && dark < 20, `${dark}`);
  assert.ok(bright > 150, `${bright}`);
  const sky = await meanOf('');
  assert.ok(sky > 40 && sky < 80, `the sky is a dark grey, not ${sky}`);
  const { bytes } = await api.ask('GET', '/api/v1/cameras/0/preview.jpg?plane=maximum');
  assert.is((await sharp(bytes).metadata()).format, 'jpeg');
});

test('sessions begin and end once, and a trigger needs one', async () => {
  const trigger = { note: 'bolide', camera: null };
  assert.is((await api.ask('POST', '/api/v1/trigger', trigger)).status, 409);
  assert.is((await api.ask('POST', '/api/v1/sessions/stop', {})).status, 409);
  const { status, json } = await api.ask<{ sessions: string[] }>('POST', '/api/v1/sessions', { name: 'Eros' });
  assert.is(status, 201);
  assert.is(json.sessions.length, 1);
  assert.is((await api.ask('POST', '/api/v1/sessions', {})).status, 409);
  assert.is((await api.ask('POST', '/api/v1/trigger', trigger)).status, 201);
  const marked = await api.ask<{ marks: { fromUtcNs: string }[] }>('POST', '/api/v1/marks', {
    atUtcNs: '1795834800000000000',
    from: { offsetNs: '-5000000000' },
    to: { utcNs: '1795834805000000000' },
  });
  assert.is(marked.status, 201);
  assert.is((await api.ask('POST', '/api/v1/marks', { from: { utcNs: 'now' } })).status, 400);
  assert.is((await api.ask('POST', '/api/v1/sessions/stop', { camera: null })).status, 200);
});

test('messages and gaps of now are told', async () => {
  served.station.addGap('network', 3);
  const { gaps } = await api.get<{ gaps: { frames: number }[] }>('/api/v1/gaps');
  assert.is(gaps.at(-1)?.frames, 3);
  const { messages } = await api.get<{ messages: { text: string }[] }>('/api/v1/messages');
  assert.match(messages[0]?.text ?? '', 'imitated station');
});

test('a body that is too large or no JSON is refused', async () => {
  const large = await api.ask('PATCH', CONTROLS, { set: [{ name: 'Gain', value: 'x'.repeat(100_000) }] });
  assert.is(large.status, 413);
  const response = await fetch(new URL(CONTROLS, served.url), {
    method: 'PATCH',
    body: '{"set":',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${served.key}` },
  });
  assert.is(response.status, 400);
  assert.is(((await response.json()) as Refused).error.code, 'api.request');
});

test.run();
