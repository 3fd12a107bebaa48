/** What a person sees and finds of a Toupcam camera that has trouble: the words of `record`, and the rows of the index. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { decodeToupcamFrameInfo } from '#gps/header/toupcam-frame-info.js';
import { loadSettings } from '#src/config/load.js';
import type { SessionSummary } from '#src/station/messages.js';
import { openStation } from '#src/station/open-station.js';
import { type CameraState, startSessionSchema } from '#src/station/station-state.js';
import { frameRecordOf } from '#storage/fits/frame-header.js';
import { readHdus } from '#storage/fits/reader.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, type Ended, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('toupcam-record', 90_000);

function record(data: string, scenario: string, words: readonly string[]): Promise<Ended> {
  const env = { APPULSE_TOUPCAM_DOUBLE: scenario };
  const set = ['--set', 'ExposureTime=1000', '--set', 'PixelFormat=Mono8', '--set', 'TimeoutMinimum=0.3'];
  const args = ['record', '--data', data, '--json', '--camera', 'toupcam:', '--sdk-doubles', ...set, ...words];
  return appulse(args, { env, limitMs: 80_000 });
}

test('each step of recovery is said and kept, and the frame that was under way is a gap row', () =>
  withFolder(async (data) => {
    const ended = await record(data, 'models=tiny;fps=50;stuck-at=20;stuck-until=reopen', ['--frames', '40']);
    assert.is(ended.code, 3, ended.stderr);
    const steps = [
      'its queues are emptied',
      'the stream is stopped and begun again',
      'the camera is closed and opened again',
    ];
    for (const step of [...steps, 'frames come again']) assert.match(ended.stderr, step);
    const summary = ended.json as SessionSummary;
    assert.is(summary.frames.received, 40);
    const reader = new IndexReader(summary.index);
    const gaps = reader.gaps({ sessionId: summary.session });
    const events = reader.events({ sessionId: summary.session });
    reader.close();
    assert.ok(gaps.some(({ cause }) => cause === 'camera'));
    const told = events.map(({ data: about }) => JSON.stringify(about)).join('\n');
    for (const step of steps) assert.match(told, step);
  }));

test('a camera that another program has is said to be in use, with what to do', () =>
  withFolder(async (data) => {
    const ended = await record(data, 'models=tiny;busy=0', ['--frames', '1']);
    assert.is(ended.code, 1);
    assert.match(ended.stderr, /Double tiny GPS \(tp-usb-1-\w+\) cannot be opened: end the program that has it/);
  }));

test('a session of darks that begins in mid-stream has the shutter closed, and the one behind it has it open', () =>
  withFolder(async (folder) => {
    process.env.APPULSE_TOUPCAM_DOUBLE = 'models=tiny;fps=50';
    const data = join(folder, 'data');
    const { values: settings } = loadSettings({
      environment: {},
      options: {
        'camera.uri': ['toupcam:'],
        'camera.sdk-doubles': true,
        'camera.features': { ExposureTime: 1_000, PixelFormat: 'Mono8' },
        'camera.state': false,
        'recording.watch': true,
        'recording.data': data,
      },
    });
    const limits = { frames: null, durationNs: null };
    const station = openStation({ settings, stationId: '3f2a7c9e-6f0e-4a53-9f55-0d5d1f1c0a77', limits });
    const said: string[] = [];
    station.on('log', (_, text) => said.push(text));
    const until = (holds: (state: CameraState) => boolean) =>
      new Promise<void>((done, failed) => {
        station.on('camera', (state) => holds(state) && done());
        station.ended.catch(failed);
      });
    await until(({ state }) => state === 'streaming');
    const sessions: string[] = [];
    for (const frameType of ['dark', 'light']) {
      const [id = ''] = await station.startSession(startSessionSchema.parse({ frameType }));
      sessions.push(id);
      await until(({ session, frames }) => session === id && frames.received > 2);
      await station.stopSession(0);
    }
    station.stop();
    await station.ended;
    await station.closed;
    delete process.env.APPULSE_TOUPCAM_DOUBLE;
    assert.match(said.join('\n'), /shutter is closed: the frames are dark frames[\s\S]*shutter is open again/);
    const reader = new IndexReader(join(data, 'appulse.sqlite'));
    const closed = sessions.map((sessionId) => {
      const frames = reader.frames({ sessionId });
      assert.ok(frames.length > 2, `${frames.length} frames\n${said.join('\n')}`);
      return frames.map(({ file, byteOffset, headerBytes }) => {
        const header = readFileSync(join(data, file)).toString('latin1', byteOffset, byteOffset + headerBytes);
        const info = frameRecordOf(header)?.time.libraryInfo ?? new Uint8Array(0);
        return (decodeToupcamFrameInfo(info).flag & 0x200) !== 0;
      });
    });
    reader.close();
    assert.ok(
      closed[0]?.every((each) => each),
      `of darks: ${closed[0]?.join()}`,
    );
    assert.not.ok(
      closed[1]?.some((each) => each),
      `of lights: ${closed[1]?.join()}`,
    );
  }));

test('dark frames are taken with the mechanical shutter closed', () =>
  withFolder(async (data) => {
    const dark = await record(data, 'models=tiny;fps=50', ['--frames', '2', '--frame-type', 'dark']);
    assert.match(dark.stderr, /the mechanical shutter is closed: the frames are dark frames/);
    const summary = dark.json as SessionSummary;
    const file = join(summary.folder, readdirSync(summary.folder).find((name) => name.endsWith('.fits')) ?? '');
    const bytes = readFileSync(file);
    const { offset = 0, headerBytes = 0 } = readHdus(file).hdus[1] ?? {};
    const kept = frameRecordOf(bytes.toString('latin1', offset, offset + headerBytes))?.time.libraryInfo;
    assert.is(decodeToupcamFrameInfo(kept ?? new Uint8Array(0)).flag & 0x200, 0x200);
  }));

test.run();
