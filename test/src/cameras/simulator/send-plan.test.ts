import * as assert from 'uvu/assert';
import { PLAN_WORDS, SEND_MODE } from '#src/cameras/gige-vision/device/send-modes.js';
import type { FaultOptions } from '#src/cameras/simulator/options.js';
import { SendPlanner } from '#src/cameras/simulator/send-plan.js';
import { test } from '#test/support/test.js';

const none: FaultOptions = {
  loss: 0,
  burstLoss: { probability: 0, packets: 1 },
  reorder: { probability: 0, depth: 1, withinFrame: false },
  duplicate: 0,
  corrupt: 0,
  stall: { probability: 0, milliseconds: 0 },
  frameGap: 0,
  vanish: null,
};
const LAST = 101;

interface Sent {
  readonly frame: number;
  readonly id: number;
  readonly mode: number;
}

/** Plans `frames` frames and lists every datagram in order, with the plans' own account of what is missing. */
function run(changes: Partial<FaultOptions>, frames: number, seed = 7) {
  const planner = new SendPlanner({ ...none, ...changes }, seed);
  const sent: Sent[] = [];
  const withheld: number[][] = [];
  const faults: string[][] = [];
  const list = (job: number, ranges: Uint32Array) => {
    for (let at = 0; at < ranges.length; at += PLAN_WORDS) {
      const [first = 0, last = 0, mode = 0, back = 0] = ranges.subarray(at);
      if (mode === SEND_MODE.pause) sent.push({ frame: job, id: first, mode });
      else for (let id = first; id <= last; id++) sent.push({ frame: job - back, id, mode });
    }
  };
  for (let job = 0; job < frames; job++) {
    const plan = planner.plan(job, job, LAST);
    list(job, plan.ranges ?? Uint32Array.of(0, LAST, 0, 0));
    withheld.push(plan.withheld);
    faults.push(plan.faults);
  }
  if (planner.waiting) list(frames, planner.lastPlan(frames));
  return { sent, withheld, faults };
}

const everything: Partial<FaultOptions> = {
  loss: 0.02,
  burstLoss: { probability: 0.002, packets: 5 },
  reorder: { probability: 0.05, depth: 12, withinFrame: false },
  duplicate: 0.02,
  corrupt: 0.02,
  stall: { probability: 0.3, milliseconds: 4 },
};

test('without faults there is no plan to follow', () => {
  const plan = new SendPlanner(none, 1).plan(0, 0, LAST);
  assert.is(plan.ranges, null);
  assert.equal(plan.withheld, []);
});

test('the same seed gives the same faults, another seed others', () => {
  assert.equal(run(everything, 30), run(everything, 30));
  assert.not.equal(run(everything, 30).withheld, run(everything, 30, 8).withheld);
});

test('each packet is either withheld or sent intact, once but for duplicates', () => {
  const { sent, withheld } = run(everything, 60);
  for (let frame = 0; frame < 60; frame++) {
    const intact = sent.filter((packet) => packet.frame === frame && packet.mode === SEND_MODE.plain);
    const missing = new Set(withheld[frame]);
    for (let id = 0; id <= LAST; id++) {
      const times = intact.filter((packet) => packet.id === id).length;
      assert.ok(missing.has(id) ? times === 0 : times === 1 || times === 2, `frame ${frame} packet ${id}: ${times}`);
    }
  }
});

test('losses have the probability asked for', () => {
  const { withheld } = run({ loss: 0.01 }, 400);
  const lost = withheld.reduce((sum, ids) => sum + ids.length, 0);
  const expected = 400 * 102 * 0.01;
  assert.ok(Math.abs(lost - expected) < 5 * Math.sqrt(expected), `${lost} of ${expected}`);
});

test('a burst takes consecutive packets, across the end of a frame too', () => {
  const { withheld, faults } = run({ burstLoss: { probability: 0.003, packets: 20 } }, 100);
  const flat = withheld.flatMap((ids, frame) => ids.map((id) => frame * (LAST + 1) + id));
  assert.ok(flat.length > 100);
  let length = 1;
  const lengths: number[] = [];
  for (let i = 1; i <= flat.length; i++) {
    if (flat[i] === (flat[i - 1] as number) + 1) length++;
    else {
      lengths.push(length);
      length = 1;
    }
  }
  assert.ok(lengths.slice(0, -1).every((n) => n >= 20));
  assert.ok(faults.some((names) => names.includes('burst-loss')));
});

test('reordering is bounded by its depth and may cross into the next frame', () => {
  const depth = 6;
  const { sent } = run({ reorder: { probability: 0.1, depth, withinFrame: false } }, 50);
  const places = sent.map(({ frame, id }) => frame * (LAST + 1) + id);
  let newest = -1;
  let crossed = 0;
  let late = 0;
  for (const [i, place] of places.entries()) {
    if (place < newest) late++;
    // Everything newer that overtook this packet.
    const before = places.slice(Math.max(0, i - 40), i).filter((other) => other > place).length;
    assert.ok(before <= depth * 2, `${before} packets before ${place}`);
    const frame = sent[i]?.frame ?? 0;
    if (sent.slice(0, i).some((packet) => packet.frame > frame)) crossed++;
    newest = Math.max(newest, place);
  }
  assert.ok(late > 300, `${late} late`);
  assert.ok(crossed > 0, 'some cross the border');
  assert.is(sent.length, 50 * (LAST + 1));
});

test('reordering can be kept within the frame', () => {
  const { sent } = run({ reorder: { probability: 0.1, depth: 10, withinFrame: true } }, 50);
  const frames = sent.map((packet) => packet.frame);
  assert.equal(
    frames,
    [...frames].sort((a, b) => a - b),
  );
});

test('a stall pauses in mid-frame and withholds nothing', () => {
  const { sent, withheld, faults } = run({ stall: { probability: 0.5, milliseconds: 3 } }, 40);
  const pauses = sent.filter((packet) => packet.mode === SEND_MODE.pause);
  assert.ok(pauses.length > 8 && pauses.every((pause) => pause.id === 3000));
  assert.ok(withheld.every((ids) => ids.length === 0));
  assert.is(faults.filter((names) => names.includes('stall')).length, pauses.length);
});

test('damage to leaders and trailers is of a kind that a receiver can tell', () => {
  const { sent } = run({ corrupt: 0.5 }, 60);
  const kinds = new Set(sent.filter(({ id }) => id === 0 || id === LAST).map(({ mode }) => mode));
  assert.not.ok(kinds.has(SEND_MODE.overlong) || kinds.has(SEND_MODE.idOutOfRange));
  assert.is(new Set(sent.map(({ mode }) => mode)).size, 6, 'plain and all five kinds');
});

test('frames that the camera loses depend on the seed and the sequence number alone', () => {
  const planner = new SendPlanner({ ...none, frameGap: 0.2 }, 3);
  const skipped = Array.from({ length: 500 }, (_, n) => planner.skips(n));
  assert.equal(
    skipped,
    Array.from({ length: 500 }, (_, n) => new SendPlanner({ ...none, frameGap: 0.2 }, 3).skips(n)),
  );
  const count = skipped.filter(Boolean).length;
  assert.ok(count > 60 && count < 140, `${count} of 500`);
});

test.run();
