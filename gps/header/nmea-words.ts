/** What an NMEA block says, in a line for people. */
import { formatUtc } from '../instant.js';
import type { NmeaBlock } from './nmea-block.js';
import { readNmeaFix } from './nmea-fix.js';

const QUALITIES: Readonly<Record<number, string>> = {
  0: 'no fix',
  1: 'fix',
  2: 'differential fix',
  4: 'fix (RTK)',
  5: 'fix (RTK float)',
  6: 'dead reckoning',
  7: 'position entered by hand',
  8: 'simulated fix',
};

export function nmeaWords(block: NmeaBlock): string {
  const fix = readNmeaFix(block.sentences);
  const words = [`NMEA block of ${fix.sentencesRight} sentences`];
  if (fix.utcNs !== null) words.push(`UTC ${formatUtc(fix.utcNs, 0, fix.leapSecond)}`);
  if (fix.timesDisagree) words.push('its sentences tell different times');
  if (fix.valid === false) words.push('warning: not valid');
  if (fix.quality !== null) words.push(QUALITIES[fix.quality] ?? `fix of quality ${fix.quality}`);
  if (fix.mode !== null) words.push(fix.mode === 1 ? 'mode 1' : `${fix.mode}D`);
  if (fix.satellitesUsed !== null) {
    words.push(`${fix.satellitesUsed}${fix.satellitesInView === null ? '' : ` of ${fix.satellitesInView}`} satellites`);
  }
  if (fix.latitudeDeg !== null && fix.longitudeDeg !== null) {
    words.push(`at ${fix.latitudeDeg.toFixed(5)}, ${fix.longitudeDeg.toFixed(5)} deg`);
  }
  if (fix.altitudeM !== null) words.push(`${fix.altitudeM} m`);
  if (fix.gpsLessUtcS !== null) {
    const whence = fix.leapSecondsReceived ? '' : ' by the firmware: the almanac has not come';
    words.push(`GPS - UTC ${fix.gpsLessUtcS} s${whence}`);
  }
  if (fix.sentencesWrong > 0) words.push(`${fix.sentencesWrong} sentences without a right check sum, not used`);
  if (!block.closed) words.push('its end mark is missing');
  return words.join(', ');
}
