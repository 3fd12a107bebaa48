import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { loadSettings } from '#src/config/load.js';
import { PageToken } from '#src/servers/web/access/page-token.js';
import { readTlsFiles } from '#src/servers/web/tls-files.js';
import { withFolder } from '#test/support/appulse.js';
import { peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';
import { ask, closed, dial, exchange, until, withPage } from '#test/support/web-client.js';

interface Made {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate of its own making, as an observatory has it. */
function make(folder: string, name: string): Made {
  const certificate = join(folder, `${name}.pem`);
  const key = join(folder, `${name}-key.pem`);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const words = ['req', '-x509', ...ec, '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', certificate];
  assert.is(spawnSync('openssl', words).status, 0);
  return { certificate, key };
}

function read(certificate: string | undefined, key: string | undefined): ReturnType<typeof readTlsFiles> {
  const options = { 'web.certificate': certificate, 'web.key': key };
  return readTlsFiles(loadSettings({ environment: {}, options }).values, () => {});
}

peerTest(test, ['openssl'], 'the page is served with TLS, and HTTP to its port is answered in words', () =>
  withFolder(async (folder) => {
    const files = make(folder, 'station');
    const token = new PageToken(join(folder, 'page-token'));
    const secret = token.make();
    const limits = { headersMs: 500, requestMs: 1_000 };
    await withPage(
      { tls: read(files.certificate, files.key), asking: 'everything', token, limits },
      async ({ url, server }) => {
        assert.match(url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
        assert.is((await ask(url, '/api/v1/status')).status, 401);
        const { origin } = new URL(url);
        const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' };
        const login = await ask(url, '/login', { method: 'POST', headers, body: `token=${secret}` });
        const set = String(login.headers['set-cookie']?.[0]);
        assert.match(set, /^__Host-appulse-\d+=/);
        assert.match(set, /; Secure/);
        const cookie = set.split(';')[0] ?? '';
        assert.is((await ask(url, '/', { headers: { cookie } })).status, 200);
        const socket = new WebSocket(`${url.replace('https', 'wss')}live`, {
          headers: { cookie, origin },
          rejectUnauthorized: false,
        });
        await new Promise((done) => socket.once('message', done));
        socket.terminate();

        const plain = await exchange(url, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        assert.match(plain, /^HTTP\/1\.1 400 .*https:\/\//s);
        await closed(await dial(url));
        await exchange(url, '\x16\x03\x01\x00\x05hello');
        const halfway = await dial(url);
        halfway.write('\x16\x03\x01');
        await closed(halfway);
        await until(() => (server.refusals.get('tls') ?? 0) >= 2);
        assert.is(server.refusals.get('plain-http'), 1);
        assert.is((await ask(url, '/', { headers: { cookie } })).status, 200);
      },
    );
  }),
);

peerTest(test, ['openssl'], 'certificates and keys that cannot be are refused with their names', () =>
  withFolder(async (folder) => {
    const [one, other] = [make(folder, 'one'), make(folder, 'other')];
    assert.is(read(undefined, undefined), null);
    assert.throws(() => read(one.certificate, undefined), /--key/);
    assert.throws(() => read(undefined, one.key), /--certificate/);
    assert.throws(() => read(one.certificate, other.key), /other-key\.pem is not the one of the certificate/);
    assert.throws(() => read(join(folder, 'none.pem'), one.key), /none\.pem.*cannot be read/);
    assert.throws(() => read(one.key, one.key), /one-key\.pem holds no certificate/);
    const garbled = join(folder, 'garbled.pem');
    writeFileSync(garbled, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    assert.throws(() => read(garbled, one.key), /garbled\.pem holds no certificate/);
    assert.throws(() => read(one.certificate, one.certificate), /one\.pem holds no key/);
  }),
);

test.run();
