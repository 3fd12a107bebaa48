/** The page says no more than it knows: of a station that falls silent, and of lists that are longer than it keeps. */
import * as assert from 'uvu/assert';
import { MOST_GAPS } from '#src/station/station-log.js';
import { TestBrowser } from '#test/support/browser.js';
import { suite } from '#test/support/test.js';

const test = suite('what the page knows');
const browser = new TestBrowser(test);

browser.visit(
  'a station that falls silent is said not to answer, though its connection stands',
  'live',
  async (visit) => {
    const { page, faults } = visit;
    let isHeldUp = false;
    await page.routeWebSocket(/\/live$/, (socket) => {
      const station = socket.connectToServer();
      station.onMessage((message) => {
        if (!isHeldUp) socket.send(message);
      });
    });
    await page.reload();
    await page.locator('.clock-source', { hasText: 'locked for' }).waitFor();
    isHeldUp = true;
    await page.locator('[data-connected="false"]').waitFor({ state: 'attached' });
    await page.locator('.notice', { hasText: 'Not connected' }).waitFor();
    assert.is(await page.locator('.recording').innerText(), 'Recording not known');
    assert.match(await page.locator('.clock-source').innerText(), 'at the last frame');
    assert.match(await page.locator('#stream-title').innerText(), 'as told last');
    isHeldUp = false;
    await page.locator('[data-connected="true"]').waitFor({ state: 'attached' });
    await page.locator('.clock-source', { hasText: 'locked for' }).waitFor();
    assert.equal(faults, []);
  },
);

browser.visit('more gaps than are kept are said to be the newest', 'live', async ({ page, station, faults }) => {
  for (let i = 1; i < MOST_GAPS; i++) station.addGap('network', 1);
  await page.locator('#gaps-title', { hasText: `${MOST_GAPS - 1} gaps` }).waitFor();
  assert.not.match(await page.locator('#gaps-title').innerText(), 'newest');
  station.addGap('disk', 1);
  station.addGap('disk', 1);
  await page.locator('#gaps-title', { hasText: `the newest ${MOST_GAPS} gaps` }).waitFor();
  await page.getByText('Older ones stand in the index').waitFor();
  assert.equal(faults, []);
});

browser.visit('frames that the disk does not take are told in red, in the header too', 'live', async (visit) => {
  const { page, station, url, faults } = visit;
  station.session = 'imitated';
  assert.is((await page.request.get(`${url}healthz`)).status(), 200);
  station.notRecorded = 686;
  await page.locator('.stream .trouble', { hasText: '686 frames of this session are not on disk' }).waitFor();
  await page.locator('.recording', { hasText: 'Not on disk' }).waitFor();
  const health = await page.request.get(`${url}healthz`);
  assert.is(health.status(), 503);
  assert.match(await health.text(), 'frames cannot be written');
  assert.match(await (await page.request.get(`${url}metrics`)).text(), /appulse_frames_not_recorded_total\{.*\} 686\n/);
  assert.equal(faults, []);
});

test.run();
