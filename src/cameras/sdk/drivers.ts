/** Which module drives the cameras of a scheme. */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SdkError } from './library.js';
import type { SdkDriver } from './sdk-camera.js';
import type { SdkScheme } from './sdk-uri.js';

const MODULES: Readonly<Record<SdkScheme, string>> = {
  qhy: '../qhy/qhy-driver.js#qhyDriver',
  toupcam: '../toupcam/toupcam-driver.js#toupcamDriver',
};

/**
 * Names a module that exports `driver` (an {@link SdkDriver}) and takes the place of the built-in one: for cameras of a maker that
 * Appulse has no driver for, and for tests.
 */
export const DRIVER_VARIABLE = 'APPULSE_SDK_DRIVER';

/** URL of the module that exports the driver of `scheme`, with the export's name behind a #. */
export function driverModule(scheme: SdkScheme): string {
  const given = process.env[DRIVER_VARIABLE];
  if (given !== undefined && given !== '') return isAbsolute(given) ? pathToFileURL(given).href : given;
  return new URL(MODULES[scheme], import.meta.url).href;
}

/** Loads a driver. Only the thread that is to be its own does so. */
export async function loadDriver(module: string): Promise<SdkDriver> {
  const url = new URL(module);
  const name = url.hash.slice(1) || 'driver';
  url.hash = '';
  const { [name]: driver } = (await import(url.href)) as Readonly<Record<string, SdkDriver | undefined>>;
  if (driver === undefined) throw new SdkError('sdk.refused', `${url.pathname} exports no ${name}: it is no driver`);
  return driver;
}
