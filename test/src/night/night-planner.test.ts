import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { AppulseError } from '#gps/errors.js';
import { parseUtc } from '#gps/instant.js';
import { NightPlanner } from '#src/night/night-planner.js';
import { type PlanInput, parsePlan } from '#src/night/plan.js';
import { PlanFile } from '#src/night/plan-file.js';
import type { MarkRequest } from '#src/station/mark-request.js';
import type { CameraState, StartSession } from '#src/station/station-state.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { test } from '#test/support/test.js';

/** An imitated station whose camera can be away, and that remembers what it was asked. */
class WatchedStation extends ImitatedStation {
  readonly asked: string[] = [];
  readonly marksAsked: MarkRequest[] = [];
  away = false;
  ends = false;
  #sessions = 0;

  override get cameras(): readonly CameraState[] {
    return super.cameras.map((state) => ({ ...state, state: this.#state() }));
  }

  #state(): CameraState['state'] {
    if (this.ends) return 'stopping';
    return this.away ? 'lost' : 'streaming';
  }

  override async startSession(request: StartSession): Promise<readonly string[]> {
    if (this.away) throw new AppulseError('station.camera-away', 'the camera is away');
    if (this.session !== null) throw new AppulseError('station.recording', 'a session is being recorded already');
    this.session = `session ${++this.#sessions}`;
    this.asked.push(`start ${request.name}`);
    return [this.session];
  }

  override async stopSession(): Promise<readonly string[]> {
    const ended = await super.stopSession();
    this.asked.push('stop');
    return ended;
  }

  override async mark(request: MarkRequest) {
    this.marksAsked.push(request);
    return super.mark(request);
  }
}

interface Night {
  readonly station: WatchedStation;
  readonly file: PlanFile;
  readonly told: string[];
  /** A station that begins anew with the same plan. */
  planner(): NightPlanner;
  /** Looks so often at that time of 2026-11-28. */
  at(planner: NightPlanner, time: string, looks?: number): Promise<void>;
}

async function withNight(entries: PlanInput['entries'], work: (night: Night) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-night-'));
  const station = new WatchedStation();
  let now = 0n;
  const told: string[] = [];
  const file = new PlanFile(folder);
  try {
    file.write(parsePlan({ entries }, 'the test'));
    await work({
      station,
      file,
      told,
      planner: () =>
        new NightPlanner({ station, file, tell: (level, text) => told.push(`${level}: ${text}`), nowNs: () => now }),
      async at(planner, time, looks = 1) {
        now = parseUtc(`2026-11-28T${time}`);
        for (let look = 0; look < looks; look++) await planner.look();
      },
    });
  } finally {
    station.close();
    rmSync(folder, { recursive: true });
  }
}

type EntryInput = NonNullable<PlanInput['entries']>[number];
const entry = (name: string, from: string, to: string, more: Partial<EntryInput> = {}): EntryInput => ({
  name,
  when: { kind: 'clock', from, to, zone: 'UTC' },
  ...more,
});

test('a session begins and ends by itself, with its name filled in', () =>
  withNight([entry('dark', '20:00', '22:00', { session: '{entry} of {night}' })], async ({ station, planner, at }) => {
    const one = planner();
    await at(one, '19:59:59');
    assert.equal(station.asked, []);
    await at(one, '20:00:00', 3);
    await at(one, '21:59:59');
    assert.equal(station.asked, ['start dark of 2026-11-28']);
    await at(one, '22:00:00', 3);
    assert.equal(station.asked, ['start dark of 2026-11-28', 'stop']);
  }));

test('a station that is started in mid-night begins at once', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, planner, at }) => {
    await at(planner(), '21:17');
    assert.equal(station.asked, ['start dark']);
  }));

test('what a station records already when it starts is left until the next boundary', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, planner, at }) => {
    station.session = 'by hand';
    const one = planner();
    await at(one, '21:00', 3);
    assert.equal(station.asked, []);
    await at(one, '22:00');
    assert.equal(station.asked, ['stop']);
  }));

test('a session that is stopped by hand stays stopped until the plan’s next boundary', () =>
  withNight(
    [entry('first', '20:00', '21:00'), entry('second', '21:00', '22:00')],
    async ({ station, told, planner, at }) => {
      const one = planner();
      await at(one, '20:00', 2);
      station.session = null;
      await at(one, '20:30', 3);
      assert.equal(station.asked, ['start first']);
      assert.match(told.at(-1) ?? '', 'was ended by hand');
      await at(one, '21:00');
      assert.equal(station.asked, ['start first', 'start second']);
    },
  ));

test('a session that was begun by hand gives way to the plan at its boundary', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, told, planner, at }) => {
    const one = planner();
    await at(one, '19:00');
    station.session = 'by hand';
    await at(one, '19:30');
    assert.equal(station.asked, []);
    await at(one, '20:00');
    assert.equal(station.asked, ['stop', 'start dark']);
    assert.match(told[0] ?? '', 'ended session by hand, begun by hand');
  }));

test('where the camera is away it is told once, tried again, and begun when it is back', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, told, planner, at }) => {
    station.away = true;
    const one = planner();
    await at(one, '20:00', 25);
    assert.is(told.length, 1);
    assert.match(told[0] ?? '', /^warning: plan: camera 1: .*the camera is away/);
    station.away = false;
    await at(one, '20:05', 10);
    assert.equal(station.asked, ['start dark']);
  }));

test('a session that ended since the camera went away is begun anew when it is back', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, planner, at }) => {
    const one = planner();
    await at(one, '20:00', 2);
    station.away = true;
    station.session = null;
    await at(one, '20:10', 2);
    station.away = false;
    await at(one, '20:20', 10);
    assert.equal(station.asked, ['start dark', 'start dark']);
  }));

test('a station that ends is left alone', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, told, planner, at }) => {
    const one = planner();
    await at(one, '20:00', 2);
    station.ends = true;
    station.session = null;
    await at(one, '20:10', 3);
    assert.equal(station.asked, ['start dark']);
    assert.is(told.length, 1);
  }));

test('entries that follow each other are sessions of their own, and the first of two that overlap has the camera', () =>
  withNight([entry('event', '20:30', '21:00'), entry('dark', '20:00', '22:00')], async ({ station, planner, at }) => {
    const one = planner();
    for (const time of ['20:00', '20:30', '21:00', '22:00']) await at(one, time, 2);
    assert.equal(station.asked, ['start dark', 'stop', 'start event', 'stop', 'start dark', 'stop']);
  }));

test('a clock that is set back a little neither ends nor repeats a session, one that jumps on acts at once', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, planner, at }) => {
    const one = planner();
    await at(one, '20:00:05', 2);
    await at(one, '19:59:30', 3);
    assert.equal(station.asked, ['start dark']);
    await at(one, '22:00:01', 2);
    await at(one, '21:59:00', 3);
    assert.equal(station.asked, ['start dark', 'stop']);
  }));

test('a plan that is edited is gone by at the next look; one that is broken is told once and changes nothing', () =>
  withNight([entry('dark', '20:00', '22:00')], async ({ station, file, told, planner, at }) => {
    const one = planner();
    await at(one, '20:00', 2);
    writeFileSync(file.path, '{ no plan');
    await at(one, '20:01', 3);
    assert.is(told.filter((line) => line.includes('cannot be read')).length, 1);
    assert.equal(station.asked, ['start dark']);
    file.write(parsePlan({ entries: [entry('dark', '20:00', '20:30')] }, 'the test'));
    await at(one, '20:31');
    assert.equal(station.asked, ['start dark', 'stop']);
  }));

test('an entry that is to be kept marks its session from before its beginning to behind its end', () =>
  withNight([entry('event', '20:00', '21:00', { retention: 'keep' })], async ({ station, planner, at }) => {
    await at(planner(), '20:00');
    assert.is(station.marksAsked.length, 1);
    const hourAndMargin = { offsetNs: 3_660_000_000_000n };
    assert.equal(station.marksAsked[0]?.to, hourAndMargin);
  }));

test('controls are set before the session begins, and what the camera refuses does not keep it from beginning', () =>
  withNight(
    [
      entry('dark', '20:00', '21:00', { controls: { Gain: 50 } }),
      entry('later', '21:00', '22:00', { controls: { NoSuch: 1 } }),
    ],
    async ({ station, told, planner, at }) => {
      const one = planner();
      await at(one, '20:00');
      const [first] = await station.controls();
      assert.is(first?.controls.find(({ name }) => name === 'Gain')?.value, 50);
      await at(one, '21:00');
      assert.equal(station.asked, ['start dark', 'stop', 'start later']);
      assert.ok(told.some((line) => line.includes("the controls of 'later' were not set")));
    },
  ));

test.run();
