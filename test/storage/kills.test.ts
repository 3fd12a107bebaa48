import * as assert from 'uvu/assert';
import { formats } from '#test/soak/format-session.js';
import { KillSeries } from '#test/soak/kills.js';
import { suite } from '#test/support/test.js';

const test = suite('', 120_000);

for (const [i, format] of formats().entries()) {
  test(`a recording in ${format} that is killed loses only what was in hand, and that is a gap row`, async () => {
    const plan = { model: 'tiny', fps: 500, mostMs: 1_500, segmentBytes: '8MiB', kills: 1 } as const;
    const series = new KillSeries({ ...plan, format, seed: 11 + i });
    while (!series.done) await series.next();
    const { row } = series;
    assert.is(row.failures.join('\n'), '');
    assert.is(row.kills, 1);
  });
}

test.run();
