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

test.run();
