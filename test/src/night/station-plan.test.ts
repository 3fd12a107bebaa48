import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parsePlan } from '#src/night/plan.js';
import { PlanFile } from '#src/night/plan-file.js';
import { startAppulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('station plan', 120_000);

test('a running station begins and ends a session as the plan in its data folder has it', () =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    const file = new PlanFile(data);
    // Two halves of the day: one of them is now.
    const name = 'always';
    const halves = [
      { name, when: { kind: 'clock', from: '00:00', to: '12:00', zone: 'UTC' } },
      { name: `${name} later`, when: { kind: 'clock', from: '12:00', to: '00:00', zone: 'UTC' } },
    ];
    file.write(parsePlan({ entries: halves }, 'the test'));
    const { child, ended, says } = startAppulse(
      ['station', '--watch', '--camera', 'sim:tiny?fps=5', '--data', data, '--memory', '256MiB', '--page', 'false'],
      { limitMs: 100_000 },
    );
    await says(`'${name}`);
    await says('began session');
    file.write(parsePlan({ entries: [] }, 'the test'));
    await says('its time is over');
    child.kill('SIGINT');
    const { stdout } = await ended;
    assert.match(stdout, 'recorded');
  }));

test.run();
