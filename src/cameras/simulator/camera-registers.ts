import { BOOTSTRAP } from '#pipeline/wire/registers.js';
import { FRAME_REGISTERS, STREAM_REGISTERS } from '../gige-vision/device/frame-registers.js';

/**
 * The registers of the simulated camera beside the standard's bootstrap registers: where its GenICam features live.
 * One table for the register memory and the XML.
 */
export const CAMERA = {
  ...FRAME_REGISTERS,
  ledMode: 0x10048,
  ledPosition: 0x1004c,
  ledWidth: 0x10050,
  ledOrigin: 0x10054,
  ledTickFrequency: 0x10058,
  triggerMode: 0x1005c,
  triggerSource: 0x10060,
  triggerSoftware: 0x10064,
  dynamicRangeMax: 0x10068,
  /** Doubles from here on. */
  frameRate: 0x10100,
  frameRateMaximum: 0x10108,
  exposureTime: 0x10110,
  gain: 0x10118,
} as const;

export const TRIGGER_MODE = { Off: 0, On: 1 } as const;
export const TRIGGER_SOURCE = { Software: 0, Action0: 1 } as const;

export const CAMERA_BEGIN = 0x10000;
export const CAMERA_END = 0x10200;
/** Where the GenICam XML is read. */
export const XML_ADDRESS = 0x20000;

/** Registers that the controller may write. */
export const WRITABLE = [
  ...(
    [
      'width',
      'height',
      'offsetX',
      'offsetY',
      'pixelFormat',
      ...STREAM_REGISTERS,
      'gpsHeader',
      'ledMode',
      'ledPosition',
      'ledWidth',
      'triggerMode',
      'triggerSource',
      'triggerSoftware',
    ] as const
  ).map((name) => ({ address: CAMERA[name], bytes: 4 })),
  ...(['actionDeviceKey', 'actionGroupKey', 'actionGroupMask'] as const).map((name) => ({
    address: BOOTSTRAP[name].address,
    bytes: 4,
  })),
  ...(['frameRate', 'exposureTime', 'gain'] as const).map((name) => ({ address: CAMERA[name], bytes: 8 })),
];
