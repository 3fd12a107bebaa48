/** Controls of what images show: read mode, depth, binning, area, region, and what the library may paint into them. */
import { declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import { OUTPUT_BITS, type OutputBits } from './delivered-format.js';
import { KeptControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import type { Readout } from './readout.js';
import { regionControls, SHAPES } from './region-controls.js';

/** Initialises the camera anew with `change` made to its read-out, and as before where that fails. */
export type Rebuild = (change: () => void) => Promise<void>;

export function imageControls(device: QhyDevice, readout: Readout, rebuild: Rebuild): readonly QhyControl[] {
  return [
    readModeControl(readout, rebuild),
    formatControl(readout, rebuild),
    ...binningControls(readout, rebuild),
    ...regionControls(readout),
    osdControl(device),
  ];
}

function readModeControl(readout: Readout, rebuild: Rebuild): QhyControl {
  const choices = readout.modes.map(({ name, label, width, height, unavailable }) => ({
    name,
    label: `${label}${width > 0 ? `, ${width} x ${height}` : ''}${unavailable === null ? '' : ` (unavailable: ${unavailable})`}`,
  }));
  const declaration = declareControl({
    ...SHAPES,
    name: 'SensorReadoutMode',
    label: 'Read mode',
    type: 'choice',
    choices,
    default: choices[0]?.name ?? null,
    help: 'How the sensor is read, as the SDK names it. The line period, the full well and the noise differ. Setting one sets the region to the whole image.',
  });
  return {
    declaration,
    unavailable: null,
    get value() {
      return readout.mode.name;
    },
    async set(value) {
      const mode = readout.modes.find(({ name }) => name === value);
      if (mode === undefined) throw new SdkError('sdk.refused', `there is no read mode ${String(value)}`);
      if (mode.unavailable !== null) {
        throw new SdkError('sdk.refused', `read mode ${mode.label} cannot be used: ${mode.unavailable}`);
      }
      await rebuild(() => {
        readout.mode = mode;
        readout.binning = 1;
        readout.region = { x: 0, y: 0, width: 0, height: 0 };
        // The fast 12 bit mode gives its frame rate only where 8 bit are asked for (QHYCCD's manual).
        if (/12\s*-?bit/i.test(mode.label) && mode.onChipBinning > 1) readout.bits = 8;
      });
    },
  };
}

function formatControl(readout: Readout, rebuild: Rebuild): QhyControl {
  const nameOf = (bits: OutputBits) =>
    `${readout.frameBayer === 'none' || bits === 32 ? 'Mono' : `Bayer${readout.frameBayer}`}${bits}`;
  return {
    get declaration() {
      // What a mode's frames were seen to have stands in the place of what was asked for.
      const choices = OUTPUT_BITS.filter((bits) => readout.depths.includes(bits)).map((bits) => ({
        name: bits === readout.bits && bits !== 32 ? readout.format.name : nameOf(bits),
        label: `${bits} bit`,
      }));
      return declareControl({
        ...SHAPES,
        name: 'PixelFormat',
        label: 'Pixel format',
        type: 'choice',
        choices,
        help: '16 bit: 12 and 14 bit values are shifted up. 8 bit: the upper half, twice the frame rate over USB. 32 bit: whole sums where pixels are binned.',
      });
    },
    unavailable: null,
    get value() {
      return readout.format.name;
    },
    async set(value) {
      const bits = readout.depths.find((depth) => nameOf(depth) === value);
      if (bits === 32 && readout.refuses32 !== null) throw new SdkError('sdk.refused', readout.refuses32);
      if (bits === undefined || bits === readout.bits) return;
      const before = readout.bits;
      await rebuild(() => Object.assign(readout, { bits }));
      const { name, bitsPerPixel } = readout.format;
      if (bits !== 32 || bitsPerPixel === 32) return;
      await rebuild(() => Object.assign(readout, { bits: before }));
      throw new SdkError('sdk.refused', `the library takes 32 bit for an answer, and gives frames of ${name}`);
    },
  };
}

function binningControls(readout: Readout, rebuild: Rebuild): QhyControl[] {
  const set = async (binning: number) => {
    if (!readout.binnings.includes(binning)) {
      // The library takes any number, and gives nonsense.
      throw new SdkError(
        'sdk.refused',
        `this camera cannot bin by ${binning}: ${readout.binnings.join(', ')} can be set${onChip(readout)}`,
      );
    }
    if (binning === readout.binning) return;
    await rebuild(() => {
      readout.binning = binning;
      readout.region = { x: 0, y: 0, width: 0, height: 0 };
    });
  };
  const one = (name: string, label: string): QhyControl => ({
    get declaration() {
      return declareControl({
        ...SHAPES,
        name,
        label,
        type: 'integer',
        unit: 'px',
        minimum: 1,
        maximum: Math.max(...readout.binnings),
        step: 1,
        default: 1,
        help: 'Pixels added up by the camera or its library, the same both ways, beside what the read mode bins on the chip. Sets the region to the whole image.',
      });
    },
    unavailable: null,
    get value() {
      return readout.binning;
    },
    set: (value) => set(Number(value)),
  });
  const mode: QhyControl = {
    declaration: declareControl({
      ...SHAPES,
      name: 'BinningMode',
      label: 'Kind of binning',
      type: 'choice',
      choices: [
        { name: 'Sum', label: 'sum' },
        { name: 'Average', label: 'mean' },
      ],
      default: 'Sum',
      help: 'Whether binned pixels are added up or averaged.',
    }),
    get unavailable() {
      return readout.average === null ? 'the SDK does not offer a choice for this camera' : null;
    },
    get value() {
      return readout.average === null ? null : readout.average ? 'Average' : 'Sum';
    },
    set: (value) => rebuild(() => Object.assign(readout, { average: value === 'Average' })),
  };
  return [one('BinningHorizontal', 'Binning, horizontal'), one('BinningVertical', 'Binning, vertical'), mode];
}

const onChip = ({ modes }: Readout): string => {
  const binning = modes.filter((mode) => mode.onChipBinning > 1).map(({ name }) => name);
  return binning.length === 0 ? '' : `; the read modes ${binning.join(', ')} bin on the chip`;
};

function osdControl(device: QhyDevice): QhyControl {
  return new KeptControl<boolean>(
    declareControl({
      name: 'ImageOsd',
      label: 'Text in the image',
      group: 'Image',
      type: 'boolean',
      default: false,
      kept: false,
      help: 'The camera paints its frame number into the pixels at the top left: they are lost for measurements, and so is the GPS header under them. Off unless you look for a fault.',
    }),
    {
      value: false,
      again: true,
      unavailable: () => device.unavailable('EnableQHYCCDImageOSD'),
      tell: async (on) => {
        const code = await device.code('EnableQHYCCDImageOSD', on ? 1 : 0);
        // A camera without the text needs no turning off.
        if (code !== 0 && on) throw new SdkError('sdk.refused', 'this camera paints no text into its images');
      },
    },
  );
}
