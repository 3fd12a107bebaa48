/** The stream that a request asks for. */
import { QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { SdkError } from '../sdk/library.js';
import type { SdkMode, StreamRequest } from '../sdk/sdk-camera.js';
import { burstReason } from './burst-controls.js';
import { burstFrames, checkBurst } from './burst-rules.js';
import { BurstStream } from './burst-stream.js';
import { LiveStream } from './live-stream.js';
import { SingleStream } from './single-stream.js';
import type { QhyStream, StreamContext } from './stream.js';

export interface StreamSettings {
  readonly model: string;
  readonly fibre: boolean;
  readonly patchNumber: number;
  /** Whether the exposure is longer than the sensor takes to be read. */
  readonly longExposure: boolean;
  readonly ddr: () => boolean;
}

/** Fewer bytes cannot be told from nothing: both ends of a frame are marked before the library writes it. */
const LEAST_FRAME_BYTES = 64;

/** @throws SdkError `sdk.refused` for a region that is too small */
export function checkFrameSize({ width, height, pixelFormat, gpsHeader }: SdkMode): void {
  const bytes = payloadBytesOf(pixelFormat, width, height);
  if (bytes < LEAST_FRAME_BYTES) {
    throw new SdkError(
      'sdk.refused',
      `a region of ${width} x ${height} gives frames of ${bytes} bytes, and ${LEAST_FRAME_BYTES} are the least: set Width or Height to more`,
    );
  }
  const pixels = Math.ceil((QHY_HEADER_BYTES * 8) / pixelFormat.bitsPerPixel);
  if (gpsHeader && width < pixels) {
    throw new SdkError(
      'sdk.refused',
      `the GPS header needs ${pixels} pixels of the first row, and a row has ${width}: set Width to ${pixels} or more, or GpsHeader off`,
    );
  }
}

/** @throws SdkError `sdk.refused` for a burst that cannot be */
export function makeStream(request: StreamRequest, context: StreamContext, settings: StreamSettings): QhyStream {
  if (request.kind === 'single') return new SingleStream(context, request.frames);
  if (request.kind === 'live') return new LiveStream(context, settings.ddr);
  const { model, fibre, longExposure, patchNumber } = settings;
  const why = burstReason(context.device, model);
  if (why !== null) throw new SdkError('sdk.refused', `no burst can be had: ${why}`);
  const range = { start: request.start, end: request.end };
  checkBurst(model, range);
  return new BurstStream(context, {
    range,
    bursts: request.bursts,
    patchNumber,
    frames: (index) => burstFrames(model, range, { fibre, first: index === 0, longExposure }),
  });
}
