/** What is recorded of a camera behind a maker's library: over the bridge in a process of its own, and in the engine's own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { decodeToupcamFrameInfo } from '#gps/header/toupcam-frame-info.js';
import type { SessionSummary } from '#src/station/messages.js';
import { frameRecordOf } from '#storage/fits/frame-header.js';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, type Ended, withFolder } from '#test/support/appulse.js';
import { headerOf, IMITATED, type ImitatedCamera, pixelByte } from '#test/support/imitated-frames.js';
import { suite } from '#test/support/test.js';

const test = suite('bridge-record', 120_000);

const DRIVER = fileURLToPath(new URL('../../../support/imitated-driver.js', import.meta.url));
const HEADER_BYTES = 44;

function record(data: string, camera: Partial<ImitatedCamera>, words: readonly string[]): Promise<Ended> {
  const env = { APPULSE_SDK_DRIVER: DRIVER, IMITATED_CAMERA: JSON.stringify(camera), APPULSE_SDK_CALL_SECONDS: '2' };
  return appulse(['record', '--data', data, '--json', ...words], { env, limitMs: 100_000 });
}

function rowsOf({ index, session }: SessionSummary) {
  const reader = new IndexReader(index);
  const rows = { frames: reader.frames({ sessionId: session }), gaps: reader.gaps({ sessionId: session }) };
  reader.close();
  return rows;
}

/** The only segment of a session. */
const fitsIn = (folder: string): string =>
  join(folder, readdirSync(folder).find((name) => name.endsWith('.fits')) ?? '');

const ways = [
  ['over the bridge', []],
  ['in process', ['--in-process']],
] as const;

for (const [way, words] of ways) {
  test(`pixels, headers and times are those of the camera ${way}`, () =>
    withFolder(async (data) => {
      const ended = await record(data, {}, ['--camera', 'qhy:', '--frames', '40', '--format', 'fits-raw', ...words]);
      assert.is(ended.code, 0, `${ended.stderr}${ended.stdout}`);
      const summary = ended.json as SessionSummary;
      assert.equal([summary.frames.received, summary.frames.lost, summary.times.locked], [40, 0, 40]);
      const file = fitsIn(summary.folder);
      const bytes = readFileSync(file);
      const { frames } = rowsOf(summary);
      for (const [at, hdu] of readHdus(file).hdus.slice(1).entries()) {
        const found = frameRecordOf(bytes.toString('latin1', hdu.offset, hdu.offset + hdu.headerBytes));
        const n = found?.time.sequence ?? 0;
        assert.is(n, at + 1);
        const { rawHeader, endUtcNs, exposureNs, source } = found?.time ?? {};
        assert.equal([source, exposureNs], ['gps-header', 2_000_000n]);
        const header = headerOf(n, endUtcNs ?? 0n, IMITATED, 2_000_000n);
        assert.equal(
          Buffer.from(rawHeader ?? []),
          Buffer.from(header),
          'the header as the library gave it, and its time',
        );
        const pixels = readPixels(file, hdu);
        const wanted = Uint8Array.from(pixels, (_, i) => (i < HEADER_BYTES ? (header[i] ?? 0) : pixelByte(n, i)));
        assert.equal(Buffer.from(pixels), Buffer.from(wanted), `pixels of frame ${n}`);
        assert.is(frames[at]?.endUtcNs, endUtcNs);
      }
    }));

  test(`what ToupTek's library tells beside a frame is its time ${way}`, () =>
    withFolder(async (data) => {
      const camera = { info: true, gpsHeader: false, spareBytes: 8_192 };
      const ended = await record(data, camera, ['--camera', 'toupcam:', '--frames', '20', ...words]);
      assert.is(ended.code, 0, `${ended.stderr}${ended.stdout}`);
      const summary = ended.json as SessionSummary;
      const { frames } = rowsOf(summary);
      assert.is(frames.length, 20);
      const file = fitsIn(summary.folder);
      const bytes = readFileSync(file);
      const hdus = readHdus(file).hdus.slice(1);
      for (const [at, frame] of frames.entries()) {
        const { offset = 0, headerBytes = 0 } = hdus[at] ?? {};
        const kept = frameRecordOf(bytes.toString('latin1', offset, offset + headerBytes))?.time.libraryInfo;
        const told = decodeToupcamFrameInfo(kept ?? new Uint8Array(0));
        const again = [told.gps?.startUtcNs, told.gps?.endUtcNs, told.sequence];
        assert.equal(again, [frame.startUtcNs, frame.endUtcNs, frame.sequence], 'the time follows from the bytes kept');
        assert.equal([frame.source, frame.grade, frame.sequence], ['toupcam-gps', 'coarse', at + 1]);
        assert.ok(frame.flags.includes('toupcam-accuracy-unknown'));
        assert.is(frame.exposureNs, 2_000_000n);
        const before = frames[at - 1];
        if (before !== undefined) assert.is(frame.startUtcNs - before.startUtcNs, 10_000_000n);
      }
    }));

  test(`frames that the library lost and frames of another size are gaps ${way}`, () =>
    withFolder(async (data) => {
      for (const fault of words.length === 0 ? ['Lose', 'WrongSize'] : ['WrongSize']) {
        const set = ['--set', 'FaultAfter=12', '--set', `Fault=${fault}`];
        const ended = await record(data, {}, ['--camera', 'qhy:', '--frames', '30', ...set, ...words]);
        assert.is(ended.code, 3, ended.stderr);
        const summary = ended.json as SessionSummary;
        assert.equal([summary.frames.received, summary.frames.lost], [30, 1], fault);
        const { gaps, frames } = rowsOf(summary);
        assert.equal([gaps[0]?.cause, gaps[0]?.frames], ['camera', 1], fault);
        assert.equal([gaps[0]?.firstBlock, frames[11]?.blockId], [12n, 13n]);
        if (fault === 'WrongSize') assert.match(ended.stderr, /gave 64 x 48 pixels in 3071 bytes/);
      }
    }));
}

for (const [fault, reason] of [
  ['Crash', /QHY's library ended the bridge of qhy:.*SIGSEGV, a segmentation fault/],
  ['Unplug', /the camera was unplugged/],
  ['Hang', /has not returned from 'poll'/],
] as const) {
  test(`after ${fault} of the library the session goes on, and the outage is a row`, () =>
    withFolder(async (data) => {
      const camera = { faultOnce: join(data, 'done') };
      const set = ['--set', 'FaultAfter=20', '--set', `Fault=${fault}`];
      const ended = await record(data, camera, ['--camera', 'qhy:', '--frames', '50', ...set]);
      // Nobody knows how many frames there were meanwhile.
      assert.is(ended.code, 3, `${ended.stderr}${ended.stdout}`);
      const summary = ended.json as SessionSummary;
      assert.equal([summary.frames.received, summary.outages], [50, 1]);
      const { gaps } = rowsOf(summary);
      assert.is(gaps.length, 1);
      assert.is(gaps[0]?.cause, 'camera-lost');
      assert.match(gaps[0]?.detail ?? '', reason);
      assert.match(ended.stderr, reason);
    }));
}

test.run();
