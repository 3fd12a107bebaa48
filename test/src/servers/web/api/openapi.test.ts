import { Validator } from '@seriousme/openapi-schema-validator';
import * as assert from 'uvu/assert';
import type { CheckedApi } from '#test/support/checked-api.js';
import { ownUserFolder, recordedFolder, type ServedStation, servedStation } from '#test/support/recorded-folder.js';
import { test } from '#test/support/test.js';

let served: ServedStation;
let api: CheckedApi;

test.before(async () => {
  ownUserFolder();
  served = await servedStation([(await recordedFolder(3)).path]);
  api = served.api;
});
test.after(() => served.close());

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

const operationsOf = (document: unknown): [string, Operation][] =>
  Object.entries((document as { paths: Record<string, Record<string, Operation>> }).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

test('the document is OpenAPI 3.1', async () => {
  const document = await api.get<Record<string, unknown>>('/api/v1/openapi.json');
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors, null, 2));
  assert.is(validator.version, '3.1');
});

test('each operation has an identifier of its own, words, the parameters of its path and its errors', async () => {
  const operations = operationsOf(await api.get('/api/v1/openapi.json'));
  assert.ok(operations.length >= 35);
  assert.is(new Set(operations.map(([, { operationId }]) => operationId)).size, operations.length);
  for (const [name, { summary, tags, parameters = [], responses }] of operations) {
    assert.ok(summary.length > 5 && tags.length === 1, name);
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    assert.equal(
      parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name),
      inPath,
      name,
    );
    for (const status of [400, 401, 500]) assert.ok(status in responses, `${name} ${status}`);
  }
});

test('whatever can be asked for answers as the document says', async () => {
  const { frames } = await api.get<{ frames: { key: string }[] }>('/api/v1/frames');
  const values: Readonly<Record<string, string>> = { session: 'latest', camera: '0', frame: frames[0]?.key ?? '' };
  const queries: Readonly<Record<string, string>> = {
    '/api/v1/cameras/{camera}/pixels': '?x=10&y=20&width=30&height=4',
    '/api/v1/sessions/{session}/frames/{frame}/time': '?y=3',
    '/api/v1/timeline': '?from=2026-08-14&to=24h',
  };
  const refused: string[] = [];
  for (const name of api.operations.filter((each) => each.startsWith('GET '))) {
    const template = name.slice('GET '.length);
    const path = template.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => values[parameter] ?? 'none');
    const { status } = await api.ask('GET', path + (queries[template] ?? ''));
    // An export that is not there is not found.
    if (status >= 500 || (status === 400 && !template.includes('{export}'))) refused.push(`${template} ${status}`);
  }
  assert.equal(refused, []);
});

test('what does not exist is refused in JSON', async () => {
  const response = await fetch(new URL('/api/v1/nothing', served.url));
  assert.is(response.status, 404);
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.is(error.code, 'api.not-found');
  assert.match(error.message, '/api/v1/nothing');
});

test.run();
