import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { RingProducer } from '#pipeline/receive/ring-producer.js';
import { RING_EVENT, RING_LAYOUT, SLOT_STATE } from '#pipeline/ring/layout.js';
import { Ring } from '#pipeline/ring/ring.js';
import { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import { PreviewBoard } from '#pipeline/stages/preview-board.js';
import { NO_BINNING } from '#pipeline/stages/recorded-shape.js';
import type { StreamHandle } from '#src/station/attached-stream.js';
import { FramePipeline, type NewestFrame, type PipelineTarget } from '#src/station/frame-pipeline.js';
import { Lane, serveLanes } from '#src/station/frame-pool.js';
import type { FrameResult, FrameTask } from '#src/station/frame-task.js';
import { Turns } from '#src/station/turns.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import { sampleRecord } from '#test/storage/sample-session.js';
import { test } from '#test/support/test.js';

const [WIDTH, HEIGHT, SLOTS] = [32, 24, 20];

interface Bench {
  readonly ring: Ring;
  readonly preview: PreviewBoard;
  readonly pipeline: FramePipeline;
  readonly target: PipelineTarget;
  /** What came out: frames recorded (`12`), not recorded (`12-`), gaps (`ring-full 3+2`). */
  readonly out: string[];
  readonly tasks: FrameTask[];
  /** Lets the oldest task end, or fail. */
  readonly finish: (error?: Error) => void;
  /** A frame closes; false where no slot was free. */
  readonly arrive: (block: number) => boolean;
  readonly drop: (block: number, count: number) => void;
  /** A slot begins to fill. */
  readonly receiving: () => void;
  /** Record buffers that are free. */
  readonly free: number[];
  /** Tasks end by themselves from now on. */
  readonly runFreely: () => void;
  /** Buffers of recorded frames come back from now on, as from a disk that keeps up. */
  readonly writeFreely: () => void;
}

const lastPacketNsOf = (block: number) => 1_795_834_800_000_000_000n + BigInt(block);
const settle = () => new Promise((done) => setImmediate(done));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

/** A pipeline whose workers and recorder do what the test says. */
function makeBench(
  options: { buffers: number; rates?: { previewRate: number; calmPreviewRate: number }; refused?: number } = {
    buffers: 8,
  },
  slots = SLOTS,
): Bench {
  const ring = Ring.create({ payloadBytes: WIDTH * HEIGHT, slots, maxPayloadPackets: 4 });
  const producer = new RingProducer(ring.handle);
  const control = new DataView(ring.handle.control);
  const workspaces = FrameWorkspaces.create({ count: 2, bands: 1, rows: HEIGHT });
  const preview = PreviewBoard.create(WIDTH, HEIGHT, 8, 8);
  const free = Array.from({ length: options.buffers }, (_, i) => i);
  const out: string[] = [];
  const tasks: FrameTask[] = [];
  const running: { task: FrameTask; done: (result: FrameResult) => void; failed: (error: Error) => void }[] = [];
  let freely = false;
  let writing = false;
  const away: number[] = [];
  const giveBack = () => {
    free.push(...away.splice(0));
    pipeline.drain();
  };
  const blocks = new Map<number, number>();
  const resultOf = (task: FrameTask): FrameResult => ({
    record: sampleRecord(blocks.get(task.slot) ?? 0, 'session'),
    parts: [],
    headerBytes: 0,
    dataSum: null,
    complete: true,
  });
  const lanes = new Set<Lane>();
  const service = serveLanes(lanes, 4);
  const lane: Lane = new Lane(
    (task) =>
      new Promise<FrameResult>((done, failed) => {
        tasks.push(task as FrameTask);
        if (freely) setImmediate(() => done(resultOf(task as FrameTask)));
        else running.push({ task: task as FrameTask, done, failed });
      }),
    { woken: () => service.woken(lane), queued: () => service.queued() },
  );
  lanes.add(lane);
  const context = {
    format: 'fits',
    width: WIDTH,
    height: HEIGHT,
    pixelFormat: 0x01080001,
    binning: NO_BINNING,
  } as StreamHandle['context'];
  const recorder = {
    acquire: () => free.pop() ?? null,
    release: (buffer: number) => free.push(buffer),
  } as unknown as Recorder;
  const target: PipelineTarget = {
    recorder,
    handle: { context, buffers: { count: options.buffers } } as StreamHandle,
    stack: null,
    nextFrameNumber: () => tasks.length + 1,
    sink: {
      frame: ({ record }, buffer) => {
        if (record.frameNumber === options.refused) throw new Error('no HDU');
        out.push(String(record.frameNumber));
        away.push(buffer);
        if (writing) setImmediate(giveBack);
      },
      unrecorded: ({ record }) => out.push(`${record.frameNumber}-`),
      gap: (cause, firstBlock, frames) => out.push(`${cause} ${firstBlock}+${frames}`),
    },
  };
  const pipeline = new FramePipeline({
    ...target,
    ring,
    lane,
    workspaces,
    preview,
    steps: {
      encoding: 'rice',
      statistics: true,
      histogram: 'sampled',
      previewRate: 1e6,
      calmPreviewRate: 1e6,
      ...options.rates,
    },
    accepts: () => true,
    skippedBy: 'network',
    judge: () => sampleRecord(1, 'session').time,
  });
  return {
    ring,
    preview,
    pipeline,
    target,
    out,
    tasks,
    free,
    finish: (error) => {
      const one = running.shift();
      if (one === undefined) throw new Error('nothing runs');
      if (error !== undefined) one.failed(error);
      else one.done(resultOf(one.task));
    },
    arrive: (block) => {
      const slot = producer.allocate();
      if (slot < 0) return false;
      blocks.set(slot, block);
      const header = ring.geometry.slotsOffset + slot * RING_LAYOUT['slot.bytes'];
      control.setBigInt64(header + RING_LAYOUT['slot.lastPacketNs'], lastPacketNsOf(block), true);
      producer.putClosed(slot, block);
      pipeline.drain();
      return true;
    },
    receiving: () => {
      producer.allocate();
    },
    drop: (block, count) => {
      producer.putLost(RING_EVENT.dropped, block, count, 0n);
      pipeline.drain();
    },
    writeFreely: () => {
      writing = true;
      giveBack();
    },
    runFreely: () => {
      freely = true;
      while (running.length > 0) {
        const one = running.shift();
        one?.done(resultOf(one.task));
      }
    },
  };
}

test('frames leave in block order, whichever worker is done first, with gaps in their place', async () => {
  const bench = makeBench();
  bench.arrive(1);
  bench.arrive(2);
  bench.drop(3, 2);
  bench.finish();
  await settle();
  assert.equal(bench.out, ['1']);
  bench.arrive(5);
  bench.runFreely();
  await settle();
  await settle();
  assert.equal(bench.out, ['1', '2', 'ring-full 3+2', '5']);
  await bench.pipeline.finish();
  assert.is(bench.ring.fillLevel(), 0);
});

test('who waits for a frame has it while its slot is held, though the ring is full and the slot is taken at once', async () => {
  const bench = makeBench({ buffers: 4 }, 16);
  for (let block = 1; block <= 16; block++) assert.ok(bench.arrive(block));
  assert.not.ok(bench.arrive(17), 'the ring is full');
  const seen: string[] = [];
  const held = ({ info, record }: NewestFrame) => {
    seen.push(
      `frame ${record.frameNumber}: ${bench.ring.state(info.slot) === SLOT_STATE.leased ? 'held' : 'given back'}`,
    );
  };
  bench.pipeline.readNext(held);
  bench.pipeline.readNext(() => seen.push('taken back'))();
  bench.finish();
  await settle();
  assert.equal(seen, ['frame 1: held']);
  bench.finish();
  await settle();
  assert.is(seen.length, 1, 'it is told once');
  bench.runFreely();
  bench.writeFreely();
  await bench.pipeline.finish();
});

test('frames that are whole when the target changes still go to the former, however long its disk takes', async () => {
  const bench = makeBench({ buffers: 2 });
  for (let block = 1; block <= 4; block++) bench.arrive(block);
  const seen: string[] = [];
  const turned = bench.pipeline.turnTo({
    ...bench.target,
    recorder: null,
    nextFrameNumber: () => 100,
    sink: {
      frame: () => seen.push('recorded'),
      unrecorded: ({ record }) => seen.push(`${record.frameNumber}-`),
      gap: (cause, firstBlock) => seen.push(`${cause} ${firstBlock}`),
    },
  });
  bench.arrive(5);
  bench.drop(6, 1);
  bench.runFreely();
  for (let k = 0; k < 8; k++) await settle();
  // Frames 3 and 4 wait for buffers, and those behind them for their turn.
  assert.equal([bench.out, seen], [['1', '2'], []]);
  bench.writeFreely();
  await turned;
  assert.equal(bench.out, ['1', '2', '3', '4']);
  await bench.pipeline.finish();
  assert.equal([bench.out.length, seen], [4, ['5-', 'ring-full 6']]);
  assert.is(bench.ring.fillLevel(), 0);
});

test('a frame that its worker fails on is a gap row, its slot and its buffer come back, the others go on', async () => {
  const bench = makeBench({ buffers: 2 });
  for (let block = 1; block <= 4; block++) bench.arrive(block);
  bench.finish(new Error('broken'));
  await settle();
  bench.runFreely();
  await settle();
  assert.equal(bench.out.slice(0, 2), ['worker 1+1', '2']);
  // Nobody has given the buffer of frame 2 back; that of frame 1 served frame 3.
  assert.is(bench.out[2], '3');
  bench.writeFreely();
  await bench.pipeline.finish();
  assert.equal(bench.out, ['worker 1+1', '2', '3', '4']);
  assert.is(bench.ring.fillLevel(), 0);
});

test('while the disk holds every record buffer frames wait, then are stamped without being recorded, and none is lost', async () => {
  const bench = makeBench({ buffers: 3 });
  bench.runFreely();
  let block = 0;
  const next = async (count: number) => {
    for (let i = 0; i < count; i++) {
      assert.ok(bench.arrive(++block), `block ${block} found a slot`);
      for (let k = 0; k < 4; k++) await settle();
    }
  };
  await next(3);
  assert.equal(bench.out, ['1', '2', '3']);
  // The buffers do not come back: frames wait in the ring first.
  await next(10);
  assert.is(bench.out.length, 3);
  // With most of the ring full they go on without being recorded, and the ring never fills.
  await next(40);
  assert.ok(bench.out.length > 30);
  assert.ok(bench.out.slice(3).every((name) => name.endsWith('-')));
  assert.is(bench.tasks.filter((task) => task.steps.encoding === 'none').length, bench.out.length - 3);
  assert.ok(bench.ring.highWater() < SLOTS);
  // The disk is back: what still waits is recorded again at once.
  const before = bench.out.length;
  bench.writeFreely();
  await next(1);
  assert.ok(
    bench.out.slice(before, before + 2).every((name) => !name.endsWith('-')),
    bench.out.slice(before).join(' '),
  );
  await bench.pipeline.finish();
  assert.is(bench.out.length, block, 'every frame came out once');
  assert.is(bench.ring.fillLevel(), 0);
});

test('workers that fall behind lose the preview first, then the statistics, and at last the receiver finds no slot', async () => {
  const bench = makeBench({ buffers: 100 });
  let arrived = 0;
  while (bench.arrive(arrived + 1)) {
    arrived++;
    await delay(1);
  }
  assert.is(arrived, SLOTS, 'every slot is used before a frame is dropped');
  bench.drop(arrived + 1, 1);
  const work = async () => {
    bench.finish();
    await settle();
    await settle();
  };
  for (let i = 0; i < arrived; i++) await work();
  await bench.pipeline.finish();
  const steps = bench.tasks.map(({ steps: each }) => each);
  // The first frames met an idle pool; those taken with much of the ring waiting were thinned; the last ones not.
  assert.ok(steps[0]?.preview);
  assert.ok(steps[0]?.statistics);
  const thinnedAt = steps.findIndex((each) => !each.statistics);
  assert.ok(thinnedAt > 0);
  assert.is(steps[thinnedAt]?.histogram, 'off');
  assert.is(steps[thinnedAt]?.preview, false);
  const back = steps.findIndex((each, i) => i > thinnedAt && each.statistics);
  assert.ok(back > thinnedAt);
  assert.is(steps[back]?.preview, false, 'statistics come back before the preview does');
  assert.ok(steps.at(-1)?.statistics);
  assert.is(bench.pipeline.thinned.statistics, steps.filter((each) => !each.statistics).length);
  assert.ok(bench.pipeline.thinned.previews > 0);
  assert.is(bench.out.at(-1), `ring-full ${arrived + 1}+1`);
  assert.is(bench.out.length, arrived + 1);
});

test('an empty ring is finished though no record buffer is free', async () => {
  const bench = makeBench({ buffers: 0 });
  await bench.pipeline.finish();
  assert.equal(bench.out, []);
});

test('a frame that the recorder refuses is a gap row, and its buffer comes back', async () => {
  const bench = makeBench({ buffers: 1, refused: 2 });
  bench.runFreely();
  bench.writeFreely();
  for (let block = 1; block <= 3; block++) bench.arrive(block);
  await bench.pipeline.finish();
  assert.equal(bench.out, ['1', 'worker 2+1', '3']);
  assert.is(bench.ring.fillLevel(), 0);
});

test('a small ring waits for the disk while a slot is free, and for its own workers always', async () => {
  const bench = makeBench({ buffers: 1 }, 4);
  bench.receiving();
  bench.arrive(1);
  bench.arrive(2);
  assert.is(bench.tasks.length, 1);
  // The last free slot: the one buffer is at the workers, so the disk is not what is slow.
  bench.arrive(3);
  assert.is(bench.tasks.length, 1);
  bench.finish();
  await settle();
  // Now the disk has it; a slot is free again.
  assert.equal(bench.out, ['1']);
  assert.is(bench.tasks.length, 1);
  bench.arrive(4);
  assert.equal(
    bench.tasks.slice(1).map((task) => task.steps.encoding),
    ['none', 'none'],
  );
  bench.finish();
  bench.finish();
  bench.runFreely();
  bench.writeFreely();
  await bench.pipeline.finish();
  assert.is(bench.out.length, 4);
});

test('a frame that is being received does not count as one that waits', async () => {
  const bench = makeBench({ buffers: 8 }, 3);
  bench.receiving();
  bench.arrive(1);
  assert.ok(bench.tasks[0]?.steps.preview);
  assert.ok(bench.tasks[0]?.steps.statistics);
  bench.runFreely();
  await bench.pipeline.finish();
});

test('previews come no more often than asked for, one at a time', async () => {
  const bench = makeBench({ buffers: 100, rates: { previewRate: 20, calmPreviewRate: 20 } });
  bench.runFreely();
  for (let block = 1; block <= 40; block++) {
    bench.arrive(block);
    await delay(5);
  }
  await bench.pipeline.finish();
  const shown = bench.tasks.filter((task) => task.steps.preview).length;
  assert.ok(shown >= 2 && shown <= 10, `${shown} previews in 0.2 s`);
});

test('a preview is made of the frame that begins when somebody asks; where nobody does they wait for the calm turns', async () => {
  const never = 1e-6;
  const bench = makeBench({ buffers: 100, rates: { previewRate: 1e6, calmPreviewRate: never } });
  bench.runFreely();
  const shown: boolean[] = [];
  for (let block = 1; block <= 6; block++) {
    if (block === 3 || block === 6) bench.preview.ask();
    bench.arrive(block);
    await until(() => bench.out.length === block);
    shown.push(bench.tasks.at(-1)?.steps.preview === true);
  }
  await bench.pipeline.finish();
  assert.equal(shown, [true, false, true, false, false, true]);
  assert.is(bench.preview.count, 3);
  assert.is(bench.preview.read()?.lastPacketUtcNs, lastPacketNsOf(6));
});

test('who asks more often than previews may come gets them as often as they may', async () => {
  const bench = makeBench({ buffers: 100, rates: { previewRate: 1e-6, calmPreviewRate: 1e-6 } });
  bench.runFreely();
  for (let block = 1; block <= 4; block++) {
    bench.preview.ask();
    bench.arrive(block);
    await until(() => bench.out.length === block);
  }
  await bench.pipeline.finish();
  assert.is(bench.preview.count, 1);
});

test('turns that are taken late do not put off those behind them', () => {
  const turns = new Turns(20);
  const early = [1_000, 1_062, 1_099, 1_155, 1_201, 1_249];
  for (const nowMs of early) {
    assert.ok(turns.hasCome(nowMs), `${nowMs} ms`);
    turns.take(nowMs);
  }
  assert.not(turns.hasCome(1_250));
  assert.ok(turns.hasCome(9_000));
  turns.take(9_000);
  assert.not(turns.hasCome(9_024));
  assert.ok(turns.hasCome(9_025));
  for (let nowMs = 9_001; nowMs < 9_020; nowMs++) turns.take(nowMs);
  assert.not(turns.hasCome(9_068));
  assert.ok(turns.hasCome(9_069));
});

test.run();
