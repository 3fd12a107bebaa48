import * as assert from 'uvu/assert';
import { findNmeaBlock } from '#gps/header/nmea-block.js';
import { readNmeaFix } from '#gps/header/nmea-fix.js';
import { splitSentences } from '#gps/header/nmea-sentence.js';
import { nmeaWords } from '#gps/header/nmea-words.js';
import { parseUtc } from '#gps/instant.js';
import { NmeaLog } from '#src/station/nmea-log.js';
import type { EventRecord } from '#storage/frame-record.js';
import { checked, nmeaBlock } from '#test/support/nmea.js';
import { randomBytes, randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** Examples that are printed in many manuals, with the check sums that stand there. */
const GGA = '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47';
const RMC = '$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A';
const ZDA = '$GPZDA,201530.00,04,07,2002,00,00*60';
const GSA = '$GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1*39';
const GSV = '$GPGSV,2,1,08,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45*75';
/** The sentence of u-blox's protocol specification. */
const PUBX = checked('PUBX,04,073731.00,091202,113851.00,1196,15D,1930035,-2660.664,43,');

const sentencesOf = (...texts: string[]) => splitSentences(Buffer.from(texts.join('\r\n')));
const fixOf = (...texts: string[]) => readNmeaFix(sentencesOf(...texts));

/** A frame of noise with a block at `offset`. */
function frameWith(block: Uint8Array, offset = 44, seed = 1): Uint8Array {
  const frame = randomBytes(4096, seed);
  frame.set(block, offset);
  return frame;
}

test('sentences of the manuals: their check sums are right, and their fields are read', () => {
  for (const text of [GGA, RMC, ZDA, GSA, GSV, PUBX]) {
    const [sentence, ...others] = sentencesOf(text);
    assert.is(others.length, 0);
    assert.is(sentence?.checksum, 'right', text);
    assert.is(sentence?.text, text);
  }
  const fix = fixOf(GGA, RMC, GSA, GSV, PUBX);
  assert.is(fix.utcNs, parseUtc('1994-03-23T12:35:19'));
  assert.is(fix.valid, true);
  assert.is(fix.quality, 1);
  assert.is(fix.mode, 3);
  assert.is(fix.satellitesUsed, 8);
  assert.is(fix.satellitesInView, 8);
  assert.is(fix.hdop, 0.9);
  assert.is(fix.altitudeM, 545.4);
  assert.ok(Math.abs((fix.latitudeDeg ?? 0) - 48.1173) < 1e-9);
  assert.ok(Math.abs((fix.longitudeDeg ?? 0) - 11.5166666667) < 1e-9);
  assert.is(fix.gpsLessUtcS, 15);
  assert.is(fix.leapSecondsReceived, false);
  assert.is(fix.sentencesRight, 5);
  assert.not(fix.timesDisagree);
  assert.is(fixOf(ZDA).utcNs, parseUtc('2002-07-04T20:15:30'));
});

test('south, west, more than 100 degrees, fractions of a second, a second 60', () => {
  const south = fixOf(checked('GNRMC,235960.50,A,3351.1234,S,15112.5678,W,,,311216,,,A'));
  assert.ok(Math.abs((south.latitudeDeg ?? 0) + (33 + 51.1234 / 60)) < 1e-12);
  assert.ok(Math.abs((south.longitudeDeg ?? 0) + (151 + 12.5678 / 60)) < 1e-12);
  assert.is(south.leapSecond, true);
  assert.is(south.utcNs, parseUtc('2017-01-01T00:00:00.5'));
});

test('a wrong or a missing check sum counts for nothing', () => {
  for (const text of [RMC.replace('*6A', '*6B'), RMC.replace('*6A', ''), RMC.replace('12351', '12361')]) {
    const fix = fixOf(text, GSA);
    assert.is(fix.utcNs, null, text);
    assert.is(fix.latitudeDeg, null);
    assert.is(fix.sentencesWrong, 1);
    assert.is(fix.mode, 3);
  }
});

test('fields that are empty, too large or no numbers say nothing', () => {
  const fields = [
    'GPGGA,,,,,,0,00,99.99,,,,,,',
    'GPGGA,120000,9100.000,N,01131.000,E,x,-3,1e9,Infinity,M,,,,',
    'GPGGA,120000,4860.000,N,01131.000,E,1,08,0.9,545.4,ft,,,,',
    'GPRMC,250000,A,4807.038,N,01131.000,,,,230394,,',
    'GPRMC,120000,A,4807.038,X,01131.000,E,,,320194,,',
    'GPZDA,120000,31,02,2026,00,00',
    'GPZDA,120000,01,01,0000,00,00',
    'GPGSA,A,7',
    'PUBX,04,,,,,99999',
  ].map(checked);
  const fix = fixOf(...fields);
  assert.is(fix.sentencesRight, fields.length);
  assert.is(fix.utcNs, null);
  assert.is(fix.latitudeDeg, null);
  assert.is(fix.altitudeM, null);
  assert.is(fix.mode, null);
  assert.is(fix.gpsLessUtcS, null);
  assert.is(fix.quality, 1);
});

test('satellites add up over systems and not over signals; times that disagree are told', () => {
  const fix = fixOf(
    checked('GPGSV,1,1,09,,,,1'),
    checked('GPGSV,1,1,07,,,,8'),
    checked('GLGSV,1,1,05,,,,1'),
    checked('GNGSA,A,1,,,,,,,,,,,,,,,,2'),
    checked('GNGSA,A,3,,,,,,,,,,,,,,,,1'),
    checked('GNRMC,120000,V,,,,,,,140826,,,N'),
    checked('GNZDA,120001,14,08,2026,00,00'),
  );
  assert.is(fix.satellitesInView, 14);
  assert.is(fix.mode, 3);
  assert.is(fix.valid, false);
  assert.ok(fix.timesDisagree);
  assert.is(fix.utcNs, parseUtc('2026-08-14T12:00:00'));
});

test('a block is found where it begins, bounded by its length and its end mark', () => {
  const block = nmeaBlock([GGA, RMC]);
  for (const offset of [34, 44, 48, 900, 1016]) {
    const found = findNmeaBlock(frameWith(block, offset));
    assert.is(found?.offset, offset);
    assert.ok(found?.closed);
    assert.is(found?.textBytes, found?.declaredBytes);
    assert.equal(
      found?.sentences.map(({ text }) => text),
      [GGA, RMC],
    );
  }
  assert.is(findNmeaBlock(frameWith(block, 1025)), null);
  const empty = findNmeaBlock(frameWith(nmeaBlock([])));
  assert.is(empty?.sentences.length, 0);
});

test('a length that is not that of the text: the end mark decides, else right sentences do', () => {
  for (const declared of [0, 1, 7, 4000, 2 ** 32 - 1]) {
    const block = nmeaBlock([GGA, RMC], declared);
    const found = findNmeaBlock(frameWith(block));
    assert.ok(found?.closed);
    assert.is(found?.declaredBytes, declared);
    assert.is(found?.textBytes, GGA.length + RMC.length + 4);
    assert.is(found?.sentences.length, 2);
    const open = findNmeaBlock(frameWith(block.subarray(0, -4)));
    if (declared >= GGA.length) assert.not(open?.closed);
    else assert.is(open, null);
  }
  const cut = findNmeaBlock(frameWith(nmeaBlock([GGA, RMC])).subarray(0, 44 + 8 + GGA.length + 30));
  assert.not(cut?.closed);
  assert.equal(
    cut?.sentences.map(({ checksum }) => checksum),
    ['right', 'missing'],
  );
});

test('a mark with nothing behind it that pixels would not be is none', () => {
  const frame = new Uint8Array(2048).fill(0x55);
  frame.set([0x11, 0x22, 0x33, 0x66, 0, 0, 0, 80], 44);
  assert.is(findNmeaBlock(frame), null);
  frame.set(nmeaBlock([GGA]), 300);
  assert.is(findNmeaBlock(frame)?.offset, 300);
});

test('it is told in a line', () => {
  const block = findNmeaBlock(frameWith(nmeaBlock([GGA, RMC, GSA, GSV, PUBX, '$GPGGA,1*00'])));
  assert.is(
    block && nmeaWords(block),
    'NMEA block of 5 sentences, UTC 1994-03-23T12:35:19, fix, 3D, 8 of 8 satellites, at 48.11730, 11.51667 deg, 545.4 m, ' +
      'GPS - UTC 15 s by the firmware: the almanac has not come, 1 sentences without a right check sum, not used',
  );
});

test('any bytes give a block or none, and any block a fix: nothing throws or reads outside', () => {
  const random = randomOf(5);
  const parts = [GGA, RMC, ZDA, GSA, GSV, PUBX, '$', '*', ',,,,', '$GPRMC,,,,,,,,,*', '\r\n', '$P,*50', '\u00ff$'];
  for (let round = 0; round < 6_000; round++) {
    const texts = Array.from(
      { length: Math.floor(random() * 8) },
      () => parts[Math.floor(random() * parts.length)] ?? '',
    );
    const block = nmeaBlock(texts, random() < 0.5 ? undefined : Math.floor(random() * 2 ** 32));
    const frame = frameWith(block, 34 + Math.floor(random() * 1000), round);
    for (let hits = Math.floor(random() * 6); hits > 0; hits--) frame[Math.floor(random() * 1500)] = random() * 256;
    const found = findNmeaBlock(frame.subarray(0, Math.floor(random() * 3000)));
    if (found !== null) assert.ok(nmeaWords(found).length > 0);
    // A right check sum over any fields.
    const fields = Array.from({ length: Math.floor(random() * 16) }, () =>
      Buffer.from(randomBytes(Math.floor(random() * 12), round))
        .toString('latin1')
        .replace(/[^ -~]|[$*,]/g, '9'),
    );
    const type = ['GGA', 'RMC', 'GLL', 'GSA', 'GSV', 'ZDA', 'XYZ'][round % 7] ?? '';
    readNmeaFix(sentencesOf(checked(`GP${type},${fields.join(',')}`), checked(`PUBX,${fields.join(',')}`)));
  }
  // A frame without a mark, and one that is nothing but marks.
  assert.is(findNmeaBlock(new Uint8Array(0)), null);
  const marks = Uint8Array.from({ length: 4096 }, (_, i) => [0x11, 0x22, 0x33, 0x66][i % 4] ?? 0);
  assert.is(findNmeaBlock(marks), null);
});

test('a session writes a row when the receiver says something else, and once a minute', () => {
  const rows: EventRecord[] = [];
  let now = 0;
  let looked = 0;
  const log = new NmeaLog(
    (event) => rows.push(event),
    () => now,
  );
  const time = { startUtcNs: 5n } as Parameters<NmeaLog['frame']>[1];
  const see = (texts: string[] | null) =>
    log.frame(() => {
      looked += 1;
      return texts === null ? null : frameWith(nmeaBlock(texts));
    }, time);
  for (; now < 130_000; now += 100) see([GGA, RMC]);
  assert.is(looked, 130);
  assert.is(rows.length, 3);
  now += 1_000;
  see(null);
  now += 1_000;
  see([GGA.replace('E,1,08', 'E,0,08').replace('*47', '*46'), RMC]);
  assert.is(rows.length, 4);
  assert.is(rows[3]?.kind, 'nmea');
  assert.is(rows[3]?.data.quality, 0);
  assert.is(rows[3]?.data.utcNs, String(parseUtc('1994-03-23T12:35:19')));
});

test.run();
