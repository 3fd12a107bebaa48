/** Features that every device of ours has: who it is, and its stream channel. Registers are the standard's. */
import { BOOTSTRAP, STREAM_CHANNEL } from '#pipeline/wire/registers.js';
import { PTP_STATUS } from './bootstrap.js';
import { element, enumeration, integer, masked, maskedRegister, text, tip } from './genicam-elements.js';
import { MINIMUM_PACKET_SIZE } from './gige-vision-device.js';

/** A category of a description with its features, and the XML of all nodes that they need. */
export type FeatureGroup = readonly [category: string, features: readonly string[], xml: string];

/** Tool tips of what devices of one kind say of themselves. */
export interface DeviceTips {
  readonly model: string;
  readonly version: string;
  readonly info: string;
  readonly serial: string;
}

export function deviceControl(tips: DeviceTips): FeatureGroup {
  const { manufacturerName, modelName, deviceVersion, manufacturerInfo, serialNumber, userDefinedName } = BOOTSTRAP;
  return [
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
    text('DeviceVendorName', manufacturerName.address, 32, 'RO', 'Name of the maker.') +
      text('DeviceModelName', modelName.address, 32, 'RO', tips.model) +
      text('DeviceVersion', deviceVersion.address, 32, 'RO', tips.version) +
      text('DeviceManufacturerInfo', manufacturerInfo.address, 48, 'RO', tips.info) +
      text('DeviceSerialNumber', serialNumber.address, 16, 'RO', tips.serial) +
      text('DeviceID', serialNumber.address, 16, 'RO', 'Same as DeviceSerialNumber.') +
      text('DeviceUserID', userDefinedName.address, 16, 'RW', 'Name given by the user.'),
  ];
}

/** `addresses`: of the device's own registers for PayloadSize and TLParamsLocked. */
export function transportLayerControl(addresses: {
  readonly payloadSize: number;
  readonly tlParamsLocked: number;
}): FeatureGroup {
  return [
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
    integer('PayloadSize', addresses.payloadSize, 'RO', { tip: 'Bytes of a frame.', unit: 'B' }) +
      integer('TLParamsLocked', addresses.tlParamsLocked, 'RW', {
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
  ];
}

/** What a description says in its first line. */
export interface DescriptionTitle {
  readonly model: string;
  readonly vendor: string;
  readonly toolTip: string;
  /** Of the kind of description, and of its version. */
  readonly productGuid: string;
  readonly versionGuid: string;
}

/** A whole GenICam description. */
export function descriptionXml(title: DescriptionTitle, groups: readonly FeatureGroup[]): string {
  const categories = groups.map(([name, features]) =>
    element('Category', name, ...features.map((feature) => `<pFeature>${feature}</pFeature>`)),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<RegisterDescription ModelName="${title.model}" VendorName="${title.vendor}" ToolTip="${title.toolTip}" StandardNameSpace="GEV" SchemaMajorVersion="1" SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0" ProductGuid="${title.productGuid}" VersionGuid="${title.versionGuid}" xmlns="http://www.genicam.org/GenApi/Version_1_1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.genicam.org/GenApi/Version_1_1 http://www.genicam.org/GenApi/GenApiSchema_Version_1_1.xsd">
${element('Category', 'Root', ...groups.map(([name]) => `<pFeature>${name}</pFeature>`))}${categories.join('')}${groups.map(([, , xml]) => xml).join('')}    <Port Name="Device"/>
</RegisterDescription>
`;
}
