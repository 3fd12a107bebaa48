import * as assert from 'uvu/assert';
import { parseUtc } from '#gps/instant.js';
import { darkSpan, nightAt, noonOfNight, sunAltitudeDeg } from '#src/night/sun.js';
import { test } from '#test/support/test.js';

const GOLDEN = { latitudeDeg: 39.742476, longitudeDeg: -105.1786 };
const BERLIN = { latitudeDeg: 52.5, longitudeDeg: 13.4 };
const TROMSO = { latitudeDeg: 69.65, longitudeDeg: 18.96 };
const SUVA = { latitudeDeg: -18.1, longitudeDeg: 178.4 };
const secondsApart = (a: bigint, b: bigint) => Math.abs(Number(a - b)) / 1e9;

test('the altitude is that of the example of NREL/TP-560-34302 (Reda and Andreas), appendix A.5, without refraction', () => {
  const altitude = sunAltitudeDeg(GOLDEN, parseUtc('2003-10-17T19:30:30'));
  assert.ok(Math.abs(altitude - 39.872046) < 0.02, String(altitude));
});

test('the sun passes -0.8333 degrees when that example has it set and rise, within 5 s', () => {
  // Its sunset, 17:20:19 at UTC-7, is that of the UTC day: of the evening before.
  const span = darkSpan(GOLDEN, nightAt(parseUtc('2003-10-17T08:00'), GOLDEN), -0.8333, -0.8333);
  assert.ok(secondsApart(span?.fromUtcNs ?? 0n, parseUtc('2003-10-17T00:20:19')) < 5);
  assert.ok(secondsApart(span?.toUtcNs ?? 0n, parseUtc('2003-10-17T13:12:43')) < 5);
});

test('twilights end and begin when astropy 5.2.1 (get_sun, AltAz without pressure) has them, within 5 s', () => {
  const judged = [
    [BERLIN, -12, '2026-11-28T16:21:22.6', '2026-11-29T05:28:07.2'],
    [TROMSO, -12, '2026-09-20T19:16:04.9', '2026-09-21T02:00:19.1'],
    [SUVA, -18, '2026-11-28T07:48:06.6', '2026-11-28T16:00:25.2'],
  ] as const;
  for (const [place, altitude, evening, morning] of judged) {
    const span = darkSpan(place, nightAt(parseUtc(evening), place), altitude, altitude);
    assert.ok(secondsApart(span?.fromUtcNs ?? 0n, parseUtc(evening)) < 5, evening);
    assert.ok(secondsApart(span?.toUtcNs ?? 0n, parseUtc(morning)) < 5, morning);
  }
});

test('on the equinox at the equator day and night are equal but for the size of the sun and the air', () => {
  const place = { latitudeDeg: 0, longitudeDeg: 0 };
  const span = darkSpan(place, nightAt(parseUtc('2026-03-20T20:00'), place), 0, 0);
  assert.ok(span !== null);
  assert.ok(Math.abs(secondsApart(span.fromUtcNs, span.toUtcNs) - 43_200) < 30);
});

test('each twilight of a night lies within the one before it', () => {
  const night = nightAt(parseUtc('2026-11-28T20:00'), BERLIN);
  const spans = [-0.833, -6, -12, -18].map((altitude) => darkSpan(BERLIN, night, altitude, altitude));
  for (const [i, span] of spans.entries()) {
    const outer = spans[i - 1];
    assert.ok(span !== null);
    if (outer !== null && outer !== undefined) {
      assert.ok(outer.fromUtcNs < span.fromUtcNs && span.toUtcNs < outer.toUtcNs);
    }
    assert.ok(Math.abs(sunAltitudeDeg(BERLIN, span.fromUtcNs) - ([-0.833, -6, -12, -18][i] ?? 0)) < 0.001);
  }
});

test('where the sun does not sink so low there is no darkness, and in polar night it lasts from noon to noon', () => {
  const summer = nightAt(parseUtc('2026-06-21T22:00'), TROMSO);
  assert.is(darkSpan(TROMSO, summer, -12, -12), null);
  assert.is(darkSpan(TROMSO, summer, 0, 0), null);
  const winter = nightAt(parseUtc('2026-12-21T22:00'), TROMSO);
  const span = darkSpan(TROMSO, winter, 0, 0);
  assert.is(span?.sinks, false);
  assert.is(span?.rises, false);
  const next = darkSpan(TROMSO, winter + 1n, 0, 0);
  assert.ok(secondsApart(span?.toUtcNs ?? 0n, next?.fromUtcNs ?? 1n) < 1);
});

test('a night begins at noon of the site, also on both sides of the date line', () => {
  for (const longitudeDeg of [-179.9, -105, 0, 13.4, 179.9]) {
    const place = { latitudeDeg: -17, longitudeDeg };
    const now = parseUtc('2026-11-28T05:00');
    const night = nightAt(now, place);
    const noon = noonOfNight(night, place);
    assert.ok(noon <= now && now < noon + 86_400_000_000_000n);
    const span = darkSpan(place, night, -12, -12);
    assert.ok(span !== null && noon < span.fromUtcNs && span.toUtcNs < noon + 86_400_000_000_000n);
  }
});

test.run();
