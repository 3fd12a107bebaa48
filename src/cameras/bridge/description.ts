/** The GenICam description of a bridged camera: its controls, and what frames look like where no control says it. */

import { pixelFormats } from '#pipeline/wire/pixel-formats.js';
import {
  boolean,
  command,
  element,
  enumeration,
  floatRegister,
  integer,
  register,
  text,
  tip,
} from '../gige-vision/device/genicam-elements.js';
import {
  descriptionXml,
  deviceControl,
  type FeatureGroup,
  transportLayerControl,
} from '../gige-vision/device/standard-features.js';
import type { SdkMode } from '../sdk/sdk-camera.js';
import type { OpenedCamera } from '../sdk/sdk-messages.js';
import { controlGroups, xmlText } from './control-features.js';
import type { ControlRegisters } from './control-registers.js';
import { MODE, READ_MODE_BYTES } from './mode-registers.js';

type Named = readonly [name: string, xml: string];

/** A number that is told and cannot be set. */
const reading = (name: string, address: number, help: string, unit?: string): Named => [
  name,
  integer(name, address, 'RO', { tip: help, ...(unit === undefined ? {} : { unit }) }),
];

const floatReading = (name: string, address: number, help: string, unit: string): Named => [
  name,
  element('Float', name, tip(help), `<pValue>${name}Reg</pValue>`, `<Unit>${unit}</Unit>`) +
    floatRegister(name, address, 'RO'),
];

/** What the library may not tell, or only in some modes. */
const known = (
  name: string,
  tag: 'Integer' | 'Enumeration',
  [address, availability]: readonly [number, number],
  help: string,
  entries: readonly string[] = [],
): Named => [
  name,
  element(
    tag,
    name,
    tip(help),
    `<pIsAvailable>${name}AvailableReg</pIsAvailable>`,
    ...entries,
    `<pValue>${name}Reg</pValue>`,
  ) +
    register(name, address, 'RO') +
    register(`${name}Available`, availability, 'RO'),
];

/** What frames look like. Where a control has the same name, it is the control that is described. */
function frameFeatures(mode: SdkMode): Named[] {
  return [
    reading('SensorWidth', MODE.sensorWidth, 'Columns of the sensor.', 'px'),
    reading('SensorHeight', MODE.sensorHeight, 'Rows of the sensor.', 'px'),
    reading('Width', MODE.width, 'Columns of a frame.', 'px'),
    reading('Height', MODE.height, 'Rows of a frame.', 'px'),
    reading('OffsetX', MODE.offsetX, 'Left edge of the region that is read.', 'px'),
    reading('OffsetY', MODE.offsetY, 'Top edge of the region that is read.', 'px'),
    [
      'PixelFormat',
      enumeration(
        'PixelFormat',
        MODE.pixelFormat,
        'RO',
        'Pixels in the stream.',
        pixelFormats.map(({ name, code }) => [name, code] as const),
      ),
    ],
    reading('PixelDynamicRangeMax', MODE.dynamicRangeMax, 'Largest value of a pixel.'),
    reading('BinningHorizontal', MODE.binningX, 'Columns of the sensor that are added up to one.'),
    reading('BinningVertical', MODE.binningY, 'Rows of the sensor that are added up to one.'),
    ...(mode.readMode === null
      ? []
      : [
          [
            'SensorReadoutMode',
            text('SensorReadoutMode', MODE.readMode, READ_MODE_BYTES, 'RO', 'How the sensor is read.'),
          ] as const,
        ]),
    floatReading('ExposureTime', MODE.exposureTime, 'Exposure of a row.', 'us'),
    floatReading(
      'AcquisitionFrameRate',
      MODE.frameRate,
      'Frames a second that are to be expected; 0: not known.',
      'Hz',
    ),
    known('SensorShutterMode', 'Enumeration', [MODE.shutterMode, MODE.hasShutterMode], 'How rows are exposed.', [
      '<EnumEntry Name="Global" NameSpace="Standard"><Value>0</Value></EnumEntry>',
      '<EnumEntry Name="Rolling" NameSpace="Standard"><Value>1</Value></EnumEntry>',
    ]),
    known(
      'LinePeriod',
      'Integer',
      [MODE.linePeriod, MODE.hasLinePeriod],
      'Time from one row to the next, in ns; 0 with a global shutter.',
    ),
    known(
      'RowZeroEndOffset',
      'Integer',
      [MODE.rowZeroEndOffset, MODE.hasRowZeroEnd],
      'Time from VSYNC in the GPS header to the end of row 0, in ns.',
    ),
    ['RowPairing', boolean('RowPairing', MODE.rowPairing, 'RO', 'Rows are read two by two.')],
    ['GpsHeader', boolean('GpsHeader', MODE.gpsHeader, 'RO', 'The first 44 bytes of a frame are its GPS header.')],
    [
      'ChunkModeActive',
      boolean('ChunkModeActive', MODE.chunkMode, 'RO', 'Frames bring what the library tells beside them as a chunk.'),
    ],
  ];
}

const acquisition: FeatureGroup = [
  'AcquisitionControl',
  ['AcquisitionMode', 'AcquisitionFrameCount', 'AcquisitionStart', 'AcquisitionStop'],
  enumeration('AcquisitionMode', MODE.acquisitionMode, 'RW', 'A stream, or single frames as the camera makes them.', [
    ['Continuous', 0],
    ['SingleFrame', 1],
    ['MultiFrame', 2],
  ]) +
    integer('AcquisitionFrameCount', MODE.acquisitionFrameCount, 'RW', {
      tip: 'Frames of a MultiFrame acquisition.',
      minimum: '<Min>1</Min>',
    }) +
    command('AcquisitionStart', MODE.acquisitionStart, 'Starts the stream.') +
    command('AcquisitionStop', MODE.acquisitionStop, 'Stops behind the frame that is being sent.'),
];

/** `mode`: as the camera is set when it is opened, which says what it tells at all. */
export function bridgeXml(opened: OpenedCamera, mode: SdkMode, registers: ControlRegisters): string {
  const groups = controlGroups(registers.places);
  const taken = new Set(groups.flatMap(([, names]) => names));
  const own = frameFeatures(mode).filter(([name]) => !taken.has(name));
  const { vendor, model } = opened.identity;
  return descriptionXml(
    {
      model: xmlText(model),
      vendor: xmlText(vendor),
      toolTip: 'A camera behind its library, served by the bridge',
      productGuid: '5A1C0B1E-6F3A-4B62-9A55-0A0A0A0A0B0A',
      versionGuid: '5A1C0B1E-6F3A-4B62-9A55-0A0A0A0A0B0B',
    },
    [
      deviceControl({
        model: 'Model of the camera.',
        version: 'Version of its firmware.',
        info: 'What stands between.',
        serial: 'Serial number of the camera.',
      }),
      ['ImageFormatControl', own.map(([name]) => name), own.map(([, xml]) => xml).join('')],
      acquisition,
      ...groups,
      transportLayerControl(MODE),
    ],
  );
}
