import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { metricsOf } from '#src/servers/web/api/metrics.js';
import type { CameraState } from '#src/station/station-state.js';
import { temporaryFolder } from '#test/storage/sample-session.js';
import type { ImitatedStation } from '#test/support/imitated-station.js';
import { type ServedStation, servedStation } from '#test/support/recorded-folder.js';
import { test } from '#test/support/test.js';

let served: ServedStation;

test.before(async () => {
  served = await servedStation([temporaryFolder()]);
});
test.after(() => served.close());

interface Family {
  readonly type: string;
  readonly samples: Map<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(
  `^(${NAME})(\\{(?:${LABEL}(?:,${LABEL})*)?\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|NaN|[+-]Inf)$`,
);

/** Reads the text format 0.0.4 strictly: HELP and TYPE once and before the samples, a family in one piece, no sample twice. */
function parsed(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'));
  const families = new Map<string, Family>();
  const helped = new Set<string>();
  let open = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line) ?? [];
    if (keyword === 'HELP') {
      assert.not.ok(helped.has(name), `HELP ${name} twice`);
      helped.add(name);
      open = name;
    } else if (keyword === 'TYPE') {
      assert.ok(open === name && !families.has(name), `TYPE ${name} out of order`);
      assert.ok(['counter', 'gauge'].includes(rest), line);
      families.set(name, { type: rest, samples: new Map() });
    } else {
      const [, sample, labels = '', value] = SAMPLE.exec(line) ?? [];
      assert.ok(sample !== undefined && sample === open, `no sample of ${open}: ${line}`);
      const family = families.get(open);
      assert.ok(family !== undefined && !family.samples.has(labels), `twice: ${line}`);
      family?.samples.set(labels, Number(value));
    }
  }
  return families;
}

test('metrics are in the exposition format, with units in their names', async () => {
  const response = await fetch(new URL('/metrics', served.url));
  assert.is(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', 'text/plain; version=0.0.4');
  const families = parsed(await response.text());
  for (const [name, { type, samples }] of families) {
    assert.match(name, /^appulse_[a-z][a-z0-9_]*$/);
    assert.is(name.endsWith('_total'), type === 'counter', name);
    assert.ok(samples.size > 0, name);
  }
  const only = (name: string) => [...(families.get(`appulse_${name}`)?.samples.values() ?? [])];
  assert.equal(only('frames_per_second'), [20]);
  assert.equal(only('stream_bits_per_second'), [0.23e9]);
  assert.equal(only('disk_free_bytes'), [500e9]);
  assert.equal(only('clock_uncertainty_seconds'), [120e-9]);
  assert.equal(only('sessions_recording'), [0]);
  assert.equal(only('web_clients'), [0]);
  assert.equal(only('clock_grade'), [1, 0, 0, 0]);
  const timed = only('frames_timed_total');
  assert.is(timed[0], only('frames_received_total')[0]);
  assert.equal(timed.slice(1), [0, 0, 0]);
});

// A second opinion where somebody has Prometheus; the parser above is what always judges.
if (spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0) {
  test('promtool finds nothing wrong with the metrics', async () => {
    const input = await (await fetch(new URL('/metrics', served.url))).text();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    assert.is(status, 0, stdout + stderr);
  });
}

/** The imitated station with another first camera. */
function withCamera(change: Partial<CameraState>): ImitatedStation {
  const { station } = served;
  const cameras = station.cameras.map((state) => ({ ...state, ...change }));
  return Object.create(station, { cameras: { get: () => cameras } }) as ImitatedStation;
}

test('odd names of cameras and what is not known leave the format whole', () => {
  const station = withCamera({ model: 'a "b"\\c\nd', clock: null, freeBytes: null, secondsLeft: null });
  const families = parsed(metricsOf({ station, webClients: () => 3 }));
  assert.not.ok(families.has('appulse_disk_free_bytes'));
  assert.not.ok(families.has('appulse_clock_grade'));
  assert.equal([...(families.get('appulse_web_clients')?.samples.values() ?? [])], [3]);
  const [labels = ''] = families.get('appulse_camera_up')?.samples.keys() ?? [];
  assert.match(labels, String.raw`model="a \"b\"\\c\nd"`);
});

test('a station is well as long as no camera is lost', async () => {
  const { status } = await served.api.ask('GET', '/healthz');
  assert.is(status, 200);
  const { station } = served;
  const cameras = station.cameras.map((state) => ({ ...state, state: 'lost' as const }));
  Object.defineProperty(station, 'cameras', { get: () => cameras, configurable: true });
  const lost = await served.api.ask<{ error: { code: string; message: string } }>('GET', '/healthz');
  assert.is(lost.status, 503);
  assert.equal([lost.json.error.code, lost.json.error.message], ['station.unhealthy', 'lost: sim:imitated']);
  Reflect.deleteProperty(station, 'cameras');
  assert.is((await served.api.ask('GET', '/healthz')).status, 200);
});

test.run();
