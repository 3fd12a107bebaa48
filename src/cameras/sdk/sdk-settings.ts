import type { Settings } from '#src/config/settings.js';
import type { SdkSettings } from '../camera.js';

/** How the settings of a station have cameras behind a maker's library reached. */
export function sdkSettingsOf(settings: Settings): SdkSettings {
  return {
    qhyLibrary: settings['camera.qhy-library'],
    toupcamLibrary: settings['camera.toupcam-library'],
    doubles: settings['camera.sdk-doubles'],
    inProcess: settings['camera.in-process'],
  };
}
