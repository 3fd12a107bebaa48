import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, scenePixels } from '#src/cameras/simulator/scene.js';
import type { SessionSummary } from '#src/station/messages.js';
import { appulse, type Ended, readTruth, type TruthFrame, withFolder } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { suite } from '#test/support/test.js';

const test = suite('record', 90_000);

interface FrameRow {
  block_id: bigint;
  sequence: bigint | null;
  start_utc_ns: bigint;
  end_utc_ns: bigint;
  grade: string;
  source: string;
  packets_missing: bigint;
  file: string;
  byte_offset: bigint;
  byte_length: bigint;
  key: bigint;
}

function framesOf(summary: SessionSummary): FrameRow[] {
  const db = new Database(summary.index, { readonly: true });
  try {
    return db
      .prepare(
        `SELECT frames.*, segments.file FROM frames JOIN segments ON segments.key = segment_key
         JOIN sessions ON sessions.key = frames.session_key WHERE sessions.id = ? ORDER BY frames.key`,
      )
      .safeIntegers()
      .all(summary.session) as FrameRow[];
  } finally {
    db.close();
  }
}

function rangesOf(summary: SessionSummary): Map<bigint, { offset: number; length: number }[]> {
  const db = new Database(summary.index, { readonly: true });
  try {
    const found = new Map<bigint, { offset: number; length: number }[]>();
    const rows = db
      .prepare(
        'SELECT block_id, r.byte_offset, r.byte_length FROM missing_ranges r JOIN frames ON frames.key = frame_key ORDER BY 1, 2',
      )
      .safeIntegers()
      .all() as { block_id: bigint; byte_offset: bigint; byte_length: bigint }[];
    for (const row of rows) {
      const list = found.get(row.block_id) ?? [];
      list.push({ offset: Number(row.byte_offset), length: Number(row.byte_length) });
      found.set(row.block_id, list);
    }
    return found;
  } finally {
    db.close();
  }
}

function summaryOf(ended: Ended, code = 0): SessionSummary {
  assert.is(ended.code, code, ended.stderr);
  return ended.json as SessionSummary;
}

/** The byte ranges of the packets that the camera withheld, neighbours merged. */
function withheldRanges(frame: TruthFrame, dataBytes: number, payloadBytes: number) {
  const packets = Math.ceil(payloadBytes / dataBytes);
  const ranges: { offset: number; length: number }[] = [];
  for (const packet of [...frame.packetsWithheld].sort((a, b) => a - b).filter((p) => p >= 1 && p <= packets)) {
    const offset = (packet - 1) * dataBytes;
    const length = Math.min(dataBytes, payloadBytes - offset);
    const last = ranges.at(-1);
    if (last && last.offset + last.length === offset) last.length += length;
    else ranges.push({ offset, length });
  }
  return ranges;
}

const close = (a: bigint, b: bigint, limit: bigint) => (a > b ? a - b : b - a) <= limit;

test('a recorded stream is whole: every frame received, recorded, indexed and stamped as the camera exposed it', () =>
  withFolder(async (folder) => {
    const truth = join(folder, 'truth.ndjson');
    const camera = `sim:tiny?fps=200&truth=${truth}`;
    const summary = summaryOf(
      await appulse(['record', '--camera', camera, '--frames', '600', '--data', join(folder, 'data'), '--json']),
    );
    assert.is(summary.frames.received, 600);
    assert.is(summary.frames.recorded, 600);
    assert.is(summary.frames.indexed, 600);
    assert.is(summary.frames.lost, 0);
    assert.is(summary.frames.incomplete, 0);
    assert.is(summary.times.locked, 600);
    const produced = new Map(readTruth(truth).map((frame) => [frame.block, frame]));
    for (const row of framesOf(summary)) {
      const frame = produced.get(row.block_id.toString());
      assert.ok(frame, `block ${row.block_id} was never sent`);
      assert.is(row.source, 'gps-header');
      assert.is(Number(row.sequence), frame.sequence);
      assert.ok(close(row.start_utc_ns, BigInt(frame.startUtcNs), 100n), `start of block ${row.block_id}`);
      assert.ok(close(row.end_utc_ns, BigInt(frame.endUtcNs), 100n), `end of block ${row.block_id}`);
    }
  }));

test('row 0 of a rolling shutter ends where the camera says, not at the VSYNC pulse', () =>
  withFolder(async (folder) => {
    const truth = join(folder, 'truth.ndjson');
    const camera = `sim:qhy411-bin3?fps=10&width=640&height=480&truth=${truth}`;
    const summary = summaryOf(
      await appulse(['record', '--camera', camera, '--frames', '20', '--data', join(folder, 'data'), '--json']),
    );
    assert.is(summary.times.locked, 20);
    const produced = new Map(readTruth(truth).map((frame) => [frame.block, frame]));
    for (const row of framesOf(summary)) {
      const frame = produced.get(row.block_id.toString());
      assert.ok(frame);
      assert.ok(close(row.end_utc_ns, BigInt(frame.row0EndUtcNs), 100n));
      assert.ok(close(row.start_utc_ns, BigInt(frame.startUtcNs), 100n));
    }
  }));

for (const receiver of ['native', 'dgram', 'raw'] as const) {
  const peers = receiver === 'raw' ? ['root'] : [];
  peerTest(
    test,
    peers,
    `with 1 % loss, reorder and duplicates every frame is complete through resend (${receiver})`,
    () =>
      withFolder(async (folder) => {
        const camera = 'sim:tiny?fps=200&loss=0.01&reorder=0.02:8&duplicate=0.01&seed=7';
        const summary = summaryOf(
          await appulse([
            'record',
            '--camera',
            camera,
            '--receiver',
            receiver,
            '--frames',
            '1000',
            '--data',
            join(folder, 'data'),
            '--json',
          ]),
        );
        assert.is(summary.frames.received, 1000);
        assert.is(summary.frames.incomplete, 0);
        assert.is(summary.frames.lost, 0);
        assert.ok(summary.packets.resent > 0);
        assert.ok(summary.packets.duplicate > 0);
        assert.is(summary.packets.missing, 0);
      }),
  );

  peerTest(test, peers, `without resend the missing ranges are exactly what the camera withheld (${receiver})`, () =>
    withFolder(async (folder) => {
      const truth = join(folder, 'truth.ndjson');
      const camera = `sim:tiny?fps=200&format=Mono8&packet-size=1500&loss=0.02&reorder=0.02:6&duplicate=0.01&seed=11&truth=${truth}`;
      const words = ['--receiver', receiver, '--resend', 'false', '--packet-size', '1500', '--frames', '500', '--json'];
      const summary = summaryOf(
        await appulse(['record', '--camera', camera, '--data', join(folder, 'data'), ...words]),
        3,
      );
      const produced = new Map(readTruth(truth).map((frame) => [frame.block, frame]));
      const found = rangesOf(summary);
      const rows = framesOf(summary);
      assert.is(rows.length, summary.frames.recorded);
      let incomplete = 0;
      for (const row of rows) {
        const frame = produced.get(row.block_id.toString());
        assert.ok(frame);
        const expected = withheldRanges(frame, 1464, 320 * 240);
        assert.equal(found.get(row.block_id) ?? [], expected, `block ${row.block_id}`);
        assert.is(Number(row.packets_missing), frame.packetsWithheld.length, `packets of block ${row.block_id}`);
        if (frame.packetsWithheld.length > 0) incomplete++;
        // Packet 1 holds the GPS header: without it no time may come from a header.
        const fromHeader = !frame.packetsWithheld.includes(1);
        assert.is(row.source === 'gps-header', fromHeader, `source of block ${row.block_id}: ${row.source}`);
      }
      assert.is(summary.frames.incomplete, incomplete);
      assert.ok(incomplete > 0);
    }),
  );
}

test('frames that the camera skipped are a gap row between the frames around them', () =>
  withFolder(async (folder) => {
    const truth = join(folder, 'truth.ndjson');
    const camera = `sim:tiny?fps=200&frame-gap=0.05&seed=3&truth=${truth}`;
    const summary = summaryOf(
      await appulse(['record', '--camera', camera, '--frames', '300', '--data', join(folder, 'data'), '--json']),
      3,
    );
    const rows = framesOf(summary);
    const [first, last] = [rows.at(0)?.block_id ?? 0n, rows.at(-1)?.block_id ?? 0n];
    const skipped = readTruth(truth)
      .filter(({ faults }) => faults.includes('frame-gap'))
      .flatMap(({ block }) => (block === null ? [] : [BigInt(block)]))
      .filter((block) => block > first && block < last);
    assert.ok(skipped.length > 0);
    assert.is(summary.frames.lost, skipped.length);
    const db = new Database(summary.index, { readonly: true });
    const gaps = db.prepare('SELECT * FROM gaps').safeIntegers().all() as {
      first_block: bigint;
      last_block: bigint;
      cause: string;
      from_utc_ns: bigint;
      to_utc_ns: bigint;
    }[];
    db.close();
    const blocks = gaps.flatMap((gap) =>
      Array.from({ length: Number(gap.last_block - gap.first_block) + 1 }, (_, i) => gap.first_block + BigInt(i)),
    );
    assert.equal(blocks, skipped);
    for (const gap of gaps) {
      assert.is(gap.cause, 'network');
      assert.is(rows.find((row) => row.block_id === gap.first_block - 1n)?.start_utc_ns, gap.from_utc_ns);
      assert.is(rows.find((row) => row.block_id === gap.last_block + 1n)?.start_utc_ns, gap.to_utc_ns);
    }
  }));

peerTest(
  test,
  ['fitsverify', 'astropy'],
  'fitsverify finds nothing, and astropy reads the very pixels that the camera made, header aside',
  () =>
    withFolder(async (folder) => {
      const camera = 'sim:tiny?fps=50&format=Mono12p&seed=5&scene=meteor';
      const words = ['record', '--camera', camera, '--frames', '30', '--data', join(folder, 'data'), '--json'];
      const summary = summaryOf(await appulse(words));
      const file = join(summary.folder, readdirSync(summary.folder)[0] ?? '');
      const verify = spawnSync('fitsverify', ['-q', file], { encoding: 'utf8' });
      assert.match(verify.stdout, 'verification OK', verify.stdout);

      const model = cameraModelByName('tiny');
      assert.ok(model);
      const options = simulatorOptions('tiny', { fps: '50', format: 'Mono12p', seed: '5', scene: 'meteor' });
      const expected = join(folder, 'expected.bin');
      for (const row of framesOf(summary)) {
        const pixels = scenePixels(model, options, Number(row.sequence) % loopFrames(options));
        writeFileSync(expected, new Uint8Array(pixels.buffer), { flag: 'a' });
      }
      const script = `
import sys, numpy
from astropy.io import fits
expected = numpy.fromfile(sys.argv[2], '<u2').reshape(-1, 240, 320)
with fits.open(sys.argv[1]) as hdus:
    assert len(hdus) == 31, len(hdus)
    for hdu, frame in zip(hdus[1:], expected):
        assert hdu.data.dtype == numpy.uint16, hdu.data.dtype
        # 44 header bytes are the first 29.3 pixels of 12 bits.
        assert (hdu.data.ravel()[30:] == frame.ravel()[30:]).all(), hdu.header['EXTVER']
        assert hdu.header['TIMEGRAD'] == 'locked', repr(hdu.header)
print('equal')
`;
      const read = spawnSync(PYTHON, ['-c', script, file, expected], { encoding: 'utf8' });
      assert.is(read.stdout.trim(), 'equal', read.stderr);
    }),
);

test.run();
