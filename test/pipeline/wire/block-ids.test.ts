import * as assert from 'uvu/assert';
import { BlockIdUnwrapper, wireBlockId } from '#pipeline/wire/block-ids.js';
import { test } from '#test/support/test.js';

test('65535 is followed by 1, without a zero between', () => {
  const ids = new BlockIdUnwrapper();
  assert.is(ids.newest, null);
  assert.equal(
    [65401, 65534, 65535, 1, 2].map((id) => ids.unwrap(id)),
    [65401n, 65534n, 65535n, 65536n, 65537n],
  );
});

test('many cycles give ids without gap', () => {
  const ids = new BlockIdUnwrapper();
  let expected = 1n;
  for (let i = 0; i < 200_000; i++, expected++) {
    const id = wireBlockId(expected);
    assert.ok(id >= 1 && id <= 65535);
    assert.is(ids.unwrap(id), expected);
  }
});

test('late packets keep the number of their block across the wrap', () => {
  const ids = new BlockIdUnwrapper();
  ids.unwrap(65530);
  assert.is(ids.unwrap(3), 65538n);
  assert.is(ids.unwrap(65535), 65535n);
  assert.is(ids.unwrap(4), 65539n);
  assert.is(ids.newest, 65539n);
});

test('what is older than a first id near 1 is older than everything', () => {
  const ids = new BlockIdUnwrapper();
  ids.unwrap(1);
  assert.is(ids.unwrap(65535), 0n);
  assert.is(ids.unwrap(65534), -1n);
  assert.is(ids.newest, 1n);
});

test('invalid ids are no ids', () => {
  const ids = new BlockIdUnwrapper();
  for (const wrong of [0, 65536, -1, Number.NaN]) assert.is(ids.unwrap(wrong), null);
});

test('after a restart ids go on growing', () => {
  const ids = new BlockIdUnwrapper();
  assert.is(ids.restart(7), 7n);
  ids.unwrap(60000);
  ids.unwrap(65000);
  assert.is(ids.restart(1), 65536n);
  assert.is(ids.restart(1), 65536n + 65535n);
  assert.is(ids.unwrap(2), 65536n + 65536n);
});

test.run();
