import * as assert from 'uvu/assert';
import { AlarmRests, alarmsBetween } from '#src/servers/web/page/alarms/alarms.js';
import type { CameraState } from '#src/station/station-state.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { test } from '#test/support/test.js';

function imitatedState(): CameraState {
  const station = new ImitatedStation();
  station.close();
  const [state] = station.cameras;
  if (state === undefined) throw new Error('the imitated station has no camera');
  return state;
}

const calm = imitatedState();
const kinds = (before: CameraState, now: CameraState) => alarmsBetween(before, now).map(({ kind }) => kind);
const withLost = (lost: number): CameraState => ({ ...calm, frames: { ...calm.frames, lost } });

test('nothing is raised while nothing changes for the worse', () => {
  assert.equal(kinds(calm, { ...calm, framesPerSecond: 19.9 }), []);
});

test('a lock that is lost is raised when it is lost, not as long as it is', () => {
  if (calm.clock === null) throw new Error('no clock');
  const coarse: CameraState = { ...calm, clock: { ...calm.clock, grade: 'coarse' } };
  assert.equal(kinds(calm, coarse), ['lock']);
  assert.equal(kinds(coarse, coarse), []);
  assert.equal(kinds(coarse, calm), []);
});

test('each frame that is lost more is raised, also when the count begins anew with a session', () => {
  assert.equal(kinds(withLost(3), withLost(5)), ['frames']);
  assert.equal(kinds(withLost(5), withLost(5)), []);
  assert.equal(kinds(withLost(5), withLost(0)), []);
  assert.match(alarmsBetween(withLost(5), withLost(2))[0]?.text ?? '', /2 frames were lost/);
});

test('frames that are not recorded are raised as those that are lost', () => {
  const unwritten: CameraState = { ...calm, frames: { ...calm.frames, notRecorded: 12 } };
  assert.match(alarmsBetween(calm, unwritten)[0]?.text ?? '', /12 frames were not recorded/);
  assert.equal(kinds(unwritten, unwritten), []);
});

test('a disk of which the station warns is raised once, in its words', () => {
  const low: CameraState = { ...calm, diskWarning: 'the disk takes 29 min more' };
  assert.equal(alarmsBetween(calm, low), [
    { kind: 'disk', camera: calm.camera, text: `${calm.model}: the disk takes 29 min more` },
  ]);
  assert.equal(kinds(low, { ...low, diskWarning: 'the disk takes 28 min more' }), []);
});

test('a camera that is lost is raised', () => {
  assert.equal(kinds(calm, { ...calm, state: 'lost' }), ['camera']);
});

test('the same alarm of the same camera is told once a minute', () => {
  const rests = new AlarmRests();
  const alarm = { kind: 'frames', camera: 0, text: '' } as const;
  assert.equal(
    [0, 59_999, 60_000, 60_001].map((nowMs) => rests.allows(alarm, nowMs)),
    [true, false, true, false],
  );
  assert.ok(rests.allows({ ...alarm, camera: 1 }, 60_002));
  assert.ok(rests.allows({ ...alarm, kind: 'lock' }, 60_002));
});

test.run();
