/** The page beside a station: what the command line sets of it, and what it says about it. */
import { reasonOf } from '#gps/errors.js';
import type { SettingKey, Settings } from '#src/config/settings.js';
import type { VideoOutput } from '#src/servers/video/video-output.js';
import { isLoopback } from '#src/servers/web/access/foreign.js';
import type { WebServer } from '#src/servers/web/web-server.js';
import type { StationFace } from '#src/station/station-face.js';
import type { LiveDisplay } from './live-lines.js';

export const WEB_KEYS: readonly SettingKey[] = [
  'web.page',
  'web.listen',
  'web.port',
  'web.certificate',
  'web.key',
  'web.ask-token',
  'web.v4l2',
];

/** The page of a running station; null where it is not wanted or cannot be: that is told, and the station goes on without it. */
export async function openPage(
  station: StationFace,
  settings: Settings,
  display: LiveDisplay,
): Promise<WebServer | null> {
  if (!settings['web.page']) return null;
  try {
    // Only a station waits until the server is loaded.
    const { openWebServer } = await import('#src/servers/web/open-web-server.js');
    const page = await openWebServer(station, settings, {
      log: (level, message) => display.log(level, message),
      showToken: (token) => display.tell(`token  ${token}   (shown only now; 'appulse token' makes a new one)`),
    });
    display.showPage(isOpenedByLink(settings) ? page.loginUrl : page.url);
    return page;
  } catch (error) {
    display.log('error', `there is no page: ${reasonOf(error)}; frames are taken without it`);
    return null;
  }
}

/** Whether the address is told with the key of the run. A page for other machines is opened by its token, which no log holds. */
function isOpenedByLink(settings: Settings): boolean {
  return isLoopback(settings['web.listen']) && settings['web.ask-token'] !== 'remote';
}

/** Whatever becomes of the page, the sessions have ended in order. */
export async function closePage(page: WebServer | null): Promise<void> {
  try {
    await page?.close();
  } catch {
    // Its sockets end with the process.
  }
}

/** The preview as a camera for other programs; null where it is not wanted or cannot be: that is told, and the station goes on without it. */
export async function openVideo(
  station: StationFace,
  settings: Settings,
  display: LiveDisplay,
): Promise<VideoOutput | null> {
  const device = settings['web.v4l2'];
  if (device === null) return null;
  const failed = (why: string) =>
    display.log('error', `no pictures go to ${device}: ${why}; frames are taken without it`);
  try {
    const { VideoOutput } = await import('#src/servers/video/video-output.js');
    return await VideoOutput.open(station, device, failed);
  } catch (error) {
    failed(reasonOf(error));
    return null;
  }
}
