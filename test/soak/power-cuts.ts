/**
 * Power cuts, imitated: a folder as it stood in the midst of recording, a file of it cut short or its tail zeroed anywhere, then what every start
 * does. Judged by what must be left: each frame before the damage reads back equal, each row behind it is missing and stands in a gap row, no
 * byte of a frame is thrown away, and neither a second recovery nor a rebuild changes anything.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDataFolder, recoverDataFolder } from '#storage/folder/data-folder.js';
import { isEventful } from '#storage/folder/recovery-report.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { FormatName } from '#storage/formats/recording-format.js';
import type { ScannedFrame } from '#storage/formats/segment-reader.js';
import { segmentReaderOf } from '#storage/formats/segment-readers.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { dumpIndex } from '#test/storage/index-dump.js';
import { until } from '#test/storage/sample-session.js';
import { randomOf } from '#test/support/random.js';
import { formatSession, HEIGHT, pixelOf, WIDTH } from './format-session.js';

const FRAMES = 40;
const IN_SEGMENT = 12;

export interface PowerCutRow {
  readonly format: FormatName;
  cuts: number;
  framesKept: number;
  framesMissing: number;
  tornFiles: number;
  readonly failures: string[];
}

interface Image {
  readonly folder: string;
  /** Files of segments, relative to the folder, with the frames that stand in them. */
  readonly segments: readonly { readonly file: string; readonly frames: readonly ScannedFrame[] }[];
}

/** A data folder as a power cut would find it: closed segments, one that is open, and no lock. */
async function imageOf(format: FormatName, path: string): Promise<Image> {
  const live = join(path, 'live');
  const folder = join(path, 'image');
  const opened = await openDataFolder(live);
  const layout = recordingFormat(format).layout({ width: WIDTH, height: HEIGHT, sampleBytes: 2 });
  const { recorder, record } = await formatSession(live, format, IN_SEGMENT * (layout.headerBytes + 4096));
  for (let number = 1; number <= FRAMES; number++) await record(number);
  await until(() => recorder.status().framesIndexed === FRAMES, 20);
  // Until closed segments have their names, and the open one has a durable offset.
  await new Promise((done) => setTimeout(done, 1_500));
  for (let number = FRAMES + 1; number <= FRAMES + 4; number++) await record(number);
  await until(() => recorder.status().framesIndexed === FRAMES + 4, 20);
  cpSync(live, folder, { recursive: true });
  rmSync(join(folder, 'appulse.lock'), { force: true });
  await recorder.close();
  opened.close();
  const [session = ''] = readdirSync(join(folder, 'sessions'));
  const segments = readdirSync(join(folder, 'sessions', session))
    .map((name) => `sessions/${session}/${name}`)
    .filter((file) => /\.(fits|ser|adv)(\.part)?$/.test(file))
    .map((file) => {
      const path = join(folder, file);
      return { file, frames: [...(segmentReaderOf(file)?.scan(path, 0, { verify: true }) ?? [])] };
    });
  assert.is(
    segments.reduce((sum, { frames }) => sum + frames.length, 0),
    FRAMES + 4,
    `${format}: the image is whole`,
  );
  assert.ok(segments.some(({ file }) => file.endsWith('.part')));
  return { folder, segments };
}

/** `cuts` cuts of each of `formats`. */
export async function powerCuts(
  formats: readonly FormatName[],
  cuts: number,
  seed: number,
  onCut: () => void = () => {},
): Promise<PowerCutRow[]> {
  const rows: PowerCutRow[] = [];
  for (const [f, format] of formats.entries()) {
    const path = mkdtempSync(join(tmpdir(), 'appulse-cuts-'));
    const row: PowerCutRow = { format, cuts: 0, framesKept: 0, framesMissing: 0, tornFiles: 0, failures: [] };
    rows.push(row);
    try {
      const image = await imageOf(format, path);
      for (let cut = 0; cut < cuts; cut++) {
        const case_ = seed + 10_007 * cut + f;
        try {
          await oneCut(image, join(path, 'cut'), randomOf(case_), row);
        } catch (error) {
          row.failures.push(`--seed ${case_} --cuts 1 of ${format}: ${error instanceof Error ? error.stack : error}`);
        }
        row.cuts++;
        onCut();
      }
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  }
  return rows;
}

async function oneCut(image: Image, folder: string, random: () => number, row: PowerCutRow): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  cpSync(image.folder, folder, { recursive: true });
  // Mostly the open segment, which is what a power cut finds; damage of a closed one is for `appulse recover`.
  const closed = random() < 0.25;
  const choice = image.segments.filter(({ file }) => file.endsWith('.part') !== closed);
  const { file, frames } = choice[Math.floor(random() * choice.length)] as Image['segments'][number];
  const path = join(folder, file);
  const { size } = statSync(path);
  const at = Math.floor(random() * size);
  const zeroed = random() < 0.5;
  const damaged = readFileSync(path).subarray(0, zeroed ? size : at);
  if (zeroed) damaged.fill(0, at);
  writeFileSync(path, damaged);
  const name = file.replace(/\.part$/, '');
  const kept = frames.filter(({ place }) => place.byteOffset + place.byteLength <= at);
  // Zeros may stand where zeros stood, so a frame whose end was zeroed may still be right.
  const surely = frames.filter(({ place }) => {
    const [from, to] = [Math.max(at, place.byteOffset), place.byteOffset + place.byteLength];
    const before = readFileSync(join(image.folder, file)).subarray(from, to);
    return to > at && (!zeroed || before.some((byte) => byte !== 0));
  });

  if (closed) await recoverDataFolder(folder, { rebuild: false });
  else (await openDataFolder(folder)).close();

  const index = new IndexReader(join(folder, INDEX_FILE));
  const all = index.frames({}, { limit: 10_000 });
  const gaps = index.gaps();
  index.close();
  assert.is(all.length, FRAMES + 4, 'every row stays');
  const isIn = (list: readonly ScannedFrame[], number: number) =>
    list.some(({ record }) => record.frameNumber === number);
  for (const frame of all) {
    const inGap = gaps.filter(
      ({ cause, firstBlock, lastBlock }) =>
        cause === 'crash' && (firstBlock ?? 0n) <= frame.blockId && frame.blockId <= (lastBlock ?? 0n),
    );
    const isDamaged = frame.file.replace(/\.part$/, '') === name && isIn(surely, frame.number);
    const isWhole = frame.file.replace(/\.part$/, '') !== name || isIn(kept, frame.number);
    if (isDamaged) assert.is(frame.state, 'missing', `frame ${frame.number} is damaged from byte ${at} on`);
    if (isWhole) assert.is(frame.state, 'on-disk', `frame ${frame.number} is whole before byte ${at}`);
    assert.is(inGap.length, frame.state === 'missing' ? 1 : 0, `gap rows of frame ${frame.number}`);
    if (frame.state === 'missing') {
      row.framesMissing++;
      continue;
    }
    row.framesKept++;
    const { data } = (segmentReaderOf(frame.file) as NonNullable<ReturnType<typeof segmentReaderOf>>).readPixels(
      join(folder, frame.file),
      frame,
    );
    const wrong = data.findIndex((pixel, i) => pixel !== pixelOf(frame.number, i));
    assert.is(wrong, -1, `pixels of frame ${frame.number}`);
  }
  checkNothingThrownAway(path, name, folder, damaged, at);
  row.tornFiles += readdirSync(join(path, '..')).filter((each) => each.includes('.torn-')).length;

  const dump = dumpIndex(join(folder, INDEX_FILE));
  const again = await recoverDataFolder(folder, { rebuild: false });
  assert.equal(again.sessions.filter(isEventful), [], 'a second recovery finds nothing');
  assert.equal(dumpIndex(join(folder, INDEX_FILE)), dump, 'a second recovery changes nothing');
  if (random() < 0.25) {
    await recoverDataFolder(folder, { rebuild: true });
    const rebuilt = dumpIndex(join(folder, INDEX_FILE));
    for (const table of Object.keys(dump)) assert.equal(rebuilt[table], dump[table], `rebuilt ${table}`);
  }
}

/** The bytes of the damaged file stand in the segment and what was set aside, one behind the other, zeros at the end left out. */
function checkNothingThrownAway(path: string, name: string, folder: string, damaged: Uint8Array, at: number): void {
  const lastByte = (bytes: Uint8Array): number => bytes.findLastIndex((byte) => byte !== 0) + 1;
  const end = lastByte(damaged);
  const complete = statSync(join(folder, name), { throwIfNoEntry: false });
  const torn = readdirSync(join(path, '..')).find((each) =>
    join(path, '..', each).startsWith(`${join(folder, name)}.torn-`),
  );
  if (torn === undefined) return;
  const offset = Number(/\.torn-(\d+)/.exec(torn)?.[1]);
  const whole = readFileSync(join(path, '..', torn));
  const aside = whole.subarray(0, lastByte(whole));
  assert.is(offset + aside.byteLength, end, `all of what was torn at ${at} is kept`);
  assert.ok(Buffer.from(damaged.subarray(offset, end)).equals(aside));
  assert.ok(offset === 0 || (complete?.size ?? 0) >= offset);
}
