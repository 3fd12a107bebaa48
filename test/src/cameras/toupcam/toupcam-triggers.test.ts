/** Triggers of the Toupcam driver: several frames each, at a time, from either source, and by the list of the sequencer. */
import * as assert from 'uvu/assert';
import { formatUtc } from '#gps/instant.js';
import type { SdkCamera } from '#src/cameras/sdk/sdk-camera.js';
import { suite } from '#test/support/test.js';
import { FrameCollector } from './frame-collector.js';
import { settingOf, unavailableOf, withDouble } from './open-double.js';

const test = suite('toupcam-triggers', 60_000);

async function refusal(done: Promise<unknown>): Promise<string> {
  try {
    await done;
  } catch (error) {
    return String(error);
  }
  return 'nothing was refused';
}

async function triggered(camera: SdkCamera, source = 'Software'): Promise<FrameCollector> {
  await camera.set('TriggerMode', 'On');
  await camera.set('TriggerSource', source);
  const frames = new FrameCollector(camera);
  await camera.start({ kind: 'live' }, frames);
  return frames;
}

test('a trigger takes as many frames as it is told to, and what is still to come can be ended', async () => {
  await withDouble('models=c8;fps=400', async (double) => {
    const camera = await double.open();
    await camera.set('Width', 64);
    await camera.set('Height', 64);
    await camera.set('ExposureTime', 2_000);
    await camera.set('AcquisitionBurstFrameCount', 5);
    assert.is(unavailableOf(camera, 'TriggerSoftware'), 'frames are not triggered: needs TriggerMode On');
    const frames = await triggered(camera);
    await camera.set('TriggerSoftware', null);
    await frames.frameCount(5);
    await camera.set('AcquisitionBurstFrameCount', 60_000);
    await camera.set('TriggerSoftware', null);
    await frames.frameCount(8);
    await camera.set('TriggerCancel', null);
    const ended = frames.frames.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    // One that was read out already may still come.
    assert.ok(frames.frames.length <= ended + 8, `${frames.frames.length} frames, ${ended} when it was ended`);
    await camera.stop();
    assert.equal([frames.gaps, frames.toldLost, frames.messages], [0, 0, []]);
  });
});

test('a timed trigger begins its exposure at the time that it names, and never before', async () => {
  await withDouble('models=tiny;fps=100', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 1_000);
    const frames = await triggered(camera);
    const past = await refusal(camera.set('TriggerAt', '2020-01-01T00:00:00'));
    assert.match(past, /2020-01-01T00:00:00 is past/);
    assert.match(await refusal(camera.set('TriggerAt', 'tomorrow')), /tomorrow is no time: write UTC as/);
    const atNs = BigInt(Date.now() + 700) * 1_000_000n;
    await camera.set('TriggerAt', formatUtc(atNs));
    assert.is(settingOf(camera, 'TriggerAt'), formatUtc(atNs));
    await frames.frameCount(1);
    await camera.stop();
    const start = frames.frames[0]?.told.gps?.startUtcNs ?? 0n;
    assert.ok(start >= atNs - 1_000_000n && start < atNs + 10_000_000_000n, `begun ${start - atNs} ns after the time`);
    assert.is(settingOf(camera, 'TriggerAt'), '', 'a stream that has ended has none');
    assert.is(unavailableOf(camera, 'TriggerAt'), 'no stream runs that could be triggered');
  });
});

test('frames come by the trigger input and by the program in one stream', async () => {
  await withDouble('models=tiny;fps=100;external-hz=5', async (double) => {
    const camera = await double.open();
    await camera.set('ExposureTime', 1_000);
    const frames = await triggered(camera, 'Any');
    await frames.frameCount(2);
    await camera.set('TriggerSoftware', null);
    await frames.frameCount(4);
    await camera.stop();
    assert.equal([frames.gaps, frames.toldLost], [0, 0]);
  });
});

test('the sequencer gives triggered frames the exposures of its list, one after the other', async () => {
  await withDouble('models=tiny;fps=100', async (double) => {
    const camera = await double.open();
    assert.match(unavailableOf(camera, 'SequencerMode') ?? '', /needs SequencerExposures/);
    const wrong = ['1000,x', '0', '1e3', '99999999999', Array(256).fill('1000').join(',')];
    for (const text of wrong) {
      const words = await refusal(camera.set('SequencerExposures', text));
      assert.match(words, /at most 255 whole numbers from 10 to 2147483647 with commas between/, text);
    }
    await camera.set('SequencerExposures', '1000, 3000 2000');
    assert.is(settingOf(camera, 'SequencerExposures'), '1000,3000,2000');
    await camera.set('SequencerGains', '100');
    assert.match(await refusal(camera.set('SequencerMode', 'On')), /has 1 gains for 3 exposures/);
    await camera.set('SequencerGains', '');
    await camera.set('SequencerMode', 'On');
    assert.match(unavailableOf(camera, 'SequencerExposures') ?? '', /needs SequencerMode Off/);
    const frames = new FrameCollector(camera);
    const { ended } = await camera.start({ kind: 'single', frames: 7 }, frames);
    await ended;
    await camera.stop();
    assert.equal(
      frames.frames.map(({ told }) => told.exposureUs),
      [1000, 3000, 2000, 1000, 3000, 2000, 1000],
    );
    await camera.set('SequencerMode', 'Off');
    assert.is(settingOf(camera, 'SequencerMode'), 'Off');
  });
});

test.run();
