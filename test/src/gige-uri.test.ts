import * as assert from 'uvu/assert';
import { gigeUri, parseGigeUri } from '#src/cameras/gige-vision/uri.js';
import { UsageError } from '#src/config/usage-error.js';
import { test } from '#test/support/test.js';

test('a camera is named by address, by name and port, or by serial number', () => {
  const cases = {
    'gige:127.0.0.1': { kind: 'address', host: '127.0.0.1', port: 3956 },
    'gige:127.0.0.1:4000': { kind: 'address', host: '127.0.0.1', port: 4000 },
    'gige://10.0.5.20/': { kind: 'address', host: '10.0.5.20', port: 3956 },
    'gige:localhost': { kind: 'address', host: 'localhost', port: 3956 },
    'gige:dome.example.org': { kind: 'address', host: 'dome.example.org', port: 3956 },
    'gige:dome:3957': { kind: 'address', host: 'dome', port: 3957 },
    'gige:GV01': { kind: 'serial', serial: 'GV01' },
    'gige:21894500': { kind: 'serial', serial: '21894500' },
  };
  for (const [uri, target] of Object.entries(cases)) assert.equal(parseGigeUri(uri), target, uri);
  assert.is(gigeUri('10.0.0.1'), 'gige:10.0.0.1');
  assert.is(gigeUri('10.0.0.1', 4000), 'gige:10.0.0.1:4000');
});

test('anything else is wrong usage', () => {
  const wrong = ['gige:', 'gige', 'sim:tiny', 'gige:1.2.3', 'gige:1.2.3.4.5', 'gige:256.1.1.1', 'gige:a b', 'gige:h:0'];
  for (const uri of [...wrong, 'gige:h:65536', 'gige:a:b:1', 'gige:::1'])
    assert.throws(
      () => parseGigeUri(uri),
      (error: unknown) => error instanceof UsageError,
      uri,
    );
});

test.run();
