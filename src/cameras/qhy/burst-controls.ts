/** Bursts, the frame counter, and the flush of residual images: what belongs to live mode alone. */
import { declareControl } from '../controls.js';
import { antiRbiValue } from './anti-rbi.js';
import { BURST_MOST, BURST_PATCH_NUMBER, type BurstRange, burstUnavailable, leastBurstStart } from './burst-rules.js';
import { commandControl, KeptControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';

export interface BurstSettings {
  readonly controls: readonly QhyControl[];
  readonly patchNumber: () => number;
  readonly range: () => BurstRange;
}

const NEEDED = [
  'EnableQHYCCDBurstMode',
  'SetQHYCCDBurstModeStartEnd',
  'SetQHYCCDBurstIDLE',
  'ReleaseQHYCCDBurstIDLE',
] as const;

/** Why `device` cannot give bursts; null where it can. */
export function burstReason(device: QhyDevice, model: string): string | null {
  return burstUnavailable(model) ?? NEEDED.map((name) => device.unavailable(name)).find((why) => why !== null) ?? null;
}

export function burstControls(device: QhyDevice, model: string, live: () => boolean): BurstSettings {
  const unavailable = () => burstReason(device, model);
  const burst = (name: string, label: string, help: string) =>
    ({ name, label, group: 'Burst', help, live: false }) as const;
  const number = (name: string, label: string, help: string, least: number, most: number, value: number) =>
    new KeptControl<number>(
      declareControl({
        ...burst(name, label, help),
        type: 'integer',
        minimum: least,
        maximum: most,
        step: 1,
        default: value,
      }),
      { value, unavailable, again: false },
    );
  const least = leastBurstStart(model);
  const rule =
    'Frames BurstStart + 1 to BurstEnd - 1 come; by fibre the first burst lacks its first one; long exposures of a QHY2020 or 4040 come as BurstStart + 2 to BurstEnd.';
  const start = number('BurstStart', 'Begin', rule, least, BURST_MOST, least);
  const end = number('BurstEnd', 'End', rule, least, BURST_MOST, least + 9);
  const patch = number(
    'BurstPatchNumber',
    'Patch number',
    "Fills the camera's memory up, so that a burst's last frame comes out of it.",
    0,
    0xffff_ffff,
    BURST_PATCH_NUMBER,
  );
  const value = antiRbiValue(model);
  return {
    controls: [
      new KeptControl<boolean>(
        declareControl({
          ...burst('BurstMode', 'Burst', 'On: a stream gives bursts instead of every frame.'),
          type: 'boolean',
          default: false,
          kept: false,
        }),
        { value: false, unavailable, again: false },
      ),
      start,
      end,
      number('BurstCount', 'Bursts', 'How many follow one another in a stream.', 1, BURST_MOST, 1),
      patch,
      commandControl(
        declareControl({
          ...burst(
            'FrameCounterReset',
            'Reset the frame counter',
            "Counts from 0 again; a burst's release does so by itself.",
          ),
          type: 'command',
          live: true,
        }),
        () => device.check('ResetQHYCCDFrameCounter', 'the frame counter could not be reset'),
        () => device.unavailable('ResetQHYCCDFrameCounter'),
      ),
      new KeptControl<boolean>(
        declareControl({
          name: 'AntiRbi',
          label: 'Flush of residual images',
          group: 'Gain',
          type: 'boolean',
          default: false,
          live: false,
          help: 'In live mode a short frame that flushes the sensor comes before each ordinary one: every second frame is such a flush.',
        }),
        {
          value: false,
          unavailable: () =>
            device.unavailable('SetQHYCCDEnableLiveModeAntiRBI') ??
            (value === null ? `no value for ${model} is published: QHY600, 411 and 461 have it` : null),
          tell: async (on) => {
            // It belongs to live mode: a camera in single-frame mode is told when it goes live.
            if (!live()) return;
            await device.check(
              'SetQHYCCDEnableLiveModeAntiRBI',
              'the flush of residual images could not be set',
              on ? (value ?? 0) : 0,
            );
          },
        },
      ),
    ],
    patchNumber: () => patch.value,
    range: () => ({ start: start.value, end: end.value }),
  };
}
