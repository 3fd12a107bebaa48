/** What regions, resolutions, an unplugged cable and a library that lies do to the Toupcam driver: refusals in words, never a wrong frame. */
import * as assert from 'uvu/assert';
import { SdkError } from '#src/cameras/sdk/library.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { TOUPCAM_BRANDS, toupcamTable } from '#src/cameras/toupcam/toupcam-functions.js';
import { randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';
import { FrameCollector } from './frame-collector.js';
import { withDouble } from './open-double.js';

const test = suite('toupcam-attack', 90_000);

const controlOf = (camera: SdkCamera, name: string) => {
  const control = camera.controls().find((one) => one.name === name);
  if (control === undefined) throw new Error(`there is no ${name}`);
  return control;
};

/** Null where nothing was refused. Anything but an SdkError is thrown on. */
async function refusal(done: Promise<unknown>): Promise<string | null> {
  try {
    await done;
    return null;
  } catch (error) {
    if (error instanceof SdkError) return error.message;
    throw error;
  }
}

test('any region within its limits is taken as it was asked for, at any binning and resolution, and frames have its size', async () => {
  await withDouble('models=tiny;fps=200', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 100);
    const random = randomOf(7);
    const within = (name: string): number => {
      const { minimum, maximum } = controlOf(camera, name);
      const ends = [minimum ?? 0, maximum ?? 0];
      const steps = ((ends[1] ?? 0) - (ends[0] ?? 0)) / 2;
      return (ends[0] ?? 0) + 2 * Math.round(steps * ([0, random(), 1][Math.floor(3 * random())] ?? 0));
    };
    for (const { name: resolution } of controlOf(camera, 'Resolution').choices) {
      await camera.set('Resolution', resolution);
      for (const binning of [1, 2, 3, 5, 8]) {
        await camera.set('BinningVertical', binning);
        for (const name of ['OffsetX', 'OffsetY']) await camera.set(name, 0);
        for (const name of ['Width', 'Height', 'OffsetX', 'OffsetY']) {
          const wanted = within(name);
          await camera.set(name, wanted);
          assert.is(controlOf(camera, name).value, wanted, `${name} at ${resolution}, binning ${binning}`);
        }
        const frames = new FrameCollector(camera);
        await (await camera.start({ kind: 'single', frames: 1 }, frames)).ended;
        await camera.stop();
        const { width, height } = camera.mode();
        assert.equal([frames.frames[0]?.width, frames.frames[0]?.height], [width, height]);
      }
    }
  });
});

test('resolution and region cannot be changed under a stream', async () => {
  await withDouble('models=tiny;fps=50', async (double) => {
    const camera = await double.open();
    const frames = new FrameCollector(camera);
    await camera.start({ kind: 'live' }, frames);
    for (const [name, value] of [
      ['Resolution', '320x240'],
      ['Width', 320],
      ['BinningVertical', 2],
      ['PixelFormat', 'Mono8'],
    ] as const)
      assert.match((await refusal(camera.set(name, value))) ?? '', /cannot be set while frames stream/);
    await frames.frameCount(3);
    await camera.stop();
    assert.ok(frames.frames.every(({ width }) => width === 642));
  });
});

test('a library that tells 8 bit and gives 16 writes no byte beyond the memory of a frame', async () => {
  await withDouble('models=tiny;fps=50;fail=Toupcam_get_Option:7fffffff', async (double) => {
    const camera = await double.open();
    const frames = new FrameCollector(camera);
    await camera.start({ kind: 'live' }, frames);
    await frames.until(() => frames.messages.length >= 1);
    await camera.stop();
    assert.match(frames.messages[0] ?? '', /more bytes than 642 x 482 Mono8 have: it is not handed on/);
    assert.is(frames.frames.length, 0);
  });
});

test('a camera that is pulled out while it is set refuses in words, and is told as lost', async () => {
  await withDouble('models=tiny;leave=0:400', async (double) => {
    const camera = await double.open();
    let refused: string | null = null;
    for (let gain = 100; refused === null; gain = gain === 100 ? 200 : 100) {
      refused = await refusal(Promise.all([camera.set('Gain', gain), camera.set('BinningVertical', gain / 100)]));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.match(refused, /does not work: check cable|the camera is gone|does not tell the size of its images/);
    while (!double.events.some(({ kind }) => kind === 'lost')) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.match((await refusal(camera.set('Gain', 100))) ?? '', /the camera is gone: it was unplugged/);
  });
});

test('whatever function of the library fails, the camera works without it or says so in words', async () => {
  const names = Object.keys(toupcamTable(TOUPCAM_BRANDS[0] ?? { prefix: 'Toupcam', vendor: 'ToupTek' }).functions);
  const stopping: string[] = [];
  for (const name of names.filter((each) => !['Version', 'HotPlug', 'PullImageV4'].includes(each))) {
    await withDouble(`models=tiny;fps=200;fail=Toupcam_${name}:80004005`, async (double) => {
      const run = async (): Promise<void> => {
        const camera = await double.open();
        const frames = new FrameCollector(camera);
        await camera.start({ kind: 'live' }, frames);
        await frames.frameCount(1);
        await camera.stop();
      };
      const words = await refusal(run());
      if (words !== null) stopping.push(name);
      assert.ok(words === null || words.length > 40, `${name}: ${words}`);
    });
  }
  assert.equal(stopping.sort(), [
    ...['Open', 'StartPullModeWithCallback', 'Stop', 'get_FinalSize', 'put_AutoExpoEnable', 'put_Option'],
  ]);
});

test.run();
