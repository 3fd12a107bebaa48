/** Controls of what part of the image comes: area and region, and what the library tells of the overscan. */
import { declareControl } from '../controls.js';
import { readingControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { ImageArea, Readout } from './readout.js';
import type { Rectangle } from './regions.js';

/** Of what gives frames another shape or depth. */
export const SHAPES = { group: 'Image', live: false, shapesFrames: true } as const;

export function regionControls(readout: Readout): readonly QhyControl[] {
  return [
    areaControl(readout),
    ...rectangleControls(readout),
    readingControl(
      declareControl({
        name: 'OverscanArea',
        label: 'Overscan area',
        group: 'Image',
        type: 'text',
        readOnly: true,
        help: 'Columns and rows that see no light, in pixels of the read mode: width x height at column, row.',
      }),
      async () => (readout.overscan === null ? null : inWords(readout.overscan)),
      () => (readout.overscan === null ? 'the SDK tells none for this read mode' : null),
    ),
  ];
}

const inWords = ({ x, y, width, height }: Rectangle): string => `${width} x ${height} at ${x}, ${y}`;

function areaControl(readout: Readout): QhyControl {
  return {
    declaration: declareControl({
      ...SHAPES,
      name: 'ImageArea',
      label: 'Area',
      type: 'choice',
      choices: [
        { name: 'Full', label: 'with optical black and overscan' },
        { name: 'Effective', label: 'pixels that see light' },
      ],
      default: 'Full',
      help: 'What regions may take. Offsets count from the corner of the whole frame in both, so that rows keep their times.',
    }),
    get unavailable() {
      return readout.effective === null ? 'the SDK tells no effective area for this read mode' : null;
    },
    get value() {
      return readout.area;
    },
    async set(value) {
      const { area } = readout;
      readout.area = value as ImageArea;
      try {
        await readout.setRegion(readout.bounds);
      } catch (error) {
        readout.area = area;
        throw error;
      }
    },
  };
}

function rectangleControls(readout: Readout): readonly QhyControl[] {
  const one = (
    name: string,
    label: string,
    of: keyof Rectangle,
    limits: (bounds: Rectangle, region: Rectangle) => readonly [number, number],
  ): QhyControl => ({
    get declaration() {
      const [minimum, maximum] = limits(readout.bounds, readout.region);
      return declareControl({
        ...SHAPES,
        name,
        label,
        type: 'integer',
        unit: 'px',
        minimum,
        maximum,
        step: 1,
        default: of === 'width' || of === 'height' ? maximum : minimum,
        help: 'In pixels of the image. The camera may take the next region that it can: the value is read back.',
      });
    },
    unavailable: null,
    get value() {
      return readout.region[of];
    },
    set: (value) => readout.setRegion({ ...readout.region, [of]: Number(value) }),
  });
  return [
    one('Width', 'Width', 'width', (bounds) => [1, bounds.width]),
    one('Height', 'Height', 'height', (bounds) => [1, bounds.height]),
    one('OffsetX', 'Left column', 'x', (bounds, region) => [bounds.x, bounds.x + bounds.width - region.width]),
    one('OffsetY', 'First row', 'y', (bounds, region) => [bounds.y, bounds.y + bounds.height - region.height]),
  ];
}
