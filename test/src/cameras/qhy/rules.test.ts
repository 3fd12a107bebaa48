/** What QHYCCD's manual and the published experience with its library say, as rules without a camera. */
import * as assert from 'uvu/assert';
import { antiRbiValue } from '#src/cameras/qhy/anti-rbi.js';
import { burstFrames, burstUnavailable, checkBurst } from '#src/cameras/qhy/burst-rules.js';
import { percentOfPwm, pwmOfPercent, rampedSetPoint } from '#src/cameras/qhy/cooler-rules.js';
import { deliveredFormat } from '#src/cameras/qhy/delivered-format.js';
import { exposureUs } from '#src/cameras/qhy/exposure-control.js';
import { orderOf, slotOf } from '#src/cameras/qhy/filter-answers.js';
import { GPIO_CHOICES, GPIO_PINS } from '#src/cameras/qhy/gpio-modes.js';
import { publishedPosition } from '#src/cameras/qhy/led-positions.js';
import { refusal } from '#src/cameras/qhy/qhy-answer.js';
import { QHY_LIBRARY } from '#src/cameras/qhy/qhy-functions.js';
import { isFibre, nameOf } from '#src/cameras/qhy/qhy-identity.js';
import { binnedArea, fitted, insideOf, onChipBinning, regionTold } from '#src/cameras/qhy/regions.js';
import { deriveShutter } from '#src/cameras/qhy/shutter-timing.js';
import { StaleFrames } from '#src/cameras/qhy/stale-frames.js';
import { supplyState } from '#src/cameras/qhy/under-voltage.js';
import { VcxoDiscipline } from '#src/cameras/qhy/vcxo-discipline.js';
import { firmwareDate, fpgaDate, readModeUnavailable, sdkDate } from '#src/cameras/qhy/versions.js';
import { test } from '#test/support/test.js';

const USB = { fibre: false, first: true, longExposure: false };

test('a burst gives the frames between begin and end', () => {
  assert.equal(burstFrames('QHY411M', { start: 1, end: 6 }, USB), { first: 2, last: 5, count: 4, withheld: 0 });
  assert.equal(burstFrames('QHY6060', { start: 0, end: 9 }, USB), { first: 1, last: 8, count: 8, withheld: 0 });
});

test('by fibre the first burst lacks its first frame, and the next ones do not', () => {
  const range = { start: 1, end: 6 };
  assert.equal(burstFrames('QHY600MPCIE', range, { ...USB, fibre: true }), {
    first: 3,
    last: 5,
    count: 3,
    withheld: 1,
  });
  assert.is(burstFrames('QHY600MPCIE', range, { ...USB, fibre: true, first: false }).count, 4);
});

test('long exposures of a QHY2020 and 4040 come one number later', () => {
  for (const model of ['QHY2020', 'QHY4040PRO']) {
    const frames = burstFrames(model, { start: 1, end: 6 }, { ...USB, longExposure: true });
    assert.equal([frames.first, frames.last, frames.count], [3, 6, 4]);
  }
  assert.is(burstFrames('QHY411M', { start: 1, end: 6 }, { ...USB, longExposure: true }).first, 2);
});

test('begin and end of a burst are held to what the model takes', () => {
  checkBurst('QHY4040', { start: 0, end: 65_535 });
  for (const [model, start, end] of [
    ['QHY411M', 0, 6],
    ['QHY411M', 1, 65_536],
    ['QHY411M', 5, 6],
    ['QHY411M', 1.5, 6],
  ] as const) {
    assert.throws(() => checkBurst(model, { start, end }), /BurstStart is 1 or more, BurstEnd at most 65535/);
  }
  assert.is(burstUnavailable('QHY461M'), null);
  assert.match(burstUnavailable('QHY174M') ?? '', /QHY174M has no burst mode/);
});

test('the flush of residual images has a value for three models', () => {
  assert.equal(['QHY600M', 'QHY411C', 'QHY461M', 'QHY268M'].map(antiRbiValue), [0x1c00, 0x2a94, 0x2300, null]);
});

test('each state of the supply that is none says what to do', () => {
  for (const code of [0, 1, 8]) assert.is(supplyState(code).trouble, null);
  for (const code of [2, 3, 9]) {
    assert.match(supplyState(code).trouble ?? '', new RegExp(`UVLO ${code}.*0\\.1 ohm.*UnderVoltageClear`));
  }
  assert.is(supplyState(77).name, 'Unknown');
});

test('versions are read as the SDK writes them', () => {
  assert.is(sdkDate(22, 8, 17), '2022-08-17');
  assert.is(sdkDate(2025, 9, 29), '2025-09-29');
  assert.is(sdkDate(0, 0, 0), null);
  assert.is(firmwareDate(Uint8Array.of(0x68, 24)), '2022-08-24');
  assert.is(firmwareDate(Uint8Array.of(0xf1, 2)), '2015-01-02');
  assert.is(firmwareDate(Uint8Array.of(0xff, 0xff)), null);
  assert.is(fpgaDate(Uint8Array.of(22, 8, 24)), '2022-08-24');
});

test("the QHY411's 3x3 mode says which version is too old", () => {
  const mode = '3x3 onchip BIN 12bit';
  assert.is(readModeUnavailable('QHY411M', mode, { sdk: '2022-08-17', firmware: '2022-08-24' }), null);
  assert.is(readModeUnavailable('QHY411M', mode, { sdk: null, firmware: null }), null);
  assert.match(readModeUnavailable('QHY411M', mode, { sdk: '2022-08-16', firmware: null }) ?? '', /SDK of 2022-08-17/);
  assert.match(
    readModeUnavailable('QHY411M', mode, { sdk: '2025-01-01', firmware: '2022-08-23' }) ?? '',
    /firmware of 2022-08-24 or later, and the camera's is of 2022-08-23/,
  );
  assert.is(
    readModeUnavailable('QHY411M', 'Full Frame Read Mode #0', { sdk: '2020-01-01', firmware: '2020-01-01' }),
    null,
  );
});

test('power of the cooler goes from 0 to 255 in the camera, and its ramp goes by the time that has passed', () => {
  assert.equal([0, 50, 100, 130].map(pwmOfPercent), [0, 128, 255, 255]);
  assert.equal([0, 128, 255, 999].map(percentOfPwm), [0, 50.2, 100, 100]);
  assert.is(rampedSetPoint(20, -10, 0, 1), -10);
  assert.is(rampedSetPoint(20, -10, 6, 10), 19);
  assert.is(rampedSetPoint(-9.9, -10, 6, 10), -10);
  assert.is(rampedSetPoint(-10, 20, 6, 10), -9);
});

test('the depth of a frame is what came, not what was asked for', () => {
  const frame = { width: 4768, height: 3588, channels: 1 };
  const name = (bits: number, bytesPerPixel: number | null) =>
    deliveredFormat(
      { ...frame, bits, writtenBytes: bytesPerPixel === null ? null : frame.width * frame.height * bytesPerPixel },
      'none',
    )?.name;
  assert.is(name(8, 1), 'Mono8');
  assert.is(name(8, 1.5), 'Mono12p');
  assert.is(name(12, 1.5), 'Mono12p');
  assert.is(name(14, 1.75), 'Mono14p');
  assert.is(name(12, 2), 'Mono16');
  assert.is(name(12, 1), 'Mono8');
  assert.is(name(16, null), 'Mono16');
  assert.is(name(32, 4), 'Mono32');
  assert.is(name(32, null), 'Mono32');
  assert.is(name(32, 2), 'Mono16');
  assert.is(deliveredFormat({ ...frame, bits: 32, writtenBytes: null }, 'RG'), null);
  assert.is(name(7, 1), undefined);
  assert.is(deliveredFormat({ ...frame, bits: 8, channels: 3, writtenBytes: null }, 'none'), null);
  assert.is(deliveredFormat({ ...frame, bits: 16, writtenBytes: null }, 'RG')?.name, 'BayerRG16');
});

test('regions stay inside of the area that is chosen', () => {
  const effective = { x: 48, y: 92, width: 14_208, height: 10_656 };
  assert.equal(binnedArea(effective, 1), effective);
  assert.equal(binnedArea({ x: 1, y: 1, width: 10, height: 10 }, 2), { x: 1, y: 1, width: 4, height: 4 });
  assert.equal(fitted({ x: 0, y: 0, width: 99_999, height: 100 }, effective), { ...effective, height: 100 });
  assert.equal(fitted({ x: 14_300, y: 5, width: 100, height: 0 }, effective), {
    x: 14_156,
    y: 92,
    width: 100,
    height: 1,
  });
  assert.is(insideOf(effective, 4768, 3588), null);
  assert.is(insideOf({ ...effective, width: 0 }, 14_304, 10_802), null);
});

test('a region that the library tells in unbinned pixels is the one that was asked for', () => {
  const area = { x: 0, y: 0, width: 7152, height: 5374 };
  const asked = { x: 100, y: 100, width: 200, height: 100 };
  assert.is(regionTold(asked, { x: 200, y: 200, width: 400, height: 200 }, area, 2), asked);
  assert.equal(regionTold(asked, { ...asked, width: 208 }, area, 2), { ...asked, width: 208 });
  assert.is(regionTold(asked, { x: 0, y: 0, width: 0, height: 0 }, area, 2), null);
});

test('a read mode that bins on the chip shows by its name and its size', () => {
  const sensor = { width: 14_304, height: 10_748 };
  assert.is(onChipBinning('3x3 onchip BIN 12bit', { width: 4768, height: 3588 }, sensor), 3);
  assert.is(onChipBinning('Bin3*3Mode (hardware)', { width: 4768, height: 3582 }, sensor), 3);
  assert.is(onChipBinning('Window 4768', { width: 4768, height: 3588 }, sensor), 1);
  assert.is(onChipBinning('binned', { width: 4768, height: 10_748 }, sensor), 1);
});

const offsets = (zero: number, lineUs: number, lastRow: number, pairs: boolean) => {
  const of = (row: number) => zero + lineUs * (pairs ? row - (row % 2) : row);
  return { us: [of(0), of(1), of(2), of(lastRow)] as const, lastRow };
};
const precise = (linePeriodNs: number) => ({ linePeriodNs, framePeriodUs: 1, exposureUs: 1, longExposure: false });

test('rows that are read in pairs are found out by the row between', () => {
  const paired = deriveShutter('QHY600M', 'mode', 1, precise(43_194), offsets(1974.286, 43.194, 6387, true));
  assert.equal(paired, {
    contradiction: null,
    shutter: {
      kind: 'rolling',
      linePeriodNs: 43_194n,
      rowZeroEndOffsetNs: 1_974_286n,
      rowPairs: true,
      origin: 'camera',
    },
  });
  assert.is(deriveShutter('QHY600M', '2CMS', 1, null, offsets(1974.286, 43.194, 6388, false)).shutter.rowPairs, false);
});

test('a row of a binned image ends as many lines after the one before as it is binned', () => {
  const { shutter } = deriveShutter('QHY600M', 'mode', 2, precise(43_194), offsets(1974.286, 43.194, 6387, true));
  assert.is(shutter.linePeriodNs, 86_388n);
  assert.is(shutter.rowPairs, false);
});

test('line periods that contradict each other are told, and that of the rows is used', () => {
  const { shutter, contradiction } = deriveShutter('QHY411M', null, 1, precise(50_000), offsets(100, 93, 10_747, true));
  assert.is(shutter.linePeriodNs, 93_000n);
  assert.match(contradiction ?? '', /50000 ns.*93000 ns/);
});

test('offsets without order leave the times of rows unknown instead of wrong', () => {
  const { shutter, contradiction } = deriveShutter('QHY999', null, 1, null, offsets(100, 0, 1000, false));
  assert.is(shutter.kind, 'unknown');
  assert.match(contradiction ?? '', /no order/);
});

test('a global shutter has no rows to count, and a camera that tells nothing has what is published', () => {
  assert.is(deriveShutter('QHY174M', null, 1, precise(10_000), offsets(0, 10, 1199, false)).shutter.kind, 'global');
  const table = deriveShutter('QHY411M', null, 1, null, null).shutter;
  assert.equal([table.kind, table.origin, table.linePeriodNs], ['rolling', 'table', null]);
});

test('the oscillator is brought to 10 MHz within 2 ticks whichever way its voltage pulls', () => {
  for (const slope of [0.7, -0.7]) {
    const discipline = new VcxoDiscipline(2000);
    const count = (dac: number) => Math.round(10_000_000 + 180 + slope * (dac - 2000));
    let dac = 2000;
    let seconds = 0;
    for (; seconds < 200; seconds++) dac = discipline.next(count(dac), seconds) ?? dac;
    assert.ok(Math.abs(count(dac) - 10_000_000) <= 2, `${count(dac)} with slope ${slope}`);
  }
});

test('the count of a second without PPS steers nothing', () => {
  const discipline = new VcxoDiscipline();
  for (const count of [10_000_500, 0, 20_000_000]) assert.is(discipline.next(count, 1), null);
  assert.is(discipline.next(10_000_000, 1), null);
});

test('the pulse of the LED stands where it was published, between them in a line', () => {
  assert.is(publishedPosition('Start', 1000, 8), 486_080);
  assert.is(publishedPosition('Start', 1500, 8), 448_675);
  assert.is(publishedPosition('Start', 20_000, 8), 6280);
  assert.is(publishedPosition('End', 20_000, 8), 2850);
  assert.is(publishedPosition('Start', 500, 16), 902_840);
  assert.is(publishedPosition('Start', 40_000, 16), 10_930);
});

test('the filter wheel answers with a character or a number', () => {
  assert.equal([0x30, 0x39, 0x41, 0x66, 0, 15, 0x4e, 0xff].map(slotOf), [0, 9, 10, 15, 0, 15, null, null]);
  assert.equal([...orderOf(3), ...orderOf(10)], [0x33, 0x41]);
});

test('frames under way at a change of exposure are stale, and those that waited in the camera', () => {
  const stale = new StaleFrames();
  assert.not(stale.isStale(0, 50));
  stale.begin(10);
  assert.equal(
    [60, 110, 160, 165, 210].map((ms) => stale.isStale(ms, 50)),
    [true, true, true, true, false],
  );
  stale.begin(1000);
  assert.equal(
    [1900, 2900, 3900].map((ms) => stale.isStale(ms, 1000)),
    [true, true, false],
  );
});

test('an identifier names model, serial number and the way to the camera', () => {
  assert.equal(nameOf('QHY600M-0123abcd'), { model: 'QHY600M', serial: '0123abcd' });
  assert.equal(nameOf('QHY5'), { model: 'QHY5', serial: 'QHY5' });
  assert.equal(['QHY600MPCIE-1', 'QHY411MERIS-1', 'QHY411M-1', 'QHY411M-PCIE'].map(isFibre), [
    true,
    true,
    false,
    false,
  ]);
});

test('an answer of the library becomes an error with its number and its words', () => {
  assert.match(
    refusal('SetQHYCCDParam', 'the gain could not be set', 0xffff_ffff, 'usb').message,
    /the gain could not be set: SetQHYCCDParam answers -1: usb/,
  );
  assert.is(refusal('InitQHYCCD', 'x', 0xffff_fffd, null).code, 'sdk.lost');
  assert.is(refusal('InitQHYCCD', 'x', 7, null).code, 'sdk.refused');
});

test('every function stands in the table under its own name, and says what is lost without it', () => {
  for (const [name, { signature, feature }] of Object.entries(QHY_LIBRARY.functions)) {
    assert.match(signature, new RegExp(`[ *]${name}\\(`));
    assert.ok(feature === null || feature.length > 3, name);
  }
});

test('each GPIO mode of the manual can be stated, with what its pins carry', () => {
  assert.equal(
    GPIO_CHOICES.map(({ name }) => name),
    ['NotStated', 'Mode0', 'Mode1', 'Mode2', 'Mode3', 'Mode4', 'Mode5', 'Mode6'],
  );
  assert.match(
    GPIO_PINS,
    /mode 1: GPIO1 GPSBOX control, GPIO2 GPSBOX data \(in\), GPIO3 ShutterMeasure, GPIO4 GPSBOX clock/,
  );
});

test('an exposure is the whole lines that the camera tells in whole microseconds, or what was set', () => {
  const told = (us: number, linePeriodNs: number) => ({
    linePeriodNs,
    framePeriodUs: 100_000,
    exposureUs: us,
    longExposure: false,
  });
  assert.is(exposureUs(20_000, told(20_002, 9205)), 20_002.465);
  assert.is(exposureUs(20_000, told(20_003, 9205)), 20_002.465);
  // No line period that goes with it: the library's word, or what was set where that is the same.
  assert.is(exposureUs(20_000, told(20_006, 9205)), 20_006);
  assert.is(exposureUs(1_000_000_000, told(1_000_000_400, 46_500)), 1_000_000_400);
  assert.is(exposureUs(500.4, told(500, 0)), 500.4);
  assert.is(exposureUs(20_000, told(0, 9205)), 20_000);
  assert.is(exposureUs(20_000, told(3_000_000, 9205)), 20_000);
  assert.is(exposureUs(20_000, null), 20_000);
});

test.run();
