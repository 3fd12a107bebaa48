/**
 * Where the camera stands. OBSGEO-X, -Y and -Z are the standard's own and exact (ITRS metres); the geodetic OBSGEO-B, -L, -H
 * are not written, because readers take them on another ellipsoid (WCSLIB: IAU 1976). SITELAT, SITELONG and SITEELEV are
 * the spelling of amateur programs.
 */
import type { Site } from '../frame-record.js';
import { type CardWriter, Decimal } from './cards.js';

/** WGS 84: equatorial radius in metres, and the square of the first eccentricity. */
const RADIUS_M = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING);

/** Geocentric ITRS metres of a geodetic WGS 84 place. */
export function geocentricMetres(site: Site): { x: number; y: number; z: number } {
  const latitude = (site.latitudeDeg * Math.PI) / 180;
  const longitude = (site.longitudeDeg * Math.PI) / 180;
  const normal = RADIUS_M / Math.sqrt(1 - ECCENTRICITY_2 * Math.sin(latitude) ** 2);
  const fromAxis = (normal + site.heightM) * Math.cos(latitude);
  return {
    x: fromAxis * Math.cos(longitude),
    y: fromAxis * Math.sin(longitude),
    z: (normal * (1 - ECCENTRICITY_2) + site.heightM) * Math.sin(latitude),
  };
}

export function writeSiteCards(out: CardWriter, site: Site): void {
  out.real('SITELAT', site.latitudeDeg, '[deg] north, WGS 84');
  out.real('SITELONG', site.longitudeDeg, '[deg] east');
  out.real('SITEELEV', site.heightM, '[m]');
}

/** For a header with a date only: with a place and no date astropy's WCS fails (its issue 11248). */
export function writeGeocentricCards(out: CardWriter, site: Site): void {
  const { x, y, z } = geocentricMetres(site);
  out.card('OBSGEO-X', new Decimal(x.toFixed(3)), '[m] ITRS');
  out.card('OBSGEO-Y', new Decimal(y.toFixed(3)), '[m]');
  out.card('OBSGEO-Z', new Decimal(z.toFixed(3)), '[m]');
}
