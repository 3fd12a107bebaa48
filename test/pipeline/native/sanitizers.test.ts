import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { SKIP_MARK } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

// dist/test/pipeline/native -> the sources
const NATIVE = fileURLToPath(new URL('../../../../pipeline/native/', import.meta.url));
const FLAGS = ['-std=c++17', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const folder = mkdtempSync(join(tmpdir(), 'appulse-sanitizers-'));

/** Why the sanitizers cannot be used here; empty when they can. */
function missing(): string {
  const source = join(folder, 'empty.cc');
  writeFileSync(source, 'int main() { return 0; }\n');
  const done = spawnSync('c++', [...FLAGS, source, '-o', join(folder, 'empty')], { encoding: 'utf8' });
  if (done.error) return 'no c++';
  return done.status === 0 ? '' : 'c++ has no AddressSanitizer (libasan)';
}

const reason = missing();

/** Builds a program of `pipeline/native/fuzz` with the parts it needs and runs it: what it prints. */
function sanitizedTest(
  name: string,
  parts: readonly string[],
  args: readonly string[],
  check: (output: unknown) => void,
) {
  if (reason !== '' && process.env.APPULSE_REQUIRE_PEERS !== '1') {
    process.stdout.write(`${SKIP_MARK} ${name} (${reason})\n`);
    return;
  }
  test(name, () => {
    assert.is(reason, '');
    const program = join(folder, 'program');
    const sources = parts.map((part) => join(NATIVE, `${part}.cc`));
    const built = spawnSync('c++', [...FLAGS, ...sources, '-o', program], { encoding: 'utf8' });
    assert.is(built.status, 0, built.stderr);
    const run = spawnSync(program, args, { encoding: 'utf8' });
    assert.is(run.status, 0, run.stderr);
    check(JSON.parse(run.stdout));
  });
}

sanitizedTest(
  'a million damaged packets leave no byte out of place under ASan and UBSan',
  ['fuzz/assembler_fuzz', 'assembler', 'block_order', 'open_frame', 'packet_gaps', 'ring_producer'],
  ['1000000', '20'],
  (output) => assert.ok((output as { frames: number }).frames > 10_000),
);
sanitizedTest(
  'frame kernels touch no byte beyond their buffers, at any start and length, under ASan and UBSan',
  [
    'fuzz/kernels_fuzz',
    'kernels/unpack',
    'kernels/unpack_avx2',
    'kernels/statistics',
    'kernels/reduce',
    'kernels/ones_sum',
    'kernels/color',
  ],
  ['20000'],
  (output) => assert.equal(output, { rounds: 20_000 }),
);
sanitizedTest(
  'Rice code comes back, and damaged code is refused or decodes to something, under ASan and UBSan',
  ['fuzz/rice_fuzz', 'kernels/rice_encode', 'kernels/rice_decode'],
  ['20000'],
  (output) => assert.ok((output as { refused: number }).refused > 10_000),
);
sanitizedTest(
  'stacks touch no byte beyond their accumulators and planes, under ASan and UBSan',
  ['fuzz/stack_fuzz', 'kernels/stack_exact', 'kernels/stack_rms'],
  ['5000'],
  (output) => assert.equal(output, { rounds: 5_000 }),
);

test.after(() => rmSync(folder, { recursive: true, force: true }));
test.run();
