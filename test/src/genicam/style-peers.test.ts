/** Aravis judges how descriptions in the makers' manners are understood: its fake camera serves them, arv-tool reads them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { discover } from '#src/cameras/gige-vision/discovery.js';
import { GigeVisionCamera } from '#src/cameras/gige-vision/gige-camera.js';
import { GvcpClient } from '#src/cameras/gige-vision/gvcp-client.js';
import { STYLE_MEMORY, STYLES, styleXml } from '#test/support/maker-styles.js';
import { enterNetworkNamespace } from '#test/support/network-namespace.js';
import { peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

// Aravis' fake camera listens on the one port of GigE Vision: it gets a loopback interface of its own.
const alone = await enterNetworkNamespace(import.meta.url);
const peers = ['arv-fake-gv-camera-0.8', 'arv-tool-0.8', 'unshare', ...(alone ? [] : ['root'])];
const HOST = '127.0.0.1';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

async function withStyle(style: keyof typeof STYLES, run: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-style-'));
  const file = join(folder, 'camera.xml');
  writeFileSync(file, styleXml(style));
  const fake = spawn('arv-fake-gv-camera-0.8', ['-i', HOST, '-g', file], { stdio: 'ignore' });
  children.add(fake);
  const ended = new Promise((resolve) => fake.on('exit', resolve));
  try {
    for (let i = 0; i < 50 && (await discover({ timeoutMs: 100 })).length === 0; i++);
    const client = await GvcpClient.connect(HOST, 3956);
    for (const [address, word] of STYLE_MEMORY) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, word);
      await client.writeMemory(address, bytes);
    }
    client.close();
    await run();
  } finally {
    fake.kill();
    await ended;
    children.delete(fake);
    rmSync(folder, { recursive: true });
  }
}

function arvTool(...words: string[]): string {
  return spawnSync('arv-tool-0.8', ['-a', HOST, ...words], { encoding: 'utf8', timeout: 20_000 }).stdout;
}

for (const style of Object.keys(STYLES) as (keyof typeof STYLES)[])
  peerTest(test, peers, `features in the manner of ${style} have the values that arv-tool reads`, () =>
    withStyle(style, async () => {
      const text = arvTool('values');
      const theirs = [...text.matchAll(/^ *(\w+) *: \[(\w\w)\] '(\w+)'(?: = '?(.*?)'?)?$/gm)];
      const camera = await GigeVisionCamera.open({ kind: 'address', host: HOST, port: 3956 });
      try {
        const { features } = camera;
        assert.equal(
          features.featuresOf(),
          theirs.map((match) => match[3]),
          text,
        );
        for (const [, kind, access, name = '', value = ''] of theirs) {
          assert.is(features.node(name).kind, kind, name);
          assert.is(await features.node(name).access(), access, name);
          const ours = await features.text(name);
          // arv-tool rounds doubles, and puts the unit behind them.
          const { unit } = features.about(name);
          const bare = unit === null ? value : value.replace(` ${unit}`, '');
          const near = Math.abs(Number(ours) - Number(bare)) <= 1e-5 * Math.abs(Number(bare));
          assert.ok(ours === bare || near, `${name}: ${ours}, not ${value}`);
        }
      } finally {
        await camera.close();
      }
    }),
  );

test.run();
