import * as assert from 'uvu/assert';
import { parseChronyTracking } from '#gps/clocks/chrony-tracking.js';
import { type ClockReaders, HostClock } from '#src/station/host-clock.js';
import { test } from '#test/support/test.js';

const LINE =
  'C0A80101,192.168.1.1,2,1786665600.123456789,-0.000012345,0.000001,0.000015,-12.345,0.001,0.05,0.000512000,0.000230000,64.5,Normal';

test("chrony's line is read to the nanosecond, and what is none is nothing", () => {
  const tracking = parseChronyTracking(`${LINE}\n`);
  assert.equal(
    { ...tracking },
    {
      referenceId: '192.168.1.1',
      stratum: 2,
      offsetNs: -12_345n,
      rootDelayNs: 512_000n,
      rootDispersionNs: 230_000n,
      synchronised: true,
      boundNs: 12_345n + 230_000n + 256_000n,
    },
  );
  assert.is(parseChronyTracking(LINE.replace('Normal', 'Not synchronised'))?.synchronised, false);
  assert.is(parseChronyTracking(LINE.replace(',2,', ',0,'))?.synchronised, false);
  for (const text of [
    '',
    '506 Cannot talk to daemon',
    LINE.slice(0, 60),
    LINE.replace('0.000512000', 'NaN'),
    ',,,,,,,,,,,,,',
  ])
    assert.is(parseChronyTracking(text), null, text);
});

function machine(): { readers: ClockReaders; set: (changes: Partial<ClockReaders>) => void; real: { ns: bigint } } {
  const real = { ns: 1_786_665_600_000_000_000n };
  let readers: ClockReaders = {
    chrony: async () => null,
    kernel: () => null,
    now: () => ({ realNs: real.ns, monotonicNs: 5_000n }),
  };
  return {
    readers: { chrony: () => readers.chrony(), kernel: () => readers.kernel(), now: () => readers.now() },
    set: (changes) => {
      readers = { ...readers, ...changes };
    },
    real,
  };
}

test('chrony is believed before the kernel, the kernel before nobody', async () => {
  const { readers, set } = machine();
  const clock = new HostClock(readers);
  assert.is(clock.state.source, 'none');
  assert.is(clock.witness().synchronised, false);
  set({ kernel: () => ({ synchronised: true, boundNs: 3_000_000n }) });
  await clock.ask();
  assert.equal([clock.state.source, clock.state.boundNs], ['kernel', 3_000_000n]);
  set({ chrony: async () => parseChronyTracking(LINE) });
  await clock.ask();
  assert.equal([clock.state.source, clock.witness().boundNs], ['chrony', 498_345n]);
  set({ chrony: async () => null, kernel: () => ({ synchronised: false, boundNs: 16n }) });
  await clock.ask();
  assert.equal([clock.state.source, clock.state.synchronised], ['kernel', false]);
  clock.close();
});

test('a step of the clock is seen against the monotonic one, slewing is none', () => {
  const { readers, real } = machine();
  const clock = new HostClock(readers);
  real.ns += 10_000_000n;
  assert.is(clock.witness().steppedNs, 0n);
  real.ns += 3_600_000_000_000n;
  assert.is(clock.witness().steppedNs, 3_600_000_000_000n);
  real.ns -= 3_600_000_000_000n;
  assert.is(clock.witness().steppedNs, 0n);
  clock.close();
});

test.run();
