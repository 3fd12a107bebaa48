import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { formatUtc } from '#gps/instant.js';
import { BLOCK_BYTES, type CardValue, CardWriter, secondsText } from '#storage/fits/cards.js';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { primaryHdu } from '#storage/fits/primary-hdu.js';
import { type FitsValue, readHdus, readPixels } from '#storage/fits/reader.js';
import { test } from '#test/support/test.js';
import { fillHdu, hduBytes, SEGMENT_HEADER, samplePixel, sampleRecord, temporaryFolder } from './sample-session.js';

const folder = temporaryFolder();
const primary = primaryHdu(SEGMENT_HEADER);

function segment(name: string, frames: number): string {
  const totalBytes = hduBytes(64, 48);
  const bytes = new Uint8Array(BLOCK_BYTES + frames * totalBytes);
  bytes.set(primary);
  for (let n = 1; n <= frames; n++) {
    fillHdu(bytes.subarray(BLOCK_BYTES + (n - 1) * totalBytes), sampleRecord(n, 'session'));
  }
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

test('frames read back with their header and pixels', () => {
  const file = segment('whole.fits', 3);
  const { hdus, complete } = readHdus(file);
  assert.is(complete, true);
  assert.is(hdus.length, 4);
  for (let n = 1; n <= 3; n++) {
    const hdu = hdus[n];
    if (hdu === undefined) throw new Error('no HDU');
    const record = sampleRecord(n, 'session');
    assert.is(hdu.cards.get('DATE-OBS'), formatUtc(record.time.startUtcNs));
    assert.is(hdu.cards.get('BLOCKID'), 65_000 + n);
    assert.is(hdu.cards.get('TIMEGRAD'), 'locked');
    assert.is(hdu.cards.get('ROWPAIRS'), true);
    assert.is(hdu.cards.get('LINEPER'), 43_194);
    assert.is(hdu.headerBytes, layoutFrameHdu(64, 48, 'fits-raw').headerBytes);
    const pixels = readPixels(file, hdu);
    assert.is(pixels.length, 64 * 48);
    assert.ok(pixels.every((pixel, i) => pixel === samplePixel(n, i)));
  }
});

test('a file cut anywhere lists exactly the frames that are whole', () => {
  const totalBytes = hduBytes(64, 48);
  for (const extra of [0, 1, 80, 2880, 11_520, totalBytes - 2880, totalBytes - 1]) {
    const file = segment('cut.fits', 3);
    truncateSync(file, BLOCK_BYTES + 2 * totalBytes + extra);
    const { hdus, complete } = readHdus(file);
    assert.is(hdus.length, 3, `${extra} bytes of the third frame`);
    assert.is(complete, extra === 0);
  }
});

/** A small generator with a fixed seed (xorshift). */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

test('any value of a card reads back', () => {
  const below = random(5);
  for (let round = 0; round < 300; round++) {
    for (let k = 0; k < 30; k++) {
      const text = Array.from({ length: below(90) }, () => String.fromCharCode(32 + below(95))).join('');
      const quotes = "'".repeat(below(70));
      const big = BigInt(below(2 ** 31)) * BigInt(below(2 ** 31)) * (below(2) === 0 ? 1n : -1n);
      const real = (below(2 ** 31) - 2 ** 30) * 10 ** (below(40) - 20);
      const mixed = text + quotes;
      const choices: [CardValue, FitsValue | ((v: FitsValue) => boolean)][] = [
        [text.slice(0, 30).replaceAll("'", ''), text.slice(0, 30).replaceAll("'", '').trimEnd()],
        [quotes.slice(0, 34), quotes.slice(0, 34)],
        [mixed, (v) => typeof v === 'string' && mixed.startsWith(v)],
        [big, Number.isSafeInteger(Number(big)) ? Number(big) : big],
        [real, real],
        [below(2) === 0, (v) => typeof v === 'boolean'],
        [secondsText(big), (v) => typeof v === 'number' && Math.abs(v - Number(big) / 1e9) <= Math.abs(v) * 1e-15],
      ];
      const [value, expected] = choices[k % choices.length] as (typeof choices)[number];
      const header = new Uint8Array(BLOCK_BYTES);
      const out = new CardWriter(header, BLOCK_BYTES);
      out.card('SIMPLE', true);
      out.card('BITPIX', 8);
      out.card('NAXIS', 0);
      out.card('KEY', value, "a comment / with a slash and a ' quote");
      out.finish();
      const file = join(folder, 'card.fits');
      writeFileSync(file, header);
      const got = readHdus(file).hdus[0]?.cards.get('KEY');
      const right =
        typeof expected === 'function'
          ? expected(got ?? null)
          : Object.is(got, expected) || (got === 0 && expected === 0);
      if (!right) assert.unreachable(`${String(value)} came back as ${String(got)}`);
    }
  }
});

test('no bytes make the reader fail but with its own error', () => {
  const below = random(11);
  const whole = new Uint8Array(BLOCK_BYTES * 2);
  whole.set(primary);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from(whole);
    for (let k = 0; k <= below(8); k++) bytes[below(1600)] = 32 + below(95);
    const file = join(folder, 'fuzz.fits');
    writeFileSync(file, bytes);
    try {
      readHdus(file);
    } catch (error) {
      refused++;
      assert.is((error as { code: string }).code, 'storage.fits-broken', String(error));
      assert.ok((error as Error).message.includes(file), String(error));
    }
  }
  assert.ok(refused > 0);
});

test.run();
