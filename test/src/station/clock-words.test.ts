/** What is told of a clock, in words. */
import * as assert from 'uvu/assert';
import type { FrameTime } from '#gps/frame-time.js';
import { ClockPanel, type ClockWitnesses } from '#src/station/clock-panel.js';
import { UNKNOWN_HOST } from '#src/station/host-clock.js';
import { sampleRecord } from '#test/storage/sample-session.js';
import { suite } from '#test/support/test.js';

const test = suite('clock words');

const nothing: ClockWitnesses = {
  hasGpsHeader: null,
  receiver: null,
  oscillatorPpm: null,
  second: null,
  almanacAgeS: null,
  host: UNKNOWN_HOST,
  gpsd: null,
  nmea: null,
};

function panelOf(...times: Partial<FrameTime>[]): ClockPanel {
  const panel = new ClockPanel();
  const { time } = sampleRecord(1, 'session');
  for (const [i, changes] of times.entries()) {
    panel.frame({ ...time, startUtcNs: BigInt(i) * 1_000_000_000n, flags: [], ...changes });
    panel.clock(nothing);
  }
  return panel;
}

const locked: Partial<FrameTime> = { grade: 'locked', source: 'gps-header' };
const why = (panel: ClockPanel, known: Partial<ClockWitnesses> = {}) => panel.clock({ ...nothing, ...known })?.why;

test('before the first frame nothing is told, and of a locked time there is nothing to explain', () => {
  assert.is(new ClockPanel().clock(nothing), null);
  assert.is(why(panelOf(locked)), null);
});

test('a receiver that searches has lost its satellites where it had them', () => {
  const searching: Partial<FrameTime> = { grade: 'coarse', source: 'gps-header', flags: ['gps-unlocked'] };
  assert.is(why(panelOf(searching), { receiver: 'searching' }), 'the receiver is searching for satellites');
  const panel = panelOf(locked, locked, searching, searching);
  assert.is(why(panel, { receiver: 'searching' }), 'the receiver has lost its satellites');
  assert.is(panel.clock(nothing)?.sinceUtcNs, '2000000000');
});

test('a camera without a GPS header says so, and who does not vouch for the host', () => {
  const plain: Partial<FrameTime> = { grade: 'coarse', source: 'camera-clock', flags: ['host-unsynchronised'] };
  assert.is(
    why(panelOf(plain), { hasGpsHeader: false }),
    "camera clock only: this camera writes no GPS header; nobody vouches for the host's clock",
  );
});

test('a missing PPS is told with the seconds since the last one', () => {
  const noPps: Partial<FrameTime> = { grade: 'holdover', source: 'gps-header', flags: ['gps-no-pps'], rawHeader: null };
  assert.is(why(panelOf(noPps)), 'no PPS so far');
  const withPps = { ...locked, rawHeader: headerWithPps(10_000_003) };
  const panel = panelOf(withPps, noPps, noPps, noPps, noPps);
  assert.is(why(panel, { receiver: 'holdover' }), 'no PPS for 4 s');
});

test('the count of the last second and the oscillator stand beside it', () => {
  const clock = panelOf({ ...locked, rawHeader: headerWithPps(10_000_003) }).clock({ ...nothing, oscillatorPpm: 0.3 });
  assert.equal([clock?.ppsCount, clock?.ppsErrorPpb], [10_000_003, 300]);
  assert.match(clock?.host ?? '', 'not synchronised');
});

function headerWithPps(count: number): Uint8Array {
  const bytes = Buffer.alloc(44);
  bytes.writeUIntBE(count, 41, 3);
  return bytes;
}

test.run();
