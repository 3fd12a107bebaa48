/** What is known of how QHY's library counts frames, and what the judge of times makes of it. */
import * as assert from 'uvu/assert';
import { FrameAccount } from '#gps/judge/frame-account.js';
import { frameCounting } from '#src/cameras/frame-counting.js';
import { test } from '#test/support/test.js';

const QHY = { vendor: 'QHYCCD', burstStart: null, singleFrames: false };

/** Frames lost by the account, for counts that come as blocks 1, 2, ... */
function lost(counting: ReturnType<typeof frameCounting>, counts: readonly number[]): number {
  const account = new FrameAccount();
  account.begin(counting);
  for (const [i, count] of counts.entries())
    account.frame(BigInt(i + 1), count, `header ${i}`, BigInt(i) * 20_000_000n);
  account.reset();
  return account.takeLosses().reduce((sum, { frames }) => sum + frames, 0);
}

test('the first frames that the library leaves out of a stream are not lost, later ones are', () => {
  assert.is(lost(undefined, [3, 4, 5]), 2);
  assert.is(lost(frameCounting(QHY), [3, 4, 5]), 0);
  assert.is(lost(frameCounting(QHY), [4, 5, 6]), 3);
  assert.is(lost(frameCounting(QHY), [3, 4, 6, 7]), 1);
  assert.is(lost(frameCounting({ ...QHY, singleFrames: true }), [2, 3]), 1);
  assert.is(frameCounting({ ...QHY, vendor: 'Other' }), undefined);
});

test('each burst counts anew, and a frame that is missing within one is lost', () => {
  const burst = frameCounting({ ...QHY, burstStart: 1 });
  assert.is(lost(burst, [2, 3, 4, 5, 2, 3, 4, 5]), 0);
  assert.is(lost(burst, [3, 4, 5, 2, 3, 4, 5]), 0);
  assert.is(lost(burst, [2, 3, 4, 5, 2, 4, 5]), 1);
});

test.run();
