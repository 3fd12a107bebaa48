/** The stream that a request asks for. */
import { SdkError } from '../sdk/library.js';
import type { StreamRequest } from '../sdk/sdk-camera.js';
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
