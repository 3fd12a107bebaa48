/*
 * Inside of the double. A device is a camera that is plugged in; a camera is one that is open. One lock holds all of
 * both; callbacks are made without it. README.md tells what is imitated.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "toupcam-face.h"

/* ---- models.c ---- */

typedef struct {
  const char *key; /* in `models=` */
  model_v2 face;
  uint32_t width, height;
  uint32_t bits;      /* of its converter: the most that raw frames hold */
  const char *fourcc; /* order of colours, or YYYY */
  double fps8, fps16; /* whole frame, one and two bytes a pixel */
  uint32_t exposure_min_us, exposure_max_us;
  uint16_t gain_max; /* percent */
  uint32_t line_ns;
  int32_t heat_max;
  int16_t tec_min, tec_max; /* 0.1 C; equal where it is not cooled */
  int32_t filter_slots;
  bool gps, gige, balance; /* balance: colour, so that white balance is there */
  const char *firmware, *hardware, *fpga, *date;
  uint16_t revision;
} model;

const model *model_by_key(const char *key, size_t length);
const char *model_default_list(void);

/* ---- scenario.c: what APPULSE_TOUPCAM_DOUBLE asks for ---- */

enum stuck { STUCK_NOT, STUCK_FLUSH, STUCK_RESTART, STUCK_REOPEN, STUCK_NEVER };

typedef struct {
  double fps;
  int64_t unplug_at, segv_at, stuck_at, gps_lost_at, trigger_fail_at, error_at; /* counts of exposures; -1: never */
  int64_t replug_after_ms;                                                      /* -1: not */
  enum stuck stuck_until;
  double gps_offset_s, clock_ppm, thermal_speed, external_hz, readout_ms;
  int gps;            /* -2: as the model */
  int64_t scan_count; /* -1: what is there */
  int64_t network_after_ms;
  int stale;
} scenario;

extern scenario asked;

const char *scenario_text(const char *key); /* value of a key, or NULL */
bool scenario_lists(const char *key, int64_t count);
bool scenario_fires(void); /* false when `once=FILE` says that a fault has been already */
/* Counts a call and hangs, fails or crashes where the scenario asks for it; 0: go on. */
result enter(const char *function);
#define ENTER()                        \
  do {                                 \
    result forced = enter(__func__);   \
    if (forced != E_OK) return forced; \
  } while (0)
void crash(void) __attribute__((noreturn));

/* ---- truth.c ---- */
void truth(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- instants.c ---- */
int64_t monotonic_ns(void);
int64_t utc_of(int64_t monotonic); /* of the host's clock */
struct timespec timespec_of(int64_t ns);

/* ---- devices.c, climate.c ---- */

#define AMBIENT_C 21.5

typedef struct device {
  const model *model;
  uint32_t slot, generation; /* each time that it is plugged in makes another id */
  char serial[32], id[64];
  bool plugged, open;
  int64_t plugged_ns;
  int64_t made; /* exposures since the process began */
  bool stuck;   /* its exposures do not end */
  bool stuck_done;
  struct thermal {
    int64_t at_ns;
    double sensor_c, target_c;
    bool tec;
    int32_t fan, heat;
  } thermal;
  struct {
    int32_t from, to;
    int64_t begun_ns;
    bool wide; /* turns by the shorter way */
  } filter;
} device;

extern pthread_mutex_t all;    /* the lock */
void device_unplug(device *d); /* locked */
void device_replug_later(device *d, int64_t after_ms);
void camera_lost(device *d); /* locked: tells whoever has it open */
device *device_found(const char *id);
device *device_at(uint32_t index);
double thermal_now(device *d);    /* C */
double thermal_effort(device *d); /* 0 to 1 */
int32_t filter_position(device *d);

enum { OPTIONS_MOST = 0x8a, EVENTS_MOST = 32 };

/* ---- camera.c, sizes.c, stream.c, exposing.c, calling.c ---- */

typedef struct {
  uint32_t format;              /* enum output */
  uint32_t sensor_bits, bits;   /* of a pixel of the sensor; of a value of the frame, before padding */
  uint32_t width, height, x, y; /* of the image, binned */
  uint32_t binning, mode;       /* mode 0: sum up to full scale, 0x40: without limit, 0x80: mean */
  bool low, flip_x, flip_y, defects, bgr;
  uint16_t black;
  int32_t pattern;
} shape;

typedef struct {
  frame_info_v4 info;
  shape shape;
  int64_t made;
  int64_t start_ns, end_ns; /* monotonic */
  bool still;
} frame;

typedef struct {
  frame *frames;
  uint32_t first, count, length;
} deque;

typedef struct camera {
  uint32_t magic;
  device *device;
  bool rgb_gain; /* opened with '@' */
  int32_t options[OPTIONS_MOST];
  int32_t sequencer_time[256], sequencer_gain[256];
  bool hardware_events;
  uint32_t hardware_event_list[EVENTS_MOST], hardware_event_count;
  uint32_t timed_low;

  uint32_t exposure_us;
  uint16_t gain;
  int32_t auto_exposure, hz, skip, realtime, size_index;
  uint16_t speed, auto_target;
  struct {
    uint32_t x, y, w, h;
  } roi; /* of the sensor; w 0: whole */
  int32_t contrast, brightness, gamma, hue, saturation, hflip, vflip, negative, chrome;
  int32_t temp, tint, white[3];
  uint16_t black[3], level_low[4], level_high[4];
  uint16_t auto_gain_max, auto_gain_min;
  uint32_t auto_time_max, auto_time_min;
  int32_t io[4][0x48];
  int32_t guide; /* direction of the pulse that runs, or 4 */
  int64_t guide_begun_ns;
  uint32_t guide_ms;

  bool running, paused, lost, exposing;
  int32_t stale; /* frames that its memory still holds from the stream before */
  pthread_t exposer, caller;
  pthread_cond_t changed; /* anything below */
  event_callback callback;
  void *context;
  uint32_t events[4096], event_first, event_count;
  deque front, back, stills;
  uint32_t seq, snaps, dropped, front_full, back_full, pulled;
  int64_t started_ns, clock_zero_ns, next_heartbeat_ns;
  uint32_t triggers; /* frames still to be made; 0xffff: no end */
  bool cancel;
  uint32_t sequencer_at;
  int64_t timed_ns; /* UTC, 0: none */
  int64_t next_start_ns, next_external_ns, waiting_since_ns;
  frame last; /* for RELOAD, and what is stale after a restart */
  bool has_last;
  white_callback white_done;
  black_callback black_done;
  temptint_callback temptint_done;
  void *white_context, *black_context, *temptint_context;
  bool white_asked, black_asked, temptint_asked;
} camera;

/* A camera that is open, or NULL. Then the lock is held; `leave` lets it go. */
camera *take(void *handle);
result leave(result r);
/* First lines of a call for a camera `handle`: it is there and the lock is held. */
#define BEGIN()                       \
  ENTER();                            \
  camera *c = take(handle);           \
  if (c == NULL) return E_INVALIDARG; \
  if (gone(c) != E_OK) return leave(gone(c))
result gone(const camera *c); /* E_OK, or what calls answer when the camera is not there any more */
bool in_callback(const camera *c);
void post(camera *c, uint32_t event);
shape shape_now(const camera *c, bool still);
void final_size(const camera *c, uint32_t *width, uint32_t *height);
int64_t readout_ns(const camera *c);
int64_t period_ns(const camera *c); /* of video */
result stream_start(camera *c, event_callback callback, void *context);
void stream_stop(camera *c); /* unlocks while it waits for the threads */
void stream_wake(camera *c);
void stream_deliver(camera *c, const frame *f); /* into the queues */
int32_t stream_flush(camera *c, int32_t what);  /* frames that are discarded */
uint32_t raw_bits(const camera *c);             /* of the format that is set */
bool deque_pop(deque *q, frame *f);
bool deque_push(deque *q, const frame *f);
void wait_until(camera *c, int64_t ns);
void *expose_all(void *camera); /* the threads of a stream */
void *call_back_all(void *camera);
int32_t gps_state(const camera *c); /* 1 online, -1 offline, 0: there is none */
void options_reset(camera *c);

/* ---- option-table.c ---- */

enum kind {
  PLAIN = 0,
  STOPPED = 1,  /* E_UNEXPECTED while running */
  OUTSIDE = 2,  /* E_WRONG_THREAD in a callback */
  READING = 4,  /* cannot be put */
  ACTION = 8,   /* cannot be got */
  COLOR = 16,   /* of cameras with colours */
  NETWORK = 32, /* of cameras at a network */
};

struct option {
  uint16_t id;
  uint8_t kind;
  int32_t least, most, initial;
  uint64_t needs; /* a flag of the model; 0: none */
};

const struct option *option_found(const camera *c, uint32_t id); /* NULL where this camera does not have it */
void options_initial(camera *c);

/* ---- pixels.c ---- */

enum output { OUT_8, OUT_16, OUT_RGB24, OUT_RGB32, OUT_RGB48, OUT_RGB64 };
size_t output_bytes(uint32_t format); /* of a pixel */
/* Pixels of a frame; rows `pitch` bytes apart. May be called without the lock. */
void pixels_write(const frame *f, uint8_t *to, size_t pitch);
void pixels_prepare(const shape *s);
