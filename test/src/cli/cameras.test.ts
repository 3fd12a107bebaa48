/** `appulse cameras`: what answers on the network, and what the makers' libraries find, whatever those do. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appulse, type Ended, startAppulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

interface Answer {
  readonly cameras: readonly Record<string, unknown>[];
  readonly libraries: readonly {
    readonly scheme: string;
    readonly double: boolean;
    readonly problem: { readonly code: string; readonly message: string } | null;
  }[];
}

/** No libraries of this machine. */
const NOWHERE = { QHYCCD_LIB: '/nowhere/libqhyccd.so', TOUPCAM_LIB: '/nowhere/libtoupcam.so' };

function cameras(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return appulse(['cameras', '--timeout', '50ms', ...words], { env: { ...NOWHERE, ...env } });
}

const problemOf = (ended: Ended, scheme: string) =>
  (ended.json as Answer).libraries.find((library) => library.scheme === scheme)?.problem;

test('a name that has no address is an error that names it, not an empty list', async () => {
  const ended = await cameras(['--address', 'no-such-camera.invalid', '--json']);
  assert.is(ended.code, 1);
  const { error } = ended.json as { error: { code: string; message: string } };
  assert.is(error.code, 'camera.address');
  assert.match(error.message, /no-such-camera\.invalid has no IPv4 address/);
});

test("cameras of the makers' libraries are listed by URIs that open them, and doubles are said to be doubles", async () => {
  const env = { APPULSE_TOUPCAM_DOUBLE: 'models=m17,tiny' };
  const ended = await cameras(['--sdk-doubles', '--json'], env);
  assert.is(ended.code, 0, ended.stderr);
  const { cameras: found } = ended.json as Answer;
  const toupcam = found.filter(({ transport }) => transport === 'toupcam');
  assert.equal(
    toupcam.map(({ uri, model, double }) => [uri, model, double]),
    [
      ['toupcam:TP261128DOUBLEM1700000000000001', 'Double M17 GPS', true],
      ['toupcam:TP261128DOUBLETINY0000000000002', 'Double tiny GPS', true],
    ],
  );
  assert.ok(found.some(({ transport, double }) => transport === 'qhy' && double === true));
  assert.match(ended.stderr, /this is no camera: a double stands in for ToupTek's library/);
  assert.match(ended.stderr, /this is no camera: a double stands in for QHY's library/);
  const shown = await cameras(['--sdk-doubles'], env);
  assert.match(shown.stdout, /toupcam:TP\w+ +\S+ +Double tiny GPS .* a double, no camera/);
});

test('a library that hangs, crashes or gives nonsense costs its own cameras only', async () => {
  const toupcam = async (scenario: string, ...words: string[]) =>
    await cameras(['--sdk-doubles', '--json', ...words], { APPULSE_TOUPCAM_DOUBLE: scenario });
  const hung = await toupcam('hang=Toupcam_EnumV2:30', '--sdk-timeout', '6s');
  assert.is(problemOf(hung, 'toupcam')?.code, 'sdk.silent');
  assert.match(hung.stderr, /did not answer within 6 s/);
  const crashed = await toupcam('segv-in=Toupcam_EnumV2');
  assert.is(problemOf(crashed, 'toupcam')?.code, 'sdk.crashed');
  assert.match(crashed.stderr, /crashed while it looked for them \(SIGSEGV\)/);
  const lied = await toupcam('scan=4294967295');
  assert.not((lied.json as Answer).cameras.some(({ transport }) => transport === 'toupcam'));
  for (const ended of [hung, crashed]) {
    assert.is(ended.code, 1);
    assert.is(problemOf(ended, 'qhy'), null);
    assert.ok((ended.json as Answer).cameras.some(({ transport }) => transport === 'qhy'));
  }
});

test('a library that is missing, broken or for another processor is told with what to do', async () => {
  await withFolder(async (folder) => {
    const broken = join(folder, 'libqhyccd.so');
    writeFileSync(broken, 'not a library');
    const foreign = join(folder, 'libtoupcam.so');
    const elf = Buffer.alloc(64);
    elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    elf.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18);
    writeFileSync(foreign, elf);
    const ended = await cameras(['--json', '--qhy-library', broken, '--toupcam-library', foreign]);
    assert.is(ended.code, 1);
    assert.is(problemOf(ended, 'qhy')?.code, 'sdk.library-broken');
    assert.is(problemOf(ended, 'toupcam')?.code, 'sdk.library-architecture');
    const missing = await cameras(['--json']);
    assert.is(missing.code, 1, 'they were named');
    assert.is(problemOf(missing, 'qhy')?.code, 'sdk.library-missing');
    assert.match(missing.stderr, /\/nowhere\/libtoupcam\.so is not there/);
  });
});

test('arrivals and departures are told as they happen', async () => {
  const running = startAppulse(['cameras', '--watch', '--json', '--timeout', '50ms', '--sdk-doubles'], {
    env: { APPULSE_TOUPCAM_DOUBLE: 'models=m17,tiny,c8;leave=0:1500;arrive=1:1500' },
  });
  let told = '';
  let asked = false;
  const changes = () => {
    const lines = told.split('\n').slice(0, -1);
    const all = lines.map((line) => JSON.parse(line) as { change?: string; camera: { model: string } });
    return all.filter(({ change }) => change !== undefined).map(({ change, camera }) => `${change} ${camera.model}`);
  };
  running.child.stdout.on('data', (text: string) => {
    told += text;
    const both = changes().includes('left Double M17 GPS') && changes().includes('arrived Double tiny GPS');
    if (both && !asked) asked = running.child.kill('SIGINT');
  });
  const ended = await running.ended;
  assert.is(ended.code, 0, ended.stderr);
  const toupcam = changes().filter((change) => change.includes('Double'));
  assert.equal(toupcam.slice(0, 2), ['arrived Double M17 GPS', 'arrived Double C8 planetary']);
  const { cameras: left } = ended.json as Answer;
  const models = left.filter(({ transport }) => transport === 'toupcam').map(({ model }) => model);
  assert.equal(models.sort(), ['Double C8 planetary', 'Double tiny GPS']);
});

test.run();
