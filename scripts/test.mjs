// npm test [-- WORD ...]: makes the clone ready, then runs every test file, or those whose path holds one of the words.
// Each file runs in a process of its own with a configuration folder of its own, most two at once. Fails on a failed test, a file
// without tests, a file over its time limit, a process left behind, and on no tests at all. The last line is 'N passed, N failed, N skipped'.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { prepare, root } from './prepare.mjs';

const FILE_LIMIT_MS = 300_000;
const SKIP_MARK = 'appulse-skip:';
/** Files that stream as fast as the machine does, and want it to themselves; all others run two at once. */
const ALONE = [
  /^test\/pipeline\/receive\/receive/,
  /^test\/src\/calibration\/calibrate/,
  /^test\/src\/cameras\/bridge\/bridge-(device|frames)/,
  /^test\/src\/cameras\/simulator\/(device|peers|stream-truth)/,
  /^test\/src\/servers\/web\/(page|page-quality|observing|strangers|picture-page|abuse|abuse-beside-recording|station-page)\./,
  /^test\/src\/gige-camera-peers/,
  /^test\/src\/station\/(ff-recording|frame-pipeline|held-up-sdk|life-cycle|peers|record\.|stages)/,
];
/** The longest of the others, in this order before them, so that none of them runs by itself at the end. */
const FIRST = [
  'test/src/cli/export.test',
  'test/src/cameras/replay.test',
  'test/src/cameras/sdk/faults.test',
  'test/src/station/recorded-pixels.test',
  'test/gps/judge/timekeeper.test',
  'test/src/cli/controls.test',
  'test/src/station/recorded-color.test',
  'test/src/station/data-folders.test',
  'test/src/cameras/bridge/bridge-record.test',
];
const MARKER = 'APPULSE_TEST_RUN';

function testFiles(words) {
  const folder = join(root, 'dist/test');
  const sources = new Set(
    readdirSync(join(root, 'test'), { recursive: true })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => name.replace(/\.ts$/, '.js')),
  );
  // What stands in dist/ without a source is left over from an older build.
  return [...sources]
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .sort()
    .map((name) => join(folder, name));
}

/** Processes that carry this run's mark in their environment: whatever a test file started and did not end. */
function leftBehind(mark) {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARKER}=${mark}\0`)) {
        found.push({ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ') });
      }
    } catch {
      // ended meanwhile, or not ours to read
    }
  }
  return found;
}

const nameOf = (file) => relative(join(root, 'dist'), file).replace(/\.js$/, '');

function number(output, title) {
  return Number(output.match(new RegExp(`${title}:\\s+(\\d+)`))?.[1] ?? 0);
}

async function runFile(file) {
  const mark = randomUUID();
  // What a camera was set to is kept for its next start: neither for another file's, nor among the user's own.
  const config = mkdtempSync(join(tmpdir(), 'appulse-config-'));
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd: root,
    env: { ...process.env, [MARKER]: mark, XDG_CONFIG_HOME: config, FORCE_COLOR: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, FILE_LIMIT_MS);
  const started = performance.now();
  const code = await new Promise((done) => child.on('exit', (status) => done(status)));
  clearTimeout(limit);
  const problems = [];
  const orphans = process.platform === 'linux' ? leftBehind(mark) : [];
  for (const { pid, command } of orphans) {
    problems.push(`left process ${pid} behind: ${command}`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended meanwhile
    }
  }
  rmSync(config, { recursive: true, force: true });
  const total = number(output, 'Total');
  const passed = number(output, 'Passed');
  const skips = output.split('\n').filter((line) => line.startsWith(SKIP_MARK));
  const skipped = number(output, 'Skipped') + skips.length;
  if (late) problems.push(`took longer than ${FILE_LIMIT_MS / 1000} s`);
  if (total + skipped === 0) problems.push('holds no test');
  if (code !== 0 && total === passed && !late) problems.push(`ended with code ${code}`);
  return {
    passed,
    failed: total - passed + problems.length,
    skipped,
    skips,
    problems,
    output,
    seconds: (performance.now() - started) / 1000,
  };
}

prepare();
const sum = { passed: 0, failed: 0, skipped: 0 };

async function runAndTell(file) {
  const name = nameOf(file);
  const result = await runFile(file);
  for (const key of Object.keys(sum)) sum[key] += result[key];
  process.stdout.write(
    `${result.failed > 0 ? 'FAILED' : 'ok    '} ${name}  ${result.passed} passed, ${result.seconds.toFixed(1)} s\n`,
  );
  for (const line of result.skips) process.stdout.write(`       skipped:${line.slice(SKIP_MARK.length)}\n`);
  for (const line of result.problems) process.stdout.write(`       ${line}\n`);
  if (result.failed > 0) process.stdout.write(`${result.output}\n`);
}

const files = testFiles(process.argv.slice(2));
const alone = files.filter((file) => ALONE.some((pattern) => pattern.test(nameOf(file))));
const isFirst = (file) => FIRST.includes(nameOf(file));
const others = files.filter((file) => !alone.includes(file));
const longest = others.filter(isFirst).sort((a, b) => FIRST.indexOf(nameOf(a)) - FIRST.indexOf(nameOf(b)));
const queue = [...longest, ...others.filter((file) => !isFirst(file))];
await Promise.all(
  [1, 2].map(async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runAndTell(file);
  }),
);
for (const file of alone) await runAndTell(file);
if (sum.passed + sum.failed === 0) {
  process.stdout.write('no test ran\n');
  sum.failed++;
}
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
process.exit(sum.failed > 0 ? 1 : 0);
