import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '#test/storage/sample-session.js';
import { peerTest } from '#test/support/peers.js';
import { ownUserFolder, recordedFolder, type ServedStation, servedStation } from '#test/support/recorded-folder.js';
import { test } from '#test/support/test.js';

let served: ServedStation;

test.before(async () => {
  ownUserFolder();
  served = await servedStation([(await recordedFolder(5)).path]);
});
test.after(() => served.close());

const page = readFileSync('docs/api.md', 'utf8');
const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);

function bash(script: string, folder: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...process.env, STATION: served.url.replace(/\/$/, ''), AUTH: `Authorization: Bearer ${served.key}` },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

peerTest(test, ['curl'], 'every example of the page on the API works as it stands', async () => {
  assert.ok(blocks.length >= 8);
  const folder = temporaryFolder();
  for (const block of blocks) {
    const { code, output } = await bash(block, folder);
    assert.is(code, 0, `${block}\n${output.slice(-1_000)}`);
  }
  const files = readdirSync(folder);
  for (const name of ['sky.png', 'sky.jpg', 'region.u16', 'audit.html', 'frame.png', 'frame.u16']) {
    assert.ok(files.includes(name), name);
  }
  assert.is(files.filter((name) => name.includes('.fits')).length, 2);
});

test('the page names every group of routes', () => {
  const undocumented = served.api.operations
    .map((operation) =>
      operation
        .replace(/^\w+ /, '')
        .replace(/\{session\}/, 'latest')
        .replaceAll(/\{(\w+)\}/g, '0'),
    )
    .filter((path) => !page.includes(path.split('/').slice(0, 4).join('/')));
  assert.equal(undocumented, []);
});

test.run();
