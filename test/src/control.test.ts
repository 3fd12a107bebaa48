import { connect } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { callStation } from '#src/control/client.js';
import { ControlServer } from '#src/control/server.js';
import { controlSocketPath } from '#src/control/socket-path.js';
import { withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

const noMarks = {
  trigger: () => null,
  mark: () => null,
  controls: () => null,
  'controls-set': () => null,
  'session-start': () => null,
  'session-stop': () => null,
  page: () => null,
};

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'no error';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('a station answers its calls, and its errors keep their code', () =>
  withFolder(async (folder) => {
    const server = await ControlServer.listen(controlSocketPath(folder), {
      status: () => ({ frames: 3, at: 1_800_000_000_000_000_001n }),
      stop: () => {
        throw new Error('not now');
      },
      preview: ({ camera }) => ({ camera, plane: Buffer.from([1, 2]) }),
      ...noMarks,
    });
    assert.equal(await callStation(folder, { call: 'status' }), { frames: 3, at: 1_800_000_000_000_000_001n });
    assert.is(await codeOf(callStation(folder, { call: 'stop' })), 'control.failed');
    assert.equal(await callStation(folder, { call: 'preview', camera: 2 }), {
      camera: 2,
      plane: Buffer.from([1, 2]),
    });
    assert.is(
      await codeOf(
        ControlServer.listen(controlSocketPath(folder), {
          status: () => 0,
          stop: () => 0,
          preview: () => 0,
          ...noMarks,
        }),
      ),
      'control.in-use',
    );
    await server.close();
    assert.is(await codeOf(callStation(folder, { call: 'status' })), 'control.no-station');
    assert.is(await codeOf(callStation(join(folder, 'elsewhere'), { call: 'status' })), 'control.no-station');
  }));

test('whoever sends something else is cut off, and the station goes on answering', () =>
  withFolder(async (folder) => {
    const path = controlSocketPath(folder);
    const server = await ControlServer.listen(path, {
      status: () => 'well',
      stop: () => null,
      preview: () => null,
      ...noMarks,
    });
    const floods = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(200_000, 0xc1),
      Buffer.alloc(100_000, 0xdb),
      Buffer.from([0x80]),
    ];
    for (const bytes of floods) {
      const socket = connect(path);
      const closed = new Promise<void>((done) => socket.once('close', () => done()));
      socket.on('error', () => {});
      socket.resume();
      socket.write(bytes);
      setTimeout(() => socket.end(), 200);
      await closed;
      assert.is(await callStation(folder, { call: 'status' }), 'well');
    }
    await server.close();
  }));

test.run();
