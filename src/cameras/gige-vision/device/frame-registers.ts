/** Registers that each of our devices has at the same place: what its frames look like, and how a stream of them is begun. */
export const FRAME_REGISTERS = {
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
} as const;

/** Those of a stream that the controller may write. */
export const STREAM_REGISTERS = [
  'acquisitionMode',
  'acquisitionFrameCount',
  'acquisitionStart',
  'acquisitionStop',
  'tlParamsLocked',
] as const;
