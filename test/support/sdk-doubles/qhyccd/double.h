/* What the files of the double share: models, devices, open cameras, frames, configuration. All times are nanoseconds. */
#ifndef APPULSE_DOUBLE_H
#define APPULSE_DOUBLE_H

#include "qhyccd.h"
#include <stdatomic.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))
#define MAX_DEVICES 8
#define MAX_MODES 9
#define MAX_PARAM 96
#define MAX_QUEUE 4096
#define SECOND INT64_C(1000000000)
/* Unix time of the header's epoch, 1995-10-10. */
#define GPS_EPOCH INT64_C(813283200)
#define NO_PPS 10000500u

/* CONTROL_ID numbers that the double knows. */
enum control {
  CONTROL_GAMMA = 5, CONTROL_GAIN = 6, CONTROL_OFFSET = 7, CONTROL_EXPOSURE = 8, CONTROL_SPEED = 9, CONTROL_TRANSFERBIT = 10,
  CONTROL_USBTRAFFIC = 12, CONTROL_ROWNOISERE = 13, CONTROL_CURTEMP = 14, CONTROL_CURPWM = 15, CONTROL_MANULPWM = 16,
  CONTROL_CFWPORT = 17, CONTROL_COOLER = 18, CONTROL_ST4PORT = 19, CAM_COLOR = 20, CAM_BIN1 = 21, CAM_BIN2 = 22, CAM_BIN3 = 23,
  CAM_BIN4 = 24, CAM_TRIGER_INTERFACE = 26, CONTROL_CHIPTEMPERATURESENSOR = 32, CAM_8BITS = 34, CAM_16BITS = 35, CAM_GPS = 36,
  CAM_IGNOREOVERSCAN = 37, CONTROL_AMPV = 41, CONTROL_CFWSLOTSNUM = 44, IS_EXPOSING_DONE = 45, CONTROL_DDR = 48,
  DDR_BUFFER_CAPACITY = 51, DDR_BUFFER_READ_THRESHOLD = 52, DEFAULT_GAIN = 53, DEFAULT_OFFSET = 54, OUTPUT_DATA_ACTUAL_BITS = 55,
  OUTPUT_DATA_ALIGNMENT = 56, CAM_SINGLEFRAMEMODE = 57, CAM_LIVEVIDEOMODE = 58, CAM_IS_COLOR = 59, HAS_FRAME_COUNTER = 60,
  CAM_HUMIDITY = 62, CAM_PRESSURE = 63, CAM_32BITS = 66, SENSOR_ULVO_STATUS = 67, CAM_TRIGER_MODE = 70, CAM_TRIGER_OUT = 71,
  CAM_BURST_MODE = 72, GPS_LED = 77, USE_AVERAGE_BINNING = 86, HEATING_BOARD = 94
};

struct area { uint32_t x, y, w, h; };

struct read_mode {
  const char *name;
  uint32_t w, h;
  struct area effective, overscan;
  /* One line at 8 bit and at 16 bit, USB traffic 0. */
  uint32_t line8, line16;
  /* Rows read at once. */
  uint32_t pair;
  uint32_t adc_bits;
  /* Rows of the sensor that one row stands for. */
  uint32_t onchip_bin;
};

struct model {
  const char *key, *id, *sensor;
  double pixel_um;
  /* Bytes a second to the host. */
  double bytes_per_second;
  double min_exposure_us;
  bool pcie, built_in_gps, stamps_exposure, rolling, uvlo, cooler, heater, bursts;
  /* 2020 and 4040: another range of frames at long exposures; TrigIn and TrigOut not at once. */
  bool old_burst;
  uint32_t anti_rbi, exp_answer, header_w, header_h;
  uint32_t modes;
  struct read_mode mode[MAX_MODES];
};

extern const struct model MODELS[];
extern const uint32_t MODEL_COUNT;

struct call_fault { char function[64]; double seconds; uint64_t at; };

struct configuration {
  char models[256];
  double fps, hurry, ambient, light, replug_after, trigger_hz, stall_s, ddr_mib, led_late_start, led_late_end;
  int64_t scan_ms, init_ms;
  uint64_t unplug_at, segv_at, zero_at, size_at, uvlo_at, drop_at, stall_at, gps_lock_at;
  int uvlo, gps, scan, cfw, cfw_slots, cfw_raw, hot, thermal_fault, nmea, calls, misuse_abort, crash_hotplug;
  int exp_answer, stays_16;
  int64_t whole_seconds;
  uint32_t pps, sdk[3], fw[3], band_adu, band_first, band_last;
  struct call_fault hang[4], refuse[4], segv[4];
  char truth[512], once[512], power[512], claim[512], without[256];
};
enum { GPS_OFF, GPS_SEARCHING, GPS_HOLDING, GPS_LOCKED, GPS_ABSENT };
enum { SCAN_OK, SCAN_FAIL, SCAN_NONE };

/* A frame that the sensor has made: all that its pixels and stamps depend on. */
struct frame {
  uint32_t sequence;
  /* Exposure of row 0, true UTC. */
  int64_t start, row0_end;
  /* When the host can have it, monotonic. */
  int64_t arrival;
  int64_t exposure, line;
  uint32_t pair;
  uint32_t level, sigma, hot, band;
  struct area roi;
  /* The sensor's row, and the read mode's, of the image's first one. */
  uint32_t first_row;
  uint32_t bin_x, bin_y, bits, read_mode;
  /* Ticks of the calibration LED's light. */
  double led;
  bool stale, mixed, flush, gps;
};

/* What is plugged in; it outlives the handles. */
struct device {
  bool present;
  const struct model *model;
  char id[64];
  bool color;
  int64_t back_at; /* monotonic; 0: stays away */
  bool unplugged;
  int64_t powered; /* monotonic */
  /* Thermal model */
  int64_t thermal_at;
  double sensor_c, pwm, target_c;
  int cooling; /* 0 off, 1 by target, 2 by hand */
  bool uvlo_memory;
  int uvlo_state;
  bool thermal_fault;
  int filter, filter_target;
  int64_t filter_arrives;
  int64_t remembered_at;
  struct camera *open;
  int claimed; /* the file of `claim`, while it is open */
};

struct camera {
  struct device *device;
  bool open, dead;
  atomic_int inside;
  atomic_bool cancelled;
  /* As set, and as the last InitQHYCCD took them; -1: not yet. */
  int read_mode, stream_mode, init_read_mode, init_stream_mode;
  double param[MAX_PARAM];
  struct area roi;
  uint32_t bin_x, bin_y, bits;
  bool debayer;
  uint32_t single_timeout_ms;
  uint32_t osd;
  /* GPS */
  uint32_t vcxo;
  uint8_t led_mode, slave;
  uint32_t led_position, led_width, pos_a, pos_b;
  uint32_t slave_parameter[5];
  bool gps_stuck;
  uint8_t stuck[44];
  /* Triggers */
  bool trigger_in, trigger_out, trigger_filter;
  uint32_t trigger_interface, trigger_mode, trigger_filter_ms;
  /* Stream */
  bool live, exposing;
  struct frame next;
  bool planned;
  struct frame queue[MAX_QUEUE];
  uint32_t queue_first, queue_count;
  uint32_t sequence;
  uint32_t to_skip;
  bool changed;
  bool ddr_fresh;
  struct frame held;
  bool has_held;
  int64_t trigger_next;
  /* Burst */
  bool burst, idle, burst_running, burst_seen;
  int64_t idle_since;
  uint32_t burst_start, burst_end, patch;
  uint32_t anti_rbi;
  struct frame burst_frames[64];
  uint32_t burst_kept;
};

extern struct configuration config;
extern struct device devices[MAX_DEVICES];

/* configuration.c */
void configure(void);
bool quirk(const char *name);
bool once(const char *fault);
void truth_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t monotonic(void);
int64_t utc(void);
void sleep_until(int64_t when);

/* bus.c */
struct camera *enter(qhyccd_handle *h, const char *function, bool cached);
void leave(struct camera **camera);
bool call_allowed(const char *function);
uint32_t failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool gone(struct camera *camera);
void unplug(struct camera *camera);

#define BEGIN(h) \
  struct camera *camera __attribute__((cleanup(leave))) = enter(h, __func__, false); \
  if (camera == NULL) return QHYCCD_ERROR
#define BEGIN_VOID(h) \
  struct camera *camera __attribute__((cleanup(leave))) = enter(h, __func__, false); \
  if (camera == NULL) return

/* timing.c */
const struct read_mode *mode_of(const struct camera *camera);
uint32_t modes_of(const struct camera *camera);
struct timing { int64_t line, readout, transfer, frame_min, exposure, period; uint32_t lines; bool is_long; };
struct timing timing_of(const struct camera *camera);
double end_offset_us(const struct camera *camera, uint32_t row);
struct area full_area(const struct camera *camera);

/* controls.c */
void default_parameters(struct camera *camera);
void fill_frame(struct camera *camera, struct frame *frame);

/* cooling.c */
void run_thermal(struct device *device);

/* power.c */
void remember(struct device *device);
bool remembered(struct device *device);

/* wheel.c */
bool wheel_ready(const struct device *device);
int wheel_position(struct device *device);
uint32_t wheel_turn(struct device *device, int slot);

/* gps.c */
struct stamps { int64_t start, end, now; };
struct stamps stamps_of(const struct camera *camera, const struct frame *frame);
double led_ticks(const struct camera *camera);
int gps_status(const struct frame *frame);
uint32_t pps_of(const struct camera *camera, const struct frame *frame);
void write_header(struct camera *camera, const struct frame *frame, uint8_t *image, size_t row_bytes);

/* pixels.c */
void render(struct camera *camera, const struct frame *frame, uint8_t *image, size_t bytes);
uint32_t frame_bytes(const struct frame *frame);

/* stream.c */
void plan(struct camera *camera, int64_t start);
void settings_changed(struct camera *camera);
void advance(struct camera *camera);
void restart_sensor(struct camera *camera);
void drop_queue(struct camera *camera);
void enqueue(struct camera *camera, const struct frame *frame);
uint32_t queue_capacity(const struct camera *camera);
void deliver_truth(const struct camera *camera, const struct frame *frame, bool delivered, const char *fault);
uint32_t deliver(struct camera *camera, const struct frame *frame, uint32_t *w, uint32_t *h, uint32_t *bpp, uint32_t *channels, uint8_t *image);

#endif
