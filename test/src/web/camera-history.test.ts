import * as assert from 'uvu/assert';
import { CameraHistory } from '#src/servers/web/history/camera-history.js';
import { WebServer } from '#src/servers/web/web-server.js';
import type { CameraState } from '#src/station/station-state.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { test } from '#test/support/test.js';

const MINUTE_NS = 60_000_000_000n;
const NOON_NS = 1_795_867_200_000_000_000n;

function imitatedState(): CameraState {
  const station = new ImitatedStation();
  station.close();
  const [state] = station.cameras;
  if (state === undefined) throw new Error('the imitated station has no camera');
  return state;
}

const told = imitatedState();
const withLost = (lost: number): CameraState => ({ ...told, frames: { ...told.frames, lost } });

test('a minute has the means of what was told in it and counts what was lost in it', () => {
  const history = new CameraHistory();
  history.add({ ...withLost(100), framesPerSecond: 10 }, NOON_NS);
  history.add({ ...withLost(103), framesPerSecond: 20 }, NOON_NS + 1_000_000_000n);
  history.add({ ...withLost(107), framesPerSecond: 20 }, NOON_NS + MINUTE_NS);
  const [first, second] = history.minutes(0);
  assert.is(first?.fromUtcNs, String(NOON_NS));
  assert.is(first?.framesPerSecond, 15);
  assert.is(first?.lost, 3);
  assert.is(second?.lost, 4);
});

test('a count that begins anew with a session is not taken for a loss, nor lost itself', () => {
  const history = new CameraHistory();
  for (const lost of [9, 0, 2]) history.add(withLost(lost), NOON_NS);
  assert.is(history.minutes(0)[0]?.lost, 2);
});

test('the grade of a minute is the worst that it saw', () => {
  const history = new CameraHistory();
  if (told.clock === null) throw new Error('no clock');
  for (const grade of ['locked', 'coarse', 'locked'] as const) {
    history.add({ ...told, clock: { ...told.clock, grade } }, NOON_NS);
  }
  assert.is(history.minutes(0)[0]?.grade, 'coarse');
});

test('an hour is kept, also over a pause, and a host clock that steps back adds no minutes', () => {
  const history = new CameraHistory();
  for (let minute = 0n; minute < 90n; minute++) history.add(told, NOON_NS + minute * MINUTE_NS);
  assert.is(history.minutes(0).length, 60);
  history.add(told, NOON_NS);
  assert.is(history.minutes(0).length, 60);
  history.add(told, NOON_NS + 148n * MINUTE_NS);
  assert.is(history.minutes(0).length, 2);
});

test('the page is told the hour of a camera, and that a camera is not there', async () => {
  const station = new ImitatedStation();
  const server = await WebServer.open({ station, dataFolders: [], host: '127.0.0.1', port: 0 });
  try {
    station.emit('camera', told);
    const { minutes } = (await (await fetch(new URL('/api/v1/cameras/0/history', server.url))).json()) as {
      minutes: { framesPerSecond: number }[];
    };
    assert.is(minutes.at(-1)?.framesPerSecond, 20);
    assert.is((await fetch(new URL('/api/v1/cameras/7/history', server.url))).status, 404);
    assert.is((await fetch(new URL('/api/v1/cameras/x/history', server.url))).status, 400);
  } finally {
    station.close();
    await server.close();
  }
});

test.run();
