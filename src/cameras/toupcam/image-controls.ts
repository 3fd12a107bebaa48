/** Region, resolution, binning, depth and colours of the image. */
import { type Choice, type ControlValue, declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import { BAYER_PATTERNS, type BayerPattern, rawPixelFormat } from './bayer-pattern.js';
import { binnedSize, binningCodeOf, LARGEST_BINNING } from './binning-code.js';
import type { ToupcamMode } from './camera-mode.js';
import type { CameraState } from './camera-state.js';
import { RAW_PIXEL_FORMAT } from './toupcam-constants.js';
import { lacking, numberIn, type ToupcamControl } from './toupcam-control.js';

/** Regions are whole pairs of pixels, so that a pattern of colours begins as that of the sensor does. */
const EVEN = 2;
const LEAST_SIDE = 16;

const shaping = { group: 'Image', live: false, shapesFrames: true } as const;

/** In the order in which they can be set one after the other: each after those that it depends on. */
export function imageControls(state: CameraState, mode: ToupcamMode): readonly ToupcamControl[] {
  return [
    resolutionControl(state),
    ...binningControls(state),
    ...(state.color ? bayerControls(state) : [processingControl(state)]),
    pixelFormatControl(state, mode),
    ...regionControls(state, mode),
    ...defectControl(state),
  ];
}

type Side = 'width' | 'height' | 'offsetX' | 'offsetY';

function regionControls(state: CameraState, mode: ToupcamMode): readonly ToupcamControl[] {
  const unavailable = lacking(state.library.library, 'put_Roi', 'get_Roi');
  const { factor } = state.binning();
  const whole = state.resolution();
  const columns = binnedSize(whole.width, factor);
  const rows = binnedSize(whole.height, factor);
  const of = (name: string, label: string, side: Side, minimum: number, maximum: number, preset: number) => ({
    declaration: declareControl({
      ...shaping,
      name,
      label,
      type: 'integer',
      unit: 'px',
      minimum,
      maximum: Math.max(minimum, maximum),
      step: EVEN,
      default: preset,
      help: 'In pixels of the image, that is after binning; whole pairs.',
    }),
    value: mode[side],
    unavailable,
    write: (value: ControlValue) => setRegion(state, { ...mode, [side]: numberIn(value, name) }),
  });
  return [
    of('Width', 'Width', 'width', LEAST_SIDE, columns - mode.offsetX, columns),
    of('Height', 'Height', 'height', LEAST_SIDE, rows - mode.offsetY, rows),
    of('OffsetX', 'Left edge', 'offsetX', 0, columns - mode.width, 0),
    of('OffsetY', 'Top edge', 'offsetY', 0, rows - mode.height, 0),
  ];
}

/** The camera counts regions in pixels before binning. */
async function setRegion(state: CameraState, region: Pick<ToupcamMode, Side>): Promise<void> {
  const { factor } = state.binning();
  const whole = state.resolution();
  const { width, height, offsetX, offsetY } = region;
  const even = (pixels: number, most: number): number => Math.min(most, 2 * Math.round((pixels * factor) / 2));
  const x = even(offsetX, whole.width);
  const y = even(offsetY, whole.height);
  const place = `${width} x ${height} at ${offsetX}, ${offsetY}`;
  // The whole image, whose last columns may fill no binned pixel, is no region to the camera.
  const all =
    x === 0 && y === 0 && width >= binnedSize(whole.width, factor) && height >= binnedSize(whole.height, factor);
  const [w, h] = all ? [0, 0] : [even(width, whole.width - x), even(height, whole.height - y)];
  await state.handle.change(`a region of ${place}`, 'put_Roi', x, y, w, h);
}

function resolutionControl(state: CameraState): ToupcamControl {
  const choices = state.device.model.resolutions.map(({ width, height }) => ({
    name: `${width}x${height}`,
    label: `${width} x ${height}`,
  }));
  const current = choices[state.resolutionIndex()];
  return {
    declaration: declareControl({
      ...shaping,
      name: 'Resolution',
      label: 'Resolution',
      type: 'choice',
      choices,
      default: choices[0]?.name ?? null,
      help: 'Images of the whole sensor, smaller ones by rows and columns that the camera adds up. Sets the region back to the whole image.',
    }),
    value: current?.name ?? null,
    unavailable: lacking(state.library.library, 'put_eSize', 'get_eSize'),
    write: async (value) => {
      const index = choices.findIndex(({ name }) => name === value);
      if (index < 0) throw new SdkError('sdk.refused', `${String(value)} is no resolution of this camera`);
      await setRegion(state, { ...state.resolution(), offsetX: 0, offsetY: 0 });
      await state.handle.change(`resolution ${String(value)}`, 'put_eSize', index);
      await setRegion(state, { ...state.resolution(), offsetX: 0, offsetY: 0 });
    },
  };
}

function binningControls(state: CameraState): readonly ToupcamControl[] {
  const { factor, mode } = state.binning();
  const set = async (next: number): Promise<void> => {
    const code = binningCodeOf({ factor: next, mode: state.choices.binningMode });
    await state.setOption(`binning of ${next} x ${next}`, 'BINNING', code);
  };
  const of = (name: string, label: string): ToupcamControl => ({
    declaration: declareControl({
      ...shaping,
      name,
      label,
      type: 'integer',
      minimum: 1,
      maximum: LARGEST_BINNING,
      step: 1,
      default: 1,
      help: 'Pixels that are added up to one; columns and rows are binned alike. The image has an even number of columns and rows.',
    }),
    value: factor,
    unavailable: null,
    write: (value) => set(numberIn(value, name)),
  });
  return [
    {
      declaration: declareControl({
        ...shaping,
        shapesFrames: false,
        name: 'BinningMode',
        label: 'Binning mode',
        type: 'choice',
        choices: [
          { name: 'Sum', label: 'Sum' },
          { name: 'Average', label: 'Average' },
        ],
        default: 'Sum',
        help: 'Whether binned pixels are added up, at most to the largest value of the depth, or averaged.',
      }),
      value: mode,
      unavailable: null,
      write: async (value) => {
        state.choices.binningMode = value === 'Average' ? 'Average' : 'Sum';
        await set(factor);
      },
    },
    of('BinningHorizontal', 'Binning of columns'),
    of('BinningVertical', 'Binning of rows'),
  ];
}

function pixelFormatControl(state: CameraState, mode: ToupcamMode): ToupcamControl {
  const pattern = state.pattern();
  // All patterns are listed, so that what was kept or described with another one still names a format.
  const patterns = state.color ? [...BAYER_PATTERNS, ...(pattern === null ? [null] : [])] : [null];
  const formats = patterns.flatMap((of) =>
    state.depths().map((bits) => ({ of, bits, format: rawPixelFormat(of, bits) })),
  );
  const rgb: readonly Choice[] = state.color ? [{ name: 'RGB8', label: 'RGB8, made by the library' }] : [];
  const choices = [...formats.map(({ format: { name } }) => ({ name, label: name })), ...rgb];
  return {
    declaration: declareControl({
      ...shaping,
      name: 'PixelFormat',
      label: 'Pixel format',
      type: 'choice',
      choices: choices.some(({ name }) => name === mode.pixelFormat.name)
        ? choices
        : [...choices, { name: mode.pixelFormat.name, label: mode.pixelFormat.name }],
      default: rawPixelFormat(pattern, state.mostBits()).name,
      help: 'Depth of raw pixels; above 8 bit a pixel has 16 bit with the value in the low ones. RGB8 is made by the library out of the raw pixels.',
    }),
    value: mode.pixelFormat.name,
    unavailable: null,
    write: async (value) => {
      if (value === 'RGB8') return setProcessing(state, true);
      const asked = formats.find(({ format }) => format.name === value);
      if (asked === undefined) throw new SdkError('sdk.refused', `${String(value)} is no pixel format of this camera`);
      if (asked.of !== pattern) {
        const own = rawPixelFormat(pattern, asked.bits).name;
        const text = `${String(value)} is not how this sensor's colours lie: write ${own}, or set BayerPattern if the camera tells them wrong`;
        throw new SdkError('sdk.refused', text);
      }
      if (state.processed()) await setProcessing(state, false);
      await setDepth(state, asked.bits);
    },
  };
}

/** Raw frames of `bits`. Of several depths above 8 bit the camera has one named. @throws SdkError `sdk.refused` */
export async function setDepth(state: CameraState, bits: number): Promise<void> {
  const what = `a depth of ${bits} bit`;
  await state.setOption(what, 'BITDEPTH', bits > 8 ? 1 : 0);
  const code = RAW_PIXEL_FORMAT[bits];
  if (bits > 8 && code !== undefined && state.depths().length > 2) await state.setOption(what, 'PIXEL_FORMAT', code);
}

/** Whether the library makes pictures (colour: RGB of 8 bit; monochrome: 8 bit) or hands on what the sensor gives. */
export async function setProcessing(state: CameraState, on: boolean): Promise<void> {
  if (!on) return state.setOption('raw pixels', 'RAW', 1);
  const what = 'processed pixels';
  await state.setOption('a depth of 8 bit', 'BITDEPTH', 0);
  await state.setOption(what, 'RAW', 0);
  await state.setOption(what, 'RGB', state.color ? 0 : 3);
  if (state.color) await state.setOption('the order of red, green, blue', 'BYTEORDER', 0);
}

function processingControl(state: CameraState): ToupcamControl {
  return {
    declaration: declareControl({
      ...shaping,
      name: 'ImageProcessing',
      label: 'Processing by the library',
      type: 'boolean',
      default: false,
      help: 'The library changes pixels by contrast, brightness, gamma and levels, in 8 bit. Off for anything that is measured.',
    }),
    value: state.processed(),
    unavailable: null,
    write: (value) => setProcessing(state, value === true),
  };
}

function bayerControls(state: CameraState): readonly ToupcamControl[] {
  const { choices } = state;
  const offset = (name: 'BayerOffsetX' | 'BayerOffsetY', label: string): ToupcamControl => {
    const key = name === 'BayerOffsetX' ? 'bayerOffsetX' : 'bayerOffsetY';
    return {
      declaration: declareControl({
        ...shaping,
        name,
        label,
        type: 'integer',
        unit: 'px',
        minimum: 0,
        maximum: 1,
        step: 1,
        default: 0,
        help: 'Pixels by which the pattern of colours is moved in the image, where the camera tells it wrong.',
      }),
      value: choices[key],
      unavailable: null,
      write: async (value) => {
        choices[key] = numberIn(value, name) & 1;
      },
    };
  };
  const patterns: readonly (BayerPattern | 'Auto')[] = ['Auto', ...BAYER_PATTERNS];
  return [
    {
      declaration: declareControl({
        ...shaping,
        name: 'BayerPattern',
        label: 'Bayer pattern',
        type: 'choice',
        choices: patterns.map((name) => ({ name, label: name === 'Auto' ? 'As the camera tells it' : name })),
        default: 'Auto',
        help: 'Colours of the first two pixels of the sensor. To be set only where the camera tells them wrong.',
      }),
      value: choices.bayer,
      unavailable: null,
      write: async (value) => {
        choices.bayer = patterns.find((name) => name === value) ?? 'Auto';
      },
    },
    offset('BayerOffsetX', 'Bayer offset, columns'),
    offset('BayerOffsetY', 'Bayer offset, rows'),
  ];
}

function defectControl(state: CameraState): readonly ToupcamControl[] {
  const value = state.option('DEFECT_PIXEL');
  if (value === null) return [];
  return [
    {
      declaration: declareControl({
        group: 'Image',
        name: 'DefectCorrection',
        label: 'Correction of defect pixels',
        type: 'boolean',
        default: false,
        help: 'The library replaces single bright or dark pixels by their neighbours, and takes faint stars for such. Its own default is on; here it is off.',
      }),
      value: value !== 0,
      unavailable: null,
      write: (on) => state.setOption('correction of defect pixels', 'DEFECT_PIXEL', on === true ? 1 : 0),
    },
  ];
}
