/** Packet delays of cameras that share a link: as computed, as refused, and as a station writes them. */
import { createSocket } from 'node:dgram';
import * as assert from 'uvu/assert';
import { CameraError } from '#src/cameras/gige-vision/camera-error.js';
import { type LinkMember, requireShare, shareLink } from '#src/cameras/gige-vision/link-share.js';
import { parseBitRate } from '#src/config/units.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

const camera = (given: Partial<LinkMember> = {}): LinkMember => ({
  name: 'gige:10.0.0.2',
  payloadBytes: 4_000_000,
  packetBytes: 9000,
  packetDataBytes: 8964,
  frameRate: 10,
  tickFrequencyHz: 1_000_000_000n,
  linkBitsPerSecond: null,
  ...given,
});

const WIRE_BITS = 8 * 9038;

/** Bits a second of a camera that sends a packet, waits, sends the next. */
function rateOf(delayTicks: number, ticksPerS = 1e9, link = 1e9): number {
  return WIRE_BITS / (WIRE_BITS / link + delayTicks / ticksPerS);
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CameraError && error.code === 'camera.link') return error.message;
    throw error;
  }
  throw new Error('they fit');
}

test('two equal cameras get half of the link each, together less than all of it', () => {
  const shares = shareLink([camera(), camera()], 1e9);
  assert.is(shares.length, 2);
  for (const { delayTicks, bitsPerSecond } of shares) {
    assert.ok(delayTicks > WIRE_BITS && delayTicks < WIRE_BITS * 1.05, `${delayTicks} ns`);
    assert.ok(Math.abs(bitsPerSecond - rateOf(delayTicks)) < 1);
    assert.ok(bitsPerSecond > 0.47e9 && bitsPerSecond <= 0.49e9, `${bitsPerSecond}`);
  }
});

test('the delay counts in ticks of the camera, rounded so that it sends no faster', () => {
  const [fine, coarse] = shareLink([camera(), camera({ tickFrequencyHz: 125_000_000n })], 1e9);
  assert.is(coarse?.delayTicks, Math.ceil((fine?.delayTicks ?? 0) / 8));
});

test('a camera that needs more gets more, and each keeps its frame rate', () => {
  for (const [fast, slow, link] of [
    [20, 5, 1e9],
    [23.5, 5, 1e9],
    [150, 90, 1e10],
  ] as const) {
    const members = [camera({ frameRate: fast }), camera({ frameRate: slow })];
    const shares = shareLink(members, link);
    assert.ok(shares.reduce((sum, { bitsPerSecond }) => sum + bitsPerSecond, 0) <= 0.98 * link);
    for (const [i, { delayTicks }] of shares.entries()) {
      const packets = Math.ceil(4_000_000 / 8964) + 2;
      const frameS = packets * (WIRE_BITS / link + delayTicks / 1e9);
      assert.ok(frameS <= 1 / (members[i]?.frameRate ?? 0), `${frameS} s`);
    }
  }
});

test('one camera alone is hardly delayed, and one of unknown rate gets an equal part', () => {
  const [alone] = shareLink([camera()], 1e9);
  assert.ok((alone?.delayTicks ?? 1e9) < 0.03 * WIRE_BITS);
  const [, unknown] = shareLink([camera({ frameRate: 10 }), camera({ frameRate: null })], 1e9);
  assert.ok((unknown?.bitsPerSecond ?? 0) >= 0.475e9);
});

test('a camera on a slower link of its own is delayed less, for its packets take longer', () => {
  const [fast, slow] = shareLink([camera(), camera({ linkBitsPerSecond: 1e9 })], 1e10);
  // Half of 10 Gb/s each: more than 1 Gb/s can be, so that one is not delayed at all.
  assert.ok((fast?.delayTicks ?? 0) > 0);
  assert.is(slow?.delayTicks, 0);
  assert.ok(Math.abs((slow?.bitsPerSecond ?? 0) - 1e9) < 1);
});

test('cameras that do not fit are refused with what each needs; so is one that cannot be delayed', () => {
  const told = refusal(() => shareLink([camera({ frameRate: 20 }), camera({ name: 'gige:B', frameRate: 15 })], 1e9));
  assert.match(told, 'need 1.1');
  assert.match(told, 'of a link of 1.00 Gb/s');
  assert.match(told, 'gige:B 0.49 Gb/s');
  assert.match(
    refusal(() => shareLink([camera({ tickFrequencyHz: 0n })], 1e9)),
    'no clock',
  );
  assert.match(
    refusal(() => shareLink([camera({ frameRate: 5, linkBitsPerSecond: 1e8 })], 1e10)),
    'is too slow',
  );
  // Steps of 1 ms between packets leave no such rate.
  assert.match(
    refusal(() => shareLink([camera(), camera({ tickFrequencyHz: 1000n })], 1e9)),
    'clock of 1000 Hz',
  );
});

test('a camera that is set otherwise keeps its share, and is refused what does not fit into it', () => {
  const [share] = shareLink([camera({ frameRate: 10 }), camera({ frameRate: 10 })], 1e9);
  const bitsPerSecond = share?.bitsPerSecond ?? 0;
  requireShare(camera({ frameRate: 14 }), bitsPerSecond);
  requireShare(camera({ frameRate: null }), bitsPerSecond);
  assert.match(
    refusal(() => requireShare(camera({ frameRate: 20 }), bitsPerSecond)),
    'would need 0.65 Gb/s, and has 0.4',
  );
});

test('rates are written with or without their unit', () => {
  for (const [text, rate] of [
    ['10Gb/s', 1e10],
    ['2.5G', 2.5e9],
    ['1000Mbit/s', 1e9],
    ['1000000000', 1e9],
  ] as const)
    assert.is(parseBitRate(text), rate);
  for (const wrong of ['', 'fast', '-1G', '0', '10GB/s']) assert.throws(() => parseBitRate(wrong), /is not a rate/);
});

const TINY = { payloadBytes: 320 * 240 * 2, frameRate: 100, packetBytes: 1500, packetDataBytes: 1464 };

test('a station writes the delays that two cameras on one link have to have', () =>
  withFolder(async (folder) => {
    const cameras = ['--camera', 'sim:tiny?ids=16', '--camera', 'sim:tiny?ids=16&fps=50'];
    const link = ['--packet-size', '1500', '--link-rate', '1Gb/s'];
    const ended = await appulse(['record', ...cameras, ...link, '--frames', '20', '--data', folder, '--json']);
    assert.is(ended.code, 0, ended.stderr);
    const delays = [...ended.stderr.matchAll(/camera (\d): packet delay (\d+) ticks: .* of lo, shared by 2/g)]
      .sort((a, b) => Number(a[1]) - Number(b[1]))
      .map((match) => Number(match[2]));
    const shares = shareLink([camera(TINY), camera({ ...TINY, frameRate: 50 })], 1e9);
    assert.equal(
      delays,
      shares.map(({ delayTicks }) => delayTicks),
      ended.stderr,
    );
  }));

test('a station whose cameras do not fit on their link does not begin, and says why', () =>
  withFolder(async (folder) => {
    const cameras = ['--camera', 'sim:tiny', '--camera', 'sim:tiny'];
    const ended = await appulse(['record', ...cameras, '--link-rate', '200Mb/s', '--frames', '20', '--data', folder]);
    assert.is(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, 'the cameras need 0.2');
  }));

test('of two cameras the one that cannot be reached is told, not that the other was stopped for it', () =>
  withFolder(async (folder) => {
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    const waitsLong = `gige:127.0.0.1:${silent.address().port}`;
    const cameras = ['--camera', waitsLong, '--camera', 'gige:255.255.255.255'];
    const ended = await appulse(['record', ...cameras, '--frames', '20', '--data', folder]);
    silent.close();
    assert.is(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, 'appulse: cannot reach 255.255.255.255:3956');
  }));

test.run();
