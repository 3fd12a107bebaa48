/* Parameters by CONTROL_ID: which there are, their ranges, and what setting and reading them does. */
#include "double.h"
#include <math.h>
#include <string.h>

/* Answers where a parameter cannot be read. */
#define NOT_READABLE 4294967295.0

struct range { double min, max, step, initial; };

static bool range_of(const struct camera *camera, int id, struct range *range) {
  const struct device *device = camera->device;
  const struct model *model = device->model;
  const bool amp = model->old_burst || model->built_in_gps;
#define RANGE(...) do { *range = (struct range){__VA_ARGS__}; return true; } while (0)
  switch (id) {
    case CONTROL_GAMMA: RANGE(0, 2, 0.1, 1);
    case CONTROL_GAIN: RANGE(0, model->built_in_gps ? 480 : 200, 1, 26);
    case CONTROL_OFFSET: RANGE(0, 255, 1, 30);
    case CONTROL_EXPOSURE: RANGE(model->min_exposure_us, 3600e6, 1, 20000);
    case CONTROL_SPEED: RANGE(0, 2, 1, 0);
    case CONTROL_TRANSFERBIT: RANGE(8, 16, 8, 16);
    case CONTROL_USBTRAFFIC: RANGE(0, 60, 1, 0);
    case CONTROL_ROWNOISERE: if (model->built_in_gps) RANGE(0, 1, 1, 0); return false;
    case CONTROL_AMPV: if (amp) RANGE(0, 2, 1, 0); return false;
    case CONTROL_MANULPWM: if (model->cooler) RANGE(0, 255, 1, 0); return false;
    case CONTROL_COOLER: if (model->cooler) RANGE(-50, 50, 0.1, 0); return false;
    case CONTROL_CFWPORT: if (config.cfw) RANGE(48, 48 + config.cfw_slots - 1, 1, 48); return false;
    case CAM_GPS: RANGE(0, 1, 1, 0);
    case CAM_IGNOREOVERSCAN: RANGE(0, 1, 1, 0);
    case CONTROL_DDR: RANGE(0, 1, 1, 0);
    case DDR_BUFFER_READ_THRESHOLD: RANGE(0, 100, 1, 0);
    case USE_AVERAGE_BINNING: RANGE(0, 1, 1, 0);
    case HEATING_BOARD: if (model->heater) RANGE(0, 100, 1, 0); return false;
    default: return false;
  }
#undef RANGE
}

static bool is_reading(const struct camera *camera, int id) {
  const struct model *model = camera->device->model;
  switch (id) {
    case CONTROL_CURTEMP: case CONTROL_CURPWM: case CONTROL_CHIPTEMPERATURESENSOR: return model->cooler;
    case CAM_HUMIDITY: case CAM_PRESSURE: return model->heater || model->key[3] == '6';
    case SENSOR_ULVO_STATUS: return model->uvlo;
    case DDR_BUFFER_CAPACITY: return true;
    case CONTROL_CFWSLOTSNUM: return config.cfw;
    case DEFAULT_GAIN: case DEFAULT_OFFSET: case OUTPUT_DATA_ACTUAL_BITS: case OUTPUT_DATA_ALIGNMENT: case IS_EXPOSING_DONE: return true;
    default: return false;
  }
}

void default_parameters(struct camera *camera) {
  for (int id = 0; id < MAX_PARAM; id++) {
    struct range range;
    if (id != CONTROL_CFWPORT && range_of(camera, id, &range)) camera->param[id] = range.initial;
  }
  camera->bin_x = camera->bin_y = 1;
  camera->bits = 16;
  const struct area full = full_area(camera);
  camera->roi = (struct area){0, 0, full.w, full.h};
  camera->debayer = camera->device->color;
  camera->osd = 0;
  camera->burst = camera->idle = camera->burst_running = false;
  camera->burst_start = 0;
  camera->burst_end = 0;
  camera->patch = camera->anti_rbi = 0;
  camera->trigger_in = camera->trigger_out = false;
  camera->trigger_filter = true;
  camera->trigger_filter_ms = 100;
  camera->gps_stuck = false;
  camera->led_mode = camera->slave = 0;
  camera->pos_a = camera->pos_b = 0;
  camera->device->cooling = camera->device->cooling == 1 ? 1 : 0;
}

/* 0 where there is one. The colour's answer is the order of the Bayer pattern: 1 GB, 2 GR, 3 BG, 4 RG. */
EXPORT uint32_t IsQHYCCDControlAvailable(qhyccd_handle *h, int id) {
  BEGIN(h);
  const struct model *model = camera->device->model;
  struct range range;
  switch (id) {
    case CAM_COLOR: return camera->device->color ? 4 : QHYCCD_ERROR;
    case CAM_IS_COLOR: return camera->device->color ? QHYCCD_SUCCESS : QHYCCD_ERROR;
    case CAM_BIN1: case CAM_BIN2: case CAM_BIN3: case CAM_BIN4: case CAM_8BITS: case CAM_16BITS: return QHYCCD_SUCCESS;
    case CAM_32BITS: return (config.sdk[0] % 100) * 10000 + config.sdk[1] * 100 + config.sdk[2] >= 210706 ? QHYCCD_SUCCESS : QHYCCD_ERROR;
    case CAM_SINGLEFRAMEMODE: case CAM_LIVEVIDEOMODE: return QHYCCD_SUCCESS;
    case HAS_FRAME_COUNTER: case CONTROL_ST4PORT: case CAM_TRIGER_INTERFACE: return QHYCCD_SUCCESS;
    case CAM_TRIGER_MODE: case CAM_TRIGER_OUT: return QHYCCD_SUCCESS;
    case CAM_BURST_MODE: return model->bursts ? QHYCCD_SUCCESS : QHYCCD_ERROR;
    case GPS_LED: return model->built_in_gps ? QHYCCD_SUCCESS : QHYCCD_ERROR;
    default: return range_of(camera, id, &range) || is_reading(camera, id) ? QHYCCD_SUCCESS : QHYCCD_ERROR;
  }
}

EXPORT uint32_t GetQHYCCDParamMinMaxStep(qhyccd_handle *h, int id, double *min, double *max, double *step) {
  BEGIN(h);
  struct range range;
  if (id == DDR_BUFFER_CAPACITY) range = (struct range){0, 100, 1, 0};
  else if (!range_of(camera, id, &range)) return failed("no parameter %d", id);
  *min = range.min;
  *max = range.max;
  *step = range.step;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDParam(qhyccd_handle *h, int id, double value) {
  BEGIN(h);
  advance(camera);
  struct device *device = camera->device;
  struct range range;
  if (id < 0 || id >= MAX_PARAM || !range_of(camera, id, &range)) return failed("no parameter %d", id);
  if (!(value >= range.min && value <= range.max)) return failed("%g is not from %g to %g", value, range.min, range.max);
  switch (id) {
    case CONTROL_EXPOSURE:
      if (camera->live && value != camera->param[id]) camera->changed = true;
      break;
    case CONTROL_COOLER:
      run_thermal(device);
      device->cooling = 1;
      device->target_c = value;
      break;
    case CONTROL_MANULPWM:
      run_thermal(device);
      device->cooling = value > 0 ? 2 : 0;
      device->pwm = value;
      break;
    case CONTROL_CFWPORT:
      if (wheel_turn(device, (int)value - 48) != QHYCCD_SUCCESS) return QHYCCD_ERROR;
      break;
    case CAM_GPS:
      camera->gps_stuck = false;
      break;
    case CONTROL_DDR:
      camera->ddr_fresh = true;
      if (!camera->live) drop_queue(camera);
      break;
    case CAM_IGNOREOVERSCAN: {
      const bool other = camera->param[id] != value;
      camera->param[id] = value;
      const struct area full = full_area(camera);
      if (other) camera->roi = (struct area){0, 0, full.w / camera->bin_x, full.h / camera->bin_y};
      break;
    }
    default:
      break;
  }
  if (id == CONTROL_COOLER || id == CONTROL_MANULPWM) remember(device);
  camera->param[id] = value;
  if (id == CONTROL_TRANSFERBIT) camera->bits = (uint32_t)value;
  if (camera->changed) settings_changed(camera);
  return QHYCCD_SUCCESS;
}

static double reading(struct camera *camera, int id) {
  struct device *device = camera->device;
  run_thermal(device);
  switch (id) {
    case CONTROL_CURTEMP: case CONTROL_CHIPTEMPERATURESENSOR: return round(device->sensor_c * 10) / 10;
    case CONTROL_CURPWM: return round(device->pwm);
    case CAM_HUMIDITY: return 21.5;
    case CAM_PRESSURE: return 1004.2;
    case SENSOR_ULVO_STATUS: return device->uvlo_state;
    case DDR_BUFFER_CAPACITY:
      advance(camera);
      return floor(100.0 * camera->queue_count / queue_capacity(camera));
    case CONTROL_CFWSLOTSNUM: return config.cfw_slots;
    case DEFAULT_GAIN: return 26;
    case DEFAULT_OFFSET: return 30;
    case OUTPUT_DATA_ACTUAL_BITS: return camera->bits == 8 ? 8 : mode_of(camera)->adc_bits;
    case OUTPUT_DATA_ALIGNMENT: return 1;
    case IS_EXPOSING_DONE: return !camera->exposing || utc() >= camera->next.row0_end;
    default: return NOT_READABLE;
  }
}

/* What was read last is answered as well when the camera is gone. */
EXPORT double GetQHYCCDParam(qhyccd_handle *h, int id) {
  struct camera *camera __attribute__((cleanup(leave))) = enter(h, __func__, quirk("cached"));
  if (camera == NULL || id < 0 || id >= MAX_PARAM) return NOT_READABLE;
  struct range range;
  if (id == CONTROL_CFWPORT && config.cfw) return gone(camera) ? camera->param[id] : 48 + wheel_position(camera->device);
  if (range_of(camera, id, &range)) return camera->param[id];
  if (!is_reading(camera, id)) return NOT_READABLE;
  if (!gone(camera)) camera->param[id] = reading(camera, id);
  return camera->param[id];
}

/* What a frame that is exposed with these settings looks like. */
void fill_frame(struct camera *camera, struct frame *frame) {
  const struct timing t = timing_of(camera);
  const struct read_mode *mode = mode_of(camera);
  struct device *device = camera->device;
  run_thermal(device);
  frame->exposure = t.exposure;
  frame->line = t.line;
  frame->pair = mode->pair;
  frame->roi = camera->roi;
  frame->first_row = full_area(camera).y + camera->roi.y * camera->bin_y;
  frame->bin_x = camera->bin_x;
  frame->bin_y = camera->bin_y;
  frame->bits = camera->bits;
  frame->read_mode = (uint32_t)(mode - device->model->mode);
  frame->gps = camera->param[CAM_GPS] == 1;
  frame->led = led_ticks(camera);
  const double seconds = (double)t.exposure / 1e9;
  const double gain = 1 + camera->param[CONTROL_GAIN] / 200;
  const double dark = seconds * 2 * exp2((device->sensor_c - 20) / 6);
  const double light = config.light * seconds / (seconds + 0.35);
  const double base = camera->param[CONTROL_OFFSET] * 16;
  const double added = camera->bin_x == 1 || camera->param[USE_AVERAGE_BINNING] == 1 ? 1 : camera->bin_x * camera->bin_y;
  const double level = base + gain * (light + dark);
  const double sigma = sqrt(3600 + gain * (light + dark) * 4);
  frame->level = (uint32_t)(level * added);
  frame->sigma = (uint32_t)(camera->bin_x == 1 ? sigma : sigma * added / camera->bin_x);
  frame->hot = (uint32_t)(dark * 1000);
  const double traffic = camera->param[CONTROL_USBTRAFFIC];
  frame->band = traffic >= config.band_first && traffic <= config.band_last ? config.band_adu : 0;
}
