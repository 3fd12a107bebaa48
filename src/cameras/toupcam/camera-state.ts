/** What is known of an open Toupcam camera beside the values that it holds itself: its model, and what the operator has chosen. */
import { SdkError } from '../sdk/library.js';
import type { Sensor } from '../sdk/sdk-camera.js';
import type { BayerPattern } from './bayer-pattern.js';
import { patternOfFourCc, shiftedPattern } from './bayer-pattern.js';
import type { Binning } from './binning-code.js';
import { binningOf } from './binning-code.js';
import type { DualGain, GainRange } from './conversion-gain.js';
import { FLAG, OPTION } from './toupcam-constants.js';
import type { ToupcamHandle } from './toupcam-handle.js';
import type { Resolution, ToupcamDevice, ToupcamLibrary } from './toupcam-library.js';

export interface Choices {
  dual: DualGain;
  bayer: BayerPattern | 'Auto';
  bayerOffsetX: number;
  bayerOffsetY: number;
  binningMode: Binning['mode'];
  timeoutMinimumS: number;
  timeoutFactor: number;
  triggered: boolean;
  triggerSource: 'Software' | 'External' | 'Any';
  triggerFrames: number;
  /** As it was written; '': none is asked for. */
  triggerAt: string;
  sequence: { exposuresUs: readonly number[]; gains: readonly number[] };
  guideDirection: 'North' | 'South' | 'East' | 'West';
  guideDurationMs: number;
}

/** The settings of the manual's driver, where it names one. */
const PRESETS: Choices = {
  dual: { choice: 'Auto', threshold: 900, ratio: 1 },
  bayer: 'Auto',
  bayerOffsetX: 0,
  bayerOffsetY: 0,
  binningMode: 'Sum',
  timeoutMinimumS: 1,
  timeoutFactor: 0,
  triggered: false,
  triggerSource: 'Software',
  triggerFrames: 1,
  triggerAt: '',
  sequence: { exposuresUs: [], gains: [] },
  guideDirection: 'North',
  guideDurationMs: 100,
};

export class CameraState {
  readonly library: ToupcamLibrary;
  device: ToupcamDevice;
  handle: ToupcamHandle;
  readonly choices: Choices = { ...PRESETS, sequence: { ...PRESETS.sequence } };
  /** Whether a stream runs. */
  streams = false;
  /** Whether it is one that software triggers can be sent to. */
  takesTriggers = false;
  readonly color: boolean;

  constructor(library: ToupcamLibrary, device: ToupcamDevice, handle: ToupcamHandle) {
    this.library = library;
    this.device = device;
    this.handle = handle;
    this.color = !this.is('MONO');
  }

  is(flag: keyof typeof FLAG): boolean {
    return (this.device.model.flags & FLAG[flag]) !== 0n;
  }

  option(name: keyof typeof OPTION): number | null {
    return this.handle.option(OPTION[name]);
  }

  /** `what` says what is done, for the message of a refusal. */
  async setOption(what: string, name: keyof typeof OPTION, value: number): Promise<void> {
    await this.handle.setOption(what, OPTION[name], value);
  }

  /** The largest image, all that the sensor has. @throws SdkError `sdk.refused` for a model without any size */
  sensor(): Sensor {
    const { model } = this.device;
    const [largest] = [...model.resolutions].sort((a, b) => b.width * b.height - a.width * a.height);
    if (largest === undefined) {
      throw new SdkError('sdk.refused', `${model.name} tells no size of its images: take a newer library`);
    }
    const { pixelWidthUm, pixelHeightUm } = model;
    return { ...largest, pixelWidthUm, pixelHeightUm, adcBits: this.mostBits(), color: this.color };
  }

  /** Of get_eSize; 0 where the camera does not tell. */
  resolutionIndex(): number {
    return this.handle.number('get_eSize') ?? 0;
  }

  resolution(): Resolution {
    return this.device.model.resolutions[this.resolutionIndex()] ?? this.sensor();
  }

  /** Whether the library makes pictures of the pixels instead of handing them on as the sensor gives them. */
  processed(): boolean {
    return this.option('RAW') === 0;
  }

  binning(): Binning {
    return binningOf(this.option('BINNING') ?? 1, this.choices.binningMode);
  }

  /** Significant bits of the converter. */
  mostBits(): number {
    const told = this.handle.read('get_MaxBitDepth');
    return told >= 8 && told <= 16 ? told : 8;
  }

  /** Depths of raw frames that can be asked for, least first. */
  depths(): readonly number[] {
    const most = this.mostBits();
    const flagged = ([10, 12, 14, 16] as const).filter((bits) => bits < most && this.is(`RAW${bits}`));
    return [8, ...flagged, ...(most > 8 ? [most] : [])];
  }

  /** Significant bits of the raw frames that come now. */
  bits(): number {
    if (this.option('BITDEPTH') === 0) return 8;
    const [, bits] = this.handle.numbers('get_RawFormat', 2) ?? [];
    return bits !== undefined && bits > 8 && bits <= 16 ? bits : this.mostBits();
  }

  /** The pattern of the image's first pixels; null for a monochrome camera, and where the camera does not tell it. */
  pattern(): BayerPattern | null {
    if (!this.color) return null;
    const { bayer, bayerOffsetX, bayerOffsetY } = this.choices;
    const [fourCc = 0] = this.handle.numbers('get_RawFormat', 2) ?? [];
    const own = bayer === 'Auto' ? patternOfFourCc(fourCc) : bayer;
    return own === null ? null : shiftedPattern(own, bayerOffsetX, bayerOffsetY);
  }

  analogueGain(): GainRange {
    const [least, most] = this.handle.words('get_ExpoAGainRange', 3) ?? [];
    return least !== undefined && most !== undefined && least > 0 && least < most
      ? { least, most }
      : { least: 100, most: 100 };
  }

  exposureUs(): number {
    return (this.handle.number('get_ExpoTime') ?? 0) >>> 0;
  }
}
