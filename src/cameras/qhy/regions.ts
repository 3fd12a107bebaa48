/**
 * Regions of the image. All are in pixels of the image (binned) and count from the corner of the whole raw frame, whatever area is
 * chosen, so that rows keep their places in time; the library's own shift of the origin (IGNOREOVERSCAN) stays off.
 */

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `area` if it lies inside of a frame of `width` x `height`; null else: libraries tell areas of other modes. */
export function insideOf(area: Rectangle | null, width: number, height: number): Rectangle | null {
  if (area === null || area.width < 1 || area.height < 1) return null;
  return area.x + area.width <= width && area.y + area.height <= height ? area : null;
}

/** The whole binned pixels of `area`. */
export function binnedArea({ x, y, width, height }: Rectangle, binning: number): Rectangle {
  const left = Math.ceil(x / binning);
  const top = Math.ceil(y / binning);
  return {
    x: left,
    y: top,
    width: Math.floor((x + width) / binning) - left,
    height: Math.floor((y + height) / binning) - top,
  };
}

/** `region` moved and cut so that it lies inside of `area`. */
export function fitted(region: Rectangle, area: Rectangle): Rectangle {
  const width = Math.min(area.width, Math.max(1, region.width));
  const height = Math.min(area.height, Math.max(1, region.height));
  return {
    x: Math.min(area.x + area.width - width, Math.max(area.x, region.x)),
    y: Math.min(area.y + area.height - height, Math.max(area.y, region.y)),
    width,
    height,
  };
}

/** How many pixels of the sensor a read mode adds up to one, by its size beside the largest mode's and its name; 1 where it does not. */
export function onChipBinning(
  name: string,
  mode: { width: number; height: number },
  sensor: { width: number; height: number },
): number {
  if (!/bin/i.test(name) || mode.width < 1 || mode.height < 1) return 1;
  const across = sensor.width / mode.width;
  const down = sensor.height / mode.height;
  const factor = Math.round(across);
  const close = (ratio: number) => Math.abs(ratio - factor) < 0.05 * factor;
  return factor >= 2 && close(across) && close(down) ? factor : 1;
}

/** What the library tells of the region that it has set: in binned pixels or in unbinned ones; null where it is neither of `asked`. */
export function regionTold(asked: Rectangle, told: Rectangle, area: Rectangle, binning: number): Rectangle | null {
  const same = (factor: number) => told.width === asked.width * factor && told.height === asked.height * factor;
  if (same(1) || same(binning)) return asked;
  return insideOf({ ...told, x: told.x - area.x, y: told.y - area.y }, area.width, area.height) === null ? null : told;
}
