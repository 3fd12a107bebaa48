/** The viewer of the live image: previews of the camera that is watched, and true pixels of its newest frame. */
import { computed, effect } from '@preact/signals';
import { HISTOGRAM_BINS } from '#pipeline/stages/steps.js';
import type { LiveFrame } from '#src/servers/web/live/live-protocol.js';
import { histogramOf, levelsOf } from '#src/servers/web/live/stretch.js';
import { fetchPixels } from '../focus/pixels-client.js';
import { frame, holdSeconds, shown, watched } from '../live/connection.js';
import type { ShownFrame } from './shown-frame.js';
import { Viewer } from './viewer.js';

const newest = computed(() => (frame.value === null ? null : shownFrameOf(frame.value)));

export const liveViewer = new Viewer({
  shown: newest,
  // A hold is of many frames.
  pixelsOf: computed(() => (holdSeconds.value > 0 ? null : String(watched.value))),
  fetchRegion: async (region) => {
    const { startUtcNs, ...pixels } = await fetchPixels(watched.peek(), region);
    return { ...pixels, startUtcNs: BigInt(startUtcNs) };
  },
});

let camera = watched.peek();
effect(() => {
  if (watched.value === camera) return;
  camera = watched.value;
  liveViewer.beginAnew();
});

/** The bytes may begin anywhere in the message, so they are copied to where words may stand. */
function shownFrameOf(live: LiveFrame): ShownFrame {
  const pixels = new Uint16Array(live.pixels.slice().buffer);
  const histogram = new Uint32Array(live.histogram.slice().buffer);
  const frameLevels = levelsOf(histogram, live.bitDepth);
  const { startUtcNs, lastRowOffsetNs, rowPairs, leapSecond } = live.time;
  return {
    ...live,
    coveredWidth: live.frameWidth,
    coveredHeight: live.frameHeight,
    pixels,
    histogram: frameLevels === null ? histogramOf(pixels, live.bitDepth, HISTOGRAM_BINS) : histogram,
    frameLevels,
    time: { startUtcNs: BigInt(startUtcNs), lastRowOffsetNs: BigInt(lastRowOffsetNs), rowPairs, leapSecond },
  };
}

let told: LiveFrame | null = null;

/** The newest frame is on the screen, and the next one may come. */
export function tellShown(canvas: HTMLCanvasElement): void {
  const painted = frame.peek();
  if (painted === null) return;
  if (painted === told && canvas.dataset.frame !== undefined) return;
  canvas.dataset.lastPacket = painted.lastPacketUtcNs;
  canvas.dataset.frame = String(painted.number);
  if (painted === told) return;
  told = painted;
  shown(painted);
}
