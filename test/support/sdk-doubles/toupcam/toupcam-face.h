/*
 * The face of the double: types and numbers of ToupTek's library (57.x to 59.x) as its public function list gives them,
 * in words of our own. Layouts are those of 64-bit Linux.
 */
#pragma once
#include <stdint.h>

typedef int32_t result; /* HRESULT: 0 and above is success. */

#define E_OK 0
#define E_FALSE 1 /* Success; nothing had to be changed. */
#define E_UNEXPECTED ((result)0x8000ffff)
#define E_NOTIMPL ((result)0x80004001)
#define E_ACCESSDENIED ((result)0x80070005)
#define E_INVALIDARG ((result)0x80070057)
#define E_POINTER ((result)0x80004003)
#define E_FAIL ((result)0x80004005)
#define E_WRONG_THREAD ((result)0x8001010e)
#define E_GEN_FAILURE ((result)0x8007001f)
#define E_BUSY ((result)0x800700aa)
#define E_PENDING ((result)0x8000000a)
#define E_TIMEOUT ((result)0x8001011f)
#define E_UNREACH ((result)0x80072743)

enum { DEVICES_MOST = 128, RESOLUTIONS_MOST = 16 };

typedef struct {
  uint32_t width, height;
} resolution;

typedef struct {
  const char *name;
  uint64_t flag;
  uint32_t maxspeed, preview, still, maxfanspeed, ioctrol;
  float xpixsz, ypixsz;
  resolution res[RESOLUTIONS_MOST];
} model_v2;

typedef struct {
  char displayname[64];
  char id[64];
  const model_v2 *model;
} device_v2;

typedef struct {
  uint32_t width, height, flag, seq;
  uint64_t timestamp; /* us of the camera's clock */
  uint32_t shutterseq, expotime;
  uint16_t expogain, blacklevel;
} frame_info_v3;

typedef struct {
  uint64_t utcstart, utcend; /* ns since 1970 */
  int32_t longitude, latitude, altitude;
  uint16_t satellite, reserved;
} gps_info;

typedef struct {
  frame_info_v3 v3;
  uint32_t reserved, lum;
  uint64_t fv, timecount;
  uint32_t framecount, tricount;
  gps_info gps;
} frame_info_v4;

_Static_assert(sizeof(model_v2) == 176 && sizeof(device_v2) == 136, "layout of what enumeration gives");
_Static_assert(sizeof(frame_info_v3) == 40 && sizeof(frame_info_v4) == 104, "layout of what stands beside a frame");

typedef void (*event_callback)(uint32_t event, void *context);
typedef void (*hotplug_callback)(void *context);
typedef void (*white_callback)(const int32_t gain[3], void *context);
typedef void (*black_callback)(const uint16_t sub[3], void *context);
typedef void (*temptint_callback)(int32_t temp, int32_t tint, void *context);

enum frame_flag {
  INFO_SEQ = 1,
  INFO_TIMESTAMP = 2,
  INFO_EXPOTIME = 4,
  INFO_EXPOGAIN = 8,
  INFO_BLACKLEVEL = 0x10,
  INFO_GPS = 0x40,
  INFO_COUNT = 0x100,
  INFO_SHUTTER_CLOSED = 0x200,
  INFO_STILL = 0x8000,
  INFO_CG = 0x10000,
};

enum event {
  EVENT_EXPOSURE = 1,
  EVENT_TEMPTINT = 2,
  EVENT_IMAGE = 4,
  EVENT_STILLIMAGE = 5,
  EVENT_WBGAIN = 6,
  EVENT_TRIGGERFAIL = 7,
  EVENT_BLACK = 8,
  EVENT_ROI = 0xb,
  EVENT_LEVELRANGE = 0xc,
  EVENT_AUTOEXPO_CONV = 0xd,
  EVENT_ERROR = 0x80,
  EVENT_DISCONNECTED = 0x81,
  EVENT_NOFRAMETIMEOUT = 0x82,
  EVENT_NOPACKETTIMEOUT = 0x85,
  EVENT_EXPO_START = 0x4000,
  EVENT_EXPO_STOP = 0x4001,
  EVENT_TRIGGER_ALLOW = 0x4002,
  EVENT_HEARTBEAT = 0x4003,
  EVENT_TRIGGER_IN = 0x4004,
  EVENT_FACTORY = 0x8001,
};

#define FLAG_ROI_HARDWARE 0x8ull
#define FLAG_MONO 0x10ull
#define FLAG_BINSKIP 0x20ull
#define FLAG_USB30 0x40ull
#define FLAG_TEC 0x80ull
#define FLAG_ST4 0x200ull
#define FLAG_GETTEMPERATURE 0x400ull
#define FLAG_HIGH_FULLWELL 0x800ull
#define FLAG_RAW10 0x1000ull
#define FLAG_RAW12 0x2000ull
#define FLAG_RAW14 0x4000ull
#define FLAG_RAW16 0x8000ull
#define FLAG_FAN 0x10000ull
#define FLAG_TEC_ONOFF 0x20000ull
#define FLAG_TRIGGER_SOFTWARE 0x80000ull
#define FLAG_TRIGGER_EXTERNAL 0x100000ull
#define FLAG_TRIGGER_SINGLE 0x200000ull
#define FLAG_BLACKLEVEL 0x400000ull
#define FLAG_DDR 0x2000000ull
#define FLAG_CG 0x4000000ull
#define FLAG_CGHDR (0x8ull << 32)
#define FLAG_GLOBALSHUTTER (0x10ull << 32)
#define FLAG_PRECISE_FRAMERATE (0x40ull << 32)
#define FLAG_HEAT (0x80ull << 32)
#define FLAG_LOW_NOISE (0x100ull << 32)
#define FLAG_EVENT_HARDWARE (0x400ull << 32)
#define FLAG_FILTERWHEEL (0x1000ull << 32)
#define FLAG_10GIGE (0x4000ull << 32)

enum pixel_format { RAW8 = 0, RAW10 = 1, RAW12 = 2, RAW14 = 3, RAW16 = 4 };

enum option_id {
  NOFRAME_TIMEOUT = 0x01,
  RAW = 0x04,
  BITDEPTH = 0x06,
  FAN = 0x07,
  TEC = 0x08,
  TRIGGER = 0x0b,
  RGB = 0x0c,
  TECTARGET = 0x0f,
  FRAMERATE = 0x11,
  BLACKLEVEL = 0x15,
  BINNING = 0x17,
  ROTATE = 0x18,
  CG = 0x19,
  PIXEL_FORMAT = 0x1a,
  FACTORY = 0x1f,
  TEC_VOLTAGE = 0x20,
  TEC_VOLTAGE_MAX = 0x21,
  DEVICE_RESET = 0x22,
  TESTPATTERN = 0x28,
  NOPACKET_TIMEOUT = 0x2b,
  MAX_PRECISE_FRAMERATE = 0x2c,
  PRECISE_FRAMERATE = 0x2d,
  BANDWIDTH = 0x2e,
  RELOAD = 0x2f,
  FRONTEND_DEQUE_LENGTH = 0x31,
  MIN_PRECISE_FRAMERATE = 0x32,
  SEQUENCER_ONOFF = 0x33,
  SEQUENCER_NUMBER = 0x34,
  HEAT_MAX = 0x36,
  HEAT = 0x37,
  LOW_NOISE = 0x38,
  POWER = 0x39,
  OPEN_ERRORCODE = 0x3b,
  FLUSH = 0x3d,
  NUMBER_DROP_FRAME = 0x3e,
  DEFECT_PIXEL = 0x40,
  BACKEND_DEQUE_LENGTH = 0x41,
  HEARTBEAT = 0x44,
  FRONTEND_DEQUE_CURRENT = 0x45,
  BACKEND_DEQUE_CURRENT = 0x46,
  PACKET_NUMBER = 0x47,
  LIGHTSOURCE_MAX = 0x42,
  LIGHTSOURCE = 0x43,
  FILTERWHEEL_SLOT = 0x48,
  FILTERWHEEL_POSITION = 0x49,
  CHAMBER_HT = 0x4c,
  ENV_HT = 0x4d,
  AUTOEXPO_CONV = 0x50,
  TEC_VOLTAGE_MAX_RANGE = 0x54,
  EEPROM_SIZE = 0x5b,
  OVERCLOCK_MAX = 0x5c,
  RESET_SENSOR = 0x5e,
  TECTARGET_RANGE = 0x6d,
  RESET_SEQ_TIMESTAMP = 0x74,
  TRIGGER_CANCEL_MODE = 0x75,
  MECHANICALSHUTTER = 0x76,
  LINE_TIME = 0x77,
  ZERO_PADDING = 0x78,
  UPTIME = 0x79,
  MODE_SEQ_TIMESTAMP = 0x7b,
  TIMED_TRIGGER_NUM = 0x7c,
  READ_TIME = 0x81,
  ALL_EXPO_TIME = 0x82,
  CAMERA_PERIOD = 0x83,
  FRONTEND_FULL = 0x84,
  BACKEND_FULL = 0x85,
  GPS = 0x86,
  SEQUENCER_EXPOTIME = 0x01000000, /* | index */
  SEQUENCER_EXPOGAIN = 0x02000000, /* | index */
  EVENT_HARDWARE = 0x04000000,     /* | event */
  TIMED_TRIGGER_LOW = 0x20000000,
  TIMED_TRIGGER_HIGH = 0x40000000,
};

#define EXPORT __attribute__((visibility("default")))
