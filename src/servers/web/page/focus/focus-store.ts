/** The focus aid's state: the region that is looked at, its stars, the one that is followed, and how its width has gone. */
import { batch, computed, signal } from '@preact/signals';
import { saturationOf } from '#src/focus/focus-image.js';
import { measureMosaic, measureStars, type StarField } from '#src/focus/measure-stars.js';
import { isTelling, type Star } from '#src/focus/star.js';
import { bestOf, trendOf } from '#src/focus/trend.js';
import { keptSignal } from '../kept/kept-signal.js';
import { cameras, frame, watched } from '../live/connection.js';
import { type FetchedPixels, fetchPixels, type Region } from './pixels-client.js';

export const REGION_SIZES = [256, 512, 1_024] as const;
const KEPT_POINTS = 2_400;
/** As far as a star may move from one measurement to the next, in pixels. */
const LEAST_REACH = 10;

export interface Place {
  readonly x: number;
  readonly y: number;
}

export type Quantity = 'hfd' | 'fwhm';

export interface FocusPoint {
  /** Of the frame, since 1970 UTC: for a plot only. */
  readonly seconds: number;
  readonly hfd: number | null;
  readonly fwhm: number | null;
  readonly medianHfd: number | null;
  readonly medianFwhm: number | null;
}

export interface Measured {
  readonly camera: number;
  readonly image: FetchedPixels;
  /** Places in pixels of the region. */
  readonly field: StarField;
}

const isSize = (kept: unknown): kept is number =>
  typeof kept === 'number' && REGION_SIZES.some((size) => size === kept);
const FIRST_SIZE = REGION_SIZES[1];

export const regionSize = keptSignal<number>('focus-region', FIRST_SIZE, (kept) => (isSize(kept) ? kept : FIRST_SIZE));
/** Middle of the region in the frame; null: that of the frame. */
export const regionCentre = signal<Place | null>(null);
export const quantity = keptSignal<Quantity>('focus-quantity', 'hfd', (kept) => (kept === 'fwhm' ? 'fwhm' : 'hfd'));
/** Arc seconds a pixel; null where not given. */
export const pixelScale = keptSignal<number | null>('focus-pixel-scale', null, (kept) =>
  typeof kept === 'number' && kept > 0 ? kept : null,
);
/** Whether the page chooses a star where none is followed. */
export const choosesItself = signal(true);
/** The star that is followed, in pixels of the frame. */
export const followed = signal<Place | null>(null);
export const measured = signal<Measured | null>(null);
export const history = signal<readonly FocusPoint[]>([]);
export const trouble = signal<string | null>(null);

/** The followed star as it was measured last; null where it is not seen. */
export const star = computed<Star | null>(() => {
  const place = followed.value;
  const now = measured.value;
  if (place === null || now === null) return null;
  const { x, y } = now.image;
  return now.field.stars.find((each) => each.x + x === place.x && each.y + y === place.y) ?? null;
});

const widths = computed(() =>
  history.value.flatMap((point) => {
    const width = point[quantity.value];
    return width === null ? [] : [{ width, seconds: point.seconds }];
  }),
);
export const trend = computed(() => trendOf(widths.value.map(({ width }) => width)));
export const best = computed(() => {
  const found = bestOf(widths.value.map(({ width }) => width));
  return found === null ? null : { width: found.width, seconds: widths.value[found.index]?.seconds ?? 0 };
});

const watchedCamera = () => cameras.value.find((each) => each.camera === watched.value);
/** Apart, since a camera tells its state several times a second and these stay. */
const frameWidth = computed(() => watchedCamera()?.width ?? 0);
const frameHeight = computed(() => watchedCamera()?.height ?? 0);

/** The region as it lies in the frame of the watched camera; null while nothing is known of that. */
export const region = computed<Region | null>(() => {
  const [wholeWidth, wholeHeight] = [frameWidth.value, frameHeight.value];
  if (wholeWidth === 0 || wholeHeight === 0) return null;
  const [width, height] = [Math.min(regionSize.value, wholeWidth), Math.min(regionSize.value, wholeHeight)];
  const centre = regionCentre.value ?? { x: wholeWidth / 2, y: wholeHeight / 2 };
  const within = (middle: number, size: number, whole: number): number =>
    Math.max(0, Math.min(whole - size, Math.round(middle - size / 2)));
  return { x: within(centre.x, width, wholeWidth), y: within(centre.y, height, wholeHeight), width, height };
});

export function forgetHistory(): void {
  history.value = [];
}

/** Everything anew, as for another camera. */
export function beginAnew(): void {
  batch(() => {
    regionCentre.value = null;
    followed.value = null;
    measured.value = null;
    trouble.value = null;
    forgetHistory();
  });
}

/** Follows another star, by its place in the frame. */
export function follow(place: Place): void {
  batch(() => {
    choosesItself.value = false;
    followed.value = place;
    forgetHistory();
  });
}

export function chooseItself(): void {
  batch(() => {
    choosesItself.value = true;
    followed.value = null;
    forgetHistory();
  });
}

/** By half of its size. */
export function moveRegion(right: number, down: number): void {
  const now = region.value;
  if (now === null) return;
  regionCentre.value = {
    x: now.x + now.width / 2 + (right * now.width) / 2,
    y: now.y + now.height / 2 + (down * now.height) / 2,
  };
}

/** Fetches and measures the newest frame, where there is one that was not measured yet. Does not throw. */
export async function measureNewest(): Promise<void> {
  const camera = watched.value;
  const wanted = region.value;
  // Before the first preview there is no frame to ask for.
  if (wanted === null || frame.peek() === null) return;
  try {
    const image = await fetchPixels(camera, wanted);
    if (camera !== watched.value || wanted !== region.value) return;
    const before = measured.value;
    const isSame =
      before?.image.frameNumber === image.frameNumber && before.image.x === image.x && before.image.y === image.y;
    if (isSame && before.image.width === image.width) return;
    take(camera, image);
  } catch (error) {
    if (camera === watched.value) trouble.value = (error as Error).message;
  }
}

function take(camera: number, image: FetchedPixels): void {
  const format = watchedCamera()?.pixelFormat ?? '';
  const { x, y, width, height, pixels, bitDepth } = image;
  const place = followed.value;
  const near = place === null || !isWithin(image, place) ? null : { x: place.x - x, y: place.y - y };
  const measure = format.startsWith('Bayer') ? measureMosaic : measureStars;
  const field = measure({ width, height, pixels, saturation: saturationOf(bitDepth) }, near);
  const found = near === null ? null : nearest(field.stars, near);
  const chosen = found ?? (choosesItself.value ? (field.stars.find(isTelling) ?? field.stars[0] ?? null) : null);
  batch(() => {
    trouble.value = null;
    if (chosen !== null) {
      if (found === null && place !== null) forgetHistory();
      followed.value = { x: chosen.x + x, y: chosen.y + y };
    }
    measured.value = { camera, image, field };
    const point = {
      seconds: Number(BigInt(image.startUtcNs) / 1_000_000n) / 1_000,
      hfd: chosen?.hfd ?? null,
      fwhm: chosen?.fwhm ?? null,
      medianHfd: field.medianHfd,
      medianFwhm: field.medianFwhm,
    };
    const last = history.value.at(-1);
    // A host's clock that was set back would draw the line backwards.
    const kept = last !== undefined && last.seconds >= point.seconds ? [] : history.value;
    history.value = [...kept, point].slice(-KEPT_POINTS);
  });
}

export function isWithin({ x, y, width, height }: Region, place: Place): boolean {
  return place.x >= x && place.y >= y && place.x < x + width && place.y < y + height;
}

/** The star at a place of the region, or the one that it has moved to. */
function nearest(stars: readonly Star[], { x, y }: Place): Star | null {
  const reach = (star: Star): number => Math.max(LEAST_REACH, star.hfd);
  const distance = (star: Star): number => Math.hypot(star.x - x, star.y - y);
  const near = stars.filter((star) => distance(star) < reach(star));
  return near.sort((a, b) => distance(a) - distance(b))[0] ?? null;
}

/** The nearest star in a direction from the followed one; null where there is none. */
export function starTowards(right: number, down: number): Place | null {
  const now = measured.value;
  if (now === null) return null;
  const { x, y, width, height } = now.image;
  const from = followed.value ?? { x: x + width / 2, y: y + height / 2 };
  const towards = now.field.stars
    .map((each) => ({ x: each.x + x, y: each.y + y }))
    .map((place) => {
      const along = (place.x - from.x) * right + (place.y - from.y) * down;
      const aside = Math.abs((place.x - from.x) * down) + Math.abs((place.y - from.y) * right);
      return { place, along, aside };
    })
    .filter(({ along, aside }) => along > 1 && aside <= 2 * along)
    .sort((a, b) => a.along + a.aside - (b.along + b.aside));
  return towards[0]?.place ?? null;
}
