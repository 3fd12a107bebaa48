/** `appulse audit` of what was really recorded, as a user runs it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { appulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('audit command', 90_000);

interface Answer {
  readonly frames: number;
  readonly verdict: { readonly level: string; readonly ranges: readonly { fromFrame: number; toFrame: number }[] };
  readonly findings: readonly { readonly kind: string; readonly evidence: string }[];
  readonly accounting: { readonly complete: boolean };
  readonly lock: { readonly grades: Record<string, number>; readonly states: readonly { readonly to: string }[] };
  readonly wholeSecond: { readonly checks: number | null };
  readonly cameras: readonly { readonly model: string }[];
}

const record = async (data: string, camera: string, duration: string) => {
  const { code, stderr } = await appulse(['record', '--camera', camera, '--data', data, '--duration', duration]);
  assert.ok(code === 0 || code === 3, stderr);
};

test('a clean session has no untrusted frame, nothing unexplained, and a page that stands alone', () =>
  withFolder(async (data) => {
    await record(data, 'sim:tiny?fps=100', '3s');
    const page = join(data, 'audit.html');
    const json = await appulse(['audit', '--data', data, '--json', '--html', page]);
    assert.is(json.code, 0, json.stderr);
    const answer = json.json as Answer;
    assert.ok(answer.frames > 200);
    assert.is.not(answer.verdict.level, 'not-defensible');
    assert.equal(answer.findings, []);
    assert.ok(answer.accounting.complete);
    assert.equal(
      answer.lock.states.map(({ to }) => to),
      ['locked'],
    );
    assert.ok((answer.wholeSecond.checks ?? 0) > 0, 'the whole second was looked at');
    assert.is(answer.cameras[0]?.model, 'tiny');
    const html = readFileSync(page, 'utf8');
    assert.match(html, '<svg');
    assert.not.match(html, /<script|https?:|src=|href=|url\(/, 'nothing is fetched');
    const text = await appulse(['audit', 'latest', '--data', data]);
    assert.is(text.code, 0);
    assert.match(text.stdout, 'UNCERTAINTY BUDGET');
    assert.match(text.stdout, 'tick resolution 100 ns + receiver 100 ns = 200 ns');
  }));

test('a session with faults is not defensible, exits with 3 and names the frames', () =>
  withFolder(async (data) => {
    await record(data, 'sim:tiny?fps=100&fault=frame-gap@100:7,whole-second@200:2:50', '4s');
    const { code, json, stderr } = await appulse(['audit', '--data', data, '--json']);
    assert.is(code, 3, stderr);
    const answer = json as Answer;
    assert.is(answer.verdict.level, 'not-defensible');
    const kinds = new Set(answer.findings.map(({ kind }) => kind));
    assert.ok(kinds.has('frame-finding'), 'what was found while recording is told');
    assert.ok(kinds.has('explained-drop'), "the camera's gap has its row");
    assert.not.ok(kinds.has('hole') || kinds.has('drop'), [...kinds].join());
    assert.is(answer.lock.grades.untrusted, 50);
  }));

test('rows that somebody wrote by hand neither stop it nor reach the terminal or the page as they are', () =>
  withFolder(async (data) => {
    await record(data, 'sim:tiny?fps=50&fault=frame-gap@20:3', '2s');
    const db = new Database(join(data, 'appulse.sqlite'));
    db.exec(`
      UPDATE events SET data = '{"synchronised":true,"source":"<script>1</script>","boundNs":"abc"}' WHERE kind = 'host-clock';
      UPDATE events SET data = 'no JSON' WHERE kind = 'oscillator';
      UPDATE gaps SET detail = '<img src=x>' || char(27) || '[31m' || char(10), from_utc_ns = -9223372036854775808;
      UPDATE frames SET start_utc_ns = 9223372036854775807 WHERE number = 5;
      UPDATE frames SET uncertainty_ns = -5, flags = 'a' || char(27) || '[2J' WHERE number = 6;`);
    db.close();
    const page = join(data, 'audit.html');
    const text = await appulse(['audit', '--data', data, '--html', page]);
    assert.is(text.code, 3, text.stderr);
    const listed = await appulse(['frames', '--data', data]);
    assert.is(listed.code, 0, listed.stderr);
    for (const shown of [text.stdout, listed.stdout]) assert.not.match(shown, '\u001b');
    const html = readFileSync(page, 'utf8');
    assert.not.match(html, '<script');
    assert.not.match(html, '<img');
  }));

test('sessions, folders and pages that are not there are one clear line', () =>
  withFolder(async (data) => {
    const none = await appulse(['audit', '--data', join(data, 'nothing')]);
    assert.is(none.code, 1);
    assert.match(none.stderr, /^appulse: there is no index [^\n]*\n$/);
    await record(data, 'sim:tiny?fps=50', '1s');
    const unknown = await appulse(['audit', 'ffff', '--data', data]);
    assert.is(unknown.code, 2);
    assert.match(unknown.stderr, "there is no session 'ffff'");
    const page = await appulse(['audit', '--data', data, '--html', join(data, 'no', 'folder.html')]);
    assert.is(page.code, 1);
    assert.match(page.stderr, 'the page cannot be written');
  }));

test.run();
