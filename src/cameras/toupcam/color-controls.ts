/** What the library does to pixels beside handing them on: colours, contrast, balances, levels. */
import { declareControl } from '../controls.js';
import type { CameraState } from './camera-state.js';
import { lacking, numberIn, type ToupcamControl } from './toupcam-control.js';
import type { CameraFunction } from './toupcam-functions.js';

const COLORS = ['Red', 'Green', 'Blue'] as const;
const MOST_LEVEL = 255;

export function colorControls(state: CameraState): readonly ToupcamControl[] {
  const needs = state.color ? 'PixelFormat RGB8' : 'ImageProcessing on';
  const raw = state.processed() ? null : `frames are raw, as the sensor gives them: needs ${needs}`;
  return [
    ...(state.color ? whiteBalance(state, raw) : []),
    ...blackBalance(state, raw),
    picture(state, raw, 'Contrast', [-100, 100, 0]),
    picture(state, raw, 'Brightness', [-64, 64, 0]),
    picture(state, raw, 'Gamma', [20, 180, 100]),
    ...(state.color
      ? [picture(state, raw, 'Hue', [-180, 180, 0]), picture(state, raw, 'Saturation', [0, 255, 128])]
      : []),
    ...levels(state, state.is('LEVELRANGE_HARDWARE') ? null : raw),
  ];
}

type Range = readonly [least: number, most: number, preset: number];

function declared(
  name: string,
  label: string,
  group: 'Color' | 'Gain',
  [minimum, maximum, preset]: Range,
  help: string,
) {
  return declareControl({ name, label, group, type: 'integer', minimum, maximum, step: 1, default: preset, help });
}

function picture(
  state: CameraState,
  raw: string | null,
  name: 'Contrast' | 'Brightness' | 'Gamma' | 'Hue' | 'Saturation',
  range: Range,
): ToupcamControl {
  const put = `put_${name}` satisfies CameraFunction as CameraFunction;
  const get = `get_${name}` satisfies CameraFunction as CameraFunction;
  return {
    declaration: declared(
      name,
      name,
      'Color',
      range,
      'Of the pictures that the library makes; raw frames are not changed by it.',
    ),
    value: state.handle.number(get),
    unavailable: lacking(state.library.library, put, get) ?? raw,
    write: (value) => state.handle.change(name.toLowerCase(), put, numberIn(value, name)),
  };
}

function command(
  name: string,
  label: string,
  help: string,
  unavailable: string | null,
  run: () => Promise<void>,
): ToupcamControl {
  return {
    declaration: declareControl({ name, label, group: 'Color', type: 'command', help }),
    value: null,
    unavailable,
    write: run,
  };
}

/** The library looks at the next frames. */
const idle = ({ streams }: CameraState): string | null =>
  streams ? null : 'it looks at the frames that come: needs a stream';

function whiteBalance(state: CameraState, raw: string | null): readonly ToupcamControl[] {
  const { handle } = state;
  const unavailable = lacking(state.library.library, 'put_WhiteBalanceGain', 'get_WhiteBalanceGain') ?? raw;
  const gains = new Int32Array(3);
  const read = handle.read('get_WhiteBalanceGain', gains) >= 0;
  return [
    ...COLORS.map((color, at): ToupcamControl => {
      const name = `WhiteBalance${color}`;
      return {
        declaration: declared(
          name,
          `White balance, ${color.toLowerCase()}`,
          'Color',
          [-127, 127, 0],
          'Gain of one colour.',
        ),
        value: read ? (gains[at] ?? null) : null,
        unavailable,
        write: (value) => {
          gains[at] = numberIn(value, name);
          return handle.change('the white balance', 'put_WhiteBalanceGain', gains);
        },
      };
    }),
    command(
      'WhiteBalanceAuto',
      'White balance, once',
      'Sets the gains of the colours so that the image is grey on the whole.',
      lacking(state.library.library, 'AwbInit') ?? raw ?? idle(state),
      () => handle.change('the automatic white balance', 'AwbInit', null, null),
    ),
  ];
}

function blackBalance(state: CameraState, raw: string | null): readonly ToupcamControl[] {
  const { handle } = state;
  const unavailable = lacking(state.library.library, 'put_BlackBalance', 'get_BlackBalance') ?? raw;
  const subtracted = new Uint16Array(3);
  const read = handle.read('get_BlackBalance', subtracted) >= 0;
  const help = 'Taken off each pixel of the pictures that the library makes.';
  const one = (name: string, label: string, places: readonly number[]): ToupcamControl => ({
    declaration: declared(name, label, 'Color', [0, MOST_LEVEL, 0], help),
    value: read ? (subtracted[places[0] ?? 0] ?? null) : null,
    unavailable,
    write: (value) => {
      for (const place of places) subtracted[place] = numberIn(value, name);
      return handle.change('the black balance', 'put_BlackBalance', subtracted);
    },
  });
  return [
    ...(state.color
      ? COLORS.map((color, at) => one(`BlackBalance${color}`, `Black balance, ${color.toLowerCase()}`, [at]))
      : [one('BlackBalance', 'Black balance', [0, 1, 2])]),
    command(
      'BlackBalanceAuto',
      'Black balance, once',
      'Sets the black balance so that the darkest pixels are black.',
      lacking(state.library.library, 'AbbOnce') ?? raw ?? idle(state),
      () => handle.change('the automatic black balance', 'AbbOnce', null, null),
    ),
  ];
}

/** The library has four ranges: red, green, blue, and brightness, which is all that a monochrome camera has. */
function levels(state: CameraState, unavailableInRaw: string | null): readonly ToupcamControl[] {
  const { handle } = state;
  const unavailable = lacking(state.library.library, 'put_LevelRange', 'get_LevelRange') ?? unavailableInRaw;
  const low = new Uint16Array(4);
  const high = new Uint16Array(4);
  const read = handle.read('get_LevelRange', low, high) >= 0;
  const one = (suffix: string, of: string, at: number, isLow: boolean): ToupcamControl => {
    const bounds = isLow ? low : high;
    const name = `Level${isLow ? 'Low' : 'High'}${suffix}`;
    const label = `${isLow ? 'Lowest' : 'Highest'} level${of}`;
    const preset = isLow ? 0 : MOST_LEVEL;
    return {
      declaration: declared(
        name,
        label,
        'Gain',
        [0, MOST_LEVEL, preset],
        'Bounds of the values that are spread over the whole range, in 8 bit.',
      ),
      value: read ? (bounds[at] ?? null) : null,
      unavailable,
      write: (value) => {
        bounds[at] = numberIn(value, name);
        return handle.change('the range of levels', 'put_LevelRange', low, high);
      },
    };
  };
  const GREY = 3;
  const places = [
    ['', '', GREY] as const,
    ...(state.color ? COLORS.map((c, at) => [c, `, ${c.toLowerCase()}`, at] as const) : []),
  ];
  return places.flatMap(([suffix, of, at]) => [one(suffix, of, at, true), one(suffix, of, at, false)]);
}
