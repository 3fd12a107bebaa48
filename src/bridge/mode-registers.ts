/** Registers of a bridged camera beside its controls: how a stream is begun, and what its frames look like. */
export const MODE = {
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
  shutterMode: 0x10038,
  linePeriod: 0x1003c,
  rowZeroEndOffset: 0x10040,
  rowPairing: 0x10044,
  binningX: 0x10048,
  binningY: 0x1004c,
  chunkMode: 0x10050,
  /** 1 where the library tells a line period, and the end of row 0. */
  hasRowTimes: 0x10054,
  hasRowZeroEnd: 0x10058,
  /** Doubles from here on. */
  frameRate: 0x10100,
  exposureTime: 0x10108,
  /** A text of 64 bytes. */
  readMode: 0x10140,
} as const;

export const READ_MODE_BYTES = 64;
/** Where the registers of controls begin. */
export const CONTROLS_BEGIN = 0x10200;
/** Where the GenICam XML is read. */
export const XML_ADDRESS = 0x100000;

export const WRITABLE_MODE = (
  ['acquisitionMode', 'acquisitionFrameCount', 'acquisitionStart', 'acquisitionStop', 'tlParamsLocked'] as const
).map((name) => ({ address: MODE[name], bytes: 4 }));
