/** The double of libqhyccd against the public facts: order of calls, sizes, times, quirks, faults. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { decodeQhyHeader, stampUtcNs } from '#gps/header/qhy-header.js';
import { sleepAtLeast } from '#src/cameras/qhy/waits.js';
import { doubleLibrary } from '#src/cameras/sdk/doubles.js';
import { ForeignLibrary } from '#src/cameras/sdk/library.js';
import { withFolder } from '#test/support/appulse.js';
import { type DoubleTruth, ERROR, expectedPixel, ID, QhyDouble, type TakenFrame } from '#test/support/qhy-double.js';
import { test } from '#test/support/test.js';

const CAM_GPS = 36;
const DDR = 48;
const sequenceOf = (frame: TakenFrame) => decodeQhyHeader(frame.bytes.subarray(0, 44)).sequence;

function withDouble(words: string, work: (double: QhyDouble) => Promise<void> | void): () => Promise<void> {
  return () => withFolder(async (folder) => work(await QhyDouble.load(folder, words)));
}

test(
  'each model is found with the geometry and read modes of the facts',
  withDouble('models=qhy411,qhy461,qhy600,qhy600mpcie,qhy268c,qhy174gps,qhy4040;init-ms=0', (double) => {
    const sizes = [
      ['QHY411M-', 14304, 10748, 9, ERROR],
      ['QHY461M-', 11760, 8896, 3, ERROR],
      ['QHY600M-', 9600, 6422, 5, ERROR],
      ['QHY600MPCIE-', 9600, 6422, 5, ERROR],
      ['QHY268C-', 6288, 4210, 4, 4],
      ['QHY174GPS-', 1920, 1200, 1, ERROR],
      ['QHY4040M-', 4096, 4118, 2, ERROR],
    ] as const;
    for (const [index, [name, width, height, modes, color]] of sizes.entries()) {
      const id = double.open(index);
      assert.ok(id?.startsWith(name) && id.length < 64, String(id));
      double.on('SetQHYCCDStreamMode', 0);
      double.on('InitQHYCCD');
      const [w, h, bpp, count] = [new Uint32Array(1), new Uint32Array(1), new Uint32Array(1), new Uint32Array(1)];
      const mm = new Float64Array(1);
      assert.is(double.on('GetQHYCCDChipInfo', mm, mm, w, h, mm, mm, bpp), 0);
      double.on('GetQHYCCDNumberOfReadModes', count);
      assert.equal([w[0], h[0], count[0]], [width, height, modes]);
      assert.is(double.on('IsQHYCCDControlAvailable', 20), color);
      double.on('CloseQHYCCD');
    }
    const cards = new Uint32Array(1);
    double.call('GetQHYCCDPCIECardNum', cards);
    assert.is(cards[0], 1);
    assert.equal(double.misuses(), []);
  }),
);

test(
  'the 3x3 mode of a QHY411 gives 8-bit frames of 4768 x 3588 whose pixels and times are those of the truth',
  withDouble('models=qhy411;fps=20;init-ms=0;hot=0', async (double) => {
    double.begin(1, 8);
    double.on('SetQHYCCDBitsMode', 8);
    double.set(CAM_GPS, 1);
    double.set(ID.exposure, 20_000);
    double.on('BeginQHYCCDLive');
    const frames = await double.live(3);
    double.on('StopQHYCCDLive');
    assert.equal(frames.map(sequenceOf), [3, 4, 5]);
    const truths = double.truths().filter(({ delivered }) => delivered);
    for (const [i, frame] of frames.entries()) {
      const truth = truths[i] as DoubleTruth;
      assert.equal([frame.width, frame.height, frame.bits, frame.bytes.length], [4768, 3588, 8, 4768 * 3588]);
      for (const y of [1, 2, 1794, 3587]) {
        for (let x = 0; x < frame.width; x++) {
          if (frame.bytes[y * frame.width + x] === expectedPixel(truth, x, y, 8, 12)) continue;
          assert.unreachable(`frame ${truth.sequence}, column ${x}, row ${y}`);
        }
      }
      const header = decodeQhyHeader(frame.bytes.subarray(0, 44));
      const off = stampUtcNs(header.end, header.ppsCount) - BigInt(truth.edgeUtcNs);
      assert.ok(off <= 100n && off >= -100n, `the header is ${off} ns off the truth`);
      assert.is(stampUtcNs(header.end, 10_000_000) - stampUtcNs(header.start, 10_000_000), 400n);
    }
    assert.equal(double.misuses(), []);
  }),
);

test(
  'row offsets give the time of the first row from the header, in pairs and one by one',
  withDouble('models=qhy600;init-ms=0', async (double) => {
    const gaps: number[][] = [];
    for (const mode of [0, 3]) {
      double.begin(0, mode);
      const offsets = [0, 1, 2, 3].map((row) => {
        const offset = new Float64Array(1);
        double.on('GetQHYCCDRollingShutterEndOffset', row, offset);
        return offset[0] ?? 0;
      });
      gaps.push([1, 2, 3].map((row) => Math.round(((offsets[row] ?? 0) - (offsets[0] ?? 0)) * 1000)));
      // LAST: 1974.286 us before the first row's end.
      assert.ok(Math.abs((offsets[0] ?? 0) - 1974.286) < 0.1);
      double.shape(0, 100, 2000, 64, 16);
      double.set(CAM_GPS, 1);
      double.on('ExpQHYCCDSingleFrame');
      const frame = double.frame('GetQHYCCDSingleFrame') as TakenFrame;
      const header = decodeQhyHeader(frame.bytes.subarray(0, 44));
      const offset = new Float64Array(1);
      double.on('GetQHYCCDRollingShutterEndOffset', 100, offset);
      const end = stampUtcNs(header.end, header.ppsCount) + BigInt(Math.round((offset[0] ?? 0) * 1000));
      const off = end - BigInt((double.truths().at(-1) as DoubleTruth).row0EndUtcNs);
      assert.ok(off <= 100n && off >= -100n, `${off} ns`);
      double.on('CloseQHYCCD');
    }
    assert.equal(gaps, [
      [0, 86_388, 86_388],
      [43_194, 86_388, 129_582],
    ]);
  }),
);

test(
  'a built-in receiver stamps start and end of exposure, and its oscillator follows the DAC',
  withDouble('models=qhy174gps;init-ms=0', (double) => {
    double.begin(0);
    double.set(CAM_GPS, 1);
    double.set(ID.exposure, 10_000);
    const pps = [2000, 2224].map((dac) => {
      double.on('SetQHYCCDGPSVCOXFreq', dac);
      assert.is(double.on('ExpQHYCCDSingleFrame'), 0x2000);
      const header = decodeQhyHeader((double.frame('GetQHYCCDSingleFrame') as TakenFrame).bytes.subarray(0, 44));
      const exposure = stampUtcNs(header.end, header.ppsCount) - stampUtcNs(header.start, header.ppsCount);
      assert.ok(exposure > 9_999_700n && exposure < 10_000_300n, String(exposure));
      assert.equal([header.width, header.height], [1936, 1024]);
      return header.ppsCount;
    });
    assert.equal(pps, [9_999_888, 10_000_000]);
  }),
);

test(
  'InitQHYCCD loses every parameter, and stream and read mode count only from it on',
  withDouble('models=qhy411;init-ms=0', (double) => {
    double.begin(0);
    double.set(ID.gain, 77);
    double.on('SetQHYCCDBitsMode', 8);
    double.on('SetQHYCCDStreamMode', 1);
    assert.is(double.on('BeginQHYCCDLive'), ERROR);
    double.on('SetQHYCCDReadMode', 8);
    const area = [0, 1, 2, 3].map(() => new Uint32Array(1));
    double.on('GetQHYCCDEffectiveArea', ...area);
    assert.is(area[2]?.[0], 14208);
    double.on('InitQHYCCD');
    double.on('GetQHYCCDEffectiveArea', ...area);
    assert.is(area[2]?.[0], 4736);
    assert.is(double.param(ID.gain), 26);
    assert.is(double.on('BeginQHYCCDLive'), 0);
    assert.is(double.on('SetQHYCCDBinMode', 7, 5), 0);
    assert.is(double.misuses().length, 2);
  }),
);

test(
  'a burst gives the frames after start and before end',
  withDouble('models=qhy600,qhy600mpcie,qhy4040;init-ms=0;fps=100', async (double) => {
    const results: number[][] = [];
    for (const [index, exposure] of [
      [0, 1000],
      [1, 1000],
      [2, 1000],
      [2, 40_000],
    ] as const) {
      double.open(index);
      double.on('SetQHYCCDStreamMode', 1);
      double.on('InitQHYCCD');
      double.shape(0, 0, 512, 64, 8);
      double.set(CAM_GPS, 1);
      double.set(ID.exposure, exposure);
      double.set(DDR, 1);
      double.on('BeginQHYCCDLive');
      double.on('SetQHYCCDBurstIDLE');
      double.on('SetQHYCCDBurstModeStartEnd', 1, 6);
      double.on('SetQHYCCDBurstModePatchNumber', 32001);
      double.on('EnableQHYCCDBurstMode', true);
      for (let burst = 0; burst < 2; burst++) {
        double.on('SetQHYCCDBurstIDLE');
        await sleepAtLeast(22);
        double.on('ReleaseQHYCCDBurstIDLE');
        results.push((await double.live(9, 300)).map(sequenceOf));
      }
      double.on('StopQHYCCDLive');
      double.on('CloseQHYCCD');
    }
    const whole = [2, 3, 4, 5];
    assert.equal(results, [whole, whole, [3, 4, 5], whole, whole, whole, [3, 4, 5, 6], [3, 4, 5, 6]]);
    assert.equal(double.misuses(), []);
  }),
);

test(
  'without the patch number the last frame of a burst comes with the next one, and a release too soon gives none',
  withDouble('models=qhy600;init-ms=0;fps=100', async (double) => {
    double.begin(1);
    double.shape(0, 0, 512, 64, 8);
    double.set(CAM_GPS, 1);
    double.set(DDR, 1);
    double.on('BeginQHYCCDLive');
    double.on('SetQHYCCDBurstIDLE');
    double.on('SetQHYCCDBurstModeStartEnd', 1, 6);
    double.on('EnableQHYCCDBurstMode', true);
    const bursts: number[][] = [];
    for (const ms of [0, 22, 22]) {
      double.on('SetQHYCCDBurstIDLE');
      await sleepAtLeast(ms);
      double.on('ReleaseQHYCCDBurstIDLE');
      bursts.push((await double.live(9, 300)).map(sequenceOf));
    }
    assert.equal(bursts, [[], [2, 3, 4], [5, 2, 3, 4]]);
  }),
);

test(
  'a new exposure time spoils the frame under way and leaves out a number; frames that were not fetched come first later',
  withDouble('models=qhy268;init-ms=0;fps=50;without-quirk=late', async (double) => {
    double.begin(1);
    double.shape(0, 0, 512, 64, 16);
    double.set(CAM_GPS, 1);
    double.set(DDR, 1);
    double.set(ID.exposure, 5_000);
    double.on('BeginQHYCCDLive');
    const before = await double.live(2);
    double.set(ID.exposure, 10_000);
    const after = await double.live(5);
    assert.equal([...before, ...after].map(sequenceOf).slice(0, 2), [3, 4]);
    const truths = double.truths().filter(({ delivered }) => delivered);
    assert.is(truths.filter(({ faults }) => faults.includes('mixed')).length, 1);
    assert.is(sequenceOf(after.at(-1) as TakenFrame), 10);
    await sleepAtLeast(100);
    double.on('StopQHYCCDLive');
    double.on('BeginQHYCCDLive');
    const [first] = await double.live(1);
    assert.ok(sequenceOf(first as TakenFrame) > 10);
    assert.is(double.truths().filter(({ faults }) => faults.includes('stale')).length, 1);
  }),
);

test(
  'what is not fetched is kept by the DDR as far as it goes, and lost behind it',
  withDouble('models=qhy268;init-ms=0;fps=30;ddr-mib=1', async (double) => {
    double.begin(1);
    double.shape(0, 0, 1024, 256, 8);
    double.set(CAM_GPS, 1);
    double.set(DDR, 1);
    double.on('BeginQHYCCDLive');
    await double.live(1);
    await sleepAtLeast(400);
    assert.is(double.param(51), 100);
    const frames = (await double.live(5)).map(sequenceOf);
    assert.equal(frames.slice(0, 4), [4, 5, 6, 7]);
    assert.ok((frames[4] ?? 0) > 8);
    assert.ok(double.truths().some(({ faults }) => faults.includes('buffer-full')));
  }),
);

test(
  'the cooler reaches its target by a model, at most with 70 % after an under-voltage until the flash is reset',
  withDouble('models=qhy411;init-ms=0;hurry=3000;uvlo=3', async (double) => {
    double.begin(0);
    assert.is(double.param(67), 3);
    double.set(18, -10);
    await sleepAtLeast(200);
    assert.ok(double.param(ID.pwm) <= 179 && double.param(ID.temperature) > -8, String(double.param(ID.temperature)));
    double.on('QHYCCDResetFlashULVOError');
    await sleepAtLeast(200);
    assert.ok(Math.abs(double.param(ID.temperature) + 10) < 0.5, String(double.param(ID.temperature)));
    assert.is(double.param(67), 1);
  }),
);

test(
  'the filter wheel finds its home first, and tells its place as a character',
  withDouble('models=qhy411;init-ms=0;hurry=16', async (double) => {
    double.begin(0);
    const place = () => {
      const status = new Uint8Array(8);
      double.on('GetQHYCCDCFWStatus', status);
      return String.fromCharCode(status[0] ?? 0);
    };
    assert.is(double.on('IsQHYCCDCFWPlugged'), ERROR);
    while (double.on('IsQHYCCDCFWPlugged') !== 0) await sleepAtLeast(20);
    double.set(17, 48 + 3);
    assert.is(place(), '0');
    while (place() !== '3') await sleepAtLeast(20);
    assert.is(double.param(17), 51);
  }),
);

test(
  'an unplugged camera breaks off a frame, answers with what it said last, and comes back',
  withDouble('models=qhy411;init-ms=0;fps=100;unplug-at=3;replug-after=0.1;scan-ms=1', async (double) => {
    double.begin(1, 8);
    double.shape(0, 0, 512, 64, 8);
    double.set(ID.gain, 50);
    double.on('BeginQHYCCDLive');
    assert.is((await double.live(9, 100)).length, 2);
    assert.is(double.param(ID.gain), 50);
    assert.is(double.set(ID.gain, 51), ERROR);
    double.on('CloseQHYCCD');
    await sleepAtLeast(120);
    assert.ok(double.open() !== null);
    double.on('SetQHYCCDStreamMode', 1);
    assert.is(double.on('InitQHYCCD'), 0);
  }),
);

test(
  'faults come where they are asked for: no bus, a call that hangs, refusals, frames of zeros and of another size',
  withDouble(
    'models=qhy411;init-ms=0;fps=100;zero-frame-at=1;wrong-size-at=2;refuse=SetQHYCCDParam@2;hang=InitQHYCCD:0.2',
    async (double) => {
      const before = Date.now();
      double.begin(1, 8);
      assert.ok(Date.now() - before >= 190);
      double.shape(0, 0, 512, 64, 8);
      assert.equal([double.set(ID.gain, 1), double.set(ID.gain, 2), double.set(ID.gain, 3)], [0, ERROR, 0]);
      double.on('BeginQHYCCDLive');
      const [zero, other, good] = await double.live(3);
      assert.ok(zero?.bytes.every((value) => value === 0));
      assert.equal([other?.width, other?.height], [496, 65]);
      assert.equal([good?.width, good?.height], [512, 64]);
      // A scan kills what is open.
      double.call('ScanQHYCCD');
      assert.is(double.frame('GetQHYCCDLiveFrame'), null);
      assert.is(double.misuses().length, 1);
    },
  ),
);

test(
  'a scan without a bus fails',
  withDouble('scan=fail;scan-ms=20', (double) => {
    assert.is(double.call('ScanQHYCCD'), ERROR);
  }),
);

test('a double can lack functions, as an older library does', async () => {
  const path = await doubleLibrary('qhyccd', { without: ['GetQHYCCDPreciseExposureInfo'] });
  const library = ForeignLibrary.open(
    {
      title: 'QHYCCD SDK',
      environment: 'QHYCCD_LIB',
      setting: '--qhy-library',
      fileNames: [],
      functions: {
        ScanQHYCCD: { signature: 'uint32_t ScanQHYCCD(void)', feature: null },
        GetQHYCCDPreciseExposureInfo: {
          signature: 'uint32_t GetQHYCCDPreciseExposureInfo(void *h)',
          feature: 'times of rows',
        },
      },
    },
    join(path),
  );
  assert.equal(library.missing, ['GetQHYCCDPreciseExposureInfo']);
});

test.run();
