/** Aravis judges how descriptions in the makers' manners are understood: its fake camera serves them, arv-tool reads them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { discover } from '#src/cameras/gige-vision/discovery.js';
import { GigeVisionCamera } from '#src/cameras/gige-vision/gige-camera.js';
import { GvcpClient } from '#src/cameras/gige-vision/gvcp-client.js';
import { describedBy, STYLE_MEMORY, STYLES, styleXml } from '#test/support/maker-styles.js';
import { enterNetworkNamespace } from '#test/support/network-namespace.js';
import { peerTest } from '#test/support/peers.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

// Aravis' fake camera listens on the one port of GigE Vision: it gets a loopback interface of its own.
const alone = await enterNetworkNamespace(import.meta.url);
const peers = ['arv-fake-gv-camera-0.8', 'arv-tool-0.8', 'unshare', ...(alone ? [] : ['root'])];
const HOST = '127.0.0.1';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs while a fake camera with this description answers. */
async function withDescription(xml: string, run: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-style-'));
  const file = join(folder, 'camera.xml');
  writeFileSync(file, xml);
  const fake = spawn('arv-fake-gv-camera-0.8', ['-i', HOST, '-g', file], { stdio: 'ignore' });
  children.add(fake);
  const ended = new Promise((resolve) => fake.on('exit', resolve));
  try {
    for (let i = 0; i < 50 && (await discover({ timeoutMs: 100 })).length === 0; i++);
    await fillMemory();
    await run();
  } finally {
    fake.kill();
    await ended;
    children.delete(fake);
    rmSync(folder, { recursive: true });
  }
}

function wordBytes(word: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, word);
  return bytes;
}

async function fillMemory(): Promise<void> {
  const client = await GvcpClient.connect(HOST, 3956);
  for (const [address, word] of STYLE_MEMORY) {
    await client.writeMemory(address, wordBytes(word));
  }
  client.close();
}

async function memoryNow(): Promise<string> {
  const client = await GvcpClient.connect(HOST, 3956);
  const bytes = await client.readMemory(0x8000, 0x400);
  client.close();
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{8})/g, '$1 ');
}

function arvTool(...words: string[]): string {
  return spawnSync('arv-tool-0.8', ['-a', HOST, ...words], { encoding: 'utf8', timeout: 20_000 }).stdout;
}

for (const style of Object.keys(STYLES) as (keyof typeof STYLES)[])
  peerTest(test, peers, `features in the manner of ${style} have the values that arv-tool reads`, () =>
    withDescription(styleXml(style), async () => {
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

/** What is set in each: through converters, masks, structures, indices, both orders of bytes. */
const SETTINGS: Readonly<Record<keyof typeof STYLES, readonly (readonly [string, string])[]>> = {
  RAW_AND_ABSOLUTE: [
    ['GainSelector', 'All'],
    ['GainRaw', '321'],
    ['BlackLevelRaw', '-17'],
    ['ExposureTimeAbs', '490'],
    ['AcquisitionFrameRateAbs', '250'],
  ],
  BIT_STRUCTURES: [
    ['Brightness', '999'],
    ['BrightnessAuto', 'true'],
    ['BrightnessAbs', '33.25'],
  ],
  LITTLE_ENDIAN: [
    ['BinningHorizontal', '3'],
    ['BinningSelector', '2'],
    ['Width', '264'],
    ['Gamma', '-0.7'],
    ['Offset', '-100'],
  ],
  CONDITIONS: [
    ['TriggerSource', 'Line1'],
    ['TriggerDelay', '16'],
    ['StrobeEnable', 'false'],
    ['StreamBytesPerSecond', '77000'],
    ['TriggerMode', 'Off'],
  ],
};

for (const style of Object.keys(STYLES) as (keyof typeof STYLES)[])
  peerTest(test, peers, `features in the manner of ${style} are written as arv-tool writes them`, () =>
    withDescription(styleXml(style), async () => {
      const written = new Map<string, string>();
      for (const [name, value] of SETTINGS[style]) {
        await fillMemory();
        arvTool('control', `${name}=${value}`);
        written.set(name, await memoryNow());
      }
      await fillMemory();
      const untouched = await memoryNow();
      const camera = await GigeVisionCamera.open({ kind: 'address', host: HOST, port: 3956 });
      try {
        for (const [name, value] of SETTINGS[style]) {
          await camera.features.set(name, value);
          const ours = await memoryNow();
          assert.is(ours, written.get(name), name);
          assert.is.not(ours, untouched, name);
          for (const [address, word] of STYLE_MEMORY) await camera.features.port.write(address, wordBytes(word));
        }
      } finally {
        await camera.close();
      }
    }),
  );

/**
 * A random formula. Left out is where Aravis goes its own way: functions of doubles in formulas of integers, fractions as conditions,
 * remainders of doubles, division by zero, powers beyond 64 bits, ~.
 */
function randomFormula(random: () => number, whole: boolean, depth: number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const inner = () => randomFormula(random, whole, depth - 1);
  const constant = () => pick(whole ? ['1', '2', '7', '0x1F', '255'] : ['1', '2.5', '7', '1e2', '0.125']);
  const kind = depth === 0 ? 0 : random();
  if (kind < 0.15) return pick([constant(), 'A', 'B']);
  if (kind < 0.25) return `(${inner()})`;
  if (kind < 0.33) return `-${pick(['1', 'A', '(2 + B)'])}`;
  if (kind < 0.45) {
    const real = ['ABS', 'TRUNC', 'FLOOR', 'CEIL', 'SIN', 'COS', 'ATAN'];
    return `${pick(['NEG', 'SGN', ...(whole ? [] : real)])}(${inner()})`;
  }
  if (kind < 0.55) return `((${inner()} ${pick(['<', '>=', '=', '<>'])} ${inner()}) ? ${inner()} : ${inner()})`;
  if (kind < 0.65) return `${inner()} ${pick(['/', ...(whole ? ['%'] : [])])} ${constant()}`;
  if (kind < 0.7) return `${pick(['A', 'B', '3'])} ** ${pick(['0', '1', '2', '3'])}`;
  const operators = ['+', '-', '*', '=', '<>', '<', '>', '<=', '>='];
  const bits = ['&', '|', '^', '<<', '>>', '&&', '||'];
  return `${inner()} ${pick([...operators, ...(whole ? bits : [])])} ${inner()}`;
}

peerTest(test, peers, 'random formulas have the values that Aravis gives them', () => {
  const random = randomOf(5);
  const formulas = Array.from({ length: 400 }, (_, i) => randomFormula(random, i % 2 === 0, 3));
  const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const knives = formulas.map((formula, i) => {
    const kind = i % 2 === 0 ? 'IntSwissKnife' : 'SwissKnife';
    const variables = '<pVariable Name="A">A</pVariable><pVariable Name="B">B</pVariable>';
    return `<${kind} Name="K${i}">${variables}<Formula>${escaped(formula)}</Formula></${kind}>`;
  });
  const nodes = `<Category Name="Formulas">${knives.map((_, i) => `<pFeature>K${i}</pFeature>`).join('')}</Category>${knives.join('')}
    <Integer Name="A"><Value>13</Value></Integer><Integer Name="B"><Value>-4</Value></Integer>`;
  return withDescription(describedBy('Formulas', nodes), async () => {
    const theirs = new Map(
      [...arvTool('values').matchAll(/'(K\d+)' = (.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    assert.is(theirs.size, formulas.length);
    const camera = await GigeVisionCamera.open({ kind: 'address', host: HOST, port: 3956 });
    try {
      for (const [i, formula] of formulas.entries()) {
        const [ours, value] = [Number(await camera.features.text(`K${i}`)), Number(theirs.get(`K${i}`))];
        const near = ours === value || Math.abs(ours - value) <= 1e-5 * Math.abs(value);
        assert.ok(near, `${i % 2 === 0 ? 'integers' : 'doubles'}: ${formula} is ${ours}, not ${value}`);
      }
    } finally {
      await camera.close();
    }
  });
});

test.run();
