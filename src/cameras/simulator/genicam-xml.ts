import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { BOOTSTRAP } from '#pipeline/wire/registers.js';
import {
  boolean,
  command,
  enumeration,
  float,
  floatRegister,
  integer,
  room,
} from '../gige-vision/device/genicam-elements.js';
import {
  descriptionXml,
  deviceControl,
  type FeatureGroup,
  transportLayerControl,
} from '../gige-vision/device/standard-features.js';
import { CAMERA, TRIGGER_MODE, TRIGGER_SOURCE } from './camera-registers.js';
import { LED_MODE, LED_WIDTH_TICKS } from './led-spot.js';
import type { CameraModel } from './models.js';
import { MAXIMUM_EXPOSURE_NS, MAXIMUM_GAIN_DB, MINIMUM_EXPOSURE_NS } from './options.js';

const named = (values: Readonly<Record<string, number>>) => Object.entries(values);

const groups = (model: CameraModel): readonly FeatureGroup[] => [
  deviceControl({
    model: 'Simulated model.',
    version: 'Version of the simulator.',
    info: 'What is simulated.',
    serial: 'Serial number, from the seed.',
  }),
  [
    'ImageFormatControl',
    [
      'SensorWidth',
      'SensorHeight',
      'Width',
      'Height',
      'OffsetX',
      'OffsetY',
      'PixelFormat',
      'PixelDynamicRangeMax',
      'SensorShutterMode',
      'LinePeriod',
      'RowZeroEndOffset',
      'RowPairing',
      'GpsHeader',
    ],
    integer('SensorWidth', CAMERA.sensorWidth, 'RO', { tip: 'Columns of the sensor.', unit: 'px' }) +
      integer('SensorHeight', CAMERA.sensorHeight, 'RO', { tip: 'Rows of the sensor.', unit: 'px' }) +
      integer('Width', CAMERA.width, 'RW', {
        tip: 'Width of the region of interest.',
        minimum: '<Min>1</Min>',
        maximum: '<pMax>WidthRoom</pMax>',
        unit: 'px',
      }) +
      integer('Height', CAMERA.height, 'RW', {
        tip: 'Height of the region of interest.',
        minimum: '<Min>1</Min>',
        maximum: '<pMax>HeightRoom</pMax>',
        unit: 'px',
      }) +
      integer('OffsetX', CAMERA.offsetX, 'RW', {
        tip: 'Left edge of the region of interest.',
        minimum: '<Min>0</Min>',
        maximum: '<pMax>OffsetXRoom</pMax>',
        unit: 'px',
      }) +
      integer('OffsetY', CAMERA.offsetY, 'RW', {
        tip: 'Top edge of the region of interest.',
        minimum: '<Min>0</Min>',
        maximum: '<pMax>OffsetYRoom</pMax>',
        unit: 'px',
      }) +
      room('WidthRoom', 'SensorWidth', 'OffsetX') +
      room('HeightRoom', 'SensorHeight', 'OffsetY') +
      room('OffsetXRoom', 'SensorWidth', 'Width') +
      room('OffsetYRoom', 'SensorHeight', 'Height') +
      enumeration(
        'PixelFormat',
        CAMERA.pixelFormat,
        'RW',
        'Pixels in the stream.',
        model.formats.map((name) => [name, pixelFormatByName(name)?.code ?? 0] as const),
      ) +
      integer('PixelDynamicRangeMax', CAMERA.dynamicRangeMax, 'RO', { tip: 'Largest value of a pixel.' }) +
      enumeration('SensorShutterMode', CAMERA.shutterMode, 'RO', 'How rows are exposed.', [
        ['Global', 0],
        ['Rolling', 1],
      ]) +
      integer('LinePeriod', CAMERA.linePeriod, 'RO', {
        tip: 'Time from one row to the next; 0 with a global shutter.',
        unit: 'ns',
      }) +
      integer('RowZeroEndOffset', CAMERA.rowZeroEndOffset, 'RO', {
        tip: 'Time from VSYNC in the GPS header to the end of row 0.',
        unit: 'ns',
      }) +
      boolean('RowPairing', CAMERA.rowPairing, 'RO', 'Rows are read two by two.') +
      boolean('GpsHeader', CAMERA.gpsHeader, 'RW', 'The first 44 bytes of a frame are its GPS header.'),
  ],
  [
    'AcquisitionControl',
    [
      'AcquisitionMode',
      'AcquisitionFrameCount',
      'AcquisitionStart',
      'AcquisitionStop',
      'AcquisitionFrameRate',
      'ExposureTime',
      'TriggerMode',
      'TriggerSource',
      'TriggerSoftware',
    ],
    enumeration('AcquisitionMode', CAMERA.acquisitionMode, 'RW', 'How many frames a start gives.', [
      ['Continuous', 0],
      ['SingleFrame', 1],
      ['MultiFrame', 2],
    ]) +
      integer('AcquisitionFrameCount', CAMERA.acquisitionFrameCount, 'RW', {
        tip: 'Frames of a MultiFrame acquisition.',
        minimum: '<Min>1</Min>',
      }) +
      command('AcquisitionStart', CAMERA.acquisitionStart, 'Starts the stream.') +
      command('AcquisitionStop', CAMERA.acquisitionStop, 'Stops behind the frame that is being sent.') +
      float('AcquisitionFrameRate', CAMERA.frameRate, {
        tip: 'Frames per second; the exposure limits it.',
        minimum: '<Min>0.001</Min>',
        maximum: '<pMax>AcquisitionFrameRateMaxReg</pMax>',
        unit: 'Hz',
      }) +
      floatRegister('AcquisitionFrameRateMax', CAMERA.frameRateMaximum, 'RO') +
      float('ExposureTime', CAMERA.exposureTime, {
        tip: 'Exposure of a row.',
        minimum: `<Min>${Number(MINIMUM_EXPOSURE_NS) / 1000}</Min>`,
        maximum: `<Max>${Number(MAXIMUM_EXPOSURE_NS) / 1000}</Max>`,
        unit: 'us',
      }) +
      enumeration('TriggerMode', CAMERA.triggerMode, 'RW', 'On: each trigger exposes one frame.', named(TRIGGER_MODE)) +
      enumeration('TriggerSource', CAMERA.triggerSource, 'RW', 'What triggers.', named(TRIGGER_SOURCE)) +
      command('TriggerSoftware', CAMERA.triggerSoftware, 'Triggers, where TriggerSource is Software.'),
  ],
  [
    'ActionControl',
    ['ActionDeviceKey', 'ActionGroupKey', 'ActionGroupMask'],
    integer('ActionDeviceKey', BOOTSTRAP.actionDeviceKey.address, 'RW', {
      tip: 'Action commands with this device key are meant.',
    }) +
      integer('ActionGroupKey', BOOTSTRAP.actionGroupKey.address, 'RW', {
        tip: 'Action commands with this group key are meant.',
      }) +
      integer('ActionGroupMask', BOOTSTRAP.actionGroupMask.address, 'RW', {
        tip: 'One bit in common with the mask of an action command; 0: none is meant.',
      }),
  ],
  [
    'AnalogControl',
    ['Gain'],
    float('Gain', CAMERA.gain, {
      tip: 'Gain; taken over at the next start.',
      minimum: '<Min>0</Min>',
      maximum: `<Max>${MAXIMUM_GAIN_DB}</Max>`,
      unit: 'dB',
    }),
  ],
  [
    'LedCalibrationControl',
    ['LedCalMode', 'LedPulsePosition', 'LedPulseWidth', 'LedPulseOrigin', 'LedPulseTickFrequency'],
    enumeration(
      'LedCalMode',
      CAMERA.ledMode,
      'RW',
      'GPIO mode 6: the mark of the GPS header about which the LED shines.',
      Object.entries(LED_MODE),
    ) +
      integer('LedPulsePosition', CAMERA.ledPosition, 'RW', {
        tip: 'Begin of the pulse in ticks; LedPulseOrigin is the mark itself.',
        minimum: '<Min>0</Min>',
        maximum: '<Max>0xFFFFFFFF</Max>',
      }) +
      integer('LedPulseWidth', CAMERA.ledWidth, 'RW', {
        tip: 'Length of the pulse in ticks.',
        minimum: `<Min>${LED_WIDTH_TICKS.least}</Min>`,
        maximum: `<Max>${LED_WIDTH_TICKS.most}</Max>`,
      }) +
      integer('LedPulseOrigin', CAMERA.ledOrigin, 'RO', { tip: 'Position of a pulse that begins with the mark.' }) +
      integer('LedPulseTickFrequency', CAMERA.ledTickFrequency, 'RO', {
        tip: 'Ticks of position and width per second.',
        unit: 'Hz',
      }),
  ],
  transportLayerControl(CAMERA),
];

/** The GenICam description of a simulated camera: features by the names of SFNC, and its own for the shutter. */
export function genicamXml(model: CameraModel): string {
  return descriptionXml(
    {
      model: model.name,
      vendor: 'Appulse',
      toolTip: model.description,
      productGuid: '5A1C0B1E-6F3A-4B62-9A55-0A0A0A0A0A0A',
      versionGuid: '5A1C0B1E-6F3A-4B62-9A55-0A0A0A0A0A0B',
    },
    groups(model),
  );
}
