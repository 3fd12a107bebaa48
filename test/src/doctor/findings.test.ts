import { existsSync, readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { diskOf } from '#src/doctor/data-disk.js';
import { examine } from '#src/doctor/examine.js';
import type { Finding } from '#src/doctor/finding.js';
import { machineAt } from '#src/doctor/machine.js';
import { planFor } from '#src/doctor/plan.js';
import { routeTo } from '#src/doctor/route.js';
import { softwareFindings } from '#src/doctor/software.js';
import { measureWriteSpeed } from '#src/doctor/write-test.js';
import { withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';
import { BAD, buildMachine, disk, GOOD, planOf } from './machines.js';

const CAMERA = 'gige:10.0.5.20';
const FAST = disk({ freeGB: 7000, gigabytesPerSecond: 2.5 });
const SLOW = disk({ folder: '/data', freeGB: 3, gigabytesPerSecond: 0.05 });

const statesOf = (findings: readonly Finding[]) => Object.fromEntries(findings.map(({ id, state }) => [id, state]));
const find = (findings: readonly Finding[], id: string): Finding => {
  const found = findings.find((finding) => finding.id === id);
  if (found === undefined) throw new Error(`there is no finding ${id}`);
  return found;
};
/** Node and the addon are those of the test run: not part of the machine made of files. */
const ofMachine = (findings: Finding[]) => findings.filter(({ id }) => !id.startsWith('software.'));

test('a good machine with a ten-gigabit camera has nothing but ok', () =>
  withFolder(async (root) => {
    const machine = buildMachine(root, GOOD);
    const plan = await planOf([CAMERA], { 'camera.receive-cpu': 2, 'camera.realtime': 40 });
    const findings = ofMachine(examine({ machine, disk: FAST, plan, diskTest: true }));
    assert.equal(
      findings.filter(({ state }) => state !== 'ok'),
      [],
    );
    assert.is(findings.length, 25);
    assert.match(find(findings, 'camera.route').found, /10\.0\.5\.20 by enp3s0/);
    assert.match(find(findings, 'card.link').found, /ixgbe, 10000 Mb\/s/);
    assert.match(find(findings, 'card.interrupts').found, /1 interrupt on CPU 1/);
    assert.match(find(findings, 'disk.kind').found, /xfs on \/dev\/nvme0n1p1/);
    assert.match(find(findings, 'clock.keeper').found, /chrony, C0A80101.*stratum 2/);
  }));

test('a bad machine has each fault found, with the command that mends it', () =>
  withFolder(async (root) => {
    const machine = buildMachine(root, BAD);
    const plan = await planOf([CAMERA], { 'camera.receive-cpu': 2, 'camera.realtime': 40 });
    const findings = ofMachine(examine({ machine, disk: SLOW, plan, diskTest: true }));
    assert.equal(statesOf(findings), {
      'camera.route': 'ok',
      'card.link': 'ok',
      'card.mtu': 'bad',
      'card.drops': 'warn',
      'card.ring': 'warn',
      'card.coalescing': 'warn',
      'card.interrupts': 'warn',
      'network.receive-buffer': 'bad',
      'network.backlog': 'warn',
      'network.budget': 'warn',
      'cpu.count': 'ok',
      'cpu.governor': 'warn',
      'cpu.heat': 'warn',
      'cpu.vectors': 'warn',
      'clock.state': 'bad',
      'clock.keeper': 'warn',
      'clock.ptp': 'ok',
      'privilege.raw-sockets': 'ok',
      'privilege.realtime': 'warn',
      'privilege.memory': 'warn',
      'memory.ring': 'bad',
      'memory.huge-pages': 'warn',
      'disk.kind': 'warn',
      'disk.space': 'bad',
      // What the camera sends is assumed, not known: too slow for it is no proof.
      'disk.speed': 'warn',
    });
    const remedies: [string, RegExp][] = [
      ['card.mtu', /ip link set dev enp3s0 mtu 9000/],
      ['card.ring', /ethtool -G enp3s0 rx 4096/],
      ['card.coalescing', /ethtool -C enp3s0 .*rx-usecs/],
      ['card.interrupts', /echo 0 \| sudo tee \/proc\/irq\/41\/smp_affinity_list/],
      ['network.receive-buffer', /sysctl -w net\.core\.rmem_max=\d{9}/],
      ['network.backlog', /net\.core\.netdev_max_backlog=10000/],
      ['cpu.governor', /echo performance \| sudo tee/],
      ['clock.state', /chrony/],
      ['privilege.realtime', /rtprio 40.*limits\.d/],
      ['memory.huge-pages', /echo madvise/],
    ];
    for (const [id, pattern] of remedies) assert.match(find(findings, id).remedy ?? '', pattern);
    for (const { state, why } of findings) assert.ok(state === 'ok' || why.length > 20);
  }));

test('where nothing can be read everything is unknown with its reason, and nothing fails', () =>
  withFolder(async (root) => {
    const machine = buildMachine(root, { files: {} });
    const disk = { ...diskOf(root), measure: () => assert.unreachable('the disk was written to') as never };
    const findings = ofMachine(examine({ machine, disk, plan: await planOf([]), diskTest: false }));
    const readable = ['clock.ptp', 'disk.space'];
    for (const { id, state, found } of findings) {
      if (!readable.includes(id)) assert.is(state, 'unknown', `${id}: ${found}`);
      assert.ok(found.length > 5, id);
    }
  }));

test('a Mac says that network cards are read on Linux only', () =>
  withFolder(async (root) => {
    const machine = { ...buildMachine(root, { files: {} }), platform: 'darwin' as const };
    const findings = examine({ machine, disk: FAST, plan: await planOf([CAMERA]), diskTest: false });
    assert.match(find(findings, 'camera.route').found, /on Linux only/);
  }));

test('without ethtool ring and coalescing are unknown, with the command that installs it', () =>
  withFolder(async (root) => {
    const machine = buildMachine(root, { ...GOOD, programs: {} });
    const findings = examine({ machine, disk: FAST, plan: await planOf([CAMERA]), diskTest: false });
    for (const id of ['card.ring', 'card.coalescing']) {
      assert.equal([find(findings, id).state, find(findings, id).found], ['unknown', 'ethtool is not installed']);
      assert.match(find(findings, id).remedy ?? '', /install ethtool/);
    }
  }));

test('a simulated camera has no network card, and its rate is known', () =>
  withFolder(async (root) => {
    const machine = buildMachine(root, GOOD);
    const plan = await planOf(['sim:qhy411-bin3?fps=10']);
    assert.ok(plan.rateKnown);
    assert.is(plan.bytesPerSecond, 4768 * 3588 * 1.5 * 10);
    const findings = examine({ machine, disk: disk({ freeGB: 500, gigabytesPerSecond: 0.2 }), plan, diskTest: true });
    assert.match(find(findings, 'camera.route').found, /over loopback; there is no network card/);
    assert.not(findings.some(({ id }) => id.startsWith('card.')));
    // Slower than the camera, but not than half of it, which is what compressed frames need.
    assert.is(find(findings, 'disk.speed').state, 'warn');
    assert.match(find(findings, 'disk.space').found, /32 min/);
  }));

test('a camera of another network, a name without an address and a link that is down are bad', () =>
  withFolder(async (root) => {
    const files = { ...GOOD.files, 'sys/class/net/enp3s0/operstate': 'down', 'proc/net/route': '' };
    const unreachable = buildMachine(`${root}/a`, { ...GOOD, files });
    const plan = await planOf([CAMERA, 'gige:no-such-camera.invalid']);
    const [first, second] = examine({ machine: unreachable, disk: FAST, plan, diskTest: false }).filter(
      ({ id }) => id === 'camera.route',
    );
    assert.match(first?.found ?? '', /no route leads to 10\.0\.5\.20/);
    assert.match(second?.found ?? '', /no-such-camera\.invalid has no IPv4 address/);
    assert.equal([first?.state, second?.state], ['bad', 'bad']);
    const down = buildMachine(`${root}/b`, {
      ...GOOD,
      files: { ...GOOD.files, 'sys/class/net/enp3s0/operstate': 'down' },
    });
    const findings = examine({ machine: down, disk: FAST, plan: await planOf([CAMERA]), diskTest: false });
    assert.is(find(findings, 'card.link').state, 'bad');
  }));

test('the route is the one with the longest prefix, and own addresses are loopback', () =>
  withFolder(async (root) => {
    const machine = buildMachine(root, GOOD);
    assert.equal(
      ['10.0.5.20', '192.168.1.77', '8.8.8.8', '127.0.0.5', '192.168.1.2'].map((address) => routeTo(machine, address)),
      ['enp3s0', 'eno1', 'eno1', 'lo', 'lo'],
    );
  }));

test('the privilege to force the socket buffer makes a low limit harmless', () =>
  withFolder(async (root) => {
    const files = { ...BAD.files, 'proc/self/status': 'CapEff:\t000001ffffffffff' };
    const plan = await planOf(['sim:qhy411-bin3'], { 'camera.receiver': 'native' });
    const findings = examine({ machine: buildMachine(root, { ...BAD, files }), disk: FAST, plan, diskTest: false });
    const buffer = find(findings, 'network.receive-buffer');
    assert.is(buffer.state, 'ok');
    assert.match(buffer.found, /forced past/);
    // Only the native receiver forces it.
    const other = await planOf(['sim:qhy411-bin3'], { 'camera.receiver': 'dgram' });
    const machine = buildMachine(`${root}/again`, { ...BAD, files });
    const script = examine({ machine, disk: FAST, plan: other, diskTest: false });
    assert.is(find(script, 'network.receive-buffer').state, 'bad');
  }));

test('an old Node is bad, a missing addon a warning', () => {
  assert.equal(
    softwareFindings('v18.19.0', 'not built').map(({ state }) => state),
    ['bad', 'warn'],
  );
});

test('the write test leaves nothing behind, ends in time, and tells how it wrote', () =>
  withFolder(async (folder) => {
    const speed = measureWriteSpeed(folder, { bytes: 32 * 2 ** 20, seconds: 1 });
    assert.ok(speed.bytes > 0 && speed.bytes <= 32 * 2 ** 20);
    assert.ok(speed.bytesPerSecond > 0);
    assert.equal(readdirSync(folder), []);
    assert.is(measureWriteSpeed(folder, { bytes: 2 ** 20, seconds: 1 }).bytes, 0);
    assert.throws(() => measureWriteSpeed(`${folder}/missing`), /ENOENT/);
  }));

test('the data folder need not be there: the nearest folder above it is looked at, and none is made', () =>
  withFolder(async (folder) => {
    const { folder: seen } = diskOf(`${folder}/night/one`);
    assert.ok(seen.endsWith(folder.split('/').at(-1) ?? '?'));
    assert.not(existsSync(`${folder}/night`));
  }));

test('this machine is read without a fault', async () => {
  const plan = await planFor((await planOf([])).settings, ['sim:tiny']);
  const findings = examine({ machine: machineAt(), disk: diskOf('.'), plan, diskTest: false });
  assert.ok(findings.length >= 15);
});

test.run();
