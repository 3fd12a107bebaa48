/** The station as a whole: what the page begins with. */
import { VERSION } from '#src/config/version.js';
import type { StationStatus } from '#src/station/station-state.js';
import type { ApiContext } from './route.js';

export function statusOf({ station, dataFolders }: ApiContext): StationStatus {
  return {
    version: VERSION,
    stationId: station.id,
    stationName: station.name,
    site: station.site,
    nowUtcNs: hostNowUtcNs(),
    dataFolder: dataFolders[0] ?? '',
    cameras: [...station.cameras],
  };
}

/** The host's clock, which is no time of a frame: nanoseconds as text. */
export function hostNowUtcNs(): string {
  return String(BigInt(Date.now()) * 1_000_000n);
}
