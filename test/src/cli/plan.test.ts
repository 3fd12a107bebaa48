import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { nightReportSchema } from '#src/night/night-report.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

test('appulse plan tells a night and checks the plan', () =>
  withFolder(async (folder) => {
    const place = ['--latitude', '52.5', '--longitude', '13.4'];
    writeFileSync(join(folder, 'plan.json'), '{"entries":[{"name":"dark","when":{"kind":"sun"}}]}');
    const { code, json } = await appulse(['plan', '--data', folder, ...place, '--at', '2026-11-28T20:00', '--json']);
    assert.is(code, 0);
    const { intervals, night } = nightReportSchema.parse(json);
    assert.is(intervals.length, 1);
    assert.ok(BigInt(night.fromUtcNs) < BigInt(intervals[0]?.fromUtcNs ?? 0));

    const nowhere = await appulse(['plan', 'check', '--data', folder]);
    assert.is(nowhere.code, 1);
    assert.match(nowhere.stdout, "error: 'dark' it goes by the sun, and the site of the station is not known");

    writeFileSync(join(folder, 'plan.json'), '{"entries":[{"name":"dark","when":{"kind":"moon"}}]}');
    const broken = await appulse(['plan', '--data', folder]);
    assert.is(broken.code, 1);
    assert.match(broken.stderr, 'plan.json is no plan: entry 1, when');

    const none = await appulse(['plan', 'check', '--data', join(folder, 'elsewhere')]);
    assert.is(none.code, 1);
    assert.match(none.stdout, /there is no plan: .*elsewhere\/plan\.json does not exist/);
    const [example = ''] = /\{.*\}/.exec(none.stdout) ?? [];
    writeFileSync(join(folder, 'plan.json'), example);
    const made = await appulse(['plan', 'check', '--data', folder, ...place]);
    assert.equal([made.code, made.stdout], [0, `${join(folder, 'plan.json')}: nothing stands in its way\n`]);
  }));

test.run();
