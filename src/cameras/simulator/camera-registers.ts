import { BOOTSTRAP } from '#pipeline/wire/registers.js';

/**
 * The registers of the simulated camera beside the standard's bootstrap registers: where its GenICam features live.
 * One table for the register memory and the XML.
 */
export const CAMERA = {
  sensorWidth: 0x10000,
  sensorHeight: 0x10004,
  width: 0x10008,
  height: 0x1000c,
  offsetX: 0x10010,
  offsetY: 0x10014,
  pixelFormat: 0x10018,
  payloadSize: 0x1001c,
  acquisitionMode: 0x10020,
  acquisitionFrameCount: 0x10024,
  acquisitionStart: 0x10028,
  acquisitionStop: 0x1002c,
  tlParamsLocked: 0x10030,
  gpsHeader: 0x10034,
  sensorShutterMode: 0x10038,
  linePeriod: 0x1003c,
  rowZeroEndOffset: 0x10040,
  rowPairing: 0x10044,
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
      'acquisitionMode',
      'acquisitionFrameCount',
      'acquisitionStart',
      'acquisitionStop',
      'tlParamsLocked',
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
