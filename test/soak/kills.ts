/**
 * Recordings that are killed at a random instant, recovered, and held to the truth: the pixels that the simulated camera makes for each block.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, Scene } from '#src/cameras/simulator/scene.js';
import { openDataFolder, recoverDataFolder } from '#storage/folder/data-folder.js';
import { isEventful } from '#storage/folder/recovery-report.js';
import { verifyFolder } from '#storage/folder/verification.js';
import type { FormatName } from '#storage/formats/recording-format.js';
import { segmentReaderOf } from '#storage/formats/segment-readers.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { openForReading } from '#storage/index/open-for-reading.js';
import { type FrameRow, type GapRow, IndexReader } from '#storage/index/queries.js';
import { type JournalRecord, readJournal } from '#storage/segments/frame-journal.js';
import { dumpIndex } from '#test/storage/index-dump.js';
import { startAppulse } from '#test/support/appulse.js';
import { randomOf } from '#test/support/random.js';

export interface KillPlan {
  readonly model: 'tiny' | 'qhy411-bin3';
  readonly fps: number;
  readonly format: FormatName;
  readonly kills: number;
  readonly seed: number;
  /** The longest that a recording streams before it is killed. */
  readonly mostMs: number;
  readonly segmentBytes: string;
}

export interface KillRow extends Pick<KillPlan, 'model' | 'fps' | 'format'> {
  kills: number;
  /** Frames that were read back and compared with the truth. */
  framesRead: number;
  /** Frames that had been written and had no row. */
  framesIndexed: number;
  /** Frames in hand that are gap rows, and the most of one kill. */
  framesInHand: number;
  mostInHand: number;
  /** Milliseconds from the first to the last of them at most. */
  longestMs: number;
  recoverMs: number;
  readonly failures: string[];
}

/** The header that the camera writes over the first pixels, whatever their format. */
const HEADER_PIXELS = 44;

/** Of each camera, because its frames are large. */
const truths = new Map<string, ReturnType<typeof makeTruth>>();

function truthOf(plan: KillPlan): ReturnType<typeof makeTruth> {
  const camera = `${plan.model} ${plan.fps}`;
  const truth = truths.get(camera) ?? makeTruth(plan);
  truths.set(camera, truth);
  return truth;
}

/** The pixels of each frame of the loop that the camera sends. */
function makeTruth({ model, fps }: KillPlan): (blockId: bigint) => Uint16Array {
  const described = cameraModelByName(model);
  if (described === undefined) throw new Error(`there is no camera ${model}`);
  const options = simulatorOptions(model, { fps: String(fps), seed: '7' });
  const scene = new Scene(described, options);
  const loop = loopFrames(options);
  const made = new Map<number, Uint16Array>();
  return (blockId) => {
    const index = Number((blockId - 1n) % BigInt(loop));
    const pixels = made.get(index) ?? scene.pixels(index);
    made.set(index, pixels);
    return pixels;
  };
}

/** Recordings by one plan, killed one after the other. */
export class KillSeries {
  readonly row: KillRow;
  readonly #plan: KillPlan;

  constructor(plan: KillPlan) {
    const { model, fps, format } = plan;
    this.#plan = plan;
    this.row = {
      ...{ model, fps, format, kills: 0, framesRead: 0, framesIndexed: 0, framesInHand: 0 },
      ...{ mostInHand: 0, longestMs: 0, recoverMs: 0, failures: [] },
    };
  }

  /** Whether all that were planned are done. */
  get done(): boolean {
    return this.row.kills >= this.#plan.kills;
  }

  /** Makes the next one, and judges what it left. */
  async next(): Promise<void> {
    const { model, fps, format, seed } = this.#plan;
    const kill = this.row.kills;
    const data = mkdtempSync(join(tmpdir(), 'appulse-kill-'));
    try {
      await killOne(this.#plan, data, randomOf(seed + 7_919 * kill));
      await judge(data, truthOf(this.#plan), this.row);
    } catch (error) {
      this.row.failures.push(`${model} ${fps} fps ${format}, kill ${kill} of seed ${seed}: ${(error as Error).stack}`);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
    this.row.kills++;
  }
}

async function killOne(plan: KillPlan, data: string, random: () => number): Promise<void> {
  const { model, fps, format, mostMs, segmentBytes } = plan;
  const running = startAppulse([
    ...['record', '--camera', `sim:${model}?fps=${fps}&seed=7`, '--format', format, '--data', data],
    ...['--segment-bytes', segmentBytes],
  ]);
  // Most while frames come, some while everything begins.
  if (random() < 0.9) await running.says(' streams ');
  await new Promise((done) => setTimeout(done, random() * mostMs));
  running.child.kill('SIGKILL');
  await running.ended;
}

async function judge(data: string, truth: (blockId: bigint) => Uint16Array, row: KillRow): Promise<void> {
  const journal = journalIn(data);
  const started = performance.now();
  const folder = await openDataFolder(data);
  row.recoverMs = Math.max(row.recoverMs, performance.now() - started);
  folder.close();
  assert.is(folder.recovery.framesMissing, 0, 'a crash of the program takes nothing that was written');
  for (const { framesIndexed, problems } of folder.recovery.sessions) {
    row.framesIndexed += framesIndexed;
    assert.is(problems.join('; '), '');
  }
  const { frames, gaps } = readIndex(data);
  checkCovered(journal, frames, gaps);
  const inHand = gaps.filter(({ cause }) => cause === 'crash');
  const count = inHand.reduce((sum, gap) => sum + gap.frames, 0);
  row.framesInHand += count;
  row.mostInHand = Math.max(row.mostInHand, count);
  const [first, last] = [inHand[0], inHand.at(-1)];
  const span = Number((last?.toUtcNs ?? 0n) - (first?.fromUtcNs ?? 0n)) / 1e6;
  row.longestMs = Math.max(row.longestMs, span);
  const lastBlock = frames.reduce((most, { blockId }) => (blockId > most ? blockId : most), 0n);
  for (const { firstBlock } of inHand) {
    assert.ok((firstBlock ?? 0n) > lastBlock, 'only what was not written yet is missing: the end');
  }
  for (const frame of frames) {
    assert.is(frame.state, 'on-disk');
    const reader = segmentReaderOf(frame.file);
    const { data: pixels } = reader?.readPixels(join(data, frame.file), frame) ?? { data: new Uint16Array(0) };
    if (frame.bytesMissing > 0) continue;
    const expected = truth(frame.blockId);
    const bytesOf = (samples: ArrayBufferView, from: number) =>
      Buffer.from(samples.buffer, samples.byteOffset + 2 * from, samples.byteLength - 2 * from);
    assert.ok(
      bytesOf(pixels, HEADER_PIXELS).equals(bytesOf(expected, HEADER_PIXELS)),
      `pixels of frame ${frame.number}, block ${frame.blockId}`,
    );
    row.framesRead++;
  }
  checkVerified(data, frames.length);
  const dump = dumpIndex(join(data, INDEX_FILE));
  const again = await recoverDataFolder(data, { rebuild: false });
  assert.equal(again.sessions.filter(isEventful), [], 'a second recovery finds nothing');
  assert.equal(dumpIndex(join(data, INDEX_FILE)), dump);
  await recoverDataFolder(data, { rebuild: true });
  const rebuilt = dumpIndex(join(data, INDEX_FILE));
  for (const table of Object.keys(dump)) assert.equal(rebuilt[table], dump[table], `rebuilt ${table}`);
}

function journalIn(data: string): readonly JournalRecord[] {
  const sessions = join(data, 'sessions');
  const [name] = existsSync(sessions) ? readdirSync(sessions) : [];
  const shortId = /-([0-9a-f]{8})$/.exec(name ?? '')?.[1];
  return name === undefined || shortId === undefined ? [] : (readJournal(join(sessions, name), shortId)?.records ?? []);
}

function readIndex(data: string): { frames: FrameRow[]; gaps: GapRow[] } {
  const index = new IndexReader(join(data, INDEX_FILE));
  try {
    return { frames: index.frames({}, { limit: 1_000_000 }), gaps: index.gaps() };
  } finally {
    index.close();
  }
}

/** Every frame that the journal knows is a row or in a gap row, and none is both; every gap that it knows has its row. */
function checkCovered(journal: readonly JournalRecord[], frames: readonly FrameRow[], gaps: readonly GapRow[]): void {
  const blocks = new Map(frames.map(({ number, blockId }) => [number, blockId]));
  const inGap = (block: bigint) =>
    gaps.filter(
      ({ firstBlock, lastBlock }) => firstBlock !== null && firstBlock <= block && block <= (lastBlock ?? firstBlock),
    );
  for (const record of journal) {
    const { blockId } = record;
    if (blockId === null) continue;
    if (record.kind === 'gap') {
      assert.ok(
        inGap(blockId).some(({ cause }) => cause === record.cause),
        `${record.cause} gap at block ${blockId}`,
      );
      continue;
    }
    const isRow = blocks.get(record.number) === blockId;
    assert.is(inGap(blockId).length, isRow ? 0 : 1, `block ${blockId} is ${isRow ? 'a row' : 'in no row'}`);
  }
  assert.is(new Set(frames.map(({ blockId }) => blockId)).size, frames.length, 'no frame has two rows');
}

function checkVerified(data: string, frames: number): void {
  const database = openForReading(join(data, INDEX_FILE));
  try {
    const verifier = verifyFolder(database, data, null);
    let step = verifier.next();
    while (step.done !== true) step = verifier.next();
    assert.equal(step.value.findings, []);
    assert.is(step.value.frames, frames);
  } finally {
    database.close();
  }
}
