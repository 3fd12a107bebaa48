import * as assert from 'uvu/assert';
import { GapKeeper } from '#src/station/gap-keeper.js';
import type { FrameRecord, GapRecord } from '#storage/frame-record.js';
import { test } from '#test/support/test.js';

/** A frame of a stream at one frame a second; `sequence` null where its header did not arrive. */
function frame(block: number, sequence: number | null): FrameRecord {
  const startUtcNs = BigInt(block) * 1_000_000_000n;
  return { blockId: BigInt(block), time: { startUtcNs, endUtcNs: startUtcNs, sequence } } as FrameRecord;
}

function keep(): { gaps: GapRecord[]; keeper: GapKeeper } {
  const gaps: GapRecord[] = [];
  return { gaps, keeper: new GapKeeper((gap) => gaps.push(gap)) };
}

test('neighbouring gaps of one cause become one row between the frames around them', () => {
  const { gaps, keeper } = keep();
  keeper.frame(frame(1, 1));
  keeper.add('network', 2n, 2, 'first');
  keeper.add('network', 4n, 1, 'second');
  keeper.add('ring-full', 5n, 1, 'third');
  assert.equal(gaps, []);
  keeper.frame(frame(6, 6));
  assert.equal(
    gaps.map(({ cause, firstBlock, lastBlock, frames, fromUtcNs, toUtcNs }) => [
      cause,
      firstBlock,
      lastBlock,
      frames,
      fromUtcNs,
      toUtcNs,
    ]),
    [
      ['network', 2n, 4n, 3, 1_000_000_000n, 6_000_000_000n],
      ['ring-full', 5n, 5n, 1, 1_000_000_000n, 6_000_000_000n],
    ],
  );
});

test('what is open when a camera is lost, and at the end, is written', () => {
  const { gaps, keeper } = keep();
  keeper.frame(frame(100, 100));
  keeper.add('camera-lost', null, 0, 'unplugged');
  keeper.frame(frame(1, 1));
  keeper.add('network', 2n, 1, 'late');
  keeper.end();
  assert.equal(
    gaps.map(({ cause, toUtcNs }) => [cause, toUtcNs]),
    [
      ['camera-lost', 1_000_000_000n],
      ['network', null],
    ],
  );
});

test.run();
