/** Finds the stars of an image and measures them, or one at a place that is given. */
import { aboveSky, medianOf, type SkySignal } from './background.js';
import { type FocusImage, mosaicCells } from './focus-image.js';
import { type HalfFlux, halfFluxAt } from './half-flux.js';
import { isTelling, type Star } from './star.js';
import { fitStar } from './star-fit.js';
import { type StarPlace, starPlaces, withoutHotPixels } from './star-places.js';

export interface StarField {
  /** The brightest first. */
  readonly stars: readonly Star[];
  /** Of those that tell something of the focus (`isTelling`); null where there are none. */
  readonly medianFwhm: number | null;
  readonly medianHfd: number | null;
  /** How many those are. */
  readonly telling: number;
  /** Standard deviation of the sky's pixels. */
  readonly noise: number;
  readonly hotPixels: number;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Out of focus a star is wider than what is looked at around a pixel, so the image is looked at with fewer pixels. */
const BINNINGS = [1, 2, 4, 8] as const;
const WIDEST_HFD = 5;
const PROBED = 7;
const MOST_STARS = 40;
const MOST_RADIUS = 80;
const FIT_RADIUS_HFDS = 1.75;
const LEAST_FIT_RADIUS = 5;
/** Nearer than that, stars have a part in each other's light. */
const BLENDED_HFDS = 2.5;
/** Narrower than any lens makes a star: a pair of hot pixels, a cosmic ray. */
const LEAST_FWHM = 0.75;
const LEAST_SNR = 5;

/** `near`: a star to be measured there too, whatever was found. */
export function measureStars(image: FocusImage, near: Place | null = null): StarField {
  const { sky, hot } = withoutHotPixels(aboveSky(image));
  const places = placesIn(sky);
  const meant = near === null ? [] : [{ ...near, height: Number.POSITIVE_INFINITY }];
  const isHot = (index: number) => hot.has(index);
  const measured = [...places.slice(0, MOST_STARS), ...meant].flatMap(
    (place) => measure(image, sky, place, places, isHot) ?? [],
  );
  const stars = distinct(measured).sort((a, b) => b.flux - a.flux);
  const telling = stars.filter(isTelling);
  return {
    stars,
    medianFwhm: telling.length === 0 ? null : medianOf(telling.flatMap(({ fwhm }) => fwhm ?? [])),
    medianHfd: telling.length === 0 ? null : medianOf(telling.map(({ hfd }) => hfd)),
    telling: telling.length,
    noise: sky.noise,
    hotPixels: hot.size,
  };
}

/** The same for a colour mosaic, by its cells of 2 x 2; places and lengths are in pixels. */
export function measureMosaic(image: FocusImage, near: Place | null = null): StarField {
  const inCells = near === null ? null : { x: (near.x - 0.5) / 2, y: (near.y - 0.5) / 2 };
  const { stars, medianFwhm, medianHfd, ...rest } = measureStars(mosaicCells(image), inCells);
  const twice = <T extends number | null>(length: T): T => (length === null ? length : 2 * length) as T;
  return {
    ...rest,
    stars: stars.map((star) => ({
      ...star,
      x: 2 * star.x + 0.5,
      y: 2 * star.y + 0.5,
      hfd: twice(star.hfd),
      fwhm: twice(star.fwhm),
    })),
    medianFwhm: twice(medianFwhm),
    medianHfd: twice(medianHfd),
  };
}

/** Two places can lead to the same star. */
function distinct(stars: readonly Star[]): Star[] {
  return stars.filter(
    (star, i) =>
      !stars.slice(0, i).some((other) => Math.hypot(other.x - star.x, other.y - star.y) < Math.max(1.5, star.hfd / 4)),
  );
}

/** In pixels of the image, found with as many pixels as its stars need. */
function placesIn(sky: SkySignal): StarPlace[] {
  let places: StarPlace[] = [];
  for (const binning of BINNINGS) {
    const found = starPlaces(binned(sky, binning)).map(({ x, y, height }) => ({
      x: (x + 0.5) * binning - 0.5,
      y: (y + 0.5) * binning - 0.5,
      height,
    }));
    if (found.length === 0) continue;
    places = found;
    const widths = found.slice(0, PROBED).flatMap(({ x, y }) => halfFluxAt(sky, x, y, MOST_RADIUS)?.hfd ?? []);
    // Those that lie in each other are wider than they are: the narrower ones tell.
    const narrow = widths.sort((a, b) => a - b)[(widths.length - 1) >> 2];
    if (narrow !== undefined && narrow < WIDEST_HFD * binning) break;
  }
  return places;
}

/** Means of `binning` x `binning` pixels. */
function binned(sky: SkySignal, binning: number): SkySignal {
  if (binning === 1) return sky;
  const width = Math.floor(sky.width / binning);
  const height = Math.floor(sky.height / binning);
  const signal = new Float32Array(width * height);
  for (let y = 0; y < height * binning; y++) {
    const into = Math.floor(y / binning) * width;
    for (let x = 0; x < width * binning; x++) {
      const at = into + Math.floor(x / binning);
      signal[at] = (signal[at] as number) + (sky.signal[y * sky.width + x] as number) / (binning * binning);
    }
  }
  return { ...sky, width, height, signal, noise: sky.noise / binning };
}

function measure(
  image: FocusImage,
  sky: SkySignal,
  place: StarPlace,
  places: readonly StarPlace[],
  isHot: (index: number) => boolean,
): Star | null {
  const neighbour = nearestOther(place, places);
  const light = halfFluxAt(sky, place.x, place.y, Math.min(MOST_RADIUS, Math.max(3, neighbour / 2)));
  if (light === null) return null;
  const { x, y, hfd, flux } = light;
  const snr = snrOf(sky, light);
  if (snr < LEAST_SNR) return null;
  const peak = peakIn(image, light, isHot);
  const isSaturated = peak >= image.saturation;
  const radius = Math.max(LEAST_FIT_RADIUS, Math.min(FIT_RADIUS_HFDS * hfd, neighbour * 0.6));
  const isUsed = (index: number) => !isHot(index) && (image.pixels[index] as number) < image.saturation;
  const amplitude = Math.max(peak - sky.levelAt(x, y), sky.noise);
  const fit = fitStar(sky, { x, y, hfd, amplitude, radius }, isUsed);
  if (fit !== null && Math.sqrt(fit.fwhmMajor * fit.fwhmMinor) < LEAST_FWHM) return null;
  const edge = Math.min(x, y, image.width - 1 - x, image.height - 1 - y);
  return {
    // Of a ring the fit's middle means nothing; of a star it is the surer one.
    x: fit?.x ?? x,
    y: fit?.y ?? y,
    peak,
    background: sky.levelAt(x, y),
    flux,
    snr,
    fwhm: fit === null ? null : Math.sqrt(fit.fwhmMajor * fit.fwhmMinor),
    ellipticity: fit === null ? null : 1 - fit.fwhmMinor / fit.fwhmMajor,
    hfd,
    isSaturated,
    isAtEdge: edge < Math.max(light.radius, radius),
    isBlended: neighbour < BLENDED_HFDS * hfd,
  };
}

/** Distance to the nearest other place of a tenth of its light at least. */
function nearestOther(place: StarPlace, places: readonly StarPlace[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const other of places) {
    const distance = Math.hypot(other.x - place.x, other.y - place.y);
    const counts = place.height === Number.POSITIVE_INFINITY ? distance > 6 : other.height > place.height / 10;
    if (other !== place && counts) nearest = Math.min(nearest, distance);
  }
  return nearest;
}

function snrOf({ width, height, signal, noise }: SkySignal, { x, y, hfd }: HalfFlux): number {
  let [sum, count] = [0, 0];
  for (let row = Math.max(0, Math.ceil(y - hfd)); row <= Math.min(height - 1, y + hfd); row++) {
    for (let column = Math.max(0, Math.ceil(x - hfd)); column <= Math.min(width - 1, x + hfd); column++) {
      if ((column - x) ** 2 + (row - y) ** 2 > hfd * hfd) continue;
      sum += signal[row * width + column] as number;
      count++;
    }
  }
  return count === 0 ? 0 : sum / (noise * Math.sqrt(count));
}

/** As the camera gave it, hot pixels left out. */
function peakIn(
  { width, height, pixels }: FocusImage,
  { x, y, hfd }: HalfFlux,
  isHot: (index: number) => boolean,
): number {
  let peak = 0;
  for (let row = Math.max(0, Math.ceil(y - hfd)); row <= Math.min(height - 1, y + hfd); row++) {
    for (let column = Math.max(0, Math.ceil(x - hfd)); column <= Math.min(width - 1, x + hfd); column++) {
      const at = row * width + column;
      if (!isHot(at)) peak = Math.max(peak, pixels[at] as number);
    }
  }
  return peak;
}
