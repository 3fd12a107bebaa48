import * as assert from 'uvu/assert';
import { lastDigit, scaledDecimal } from '#gps/found/decimal.js';
import { addNs, type FoundTime } from '#gps/found/found-time.js';
import { readKeywordTimes } from '#gps/found/keyword-times.js';
import type { KeywordValue } from '#gps/found/keyword-values.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const read = (keywords: Record<string, KeywordValue>, options = {}) =>
  readKeywordTimes(new Map(Object.entries(keywords)), options);

function first(keywords: Record<string, KeywordValue>): FoundTime {
  const [time] = read(keywords).times;
  if (time === undefined) throw new Error('no time');
  return time;
}

const says = (time: FoundTime, text: string) =>
  assert.ok(
    time.reasons.some((reason) => reason.includes(text)),
    `no '${text}' in: ${time.reasons.join('; ')}`,
  );

/** V1: a header of N.I.N.A. from a real camera that was not locked. */
const NINA = {
  SWCREATE: 'N.I.N.A. 3.0.0.2007 (x64)',
  GPS_PPS: 10000500,
  GPS_SEQ: 1890814,
  GPS_W: 1936,
  GPS_H: 1024,
  GPS_SFLG: 2,
  GPS_SST: 'not locked but data valid',
  GPS_SSEC: 892554211,
  GPS_SUS: 923882,
  GPS_SUTC: '2024-01-21T11:43:31.923',
  GPS_EFLG: 2,
  GPS_ESEC: 892554211,
  GPS_EUS: 923903,
  GPS_EUTC: '2024-01-21T11:43:31.923',
  GPS_NFLG: 2,
  GPS_NSEC: 892554211,
  GPS_NUS: 923903,
  GPS_NUTC: '2024-01-21T11:43:31.923',
  GPS_EXP: 21,
};

/** V2: a header of SharpCap from a real QHY174M-GPS that was locked. */
const SHARPCAP = {
  'DATE-OBS': '2023-09-02T09:00:41.0447712',
  'DATE-END': '2023-09-02T09:00:49.1532000',
  EXPTIME: '8.0',
  GPS_W: 1936,
  GPS_H: 1024,
  GPS_LAT: '41.1711',
  GPS_LONG: '-73.3275',
  GPS_SFLG: 51,
  GPS_ST: '2023-09-02T09:00:41.0000000Z',
  GPS_SU: '44771.2',
  GPS_EFLG: 51,
  GPS_ET: '2023-09-02T09:00:49.0000000Z',
  GPS_EU: '44773.8',
  GPS_NFLG: 51,
  GPS_NT: '2023-09-02T09:00:49.0000000Z',
  GPS_NU: '44773.8',
  GPS_PPSC: 9999888,
  GPSSTAT: 'Locked',
  GPS_SEQ: 81528,
};

test('decimal text is scaled without a double, and its last digit is known', () => {
  assert.is(scaledDecimal('8.0000026', 1_000_000_000n), 8_000_002_600n);
  assert.is(scaledDecimal(' -1.5E-3 ', 1_000_000_000n), -1_500_000n);
  assert.is(scaledDecimal('60310.50000000001', 86_400_000_000_000n), 5_210_827_200_000_000_864n);
  for (const bad of ['', '.', 'e5', '1e999', 'NaN', '1.2.3', '0x10', '9'.repeat(50)])
    assert.is(scaledDecimal(bad, 1n), null);
  assert.is(lastDigit('60310.5', 86_400_000_000_000n), 8_640_000_000_000n);
  assert.is(lastDigit('60310', 86_400_000_000_000n), 86_400_000_000_000n);
});

test('V1: N.I.N.A. not locked and without PPS is untrusted, and its sequence and exposure are kept', () => {
  const time = first(NINA);
  assert.is(time.family, 'nina');
  assert.is(formatUtc(time.startUtcNs, 6), '2024-01-21T11:43:31.923882');
  assert.is(time.exposureNs, 21_000n);
  assert.is(time.grade, 'untrusted');
  assert.is(time.sequence, 1890814);
  says(time, 'gps-no-pps');
  says(time, 'digits of the second were cut');
});

test('N.I.N.A. locked with a PPS count is locked, corrected by the count, with the lost digit in the bound', () => {
  const locked = {
    ...NINA,
    GPS_PPS: 9999888,
    GPS_SFLG: 3,
    GPS_EFLG: 3,
    GPS_NFLG: 3,
    GPS_ESEC: 892554212,
    GPS_NSEC: 892554212,
  };
  const time = first({ ...locked, EXPTIME: 1, 'DATE-OBS': '2024-01-21T11:43:33.100' });
  assert.is(time.grade, 'locked');
  assert.is(time.uncertaintyNs, 1100n);
  // 9238820 ticks of 9999888.
  assert.is(time.startUtcNs, parseUtc('2024-01-21T11:43:31') + (9_238_820n * 1_000_000_000n + 4_999_944n) / 9_999_888n);
  says(time, 'the other clock in the header is 1 s ahead');
  says(time, 'judged by itself');
  const { times } = read({ ...locked, EXPTIME: 1, 'DATE-OBS': '2024-01-21T11:43:33.100' });
  assert.is(times.length, 2);
  assert.is(times[1]?.family, 'fits');
  assert.is(times[1]?.grade, 'coarse');
});

test('a flag of 51 and a flag of 3 both mean locked', () => {
  for (const flag of [51, 3]) {
    const time = first({ ...SHARPCAP, GPS_SFLG: flag, GPS_EFLG: flag, GPS_NFLG: flag });
    assert.is(time.grade, 'locked', String(flag));
  }
  assert.is(first({ ...SHARPCAP, GPS_EFLG: 0x23 }).grade, 'coarse');
});

test('V2: SharpCap locked gives the GPS start corrected by the PPS count, never with the DATE-END of the PC', () => {
  const { times } = read(SHARPCAP);
  const [gps, pc] = times as [FoundTime, FoundTime];
  assert.is(gps.family, 'sharpcap');
  assert.is(gps.grade, 'locked');
  assert.is(gps.uncertaintyNs, 200n);
  assert.is(formatUtc(gps.startUtcNs), '2023-09-02T09:00:41.044771701');
  assert.is(formatUtc(gps.endUtcNs ?? 0n), '2023-09-02T09:00:49.044774301');
  assert.is(gps.exposureNs, 8_000_002_600n);
  assert.is(gps.sequence, 81528);
  assert.is(pc.source, 'host-clock');
  assert.is(formatUtc(pc.startUtcNs, 4), '2023-09-02T09:00:41.1532');
  assert.is(pc.grade, 'coarse');
});

test("SharpCap's year 1 and its status words: partial is coarse, what SharpCap found bad is untrusted", () => {
  const partial = first({ ...SHARPCAP, 'DATE-OBS': '0001-01-01T00:00:00.0000000', GPSSTAT: 'PartialData' });
  assert.is(partial.grade, 'coarse');
  assert.is(partial.uncertaintyNs, 1_000_000_200n);
  for (const word of ['BadData', 'BadCalibrationReduceEndPos', 'BadTimeStamp']) {
    assert.is(first({ ...SHARPCAP, GPSSTAT: word }).grade, 'untrusted', word);
  }
  assert.is(first({ ...SHARPCAP, GPSSTAT: 'Splendid' }).grade, 'coarse');
  const unlocked = first({
    ...SHARPCAP,
    'DATE-OBS': '0001-01-01T00:00:00.0000000',
    GPS_SFLG: 17,
    GPS_EFLG: 17,
    GPS_NFLG: 17,
    GPSSTAT: 'PartialData',
  });
  assert.is(unlocked.family, 'fits');
  assert.is(unlocked.source, 'host-clock');
  says(unlocked, 'gps-unlocked');
  says(unlocked, 'DATE-END');
});

test('year 1 in DATE-OBS is no time', () => {
  const { times, reasons } = read({ 'DATE-OBS': '0001-01-01T00:00:00.0000000', EXPTIME: 1 });
  assert.is(times.length, 0);
  assert.match(reasons.join(), 'no time of an exposure');
});

/** A header as INDI writes it: GPS_ET and GPS_NT repeat the start. */
const INDI = {
  EXPTIME: '8.0',
  GPS_SFLG: 51,
  GPS_SS: 880362041,
  GPS_SU: '44771.200',
  GPS_ST: '2023-09-02T09:00:41.044',
  GPS_EFLG: 51,
  GPS_ES: 880362049,
  GPS_EU: '44773.800',
  GPS_ET: '2023-09-02T09:00:41.044',
  GPS_NFLG: 51,
  GPS_NS: 880362049,
  GPS_NU: '44773.800',
  GPS_NT: '2023-09-02T09:00:41.044',
  GPS_PPSC: 9999888,
  GPS_SEQ: 81528,
};

test("INDI's seconds and microseconds give the same time as SharpCap's words, whatever its text repeats", () => {
  const time = first(INDI);
  assert.is(time.family, 'indi');
  assert.is(time.grade, 'locked');
  assert.is(formatUtc(time.startUtcNs), '2023-09-02T09:00:41.044771701');
  assert.is(time.exposureNs, 8_000_002_600n);
  const contradicted = first({ ...INDI, GPS_ST: '2023-09-02T08:00:41.044' });
  assert.is(contradicted.grade, 'untrusted');
  const { GPS_ES: _, ...withoutEnd } = INDI;
  const time2 = first(withoutEnd);
  assert.is(time2.grade, 'coarse');
  says(time2, 'no end of exposure');
});

test('words that are missing or cannot be never give locked', () => {
  const { GPS_PPSC: _, ...noPps } = INDI;
  assert.is(first(noPps).grade, 'coarse');
  const { GPS_NFLG: __, GPS_EFLG: ___, GPS_SFLG: ____, ...noFlags } = INDI;
  assert.is(first(noFlags).grade, 'coarse');
  assert.is(first({ ...INDI, GPS_PPSC: 10000500 }).grade, 'untrusted');
  assert.is(first({ ...INDI, EXPTIME: '2.0' }).grade, 'untrusted');
  assert.is(first({ ...INDI, GPS_ES: 880362030 }).grade, 'untrusted');
  const { times, reasons } = read({ ...INDI, GPS_SS: 12 });
  assert.is(times.length, 0);
  assert.match(reasons.join(), 'gps-header-implausible');
});

test('a rolling pulse takes the offset of row 0 from N.I.N.A., and is coarse without it or without an exposure', () => {
  const pulse = {
    GPS_PPS: 10000000,
    GPS_SEQ: 5,
    EXPTIME: '0.5',
    GPS_SFLG: 3,
    GPS_SSEC: 973382400,
    GPS_SUS: '100000.0',
    GPS_EFLG: 3,
    GPS_ESEC: 973382400,
    GPS_EUS: '100000.4',
    GPS_NFLG: 3,
    GPS_NSEC: 973382400,
    GPS_NUS: '100000.4',
  };
  const known = first({ ...pulse, QHY_OFF0: '1974.286', QHY_LP: 43194 });
  assert.is(known.grade, 'locked');
  assert.is(formatUtc(known.endUtcNs ?? 0n), '2026-08-14T00:00:00.101974686');
  assert.is(known.exposureNs, 500_000_000n);
  // Row 0 of a region that begins at sensor row 101 ends with the pair that begins at row 100.
  const region = first({ ...pulse, QHY_OFF0: '1974.286', QHY_LP: 43194, YORGSUBF: 101 });
  assert.is((region.endUtcNs ?? 0n) - (known.endUtcNs ?? 0n), 100n * 43_194n);
  assert.is(first(pulse).grade, 'coarse');
  const { EXPTIME: _, ...noExposure } = pulse;
  assert.is(first(noExposure).grade, 'coarse');
});

test('GPS text of other cameras in N.I.N.A. is coarse', () => {
  const time = first({
    GPS_STAT: '9 sats',
    GPS_SUTC: '2026-08-14T00:00:00.123',
    GPS_ST: '2026-08-14T00:00:00.123',
    GPS_EUTC: '2026-08-14T00:00:00.623',
    GPS_SEQ: 3,
  });
  assert.is(time.family, 'gps-text');
  assert.is(time.grade, 'coarse');
  assert.is(time.exposureNs, 500_000_000n);
  assert.is(first({ GPS_SUTC: '2026-08-14T00:00:01', GPS_EUTC: '2026-08-14T00:00:00' }).grade, 'untrusted');
});

test('plain FITS: start, middle or end, with the exposure, are coarse by a clock without a name', () => {
  const start = { startUtc: '2026-08-14T00:00:00.250000000', exposureNs: 500_000_000n, grade: 'coarse' };
  for (const keywords of [
    { 'DATE-OBS': '2026-08-14T00:00:00.25', EXPTIME: 0.5 },
    { 'DATE-OBS': '2026-08-14', 'TIME-OBS': '00:00:00.25', EXPOSURE: '0.5' },
    { 'DATE-BEG': '2026-08-14T00:00:00.25', 'DATE-OBS': '2026-08-14T00:00:09', EXPTIME: 0.5 },
    { 'DATE-AVG': '2026-08-14T00:00:00.5', EXPTIME: 0.5 },
    { MIDPOINT: '2026-08-14T00:00:00.5', EXPTIME: '.5' },
    { 'DATE-END': '2026-08-14T00:00:00.75', EXPTIME: '5E-1' },
    { 'DATE-OBS': '2026-08-14T00:00:00.25', 'DATE-END': '2026-08-14T00:00:00.75' },
    { 'DATE-OBS': '2026-08-14T00:00:00.25', 'DATE-END': '2026-08-14T00:00:04', EXPTIME: 0.5 },
    { 'DATE-OBS': '2026-08-14T00:00:00.25Z', EXPTIME: 0.5, TIMESYS: 'UTC' },
  ] as Record<string, KeywordValue>[]) {
    const { startUtcNs, exposureNs, grade, source, uncertaintyNs } = first(keywords);
    const found = { startUtc: formatUtc(startUtcNs), exposureNs, grade };
    assert.equal(found, start, JSON.stringify(keywords));
    assert.is(source, 'unknown-clock');
    assert.is(uncertaintyNs, null);
  }
  assert.is(first({ 'DATE-OBS': '2026-08-14T00:00:00', EXPTIME: 1, TIMSYER: '0.002' }).uncertaintyNs, 2_000_000n);
  assert.is(first({ 'DATE-AVG': '2026-08-14T00:00:00' }).grade, 'untrusted');
  assert.is(first({ 'DATE-OBS': '2026-08-14T00:00:09', 'DATE-END': '2026-08-14T00:00:00' }).grade, 'untrusted');
});

test('MJD-OBS is the last resort, as sure as its digits, and a witness against another DATE-OBS', () => {
  const time = first({ 'MJD-OBS': '61266.500000', EXPTIME: 1 });
  assert.is(formatUtc(time.startUtcNs, 0), '2026-08-14T12:00:00');
  assert.is(time.uncertaintyNs, 86_400_000n);
  assert.is(first({ 'MJD-OBS': '61266.50000000000000' }).uncertaintyNs, 630n);
  assert.is(first({ 'MJD-OBS': '61266.5', 'DATE-OBS': '2026-08-14T12:00:00.5', EXPTIME: 1 }).grade, 'coarse');
  assert.is(first({ 'MJD-OBS': '61266.500000', 'DATE-OBS': '2026-08-14T13:00:00.5', EXPTIME: 1 }).grade, 'untrusted');
});

test('TIMESYS: TAI, TT and GPS go through the table where there is one and are refused without; others are refused', () => {
  const taiToUtc = (tai: bigint) => ({ utcNs: tai - 37_000_000_000n, leapSecond: false });
  const utc = (keywords: Record<string, KeywordValue>) => {
    const [time] = read(keywords, { taiToUtc }).times;
    return time === undefined ? null : formatUtc(time.startUtcNs, 3);
  };
  assert.is(utc({ TIMESYS: 'TAI', 'DATE-OBS': '2026-08-14T00:00:37' }), '2026-08-14T00:00:00.000');
  assert.is(utc({ TIMESYS: 'TT(TAI)', 'DATE-OBS': '2026-08-14T00:01:09.184' }), '2026-08-14T00:00:00.000');
  assert.is(utc({ TIMESYS: 'GPS', 'DATE-OBS': '2026-08-14T00:00:18' }), '2026-08-14T00:00:00.000');
  assert.is(utc({ TIMESYS: 'TDB', 'DATE-OBS': '2026-08-14T00:00:18' }), null);
  for (const TIMESYS of ['TAI', 'TDB', 'LOCAL', 'UT1']) {
    const { times, reasons } = read({ TIMESYS, 'DATE-OBS': '2026-08-14T00:00:00' });
    assert.is(times.length, 0);
    assert.match(reasons.join(), `TIMESYS is '${TIMESYS}'`);
  }
});

test('23:59:60 is a leap second, and the middle and end after it leave it', () => {
  const time = first({ 'DATE-OBS': '2016-12-31T23:59:60.25', EXPTIME: 1 });
  assert.is(time.leapSecond, true);
  assert.is(formatUtc(time.startUtcNs, 2, true), '2016-12-31T23:59:60.25');
  assert.is(time.midLeapSecond, true);
  assert.is(formatUtc(time.midUtcNs ?? 0n, 2, time.midLeapSecond), '2016-12-31T23:59:60.75');
  assert.is(time.endLeapSecond, false);
  assert.is(formatUtc(time.endUtcNs ?? 0n, 2), '2017-01-01T00:00:00.25');
  assert.is(first({ 'DATE-OBS': '2016-12-30T23:59:60.25' }).grade, 'untrusted');
  const leap = { utcNs: parseUtc('2016-12-31T23:59:60.25'), leapSecond: true };
  assert.equal(addNs(leap, -500_000_000n), { utcNs: parseUtc('2016-12-31T23:59:59.75'), leapSecond: false });
});

const OWN = {
  TIMEGRAD: 'locked',
  TIMESRC: 'gps-header',
  TIMEUNC: 200,
  TIMEFLAG: 'host-unsynchronised',
  TIMESYS: 'UTC',
  'DATE-OBS': '2023-09-02T09:00:41.044771701',
  'DATE-BEG': '2023-09-02T09:00:41.044771701',
  'DATE-AVG': '2023-09-02T09:00:45.044773001',
  'DATE-END': '2023-09-02T09:00:49.044774301',
  EXPTIME: '8.000002600',
  SHUTTER: 'global',
  SEQUENCE: 81528,
  GPSRAW1: '00013e780607900400187fc4a83ff7add43334794239',
  GPSRAW2: '06d4e0333479424106d4fa333479424106d4fa989610',
};

test('our own header keeps the grade of the recorder, its flags and every nanosecond', () => {
  const time = first({ ...OWN, GPS_SSEC: 880362041, GPS_SUS: '44771.2' });
  assert.is(time.family, 'appulse');
  assert.is(time.grade, 'locked');
  assert.is(time.source, 'gps-header');
  assert.is(time.uncertaintyNs, 200n);
  assert.is(time.exposureNs, 8_000_002_600n);
  assert.is(formatUtc(time.midUtcNs ?? 0n), OWN['DATE-AVG']);
  assert.is(formatUtc(time.endUtcNs ?? 0n), OWN['DATE-END']);
  says(time, 'host-unsynchronised');
});

test('our own header whose DATE-OBS is not what its raw bytes give was changed: untrusted', () => {
  assert.is(first({ ...OWN, 'DATE-BEG': '2023-09-02T09:00:42.044771701' }).grade, 'untrusted');
  assert.is(first({ ...OWN, GPSRAW1: `ffff${OWN.GPSRAW1.slice(4, -2)}00` }).grade, 'untrusted');
  assert.is(first({ ...OWN, TIMEGRAD: 'perfect' }).grade, 'untrusted');
  const rolling = { ...OWN, SHUTTER: 'rolling', LINEPER: 1000, ROWPAIRS: true, ROW0OFF: 5000, ROWFIRST: 7 };
  // end 49.044774301 + 5 us + 6 lines of 1 us - exposure
  assert.is(first({ ...rolling, 'DATE-BEG': '2023-09-02T09:00:41.044782701' }).grade, 'locked');
  assert.is(first({ ...rolling, 'DATE-BEG': '2023-09-02T09:00:41.047782701' }).grade, 'untrusted');
});

test('our own header of a Toupcam camera is held against what its library told', () => {
  const info = Buffer.alloc(104);
  info.writeUInt32LE(0x40, 8);
  info.writeBigUInt64LE(parseUtc(OWN['DATE-BEG']), 72);
  info.writeBigUInt64LE(parseUtc(OWN['DATE-END']), 80);
  const hex = info.toString('hex');
  const parts = Object.fromEntries(
    [1, 2, 3, 4].map((part) => [`TOUPINF${part}`, hex.slice(52 * (part - 1), 52 * part)]),
  );
  const { GPSRAW1: _1, GPSRAW2: _2, ...plain } = OWN;
  const toupcam = { ...plain, ...parts, TIMESRC: 'toupcam-gps', TIMEGRAD: 'coarse' };
  assert.equal([first(toupcam).grade, first(toupcam).source], ['coarse', 'toupcam-gps']);
  const changed = first({ ...toupcam, 'DATE-BEG': '2023-09-02T09:00:42.044771701' });
  assert.is(changed.grade, 'untrusted');
  says(changed, 'TOUPINF1 to TOUPINF4');
  assert.is(first({ ...toupcam, TOUPINF2: 'no hex' }).grade, 'untrusted');
});

test('whatever keywords hold, nothing is thrown, and locked comes only from whole words', () => {
  const random = randomOf(4);
  const values: KeywordValue[] = [
    '',
    ' ',
    'x',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:60',
    '1e99',
    '-5',
    -1,
    0,
    1.5,
    2 ** 53,
    10n ** 30n,
    true,
    null,
    'NaN',
    "'",
    '2026-02-30T00:00:00',
    '99999999999999999999',
    51,
    3,
  ];
  for (const base of [NINA, SHARPCAP, INDI, OWN] as Record<string, KeywordValue>[]) {
    const names = [...Object.keys(base), 'TIMESYS', 'MJD-OBS', 'DATE-AVG', 'TIMSYER', 'QHY_OFF0', 'YORGSUBF', 'QHY_LP'];
    for (let i = 0; i < 4000; i++) {
      const changed = { ...base };
      for (let n = 1 + random() * 4; n > 0; n--) {
        const name = names[Math.floor(random() * names.length)] ?? '';
        changed[name] = values[Math.floor(random() * values.length)] ?? null;
      }
      for (const time of read(changed).times) {
        assert.ok(typeof time.startUtcNs === 'bigint');
        formatUtc(time.startUtcNs, 9, time.leapSecond);
        if (time.family === 'fits') assert.is.not(time.grade, 'locked');
        if (base === NINA) assert.is.not(time.grade, 'locked', Object.entries(changed).join(' '));
      }
    }
  }
});

test.run();
