import * as assert from 'uvu/assert';
import type { CameraState } from '#src/station/station-state.js';
import { painted, TestBrowser, turnTo } from '#test/support/browser.js';
import type { ImitatedStation } from '#test/support/imitated-station.js';
import { suite } from '#test/support/test.js';

const test = suite('several cameras on the page');
const browser = new TestBrowser(test);

/** Gives the station a second camera: smaller, with a time that is not locked. What is returned changes its state. */
function addCamera(station: ImitatedStation): { state: CameraState['state'] } {
  const second: { state: CameraState['state'] } = { state: 'streaming' };
  const [first] = station.cameras;
  if (first?.clock == null) throw new Error('the imitated station has lost its camera');
  const { clock } = first;
  Object.defineProperty(station, 'cameras', {
    get: (): readonly CameraState[] => [
      { ...first, frames: { ...first.frames } },
      {
        ...first,
        ...second,
        camera: 1,
        model: 'Other camera',
        width: 640,
        height: 480,
        framesPerSecond: 2,
        clock: { ...clock, grade: 'coarse', why: 'it has no GPS' },
      },
    ],
  });
  return second;
}

browser.visit(
  'each camera has its clock, its stream and its name; one that dies is told, and the other is shown on',
  'live',
  async ({ page, station, faults }) => {
    const second = addCamera(station);
    await page.reload();
    const choose = (name: string) => page.getByRole('button', { name: new RegExp(name) });
    await choose('2 Other camera').waitFor();
    assert.is(await page.locator('.grade').innerText(), 'Locked');
    assert.match(await page.locator('#stream-title').innerText(), /1 Imitated camera, 1200 × 800/);

    await choose('2 Other camera').click();
    await page.locator('.grade', { hasText: 'Coarse' }).waitFor();
    assert.match(await page.locator('.why').innerText(), /It has no GPS/);
    assert.match(await page.locator('#stream-title').innerText(), /2 Other camera, 640 × 480/);
    assert.match(await page.locator('.notice').innerText(), /No picture yet/);
    assert.is(await page.locator('.utc').innerText(), '--:--:--', 'no time of the other camera stays');
    assert.not(await page.locator('.picture canvas').isVisible(), 'no picture of the other camera stays');
    await painted(page);
    assert.is(await page.evaluate(`document.documentElement.scrollHeight - innerHeight`), 0);

    await turnTo(page, 'messages');
    await page.getByRole('checkbox', { name: 'A camera is lost: Sound' }).check();
    second.state = 'lost';
    await page.locator('.alarm', { hasText: '2 Other camera: the camera is lost' }).waitFor();
    station.say('warning', 'it rains');
    assert.match(
      await page.locator('.message-list li', { hasText: 'it rains' }).innerText(),
      /1 Imitated camera: it rains/,
    );
    await turnTo(page, 'live');
    await page.locator('.notice', { hasText: 'The camera is lost' }).waitFor();
    await page.locator('.cameras [data-trouble="true"]', { hasText: 'lost' }).waitFor();
    await choose('1 Imitated camera').click();
    await page.locator('.picture canvas[data-frame]').waitFor();
    await page.locator('.notice').waitFor({ state: 'detached' });
    assert.equal(faults, []);
  },
);

browser.visit(
  'the timeline marks where the GPS lock was lost and found, and says it in words',
  'sessions',
  async ({ page, faults }) => {
    const now = BigInt(Date.now()) * 1_000_000n;
    const changes = [
      { from: null, to: 'locked', why: 'receiver status 3, PPS', minutesAgo: 50n },
      { from: 'locked', to: 'holdover', why: 'receiver status 2, no PPS', minutesAgo: 30n },
      { from: 'holdover', to: 'locked', why: 'receiver status 3, PPS', minutesAgo: 20n },
    ].map(({ minutesAgo, ...change }) => ({
      ...change,
      utcNs: String(now - minutesAgo * 60_000_000_000n),
      sessionId: '0193f000-0000-7000-8000-000000000001',
      cameraId: null,
    }));
    await page.route(/\/api\/v1\/timeline\?/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), lockChanges: changes } });
    });
    await page.reload();
    await page.getByRole('button', { name: 'Zoom in' }).waitFor();
    await page.locator('.lock-mark .lock-gone').waitFor();
    assert.is(await page.locator('.lock-mark .lock-back').count(), 1);
    assert.match((await page.locator('.lock-mark .lock-gone').getAttribute('data-tip')) ?? '', /receiver holdover/);
    const words = await page.locator('.lock-list li').allInnerTexts();
    assert.is(words.length, 2, 'what a session begins with is no change');
    assert.match(words[0] ?? '', /^\d\d:\d\d:\d\d receiver holdover \(was locked\): receiver status 2, no PPS$/);
    await page.locator('.lock-list button').first().click();
    await page.locator('.timeline .cursor').waitFor({ state: 'attached' });
    assert.equal(faults, []);
  },
);

test.run();
