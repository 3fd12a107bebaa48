/** Registers of a bridged camera beside its controls: how a stream is begun, and what its frames look like. */
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { SHUTTER_MODE } from '../gige-vision/device/bootstrap.js';
import { FRAME_REGISTERS, STREAM_REGISTERS } from '../gige-vision/device/frame-registers.js';
import type { RegisterMemory } from '../gige-vision/device/register-memory.js';
import { payloadBytesWith } from '../sdk/info-chunk.js';
import type { SdkMode, Sensor } from '../sdk/sdk-camera.js';

export const MODE = {
  ...FRAME_REGISTERS,
  binningX: 0x10048,
  binningY: 0x1004c,
  chunkMode: 0x10050,
  /** 1 where the library tells the shutter, the line period, the end of row 0. */
  hasShutterMode: 0x10054,
  hasLinePeriod: 0x10058,
  hasRowZeroEnd: 0x1005c,
  dynamicRangeMax: 0x10060,
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

export const WRITABLE_MODE = STREAM_REGISTERS.map((name) => ({ address: MODE[name], bytes: 4 }));

/** Writes what frames are now into the registers. */
export function showMode(memory: RegisterMemory, sensor: Sensor, mode: SdkMode): void {
  const { shutter, pixelFormat, width, height } = mode;
  const numbers: readonly (readonly [keyof typeof MODE, number | bigint])[] = [
    ['sensorWidth', sensor.width],
    ['sensorHeight', sensor.height],
    ['width', width],
    ['height', height],
    ['offsetX', mode.offsetX],
    ['offsetY', mode.offsetY],
    ['pixelFormat', pixelFormat.code],
    ['dynamicRangeMax', mode.largestValue ?? 2 ** pixelFormat.bitDepth - 1],
    ['payloadSize', payloadBytesWith(payloadBytesOf(pixelFormat, width, height), mode.infoBytes)],
    ['gpsHeader', mode.gpsHeader ? 1 : 0],
    ['shutterMode', shutter.kind === 'rolling' ? SHUTTER_MODE.rolling : SHUTTER_MODE.global],
    ['linePeriod', shutter.linePeriodNs ?? 0],
    ['rowZeroEndOffset', shutter.rowZeroEndOffsetNs ?? 0],
    ['hasShutterMode', shutter.kind === 'unknown' ? 0 : 1],
    ['hasLinePeriod', shutter.linePeriodNs === null ? 0 : 1],
    ['hasRowZeroEnd', shutter.rowZeroEndOffsetNs === null ? 0 : 1],
    ['rowPairing', shutter.rowPairs ? 1 : 0],
    ['binningX', mode.binningX],
    ['binningY', mode.binningY],
    ['chunkMode', mode.infoBytes > 0 ? 1 : 0],
  ];
  for (const [name, value] of numbers) memory.setU32(MODE[name], Number(value));
  memory.setDouble(MODE.frameRate, mode.frameRate ?? 0);
  memory.setDouble(MODE.exposureTime, Number(mode.exposureNs) / 1_000);
  memory.setText(MODE.readMode, mode.readMode ?? '', READ_MODE_BYTES);
}
