/** Streams of the Toupcam driver on the double of its library, through the face that the bridge uses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { TOUPCAM_FRAME_INFO_BYTES } from '#gps/header/toupcam-frame-info.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { test } from '#test/support/test.js';
import { scenePixel } from '#test/support/toupcam-double.js';
import { FrameCollector } from './frame-collector.js';
import { withDouble } from './open-double.js';

async function live(camera: SdkCamera, until: (frames: FrameCollector) => Promise<void>): Promise<FrameCollector> {
  const frames = new FrameCollector(camera);
  await camera.start({ kind: 'live' }, frames);
  await until(frames);
  await camera.stop();
  assert.is(frames.taken, 0, 'every slot is put or given back');
  return frames;
}

/** Value of 16 bit in the head of a frame. */
const value = (head: Uint8Array, at: number): number => (head[2 * at] ?? 0) | ((head[2 * at + 1] ?? 0) << 8);

/** Reads the notes of the double. */
const notes = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, 'truth'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a live stream hands on every frame with its number, its pixels and what the library tells beside it', async () => {
  await withDouble('models=tiny;fps=50', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 2000);
    const before = BigInt(Date.now()) * 1_000_000n;
    const { frames, gaps, toldLost, events } = await live(camera, (to) => to.frameCount(30));
    assert.equal([gaps, toldLost, events], [0, 0, []]);
    for (const { told, head, info, sequence, pixelBytes, arrivedUtcNs } of frames) {
      assert.is(info?.byteLength, TOUPCAM_FRAME_INFO_BYTES);
      assert.is(told.sequence, sequence);
      assert.is(told.exposureUs, 2000);
      assert.is(pixelBytes, 642 * 482 * 2);
      assert.ok(told.gps !== null && told.gps.endUtcNs - told.gps.startUtcNs === 2_000_000n);
      assert.ok(arrivedUtcNs > before && arrivedUtcNs >= told.gps.endUtcNs - 1_000_000n);
      // Row Y shows row Y + S % 64 of the scene; the first eight values are the number.
      const row = (sequence ?? 0) % 64;
      for (let x = 8; x < 600; x++) assert.is(value(head, x), scenePixel(x, row, 14, true));
    }
  });
});

test('single frames are exposed one after the other, exactly as many as were asked for', async () => {
  await withDouble('models=tiny;fps=50', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 1000);
    for (const count of [1, 5]) {
      const frames = new FrameCollector(camera);
      const { ended } = await camera.start({ kind: 'single', frames: count }, frames);
      await ended;
      await camera.stop();
      assert.equal([frames.frames.length, frames.gaps, frames.toldLost], [count, 0, 0]);
    }
  });
});

test('frames that came before a restart are not taken for new ones of another size', async () => {
  await withDouble('models=m17;fps=100;readout-ms=5;stale=2', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 1000);
    await camera.set('PixelFormat', 'Mono8');
    await camera.set('Width', 640);
    await camera.set('Height', 480);
    await live(camera, (to) => to.frameCount(3));
    await camera.set('Width', 320);
    const { frames, messages } = await live(camera, (to) => to.frameCount(5));
    assert.ok(frames.every(({ width, pixelBytes }) => width === 320 && pixelBytes === 320 * 480));
    assert.not(
      messages.some((text) => text.includes('instead of')),
      messages.join(),
    );
  });
});

test('a stream is begun and ended again and again while callbacks are under way', async () => {
  await withDouble('models=tiny;fps=500', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 100);
    for (let round = 0; round < 10; round++) {
      // A busy machine may lose some of 500 a second, which are gaps then.
      const { frames, messages } = await live(camera, (to) => to.frameCount(round + 1));
      const numbers = frames.map(({ sequence }) => sequence ?? -1);
      assert.ok(numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0)));
      assert.ok(
        messages.every((text) => text.includes('were full')),
        messages.join(),
      );
    }
  });
});

test('nothing is put once stop has resolved, and a second stream is refused while one runs', async () => {
  await withDouble('models=tiny;fps=50', async (double) => {
    const camera = await double.open();
    const frames = new FrameCollector(camera);
    await camera.start({ kind: 'live' }, frames);
    await assertRefused(camera.start({ kind: 'live' }, frames), 'a stream runs already');
    await assertRefused(camera.set('Width', 100), 'cannot be set while frames stream');
    await frames.frameCount(3);
    await camera.stop();
    const { length } = frames.frames;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(frames.frames.length, length);
    await assertRefused(camera.start({ kind: 'burst', start: 0, end: 5, bursts: 1 }, frames), 'no burst mode');
  });
});

test('while the thread is held up for some frames, the queues of the library keep them', async () => {
  await withDouble('models=tiny;fps=50', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 1000);
    const frames = await live(camera, async (to) => {
      await to.frameCount(5);
      const until = performance.now() + 500;
      while (performance.now() < until);
      await to.frameCount(60);
      await camera.poll();
    });
    assert.is(frames.gaps, 0);
    assert.equal(frames.messages, []);
  });
});

test('while the thread is held up for longer the library loses frames, and each is counted once', async () => {
  await withDouble('models=tiny;fps=200;truth={truth}', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 1000);
    const frames = await live(camera, async (to) => {
      await to.frameCount(5);
      const until = performance.now() + 1_200;
      while (performance.now() < until);
      const { length } = to.frames;
      await to.frameCount(length + 160);
      await camera.poll();
      await to.frameCount(length + 180);
      await camera.poll();
    });
    const dropped = notes(double.folder).flatMap(({ dropped: number }) => (typeof number === 'number' ? [number] : []));
    const last = frames.frames.at(-1)?.sequence ?? 0;
    const between = dropped.filter((number) => number < last).length;
    assert.ok(between > 0, 'frames were lost');
    assert.is(frames.gaps, between);
    assert.ok(frames.toldLost <= dropped.length - between, 'only those behind the last frame are told beside the gaps');
    assert.ok(frames.messages.some((text) => text.includes('queues of the library were full')));
  });
});

test('a frame with no memory free for it is left out, is a gap, and is said', async () => {
  await withDouble('models=tiny;fps=50', async (double) => {
    const camera = await double.open();
    const frames = await live(camera, async (to) => {
      await to.frameCount(3);
      to.isFull = true;
      await to.until(() => to.messages.length > 0);
      to.isFull = false;
      await to.frameCount(6);
      to.isFull = true;
      const said = to.messages.length;
      await to.until(() => to.messages.length > said);
    });
    assert.match(frames.messages[0] ?? '', 'no memory free');
    assert.ok(frames.gaps > 0);
    assert.ok(frames.toldLost > 0, 'those at the end, which no later frame shows');
  });
});

test('frames of a wrong size are not handed on, at the start of a stream and in its middle', async () => {
  await withDouble('models=tiny;fps=50;wrong-size-at=0,10-12', async (double) => {
    const camera = await double.open();
    const frames = await live(camera, (to) => to.frameCount(20));
    assert.ok(frames.frames.every(({ width, height, told }) => width === 642 && height === 482 && told.width === 642));
    assert.match(frames.messages[0] ?? '', 'a frame of');
    const numbers = frames.frames.map(({ sequence }) => sequence ?? -1);
    assert.ok(frames.gaps >= 3 && [0, 10, 11, 12].every((number) => !numbers.includes(number)), numbers.join());
  });
});

test('a frame of zeros that the library calls good is handed on and said', async () => {
  await withDouble('models=tiny;fps=50;zero-frame-at=3', async (double) => {
    const camera = await double.open();
    const frames = await live(camera, (to) => to.frameCount(10));
    assert.is(frames.gaps, 0);
    assert.match(frames.messages.join(), 'nothing but zeros');
  });
});

for (const [until, steps] of [
  ['flush', 1],
  ['restart', 2],
  ['reopen', 3],
] as const) {
  test(`frames that stop come again by ${until}, and each step is said`, async () => {
    await withDouble(`models=tiny;fps=50;stuck-at=10;stuck-until=${until}`, async (double) => {
      const camera = await double.open();
      await quick(camera);
      const frames = await live(camera, (to) =>
        to.until(() => to.messages.some((text) => text.includes('come again'))),
      );
      const words = ['queues are emptied', 'stopped and begun again', 'closed and opened again'];
      assert.is(frames.messages.length, steps + 1, frames.messages.join('\n'));
      for (let step = 0; step < steps; step++) assert.match(frames.messages[step] ?? '', words[step] ?? '');
      assert.is(camera.mode().width, 320, 'it is set as it was');
      assert.is(camera.controls().find(({ name }) => name === 'Gain')?.value, 250);
      assert.ok(frames.gaps + frames.toldLost >= 1, 'the exposure that was under way is lost, and told');
      const numbers = frames.frames.map(({ sequence }) => sequence ?? -1);
      assert.ok(numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0)));
    });
  });
}

test('a camera whose frames do not come after any step is lost', async () => {
  await withDouble('models=tiny;fps=50;stuck-at=10;stuck-until=never', async (double) => {
    const camera = await double.open();
    await quick(camera);
    const frames = new FrameCollector(camera);
    const { ended } = await camera.start({ kind: 'live' }, frames);
    await ended;
    const last = frames.events.at(-1);
    assert.ok(last?.kind === 'lost' && last.reason.includes('no step has helped'));
    await assertRefused(camera.set('Gain', 200), 'the camera is gone');
  });
});

test('an exposure that does not end is told as lost, and taken again', async () => {
  await withDouble('models=tiny;fps=50;stuck-at=5;stuck-until=flush', async (double) => {
    const camera = await double.open();
    await quick(camera);
    const frames = new FrameCollector(camera);
    const { ended } = await camera.start({ kind: 'single', frames: 10 }, frames);
    await ended;
    await camera.stop();
    assert.equal([frames.frames.length, frames.gaps, frames.toldLost], [10, 0, 1]);
  });
});

test('an error that the library tells begins with a restart; an exposure that failed is taken again', async () => {
  await withDouble('models=tiny;fps=50;error-at=10', async (double) => {
    const camera = await double.open();
    await quick(camera);
    const frames = await live(camera, (to) => to.frameCount(30));
    assert.match(frames.messages[0] ?? '', 'tells an error of the camera: the stream is stopped and begun again');
  });
  await withDouble('models=tiny;fps=50;trigger-fail-at=2', async (double) => {
    const camera = await double.open();
    await quick(camera);
    const frames = new FrameCollector(camera);
    await (await camera.start({ kind: 'single', frames: 4 }, frames)).ended;
    await camera.stop();
    assert.equal([frames.frames.length, frames.toldLost], [4, 1]);
  });
});

test('a camera that is unplugged in the middle of a frame is lost, and opened by its serial number when it is back', async () => {
  await withDouble('models=tiny;fps=50;unplug-at=10;replug-after=100', async (double) => {
    const camera = await double.open();
    const frames = new FrameCollector(camera);
    await (await camera.start({ kind: 'live' }, frames)).ended;
    assert.is(frames.events.at(-1)?.kind, 'lost');
    assert.is(frames.taken, 0);
    await assertRefused(camera.start({ kind: 'live' }, frames), 'unplugged');
    await camera.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const again = await double.open(camera.identity.serial);
    assert.equal(again.identity, camera.identity);
    assert.ok((await live(again, (to) => to.frameCount(5))).frames.length >= 5);
  });
});

test('with TriggerMode On a frame comes for each trigger, of the program or of the trigger input', async () => {
  await withDouble('models=tiny;fps=50;external-hz=100', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 1000);
    await camera.set('TriggerMode', 'On');
    await assertRefused(camera.set('TriggerSoftware', null), 'no stream runs');
    const software = await live(camera, async (to) => {
      for (let count = 1; count <= 3; count++) {
        await camera.set('TriggerSoftware', null);
        await to.frameCount(count);
      }
    });
    assert.is(software.frames.length, 3);
    await camera.set('TriggerSource', 'External');
    const external = await live(camera, (to) => to.frameCount(4));
    assert.is(external.gaps, 0);
  });
});

test('a stream that the library refuses to begin says why in words, and can be begun again', async () => {
  await withDouble('models=tiny;fps=50;fail=Toupcam_StartPullModeWithCallback:800700aa:1', async (double) => {
    const camera = await double.open();
    await assertRefused(camera.start({ kind: 'live' }, new FrameCollector(camera)), 'E_BUSY');
    assert.ok((await live(camera, (to) => to.frameCount(3))).frames.length >= 3);
  });
});

/** Short exposures and waits, and settings that a reopened camera must have again. */
async function quick(camera: SdkCamera): Promise<void> {
  await camera.set('ExposureTime', 1000);
  await camera.set('TimeoutMinimum', 0.4);
  await camera.set('Width', 320);
  await camera.set('Height', 240);
  await camera.set('Gain', 250);
}

async function assertRefused(call: Promise<unknown>, words: string): Promise<void> {
  let message = '';
  try {
    await call;
  } catch (error) {
    message = String(error);
  }
  assert.ok(message.includes(words), `'${message}' says '${words}'`);
}

test.run();
