/** What a session waits for before its first frame, with the double of QHYCCD's library. */
import * as assert from 'uvu/assert';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { CameraControls } from '#src/cameras/controls.js';
import type { Settings } from '#src/config/settings.js';
import { makeReady } from '#src/station/camera-ready.js';
import { test } from '#test/support/test.js';
import { doubleBench, removeDoubles } from '../cameras/qhy/open-double.js';

test.after(removeDoubles);

test('frames bear the filter that the wheel was turned to, not the one that it stood at when the camera was opened', async () => {
  const bench = await doubleBench('models=qhy411;hurry=100');
  const camera = await bench.open();
  await camera.set('FilterNames', 'L,R,Ha');
  const controls: CameraControls = {
    async list() {
      await camera.poll();
      return camera.controls();
    },
    set: (name, value) => camera.set(name, value),
  };
  const opened = { controls, mode: { filter: 'L' } } as StreamCamera;
  const settings = { 'camera.filter-slot': 3, 'camera.cool': null } as Settings;
  const signal = new AbortController().signal;
  const ready = await makeReady(opened, settings, { say: () => {}, signal, forCold: true });
  assert.is(ready.mode.filter, 'Ha');
  await camera.close();
  assert.equal(bench.misuses(), []);
});

test.run();
