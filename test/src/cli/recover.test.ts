import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

interface Answer {
  readonly framesMissing: number;
  readonly interruptedSessions: readonly string[];
  readonly sessions: readonly { readonly framesInFlight: number; readonly completed: readonly string[] }[];
}

const sessionFolder = (data: string): string => {
  const [name = ''] = readdirSync(join(data, 'sessions'));
  return join(data, 'sessions', name);
};

test('a recording that is killed is recovered whole, the frames in hand are gaps, and doing it again finds nothing', () =>
  withFolder(async (data) => {
    const running = startAppulse(['record', '--camera', 'sim:tiny?fps=200&exit-with-parent', '--data', data]);
    await running.says('streams 320 x 240');
    await new Promise((done) => setTimeout(done, 1_500));
    running.child.kill('SIGKILL');
    await running.ended;
    const recovered = await appulse(['recover', '--data', data, '--json']);
    const answer = recovered.json as Answer;
    assert.is(answer.interruptedSessions.length, 1);
    assert.is(answer.framesMissing, 0);
    const [session] = answer.sessions;
    assert.is(session?.completed.length, 1);
    assert.is(recovered.code, (session?.framesInFlight ?? 0) > 0 ? 3 : 0);
    assert.not(readdirSync(sessionFolder(data)).some((name) => name.endsWith('.part') || name === 'journal'));
    const again = await appulse(['recover', '--data', data]);
    assert.is(again.code, 0);
    assert.match(again.stdout, 'everything is in order');
    const frames = await appulse(['frames', '--data', data, '--json', '--limit', '100000']);
    const { total, gaps } = frames.json as { total: number; gaps: { cause: string; frames: number }[] };
    assert.ok(total > 50, `${total} frames`);
    const inHand = gaps.filter(({ cause }) => cause === 'crash').reduce((sum, gap) => sum + gap.frames, 0);
    assert.is(inHand, session?.framesInFlight);
  }));

test('a recording that ends leaves no journal, and a file that is cut short later ends recover with 3', () =>
  withFolder(async (data) => {
    await appulse(['record', '--camera', 'sim:tiny?fps=100', '--frames', '20', '--data', data]);
    const folder = sessionFolder(data);
    const names = readdirSync(folder);
    assert.not(names.includes('journal'));
    assert.is((await appulse(['recover', '--data', data])).code, 0);
    truncateSync(join(folder, names.find((name) => name.endsWith('.fits')) ?? ''), 100_000);
    const recovered = await appulse(['recover', '--data', data]);
    assert.is(recovered.code, 3);
    assert.match(recovered.stdout, /\d+ frames are missing or damaged/);
    assert.is((await appulse(['recover', '--rebuild', '--data', data])).code, 0);
    assert.ok(readdirSync(data).some((name) => name.endsWith('.old')));
  }));

test('recover names a folder that is not there', async () => {
  const ended = await appulse(['recover', '--data', '/nowhere/at/all', '--json']);
  assert.is(ended.code, 1);
  assert.is((ended.json as { error: { code: string } }).error.code, 'storage.no-folder');
});

test.run();
