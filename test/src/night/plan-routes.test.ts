import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { nightReportSchema } from '#src/night/night-report.js';
import { WebServer } from '#src/servers/web/web-server.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { test } from '#test/support/test.js';

test('a plan is put, kept in the data folder and told with the night that it is for; one that cannot be meant is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-plan-'));
  const station = new ImitatedStation();
  const server = await WebServer.open({ station, dataFolders: [folder], host: '127.0.0.1', port: 0 });
  const url = new URL('api/v1/plan', server.url);
  const put = (plan: object) =>
    fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.key}` },
      body: JSON.stringify(plan),
    });
  try {
    const empty = nightReportSchema.parse(await (await fetch(url)).json());
    assert.equal(empty.plan.entries, []);
    assert.equal(empty.intervals, []);
    assert.is(empty.sun.length, 145);

    const zone = 'UTC';
    const answer = await put({
      entries: [{ name: 'event', when: { kind: 'clock', from: '00:00', to: '23:59', zone } }],
    });
    assert.is(answer.status, 200);
    const kept = nightReportSchema.parse(await (await fetch(url)).json());
    assert.is(kept.file, join(folder, 'plan.json'));
    assert.ok(kept.intervals.length > 0);

    const away = await put({ entries: [{ name: 'a', cameras: [7], when: { kind: 'sun' } }] });
    assert.is(away.status, 400);
    assert.match(await away.text(), 'no camera 8');
    const same = await put({ entries: [{ name: 'a', when: { kind: 'clock', from: '21:00', to: '21:00' } }] });
    assert.is(same.status, 400);
    assert.equal(nightReportSchema.parse(await (await fetch(url)).json()).plan, kept.plan);
  } finally {
    await server.close();
    station.close();
    rmSync(folder, { recursive: true });
  }
});

test.run();
