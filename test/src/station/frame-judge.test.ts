/** Headers that come in other packings than their bytes, out of whole payloads, as the session judges them. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import type { FrameTime } from '#gps/frame-time.js';
import { HEADER_PACKINGS } from '#gps/header/header-packing.js';
import { parseUtc } from '#gps/instant.js';
import { Timekeeper } from '#gps/judge/timekeeper.js';
import { Clockwork } from '#src/cameras/simulator/clockwork.js';
import { parseClockFaults } from '#src/cameras/simulator/fault-option.js';
import { skyPixels } from '#src/cameras/simulator/header-damage.js';
import { headerEvidence } from '#src/station/frame-judge.js';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, readTruth, withFolder } from '#test/support/appulse.js';
import { frameOf, globalTiming } from '#test/support/header-stream.js';
import { packedHeader } from '#test/support/packed-header.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

interface Judged {
  readonly time: FrameTime;
  readonly errorNs: bigint;
}

/** A night of 800 frames, judged out of payloads whose first bytes are the header as the fault leaves it. */
function night(faults: string, gpsHeader: boolean | null): Judged[] {
  const timing = globalTiming({ hasGpsHeader: gpsHeader });
  const clockwork = new Clockwork({
    fps: 50,
    exposureNs: timing.exposureNs,
    shutter: timing.shutter,
    sensor: { width: 1936, height: 1024 },
    region: { offsetY: 0, rows: 1200, binning: 1, flip: false },
    originUtcNs: parseUtc('2026-08-14T00:00:00.0123'),
    gps: 'locked',
    leaderScale: 'free',
    faults: parseClockFaults(faults),
    seed: 1,
  });
  const keeper = new Timekeeper(timing, { finding: () => {}, state: () => {} });
  const judged: Judged[] = [];
  for (const { block, frame, receivedUtcNs } of clockwork.delivery(800)) {
    if (block === null) continue;
    const payload = skyPixels(256, 9, frame.frame);
    payload.set(frame.header);
    const time = keeper.judge({
      blockId: block,
      ...headerEvidence(payload, gpsHeader),
      leaderTicks: frame.leaderTicks,
      receivedNs: receivedUtcNs,
      host: { synchronised: true, boundNs: 2_000_000n, steppedNs: 0n },
    });
    const error = utcToTai(time.startUtcNs, time.leapSecond) - utcToTai(frame.truth.startUtcNs, frame.truth.leapSecond);
    judged.push({ time, errorNs: error < 0n ? -error : error });
  }
  return judged;
}

for (const [fault, flag] of [
  ['header-16bit@300:low:100', 'gps-header-16bit'],
  ['header-16bit@300:high:100', 'gps-header-16bit'],
  ['header-swapped@300:100', 'gps-header-swapped'],
] as const) {
  for (const gpsHeader of [true, null]) {
    test(`${fault}, announced ${gpsHeader}: found, right, and flagged`, () => {
      for (const [frame, { time, errorNs }] of night(fault, gpsHeader).entries()) {
        const within = frame >= 300 && frame < 400;
        assert.is(time.flags.includes(flag), within, `frame ${frame}: ${time.flags.join(' ')}`);
        assert.is(time.grade, 'locked', `frame ${frame}: ${time.flags.join(' ')}`);
        assert.ok(errorNs <= 100n, `frame ${frame}: ${errorNs} ns`);
      }
    });
  }
}

test('pixels over the header are looked for in vain, and the frame has a coarse time', () => {
  for (const [frame, { time, errorNs }] of night('header-image@300:100', true).entries()) {
    const within = frame >= 300 && frame < 400;
    assert.is(time.flags.includes('gps-header-implausible'), within);
    if (time.grade === 'locked' || time.grade === 'holdover') assert.ok(errorNs <= time.uncertaintyNs);
    if (within) assert.is(time.grade, 'coarse');
  }
});

test('a camera without GPS is not searched, a payload of 44 bytes is enough, a missing one is told', () => {
  const header = new Uint8Array(44).fill(1);
  assert.equal(headerEvidence(header, true), { headerBytes: header });
  assert.equal(headerEvidence(null, true), { headerBytes: null });
  const payload = new Uint8Array(88).fill(3);
  assert.equal(headerEvidence(payload, false), { headerBytes: payload.slice(0, 44) });
});

test('mutated payloads of every packing in a stream are never locked with a wrong time', () => {
  const random = randomOf(17);
  const below = (limit: number) => Math.floor(random() * limit);
  const timing = globalTiming();
  const keeper = new Timekeeper(timing, { finding: () => {}, state: () => {} });
  let locked = 0;
  for (let n = 0; n < 40_000; n++) {
    const sent = frameOf({ timing, ppm: 7 }, n);
    const payload = skyPixels(256, 9, n % 64);
    const packing = HEADER_PACKINGS[n % HEADER_PACKINGS.length] ?? 'bytes';
    const bytes = packedHeader(sent.evidence.headerBytes ?? new Uint8Array(44), packing);
    const broken = n > 50 && n % 2 === 0;
    for (let changes = broken ? 1 + below(4) : 0; changes > 0; changes--) {
      const at = below(bytes.length);
      bytes[at] = random() < 0.5 ? (bytes[at] ?? 0) ^ (1 << below(8)) : below(256);
    }
    payload.set(bytes);
    const time = keeper.judge({ ...sent.evidence, ...headerEvidence(payload, n % 3 === 0 ? null : true) });
    const error = time.startUtcNs - sent.startUtcNs;
    const wrong = (error < 0n ? -error : error) > time.uncertaintyNs;
    if (time.grade !== 'locked' && time.grade !== 'holdover') {
      assert.ok(broken || n < 5, `frame ${n} of ${packing} is ${time.grade}: ${time.flags.join(' ')}`);
      continue;
    }
    locked += Number(broken);
    assert.not.ok(wrong, `frame ${n} of ${packing} is ${time.grade}, ${error} ns off`);
  }
  assert.ok(locked > 0);
});

test('in a session the header of a camera that swaps its bytes for a while is found, and recorded put right', () =>
  withFolder(async (folder) => {
    const truth = join(folder, 'truth.ndjson');
    const camera = `sim:tiny?fps=50&fault=header-swapped@10:5,header-16bit@20:high:5&truth=${truth}`;
    const ended = await appulse(['record', '--camera', camera, '--frames', '40', '--data', folder, '--json']);
    assert.is(ended.code, 0, ended.stderr);
    const summary = ended.json as SessionSummary;
    const index = new IndexReader(summary.index);
    const frames = index.frames({ sessionId: summary.session });
    index.close();
    const starts = new Map(readTruth(truth).map(({ block, startUtcNs }) => [block, BigInt(startUtcNs)]));
    const found = { swapped: 0, wide: 0 };
    for (const { blockId, startUtcNs, source, flags } of frames) {
      assert.is(source, 'gps-header');
      const error = startUtcNs - (starts.get(String(blockId)) ?? 0n);
      assert.ok(error >= -100n && error <= 100n, `block ${blockId}: ${error} ns`);
      found.swapped += Number(flags.includes('gps-header-swapped'));
      found.wide += Number(flags.includes('gps-header-16bit'));
    }
    assert.equal(found, { swapped: 5, wide: 5 });
  }));

test.run();
