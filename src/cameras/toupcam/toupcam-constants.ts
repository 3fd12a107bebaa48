/** Numbers of the Toupcam SDK, by its own names: toupcam.h 57.27348.20241224 (59 where it is newer) and the Python binding 59.29030.20250722. */

/** TOUPCAM_OPTION_... */
export const OPTION = {
  NOFRAME_TIMEOUT: 0x01,
  RAW: 0x04,
  BITDEPTH: 0x06,
  FAN: 0x07,
  TEC: 0x08,
  TRIGGER: 0x0b,
  RGB: 0x0c,
  TECTARGET: 0x0f,
  FRAMERATE: 0x11,
  BLACKLEVEL: 0x15,
  BINNING: 0x17,
  CG: 0x19,
  PIXEL_FORMAT: 0x1a,
  DDR_DEPTH: 0x1c,
  TEC_VOLTAGE: 0x20,
  TEC_VOLTAGE_MAX: 0x21,
  TESTPATTERN: 0x28,
  BYTEORDER: 0x2a,
  NOPACKET_TIMEOUT: 0x2b,
  MAX_PRECISE_FRAMERATE: 0x2c,
  PRECISE_FRAMERATE: 0x2d,
  BANDWIDTH: 0x2e,
  MIN_PRECISE_FRAMERATE: 0x32,
  SEQUENCER_ONOFF: 0x33,
  SEQUENCER_NUMBER: 0x34,
  HEAT_MAX: 0x36,
  HEAT: 0x37,
  LOW_NOISE: 0x38,
  POWER: 0x39,
  FLUSH: 0x3d,
  NUMBER_DROP_FRAME: 0x3e,
  DEFECT_PIXEL: 0x40,
  LIGHTSOURCE_MAX: 0x42,
  LIGHTSOURCE: 0x43,
  FILTERWHEEL_SLOT: 0x48,
  FILTERWHEEL_POSITION: 0x49,
  CHAMBER_HT: 0x4c,
  ENV_HT: 0x4d,
  TEC_VOLTAGE_MAX_RANGE: 0x54,
  HIGH_FULLWELL: 0x55,
  HDR_THRESHOLD: 0x58,
  LOW_POWERCONSUMPTION: 0x66,
  READOUT_MODE: 0x69,
  TAILLIGHT: 0x6a,
  TECTARGET_RANGE: 0x6d,
  RESET_SEQ_TIMESTAMP: 0x74,
  MECHANICALSHUTTER: 0x76,
  LINE_TIME: 0x77,
  ZERO_PADDING: 0x78,
  UPTIME: 0x79,
  MODE_SEQ_TIMESTAMP: 0x7b,
  TIMED_TRIGGER_NUM: 0x7c,
  FRONTEND_FULL: 0x84,
  BACKEND_FULL: 0x85,
  GPS: 0x86,
} as const;

/** Options whose number holds a place beside what they are. */
export const WIDE_OPTION = {
  /** | group, counted from 1 */
  SEQUENCER_EXPOTIME: 0x0100_0000,
  SEQUENCER_EXPOGAIN: 0x0200_0000,
  /** Of an instant, nanoseconds since 1970: the low half is set first, and the high one arms it. */
  TIMED_TRIGGER_LOW: 0x2000_0000,
  TIMED_TRIGGER_HIGH: 0x4000_0000,
} as const;

const high = (bits: number): bigint => BigInt(bits) << 32n;

/** TOUPCAM_FLAG_... of a model. */
export const FLAG = {
  MONO: 0x10n,
  TEC: 0x80n,
  ST4: 0x200n,
  GETTEMPERATURE: 0x400n,
  HIGH_FULLWELL: 0x800n,
  RAW10: 0x1000n,
  RAW12: 0x2000n,
  RAW14: 0x4000n,
  RAW16: 0x8000n,
  FAN: 0x1_0000n,
  TEC_ONOFF: 0x2_0000n,
  TRIGGER_SOFTWARE: 0x8_0000n,
  TRIGGER_EXTERNAL: 0x10_0000n,
  TRIGGER_SINGLE: 0x20_0000n,
  BLACKLEVEL: 0x40_0000n,
  CG: 0x400_0000n,
  CGHDR: high(0x8),
  GLOBALSHUTTER: high(0x10),
  PRECISE_FRAMERATE: high(0x40),
  HEAT: high(0x80),
  LOW_NOISE: high(0x100),
  LEVELRANGE_HARDWARE: high(0x200),
  FILTERWHEEL: high(0x1000),
} as const;

/** TOUPCAM_EVENT_... */
export const EVENT = {
  EXPOSURE: 0x01,
  TEMPTINT: 0x02,
  IMAGE: 0x04,
  STILLIMAGE: 0x05,
  WBGAIN: 0x06,
  TRIGGERFAIL: 0x07,
  BLACK: 0x08,
  ROI: 0x0b,
  LEVELRANGE: 0x0c,
  AUTOEXPO_CONV: 0x0d,
  AUTOEXPO_CONVFAIL: 0x0e,
  ERROR: 0x80,
  DISCONNECTED: 0x81,
  NOFRAMETIMEOUT: 0x82,
  NOPACKETTIMEOUT: 0x85,
} as const;

/** TOUPCAM_PIXELFORMAT_..., by significant bits. */
export const RAW_PIXEL_FORMAT: Readonly<Record<number, number>> = { 8: 0, 10: 1, 12: 2, 14: 3, 16: 4 };

export const SERIAL_BYTES = 32;
export const VERSION_BYTES = 16;
export const DATE_BYTES = 10;
export const MAX_DEVICES = 128;
