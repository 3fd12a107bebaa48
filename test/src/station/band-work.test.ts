import * as assert from 'uvu/assert';
import { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import { NO_BINNING } from '#pipeline/stages/recorded-shape.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { StreamHandle } from '#src/station/attached-stream.js';
import { workOnBands } from '#src/station/band-work.js';
import { Lane, serveLanes } from '#src/station/frame-pool.js';
import type { FrameResult, FrameTask } from '#src/station/frame-task.js';
import type { FormatName } from '#storage/formats/recording-format.js';
import { sampleRecord } from '#test/storage/sample-session.js';
import { test } from '#test/support/test.js';

const [WIDTH, HEIGHT] = [32, 24];

/** What a frame costs its camera in the fairness among cameras. */
async function costOf(format: FormatName, pixelFormat: string): Promise<number> {
  const lanes = new Set<Lane>();
  const service = serveLanes(lanes, 4);
  const result = { record: sampleRecord(1, 'session') } as FrameResult;
  const lane: Lane = new Lane(async () => result, { woken: () => service.woken(lane), queued: () => service.queued() });
  lanes.add(lane);
  const workspaces = FrameWorkspaces.create({ count: 1, bands: 4, rows: 3 * HEIGHT });
  const context = { format, binning: NO_BINNING } as StreamHandle['context'];
  const task = { stream: { context }, workspace: 0, previewWidth: 0 } as Omit<FrameTask, 'band'>;
  const code = pixelFormatByName(pixelFormat)?.code ?? 0;
  assert.is(await workOnBands(lane, workspaces, task, { width: WIDTH, height: HEIGHT, pixelFormat: code }), result);
  return lane.used;
}

test('a frame costs its camera its samples, and those of all colours in every format', async () => {
  assert.is(await costOf('fits', 'Mono8'), WIDTH * HEIGHT);
  assert.is(await costOf('ser', 'Mono8'), WIDTH * HEIGHT);
  assert.is(await costOf('fits', 'RGB8'), 3 * WIDTH * HEIGHT);
  assert.is(await costOf('ser', 'RGB8'), 3 * WIDTH * HEIGHT);
});

test.run();
