import * as assert from 'uvu/assert';
import { Lane, serveLanes } from '#src/station/frame-pool.js';
import { test } from '#test/support/test.js';

/** Two lanes on a pool of one worker that runs a task at a time, and the order in which theirs are begun. */
function twoLanes(): { lanes: [Lane, Lane]; begun: string[]; finishOne: () => Promise<void> } {
  const begun: string[] = [];
  const running: (() => void)[] = [];
  const lanes = new Set<Lane>();
  const serve = serveLanes(lanes, 1);
  const lane = () => {
    const own: Lane = new Lane(
      (task) => {
        begun.push(String(task));
        return new Promise<void>((done) => running.push(done));
      },
      { woken: () => serve.woken(own), queued: () => serve.queued() },
    );
    lanes.add(own);
    return own;
  };
  const finishOne = async () => {
    running.shift()?.();
    await new Promise((done) => setImmediate(done));
  };
  return { lanes: [lane(), lane()], begun, finishOne };
}

test('small frames of one camera wait for one large frame of another at most', async () => {
  const { lanes, begun, finishOne } = twoLanes();
  for (let i = 0; i < 4; i++) void lanes[0].run('frame', `large${i}`, 100);
  for (let i = 0; i < 4; i++) void lanes[1].run('frame', `small${i}`, 1);
  for (let i = 0; i < 8; i++) await finishOne();
  assert.equal(begun, ['large0', 'small0', 'large1', 'small1', 'small2', 'small3', 'large2', 'large3']);
});

test('cameras with frames of one size take turns', async () => {
  const { lanes, begun, finishOne } = twoLanes();
  for (const [i, lane] of lanes.entries()) for (let k = 0; k < 3; k++) void lane.run('frame', `${i}${k}`, 10);
  for (let i = 0; i < 6; i++) await finishOne();
  assert.equal(begun, ['00', '10', '01', '11', '02', '12']);
});

test('a camera that was idle does not take all the time that the others used meanwhile', async () => {
  const { lanes, begun, finishOne } = twoLanes();
  for (let i = 0; i < 50; i++) void lanes[0].run('frame', 'a', 10);
  for (let i = 0; i < 40; i++) await finishOne();
  for (let i = 0; i < 10; i++) void lanes[1].run('frame', 'b', 10);
  const before = begun.length;
  for (let i = 0; i < 8; i++) await finishOne();
  const after = begun.slice(before);
  assert.is(after.filter((name) => name === 'a').length, 4);
});

test('a task that fails fails its own caller alone', async () => {
  const lanes = new Set<Lane>();
  const serve = serveLanes(lanes, 1);
  const lane: Lane = new Lane(
    (task) => (task === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(task)),
    { woken: () => serve.woken(lane), queued: () => serve.queued() },
  );
  lanes.add(lane);
  const results = await Promise.allSettled([lane.run('frame', 'bad', 1), lane.run('frame', 'good', 1)]);
  assert.equal(
    results.map((result) => result.status),
    ['rejected', 'fulfilled'],
  );
});

test.run();
