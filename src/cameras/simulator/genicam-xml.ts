import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { BOOTSTRAP, STREAM_CHANNEL } from '#pipeline/wire/registers.js';
import { CAMERA, PTP_STATUS } from './camera-registers.js';
import {
  boolean,
  command,
  element,
  enumeration,
  float,
  floatRegister,
  integer,
  masked,
  maskedRegister,
  room,
  text,
  tip,
} from './genicam-elements.js';
import { LED_MODE, LED_WIDTH_TICKS } from './led-spot.js';
import type { CameraModel } from './models.js';
import { MAXIMUM_EXPOSURE_NS, MAXIMUM_GAIN_DB, MINIMUM_EXPOSURE_NS, MINIMUM_PACKET_SIZE } from './options.js';

const groups = (
  model: CameraModel,
): readonly (readonly [category: string, features: readonly string[], xml: string])[] => [
  [
    'DeviceControl',
    [
      'DeviceVendorName',
      'DeviceModelName',
      'DeviceVersion',
      'DeviceManufacturerInfo',
      'DeviceSerialNumber',
      'DeviceID',
      'DeviceUserID',
    ],
    text('DeviceVendorName', BOOTSTRAP.manufacturerName.address, 32, 'RO', 'Name of the maker.') +
      text('DeviceModelName', BOOTSTRAP.modelName.address, 32, 'RO', 'Simulated model.') +
      text('DeviceVersion', BOOTSTRAP.deviceVersion.address, 32, 'RO', 'Version of the simulator.') +
      text('DeviceManufacturerInfo', BOOTSTRAP.manufacturerInfo.address, 48, 'RO', 'What is simulated.') +
      text('DeviceSerialNumber', BOOTSTRAP.serialNumber.address, 16, 'RO', 'Serial number, from the seed.') +
      text('DeviceID', BOOTSTRAP.serialNumber.address, 16, 'RO', 'Same as DeviceSerialNumber.') +
      text('DeviceUserID', BOOTSTRAP.userDefinedName.address, 16, 'RW', 'Name given by the user.'),
  ],
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
      enumeration('SensorShutterMode', CAMERA.sensorShutterMode, 'RO', 'How rows are exposed.', [
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
  [
    'TransportLayerControl',
    [
      'PayloadSize',
      'TLParamsLocked',
      'GevVersionMajor',
      'GevVersionMinor',
      'GevCurrentIPAddress',
      'GevHeartbeatTimeout',
      'GevTimestampTickFrequency',
      'PtpStatus',
      'GevCCP',
      'GevStreamChannelCount',
      'GevSCPHostPort',
      'GevSCPSPacketSize',
      'GevSCPSDoNotFragment',
      'GevSCPSFireTestPacket',
      'GevSCPD',
      'GevSCDA',
      'GevSCSP',
      'GevGVSPExtendedIDMode',
    ],
    integer('PayloadSize', CAMERA.payloadSize, 'RO', { tip: 'Bytes of a frame.', unit: 'B' }) +
      integer('TLParamsLocked', CAMERA.tlParamsLocked, 'RW', {
        tip: 'Geometry is locked while 1.',
        minimum: '<Min>0</Min>',
        maximum: '<Max>1</Max>',
      }) +
      masked('GevVersionMajor', BOOTSTRAP.version.address, 'RO', 0, 15, 'Major version of GigE Vision.') +
      masked('GevVersionMinor', BOOTSTRAP.version.address, 'RO', 16, 31, 'Minor version of GigE Vision.') +
      integer('GevCurrentIPAddress', BOOTSTRAP.currentIpAddress.address, 'RO', { tip: 'Address of the device.' }) +
      integer('GevHeartbeatTimeout', BOOTSTRAP.heartbeatTimeout.address, 'RW', {
        tip: 'Control is lost after this silence.',
        minimum: '<Min>500</Min>',
        unit: 'ms',
      }) +
      integer('GevTimestampTickFrequency', BOOTSTRAP.timestampTickFrequencyLow.address, 'RO', {
        tip: 'Ticks per second.',
        unit: 'Hz',
      }) +
      enumeration(
        'PtpStatus',
        BOOTSTRAP.ieee1588Status.address,
        'RO',
        'Slave: time stamps are TAI.',
        Object.entries(PTP_STATUS),
      ) +
      enumeration('GevCCP', BOOTSTRAP.controlChannelPrivilege.address, 'RW', 'Control channel privilege.', [
        ['OpenAccess', 0],
        ['ExclusiveAccess', 1],
        ['ControlAccess', 2],
      ]) +
      integer('GevStreamChannelCount', BOOTSTRAP.numberOfStreamChannels.address, 'RO', { tip: 'Stream channels.' }) +
      masked(
        'GevSCPHostPort',
        STREAM_CHANNEL.port.address,
        'RW',
        16,
        31,
        'UDP port of the receiver; 0 stops the stream.',
      ) +
      element(
        'Integer',
        'GevSCPSPacketSize',
        tip('Packet size, all headers included.'),
        '<pValue>GevSCPSPacketSizeReg</pValue>',
        `<Min>${MINIMUM_PACKET_SIZE}</Min>`,
        '<Max>65000</Max>',
        '<Unit>B</Unit>',
      ) +
      maskedRegister('GevSCPSPacketSize', STREAM_CHANNEL.packetSize.address, 'RW', 16, 31) +
      element(
        'Boolean',
        'GevSCPSDoNotFragment',
        tip('Set the IP bit do-not-fragment.'),
        '<pValue>GevSCPSDoNotFragmentReg</pValue>',
      ) +
      maskedRegister('GevSCPSDoNotFragment', STREAM_CHANNEL.packetSize.address, 'RW', 1, 1) +
      element(
        'Command',
        'GevSCPSFireTestPacket',
        tip('Sends one packet of the packet size.'),
        '<pValue>GevSCPSFireTestPacketReg</pValue>',
        '<CommandValue>1</CommandValue>',
      ) +
      maskedRegister('GevSCPSFireTestPacket', STREAM_CHANNEL.packetSize.address, 'RW', 0, 0) +
      integer('GevSCPD', STREAM_CHANNEL.packetDelay.address, 'RW', { tip: 'Delay between packets.', unit: 'ns' }) +
      integer('GevSCDA', STREAM_CHANNEL.destinationAddress.address, 'RW', { tip: 'Address of the receiver.' }) +
      integer('GevSCSP', STREAM_CHANNEL.sourcePort.address, 'RO', { tip: 'UDP port the stream comes from.' }) +
      element(
        'Enumeration',
        'GevGVSPExtendedIDMode',
        tip('64-bit block ids.'),
        '<EnumEntry Name="Off" NameSpace="Standard"><Value>0</Value></EnumEntry>',
        '<EnumEntry Name="On" NameSpace="Standard"><Value>1</Value></EnumEntry>',
        '<pValue>GevGVSPExtendedIDModeReg</pValue>',
      ) +
      maskedRegister('GevGVSPExtendedIDMode', BOOTSTRAP.gvspConfiguration.address, 'RW', 1, 1),
  ],
];

/** The GenICam description of a simulated camera: features by the names of SFNC, and its own for the shutter. */
export function genicamXml(model: CameraModel): string {
  const all = groups(model);
  const categories = all.map(([name, features]) =>
    element('Category', name, ...features.map((feature) => `<pFeature>${feature}</pFeature>`)),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<RegisterDescription ModelName="${model.name}" VendorName="Appulse" ToolTip="${model.description}" StandardNameSpace="GEV" SchemaMajorVersion="1" SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0" ProductGuid="5A1C0B1E-6F3A-4B62-9A55-0A0A0A0A0A0A" VersionGuid="5A1C0B1E-6F3A-4B62-9A55-0A0A0A0A0A0B" xmlns="http://www.genicam.org/GenApi/Version_1_1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.genicam.org/GenApi/Version_1_1 http://www.genicam.org/GenApi/GenApiSchema_Version_1_1.xsd">
${element('Category', 'Root', ...all.map(([name]) => `<pFeature>${name}</pFeature>`))}${categories.join('')}${all.map(([, , xml]) => xml).join('')}    <Port Name="Device"/>
</RegisterDescription>
`;
}
