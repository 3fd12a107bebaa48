import type { ShutterModel } from '#gps/rows/shutter.js';
import { isRecordable, pixelFormats } from '#pipeline/wire/pixel-formats.js';

/** A camera that can be simulated: geometry and rates from the makers' tables, light and noise in electrons. */
export interface CameraModel {
  readonly name: string;
  /** Short form for serial numbers (the register holds 16 bytes). */
  readonly code: string;
  readonly description: string;
  readonly sensorWidth: number;
  readonly sensorHeight: number;
  /** Names of PFNC; the first is the default. */
  readonly formats: readonly string[];
  readonly adcBits: number;
  readonly defaultFps: number;
  readonly maximumFps: number;
  readonly defaultExposureNs: bigint;
  readonly shutter: ShutterModel;
  /** Electrons per ADC unit at gain 0 dB. */
  readonly electronsPerUnit: number;
  /** ADC units of a black pixel. */
  readonly offsetUnits: number;
  readonly readNoiseElectrons: number;
  readonly skyElectronsPerSecond: number;
  /** Standard deviation of the star image in pixels. */
  readonly psfSigma: number;
}

/** Line periods follow from the rates of the makers' tables (frame time / rows); all times are whole GPS ticks of 100 ns. */
function rolling(linePeriodNs: bigint, rowZeroEndOffsetNs: bigint, rowPairs: boolean): ShutterModel {
  return { kind: 'rolling', linePeriodNs, rowZeroEndOffsetNs, rowPairs };
}
const globalShutter: ShutterModel = { kind: 'global', linePeriodNs: 0n, rowZeroEndOffsetNs: 0n, rowPairs: false };

/** Everything that is recorded, except the signed format. */
const allFormats = pixelFormats.filter((f) => isRecordable(f) && f.name !== 'Mono8s').map((f) => f.name);

export const cameraModels: readonly CameraModel[] = [
  {
    name: 'qhy411-bin3',
    code: '411B3',
    description: 'QHY411, 3x3 on-chip binning, 12 bit',
    sensorWidth: 4768,
    sensorHeight: 3588,
    formats: ['Mono12p', 'Mono8'],
    adcBits: 12,
    defaultFps: 20,
    maximumFps: 20,
    defaultExposureNs: 40_000_000n,
    shutter: rolling(13_800n, 1_974_300n, false),
    electronsPerUnit: 4,
    offsetUnits: 100,
    readNoiseElectrons: 6,
    skyElectronsPerSecond: 2000,
    psfSigma: 1,
  },
  {
    name: 'qhy411',
    code: '411',
    description: 'QHY411, full frame, 16 bit',
    sensorWidth: 14304,
    sensorHeight: 10748,
    formats: ['Mono16'],
    adcBits: 16,
    defaultFps: 1,
    maximumFps: 1,
    defaultExposureNs: 500_000_000n,
    shutter: rolling(92_900n, 1_974_300n, true),
    electronsPerUnit: 0.8,
    offsetUnits: 500,
    readNoiseElectrons: 3,
    skyElectronsPerSecond: 200,
    psfSigma: 2,
  },
  {
    name: 'qhy461-14bit',
    code: '461',
    description: 'QHY461, full frame, 14 bit over fibre',
    sensorWidth: 11760,
    sensorHeight: 8842,
    formats: ['Mono14p', 'Mono16'],
    adcBits: 14,
    defaultFps: 6,
    maximumFps: 6,
    defaultExposureNs: 100_000_000n,
    shutter: rolling(18_800n, 1_012_400n, true),
    electronsPerUnit: 3,
    offsetUnits: 200,
    readNoiseElectrons: 3,
    skyElectronsPerSecond: 500,
    psfSigma: 1.7,
  },
  {
    name: 'qhy174gps',
    code: '174',
    description: 'QHY174GPS, global shutter',
    sensorWidth: 1920,
    sensorHeight: 1200,
    formats: ['Mono8', 'Mono16'],
    adcBits: 12,
    defaultFps: 50,
    maximumFps: 100,
    defaultExposureNs: 5_000_000n,
    shutter: globalShutter,
    electronsPerUnit: 8,
    offsetUnits: 64,
    readNoiseElectrons: 6,
    skyElectronsPerSecond: 10_000,
    psfSigma: 1.3,
  },
  {
    name: 'tiny',
    code: 'TINY',
    description: 'a small sensor for tests, every mono, Bayer and RGB format',
    sensorWidth: 320,
    sensorHeight: 240,
    formats: ['Mono12', ...allFormats.filter((name) => name !== 'Mono12')],
    adcBits: 12,
    defaultFps: 100,
    maximumFps: 1000,
    defaultExposureNs: 500_000n,
    shutter: globalShutter,
    electronsPerUnit: 4,
    offsetUnits: 100,
    readNoiseElectrons: 6,
    skyElectronsPerSecond: 200_000,
    psfSigma: 1.2,
  },
];

export function cameraModelByName(name: string): CameraModel | undefined {
  return cameraModels.find((model) => model.name === name);
}
