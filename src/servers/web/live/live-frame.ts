/** A preview as the page takes it. */
import type { Preview } from '#pipeline/stages/preview-board.js';
import type { StationFace } from '#src/station/station-face.js';
import type { CodedFrame, PreviewPlane } from './live-protocol.js';
import { codePixels } from './pixel-code.js';

/** Null where nothing is known of its camera. */
export function liveFrameOf(
  station: StationFace,
  camera: number,
  preview: Preview,
  plane: PreviewPlane,
): CodedFrame | null {
  const state = station.cameras.find((each) => each.camera === camera);
  if (state === undefined) return null;
  const { width, height, bitDepth, frameNumber, histogram, time, lastPacketUtcNs } = preview;
  return {
    kind: 'frame',
    camera,
    number: frameNumber,
    plane,
    width,
    height,
    frameWidth: state.width,
    frameHeight: state.height,
    bitDepth,
    ...codePixels(preview[plane]),
    histogram: new Uint8Array(histogram.buffer, histogram.byteOffset, histogram.byteLength),
    time: {
      startUtcNs: String(time.startUtcNs),
      leapSecond: time.leapSecond,
      exposureNs: String(time.exposureNs),
      uncertaintyNs: String(time.uncertaintyNs),
      grade: time.grade,
      source: time.source,
      lastRowOffsetNs: String(time.lastRowOffsetNs),
      rowPairs: time.rowPairs,
    },
    lastPacketUtcNs: String(lastPacketUtcNs),
  };
}
