/** The double of libtoupcam held to the facts about the library: a driver that is tested on it is tested on nothing better than this. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { doubleLibrary } from '#src/cameras/sdk/doubles.js';
import { test } from '#test/support/test.js';
import { E, type FrameInfo, scenePixel, ToupcamDouble } from '#test/support/toupcam-double.js';

const FLUSH = 0x3d;
const TRIGGER = 0x0b;
const BITDEPTH = 0x06;
const RAW = 0x04;
const BINNING = 0x17;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A `tiny` camera, in raw mode, idle on software triggers, as drivers set it up. */
async function tiny(scenario = ''): Promise<{ double: ToupcamDouble; h: unknown }> {
  const double = await ToupcamDouble.load(`models=tiny;${scenario}`);
  const h = double.open(null);
  double.call('autoExposure', h, 0);
  double.call('putOption', h, RAW, 1);
  double.call('putExpoTime', h, 1000);
  return { double, h };
}

const BYTES = 642 * 482;

test('cameras are enumerated with names and identifiers, those of a network once it is enabled', async () => {
  const double = await ToupcamDouble.load('');
  const names = () => double.devices().map(({ name }) => name);
  assert.equal(names(), ['Double M17 GPS', 'Double M61 GPS', 'Double C8 planetary']);
  assert.is(double.call('GigeEnable', null, null), E.ok);
  assert.equal(names().at(-1), 'Double G9 10GigE');
  await double.end();
});

test('a camera is opened once, by identifier, by serial number, or as the first', async () => {
  const double = await ToupcamDouble.load('models=tiny,tiny;busy=1');
  const [first, second] = double.devices();
  const h = double.open(first?.id ?? '');
  assert.is(double.open(first?.id ?? ''), null, 'it is open already');
  assert.is(double.open(second?.id ?? ''), null, 'another program has it');
  const serial = double.serial(h);
  assert.is(serial.length, 31);
  double.call('Close', h);
  const again = double.open(`sn:${serial}`);
  assert.is(double.serial(again), serial);
  await double.end(again);
});

test('the identifier changes when a camera is plugged in again, the serial number does not, and hot-plug tells of both', async () => {
  const double = await ToupcamDouble.load('models=tiny');
  let told = 0;
  double.hotPlug(() => told++);
  const before = double.devices()[0]?.id ?? '';
  const h = double.open(before);
  const serial = double.serial(h);
  double.start(h);
  assert.is(await double.aside('Replug', before), 1);
  assert.ok(await double.event(0x81), 'DISCONNECTED');
  assert.is(double.call('putExpoTime', h, 2000), E.generalFailure);
  const after = double.devices()[0]?.id ?? '';
  assert.is.not(after, before);
  assert.is(double.open(before), null, 'the old identifier is worth nothing');
  const again = double.open(after);
  assert.is(double.serial(again), serial);
  await pause(20);
  assert.ok(told >= 1);
  await double.end(h, again);
});

test('every pixel of a frame follows from its sequence number', async () => {
  const { double, h } = await tiny();
  double.call('putOption', h, 0x40, 0);
  double.start(h);
  for (let expected = 0; expected < 3; expected++) {
    const { result, info, pixels } = await double.frame(h, BYTES);
    assert.is(result, E.ok);
    assert.is(info.sequence, expected);
    assert.equal([...pixels.subarray(0, 8)], [expected, 0, 0, 0, 0, 0, 0, 0]);
    const wrong = pixels.findIndex((value, at) => {
      const [x, y] = [at % 642, Math.floor(at / 642)];
      return at >= 8 && value !== scenePixel(x, y + expected, 8, true);
    });
    assert.is(wrong, -1);
  }
  await double.end(h);
});

test('frames without a region of interest, binned, mirrored, wide and padded hold the pixels that they should', async () => {
  const { double, h } = await tiny();
  assert.is(double.call('putRoi', h, 3, 0, 64, 64), E.invalid, 'odd');
  assert.is(double.call('putRoi', h, 600, 0, 64, 64), E.invalid, 'beyond the edge');
  double.call('putRoi', h, 100, 60, 100, 82);
  double.call('putOption', h, BINNING, 0x83);
  assert.equal(double.finalSize(h), [32, 26], 'a third, rounded down to even');
  double.call('putOption', h, BITDEPTH, 1);
  double.call('putOption', h, 0x78, 1);
  double.call('putOption', h, 0x15, 77);
  double.call('putHFlip', h, 1);
  double.call('putVFlip', h, 1);
  double.start(h);
  const { info, pixels } = await double.frame(h, 32 * 26 * 2);
  assert.equal([info.width, info.height, info.blackLevel], [32, 26, 77]);
  for (const [x, y] of [
    [20, 0],
    [31, 25],
    [5, 13],
  ] as const) {
    const [column, row] = [33 + 31 - x, 20 + 25 - y + info.sequence];
    let sum = 0;
    for (let j = 0; j < 3; j++) for (let i = 0; i < 3; i++) sum += scenePixel(column * 3 + i, row * 3 + j, 14, false);
    assert.is(pixels.readUInt16LE(2 * (y * 32 + x)), Math.floor(sum / 9) + 77);
  }
  await double.end(h);
});

test('what stands beside a frame is flagged, and its times agree with the truth file and with each other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'toupcam-truth-'));
  const { double, h } = await tiny(`truth=${folder}/truth;gps-lost-at=2`);
  double.call('putExpoTime', h, 20_000);
  double.call('putGain', h, 350);
  double.start(h);
  const frames: FrameInfo[] = [];
  for (let at = 0; at < 5; at++) frames.push((await double.frame(h, BYTES)).info);
  await double.end(h);
  const lines = readFileSync(join(folder, 'truth'), 'utf8').trim().split('\n');
  rmSync(folder, { recursive: true });
  const truth = lines.map((line) => JSON.parse(line) as Record<string, string | number>);
  for (const [at, info] of frames.entries()) {
    assert.is(info.flag & 0x1f, 0x1f);
    assert.is(info.exposureUs, 20_000);
    assert.is(info.gain, 350);
    const gps = (info.flag & 0x40) !== 0;
    assert.is(gps, at < 2, `GPS of frame ${at}`);
    const told = truth.find(({ sequence }) => sequence === info.sequence);
    assert.is(String(info.timestampUs), told?.timestampUs);
    if (!gps) continue;
    assert.is(info.utcEndNs - info.utcStartNs, 20_000_000n);
    const off = info.utcStartNs - BigInt(told?.startUtcNs ?? 0);
    assert.ok(off > -1_000_000n && off < 1_000_000n);
    assert.equal([info.latitude, info.longitude, info.altitude, info.satellites], [48262000, 11608000, 489300, 11]);
  }
  const steps = frames.slice(1).map((info, at) => Number(info.timestampUs - (frames[at]?.timestampUs ?? 0n)));
  assert.ok(
    steps.every((us) => Math.abs(us - 20_000) <= 1),
    String(steps),
  );
});

test('options have their ranges, those of other models are not implemented, and some need a stopped stream', async () => {
  const { double, h } = await tiny();
  const put = (id: number, value: number) => double.call('putOption', h, id, value);
  assert.is(put(0x2e, 0), E.invalid, 'bandwidth of nothing');
  assert.is(put(0x2e, 80), E.ok);
  assert.is(put(0x2e, 80), E.same);
  assert.is(put(0x71, 20), E.notImplemented, 'GVCP time-out of a USB camera');
  assert.is(put(0x0e, 1), E.notImplemented, 'white balance of a mono camera');
  assert.is(put(0x20, 1), E.notImplemented, 'a reading');
  assert.is(put(0x999, 1), E.notImplemented);
  assert.is(put(0x01, 300), E.invalid);
  assert.is(put(0x15, 32), E.invalid, 'black level of 8 bits ends at 31');
  put(BITDEPTH, 1);
  assert.is(put(0x15, 31 << 6), E.ok);
  assert.is(put(0x15, (31 << 6) + 1), E.invalid);
  assert.is(double.option(h, 0x86), 1, 'GPS online');
  assert.is(double.option(h, 0x6d), (250 << 16) | (-300 & 0xffff));
  double.start(h);
  for (const id of [RAW, 0x31, 0x41, 0x78]) assert.is(put(id, 0), E.unexpected, `option ${id}`);
  assert.is(double.call('putSize', h, 1), E.unexpected);
  assert.is(put(BINNING, 2), E.ok);
  assert.is(double.call('putHue', h, 10), E.notImplemented);
  assert.is(double.call('putContrast', h, 300), E.invalid);
  await double.end(h);
});

test('a frame is pending until its trigger has been given and its exposure is over', async () => {
  const { double, h } = await tiny();
  const buffer = Buffer.alloc(BYTES);
  const info = Buffer.alloc(104);
  assert.is(double.call('Pull', h, buffer, 0, 0, 0, info), E.unexpected, 'not started');
  double.call('putOption', h, TRIGGER, 1);
  double.call('putExpoTime', h, 30_000);
  double.start(h);
  assert.is(double.call('Pull', h, buffer, 0, 0, 0, info), E.pending);
  assert.is(await double.aside('Wait', h, 20, buffer, 0, 0, 0, info), E.timeout);
  assert.is(double.call('Trigger', h, 2), E.invalid, 'this model takes one at a time');
  assert.is(double.call('Trigger', h, 1), E.ok);
  assert.is(double.call('Pull', h, buffer, 0, 0, 0, info), E.pending);
  assert.ok(await double.event(4), 'IMAGE');
  assert.is(double.call('Pull', h, null, 0, 0, 0, info), E.pointer);
  assert.is(double.call('Pull', h, buffer, 0, 0, 0, info), E.ok);
  assert.is(double.call('Pull', h, buffer, 0, 0, 0, info), E.pending);
  double.call('putExpoTime', h, 60_000_000);
  double.call('Trigger', h, 1);
  double.call('Trigger', h, 0);
  assert.is(await double.aside('Wait', h, 30, buffer, 0, 0, 0, info), E.timeout, 'cancelled');
  double.call('putExpoTime', h, 1000);
  assert.is(await double.aside('TriggerSync', h, 0, buffer, 0, 0, info), E.ok);
  await double.end(h);
});

test('frames that nobody takes are lost and counted, and the sequence shows the gap', async () => {
  const { double, h } = await tiny();
  double.start(h);
  await pause(150);
  const kept = double.option(h, 0x45) + double.option(h, 0x46);
  assert.is(kept, 7, '4 in front and 3 behind');
  const dropped = double.option(h, 0x3e);
  assert.ok(dropped > 0);
  assert.ok(double.option(h, 0x84) >= dropped);
  assert.ok(double.option(h, 0x85) > 0);
  const sequences = [];
  for (let at = 0; at < 8; at++) sequences.push((await double.frame(h, BYTES)).info.sequence);
  assert.equal(sequences.slice(0, 7), [0, 1, 2, 3, 4, 5, 6]);
  assert.ok((sequences[7] ?? 0) > 7);
  assert.ok(double.call('putOption', h, FLUSH, 3) >= 0, 'the count of frames that are discarded');
  await double.end(h);
});

test('the sequence begins anew with each start, and a stale frame comes first where the camera kept one', async () => {
  const { double, h } = await tiny('stale=1');
  double.start(h);
  let last = 0;
  for (let at = 0; at < 4; at++) last = (await double.frame(h, BYTES)).info.sequence;
  await double.aside('Stop', h);
  double.start(h);
  assert.ok((await double.frame(h, BYTES)).info.sequence >= last, 'stale');
  assert.is((await double.frame(h, BYTES)).info.sequence, 0);
  await double.aside('Stop', h);
  double.call('putOption', h, FLUSH, 3);
  double.start(h);
  assert.is((await double.frame(h, BYTES)).info.sequence, 0);
  await double.end(h);
});

for (const rung of ['flush', 'restart', 'reopen'] as const) {
  test(`an exposure that does not end is helped by a ${rung}, and by nothing that is less`, async () => {
    const { double, h } = await tiny(`stuck-at=1;stuck-until=${rung}`);
    let open = h;
    double.call('putOption', h, 0x01, 500);
    double.start(h);
    const comes = async () => (await double.frame(open, BYTES, 150)).result === E.ok;
    assert.ok(await comes());
    assert.not(await comes());
    if (rung === 'flush') assert.ok(await double.event(0x82), 'NOFRAMETIMEOUT');
    double.call('putOption', h, FLUSH, 3);
    if (rung !== 'flush') {
      assert.not(await comes());
      await double.aside('Stop', h);
      double.start(h);
    }
    if (rung === 'reopen') {
      assert.not(await comes());
      await double.aside('Close', h);
      open = double.open(null);
      double.call('putOption', open, RAW, 1);
      double.start(open);
    }
    assert.ok(await comes());
    await double.end(open);
  });
}

test('a camera that is unplugged in the middle of a frame gives no part of it, and answers nothing any more', async () => {
  const { double, h } = await tiny('fps=10;unplug-at=2;replug-after=50');
  double.start(h);
  for (let at = 0; at < 2; at++) assert.is((await double.frame(h, BYTES)).result, E.ok);
  assert.is((await double.frame(h, BYTES)).result, E.generalFailure);
  assert.ok(await double.event(0x81));
  assert.is(double.option(h, 0x79), E.generalFailure);
  await pause(100);
  assert.is(double.devices().length, 1, 'it is back');
  await double.end(h);
});

test('a frame of zeros, a wrong size, a call that hangs, one that fails, and a scan that lies are told from what is right', async () => {
  const { double, h } = await tiny(
    'zero-frame-at=1;wrong-size-at=2;hang=Toupcam_Pause:0.15;fail=Toupcam_get_MaxBitDepth:80004005;scan=4294967295',
  );
  assert.is(double.call('EnumV2', null), 0xffffffff);
  assert.is(double.call('maxBitDepth', h), 0x80004005 | 0);
  double.start(h);
  assert.ok((await double.frame(h, BYTES)).pixels.some((value) => value !== 0));
  const zero = await double.frame(h, BYTES);
  assert.is(zero.result, E.ok);
  assert.not(zero.pixels.some((value) => value !== 0));
  const { info } = await double.frame(h, BYTES);
  assert.equal([info.width, info.height], [160, 240]);
  const began = performance.now();
  await double.aside('Pause', h, 1);
  assert.ok(performance.now() - began >= 140);
  await double.end(h);
});

test('a segmentation fault ends the process', async () => {
  const library = await doubleLibrary('toupcam');
  const program = `
    const koffi = (await import('koffi')).default;
    const lib = koffi.load(${JSON.stringify(library)});
    lib.func('uint32_t Toupcam_EnumV2(void *list)')(null);`;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, APPULSE_TOUPCAM_DOUBLE: 'segv-in=Toupcam_EnumV2' },
  });
  assert.is(ended.signal, 'SIGSEGV');
});

test('the cooler takes its time, forces the fan, and keeps to its range', async () => {
  const { double, h } = await tiny('thermal-speed=600');
  double.call('putOption', h, 0x07, 0);
  assert.is(double.option(h, 0x07), 0);
  const warm = double.temperature(h);
  assert.is(double.call('putTemperature', h, -500), E.invalid);
  assert.is(double.call('putTemperature', h, -100), E.ok);
  assert.is(double.option(h, 0x20), 0);
  double.call('putOption', h, 0x08, 1);
  assert.is(double.option(h, 0x07), 1, 'the fan runs');
  assert.ok(warm > 20);
  await pause(700);
  assert.ok(Math.abs(double.temperature(h) + 10) < 0.2, `${double.temperature(h)}`);
  const effort = double.option(h, 0x20) / double.option(h, 0x21);
  assert.ok(effort > 0.5 && effort < 1);
  await double.end(h);
});

test('a guide pulse runs until it is stopped', async () => {
  const { double, h } = await tiny();
  assert.is(double.call('guideState', h), E.same);
  assert.is(double.call('guide', h, 5, 100), E.invalid);
  double.call('guide', h, 0, 10);
  await pause(50);
  assert.is(double.call('guideState', h), E.ok, 'longer than it was asked for');
  double.call('guide', h, 4, 0);
  assert.is(double.call('guideState', h), E.same);
  await double.end(h);
});

test('a colour camera has white balance by gains when it was opened for it, and colours when it is not raw', async () => {
  const double = await ToupcamDouble.load('models=c8');
  const plain = double.open(null);
  assert.is(double.call('monoMode', plain), E.same);
  assert.is(double.call('putWhite', plain, [1, 2, 3]), E.notImplemented);
  assert.is(double.call('putTempTint', plain, 5000, 1000), E.ok);
  assert.is(double.call('getTemperature', plain, [0]), E.notImplemented);
  double.call('Close', plain);
  const h = double.open(`@${double.devices()[0]?.id}`);
  assert.is(double.call('putTempTint', h, 5000, 1000), E.notImplemented);
  assert.is(double.call('putWhite', h, [1, 2, 300]), E.invalid);
  assert.is(double.call('awbInit', h, null, null), E.unexpected, 'needs a stream');
  double.call('putRoi', h, 0, 0, 18, 16);
  double.call('autoExposure', h, 0);
  double.start(h);
  assert.is(double.call('awbInit', h, null, null), E.ok);
  assert.is(double.call('abbOnce', h, null, null), E.ok);
  const { pixels } = await double.frame(h, 56 * 16);
  assert.is(pixels[55], 0, 'rows are padded to four bytes');
  assert.is(pixels[9], scenePixel(3, 0, 8, false));
  assert.ok(await double.event(6), 'WBGAIN');
  assert.ok(await double.event(8), 'BLACK');
  await double.end(h);
});

test('events of the hardware come when both switches are on', async () => {
  const { double, h } = await tiny();
  double.call('putOption', h, TRIGGER, 1);
  double.call('putOption', h, 0x04004000, 1);
  double.start(h);
  const buffer = Buffer.alloc(BYTES);
  assert.is(await double.aside('TriggerSync', h, 0, buffer, 0, 0, null), E.ok);
  await double.event(4);
  assert.not(double.events.includes(0x4000));
  double.call('putOption', h, 0x04000000, 1);
  double.call('Trigger', h, 1);
  assert.ok(await double.event(0x4000));
  await double.end(h);
});

test.run();
