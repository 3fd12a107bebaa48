/** The sender's C++ under the sanitizers, driven by random frames, plans and requests. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { SKIP_MARK } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

const native = join(resolve(dirname(fileURLToPath(import.meta.url)), '../../../..'), 'pipeline/native');
const sources = ['sender.cc', 'datagram_batch.cc', 'fuzz/sender_fuzz.cc'].map((name) => join(native, name));

/** Builds and runs; null where the compiler has no such sanitizer. */
function runWith(sanitizer: string, seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-sender-'));
  try {
    const flags = ['-std=c++17', '-O1', '-g', `-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all', '-pthread'];
    const probe = join(folder, 'probe.cc');
    writeFileSync(probe, 'int main() { return 0; }\n');
    const build = (files: string[], out: string) =>
      spawnSync('c++', [...flags, ...files, '-o', join(folder, out)], { encoding: 'utf8' });
    if (build([probe], 'probe').status !== 0) return null;
    const built = build(sources, 'fuzz');
    assert.is(built.status, 0, built.stderr);
    return spawnSync(join(folder, 'fuzz'), [String(seed), '200'], { encoding: 'utf8', timeout: 50_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const sanitizer of ['address,undefined', 'thread']) {
  test(`random frames, plans and requests are sent without a fault under -fsanitize=${sanitizer}`, () => {
    const done = runWith(sanitizer, 11);
    if (!done) {
      process.stdout.write(`${SKIP_MARK} sender under -fsanitize=${sanitizer} (the compiler has no such sanitizer)\n`);
      return;
    }
    assert.is(done.status, 0, `${done.stdout}${done.stderr}`);
    assert.match(done.stdout, / 0 broken packets/);
  });
}

test.run();
