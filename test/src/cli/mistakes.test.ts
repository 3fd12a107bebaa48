/** What a user gets for each mistake on the command line: one clear error, and the exit code that says whose mistake it was. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appulse, withFolder } from '#test/support/appulse.js';
import { SimulatorProcess } from '#test/support/simulator-process.js';
import { suite } from '#test/support/test.js';

const test = suite('mistakes', 240_000);

const program = () => new URL('../../../../package.json', import.meta.url).pathname;

test('each mistake gets one clear error and its exit code', () =>
  withFolder(async (folder) => {
    const data = ['--data', join(folder, 'data')];
    const simulator = await SimulatorProcess.start(['tiny', '--port', '0']);
    const { port } = simulator.camera;
    try {
      const cases: [string[], number, RegExp][] = [
        [['record', ...data], 2, /no camera is named/],
        [['record', '--camera', 'usb:1', ...data], 2, /'usb:1' names no camera/],
        [['record', '--camera', 'sim:hubble', ...data], 2, /hubble/],
        [['record', '--camera', 'sim:tiny?fps=%zz', ...data], 2, /%zz/],
        [['record', '--camera', 'sim:tiny', '--fallback', 'bogus:1', ...data], 2, /'bogus:1' names no camera/],
        [['record', '--camera', 'sim:tiny', '--workers', '100000', ...data], 2, /pipeline\.workers/],
        [['record', '--camera', 'sim:tiny', '--latitude', '', ...data], 2, /site\.latitude/],
        [['record', '--camera', 'sim:tiny?fps=fast', ...data], 2, /fps/],
        [['record', '--camera', 'sim:tiny?warp=9', ...data], 2, /warp/],
        [['record', '--camera', 'gige:127.0.0.1:9', ...data], 1, /no GigE Vision camera answers at 127\.0\.0\.1:9/],
        [['record', '--camera', 'sim:tiny', '--set', 'Width=abc', ...data], 2, /Width=abc cannot be set/],
        [['record', '--camera', 'sim:tiny', '--set', 'Flux=3', ...data], 2, /Flux/],
        [['record', '--camera', 'sim:tiny', '--data', '/proc/nowhere'], 1, /\/proc\/nowhere/],
        [['record', '--camera', 'sim:tiny', '--data', '/proc/nope/deep/x'], 1, /\/proc takes no folders/],
        [['record', '--camera', 'sim:tiny', '--data', join(program(), 'D')], 1, /package\.json is not a folder/],
        [['record', '--camera', 'sim:tiny', '--data', program()], 1, /is not a folder/],
        [['simulate', 'tiny', '--port', String(port)], 1, new RegExp(`${port}`)],
        [['record', '--camera', 'sim:tiny', '--max-bytes', '5', ...data], 2, /recording\.max-bytes/],
        [['frames', '--data', join(folder, 'empty')], 1, /nothing was recorded/],
      ];
      for (const [args, code, text] of cases) {
        const ended = await appulse(args);
        assert.is(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
        assert.match(ended.stderr, text, args.join(' '));
        const errors = ended.stderr
          .trim()
          .split('\n')
          .filter((line) => !line.endsWith(`opening ${args[2]}`));
        assert.is(errors.length, 1, `${args.join(' ')}: ${ended.stderr}`);
      }
    } finally {
      await simulator.stop();
    }
  }));

test.run();
