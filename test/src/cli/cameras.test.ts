import * as assert from 'uvu/assert';
import { appulse } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

test('a name that has no address is an error that names it, not an empty list', async () => {
  const ended = await appulse(['cameras', '--address', 'no-such-camera.invalid', '--timeout', '50ms', '--json']);
  assert.is(ended.code, 1);
  const { error } = ended.json as { error: { code: string; message: string } };
  assert.is(error.code, 'camera.address');
  assert.match(error.message, /no-such-camera\.invalid has no IPv4 address/);
});

test.run();
