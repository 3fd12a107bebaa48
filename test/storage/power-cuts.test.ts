import * as assert from 'uvu/assert';
import { formats } from '#test/soak/format-session.js';
import { powerCuts } from '#test/soak/power-cuts.js';
import { suite } from '#test/support/test.js';

const test = suite('', 200_000);

for (const format of formats()) {
  test(`after a power cut anywhere in ${format} each frame before the damage reads back equal, the others are gap rows`, async () => {
    const [row] = await powerCuts([format], 13, 20_261_127);
    assert.is(row?.failures.join('\n'), '');
    assert.ok((row?.framesKept ?? 0) > 0 && (row?.framesMissing ?? 0) > 0);
  });
}

test.run();
