import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from '#test/support/test.js';

const check = (root?: string) =>
  spawnSync(process.execPath, ['scripts/layers.mjs', ...(root ? [root] : [])], { encoding: 'utf8' });

test('every import goes down the layers', () => {
  const { status, stderr } = check();
  assert.is(stderr, '');
  assert.is(status, 0);
});

test('an import that goes up the layers is named with its file and line', () => {
  const root = mkdtempSync(join(tmpdir(), 'appulse-layers-'));
  try {
    for (const layer of ['gps', 'pipeline', 'storage', 'src']) mkdirSync(join(root, layer));
    writeFileSync(join(root, 'gps/a.ts'), "// first line\nimport { b } from '#pipeline/b.js';\n");
    writeFileSync(join(root, 'pipeline/b.ts'), "import { c } from '../gps/a.js';\n");
    const { status, stderr } = check(root);
    assert.is(status, 1);
    assert.match(stderr, 'gps/a.ts:2: gps must not import from pipeline');
    assert.match(stderr, "pipeline/b.ts:1: write '#gps/...'");
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('within src an import goes down the floors, and each folder has one', () => {
  const root = mkdtempSync(join(tmpdir(), 'appulse-floors-'));
  try {
    for (const folder of ['config', 'cameras/sdk', 'cameras/bridge', 'attic']) {
      mkdirSync(join(root, 'src', folder), { recursive: true });
    }
    writeFileSync(join(root, 'src/config/a.ts'), "\nimport { b } from '#src/cameras/camera.js';\n");
    writeFileSync(join(root, 'src/cameras/sdk/b.ts'), "import { c } from '../bridge/c.js';\n");
    writeFileSync(join(root, 'src/cameras/bridge/c.ts'), "import { b } from '../sdk/b.js';\n");
    writeFileSync(join(root, 'src/cameras/open.ts'), "import { c } from './bridge/c.js';\n");
    writeFileSync(join(root, 'src/attic/d.ts'), '');
    const { status, stderr } = check(root);
    assert.is(status, 1);
    assert.equal(stderr.trimEnd().split('\n').sort(), [
      'src/attic/d.ts: src/attic has no floor yet; give it one in scripts/layers.mjs',
      'src/cameras/sdk/b.ts:1: src/cameras/sdk must not import from src/cameras/bridge',
      'src/config/a.ts:2: src/config must not import from src/cameras',
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.run();
