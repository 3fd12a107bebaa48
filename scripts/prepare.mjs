// Makes a clone ready to run: installs packages, builds the addon, compiles TypeScript; each only when needed.
// All its output goes to standard error, so that a command's own standard output stays clean.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function fail(message) {
  process.stderr.write(`appulse: ${message}\n`);
  process.exit(1);
}

function run(title, command, args, env = {}) {
  process.stderr.write(`appulse: ${title} ...\n`);
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
  if (done.error) fail(`${title} failed: ${done.error.message}`);
  if (done.status !== 0)
    fail(`${title} failed (${command} ${args.join(' ')} ended with ${done.status ?? done.signal})`);
}

function checkNode() {
  if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed, this is ${process.version}`);
}

const answers = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

/** One clear line when a tool is missing, before a compiler says it in a hundred. */
function checkToolchain() {
  const compilers = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  if (!compilers.some(answers))
    fail(
      `no C++ compiler found (tried ${compilers.join(', ')}): install build-essential (Debian, Ubuntu), gcc-c++ (Fedora) or the Xcode command line tools`,
    );
  if (!answers('make')) fail('make is missing: install build-essential (Debian, Ubuntu) or make (Fedora)');
  if (!answers('python3')) fail('python3 is missing (node-gyp needs it): install python3');
  if (!existsSync(join(nodeDir(), 'include/node/node_api.h'))) {
    fail(
      `Node's headers are missing at ${join(nodeDir(), 'include/node')}: install libnode-dev (Debian) or Node from nodejs.org`,
    );
  }
}

/** The prefix of the running Node, whose include/node holds the headers that fit it. */
function nodeDir() {
  return process.env.npm_config_nodedir ?? resolve(dirname(process.execPath), '..');
}

/** The environment in which packages with native parts build from source against the installed headers. */
function buildEnvironment() {
  return { npm_config_nodedir: nodeDir(), npm_config_build_from_source: 'true' };
}

function npmCommand(args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js') ? [process.execPath, [cli, ...args]] : ['npm', args];
}

function install() {
  const lock = join(root, 'package-lock.json');
  const wanted = createHash('sha256').update(readFileSync(lock)).update(process.versions.modules).digest('hex');
  const stamp = join(root, 'node_modules/.appulse-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  checkToolchain();
  const [command, args] = npmCommand(['ci', '--no-audit', '--no-fund']);
  run('installing packages (the first time takes a minute or two)', command, args, buildEnvironment());
  writeFileSync(stamp, wanted);
}

function newest(folder, pattern) {
  return Math.max(
    0,
    ...readdirSync(folder, { recursive: true })
      .filter((f) => pattern.test(f))
      .map((f) => statSync(join(folder, f)).mtimeMs),
  );
}

function nodeGyp() {
  const besideNpm =
    process.env.npm_execpath && join(dirname(process.env.npm_execpath), '../node_modules/node-gyp/bin/node-gyp.js');
  const withNode = join(nodeDir(), 'lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js');
  const found = [process.env.npm_config_node_gyp, besideNpm, withNode].find((path) => path && existsSync(path));
  if (!found)
    fail('node-gyp, which comes with npm, was not found: run this through npm (npm start, npm test, npm run build)');
  return found;
}

function buildAddon() {
  const addon = join(root, 'build/Release/appulse.node');
  const stamp = join(root, 'build/.appulse-abi');
  const sources = Math.max(
    newest(join(root, 'pipeline/native'), /\.(cc|h)$/),
    statSync(join(root, 'binding.gyp')).mtimeMs,
  );
  const fresh = existsSync(addon) && existsSync(stamp) && statSync(addon).mtimeMs > sources;
  if (fresh && readFileSync(stamp, 'utf8') === process.versions.modules) return;
  checkToolchain();
  run('building the native addon', process.execPath, [
    nodeGyp(),
    'rebuild',
    '--silent',
    '--jobs=max',
    `--nodedir=${nodeDir()}`,
  ]);
  writeFileSync(stamp, process.versions.modules);
}

function compile() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', root], { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) fail('the TypeScript compiler reported errors (above)');
}

/** The station's page, when its sources or what it shares with the server are newer. */
function buildPage() {
  const built = join(root, 'dist/page/index.html');
  const sources = Math.max(
    newest(join(root, 'src/servers/web'), /\.(tsx?|css|html|svg|json)$/),
    statSync(join(root, 'package-lock.json')).mtimeMs,
  );
  if (existsSync(built) && statSync(built).mtimeMs > sources) return;
  run('building the page', process.execPath, [
    join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    '--config',
    join(root, 'src/servers/web/page/vite.config.ts'),
  ]);
}

/** Everything, in order. */
export function prepare() {
  checkNode();
  install();
  buildAddon();
  compile();
  buildPage();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
