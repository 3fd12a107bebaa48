/* Read modes and shapes, and the times that follow from them: line and frame periods, row offsets. */
#include "double.h"
#include <math.h>
#include <string.h>

/* The 3x3 mode of the 411 needs firmware 2022-08-24 and SDK 2022-08-17. */
static uint32_t day_number(const uint32_t *date) {
  return (date[0] % 100) * 10000 + date[1] * 100 + date[2];
}

uint32_t modes_of(const struct camera *camera) {
  const struct model *model = camera->device->model;
  const bool newer = day_number(config.fw) >= 220824 && day_number(config.sdk) >= 220817;
  return model->modes - (model->mode[model->modes - 1].onchip_bin > 1 && !newer ? 1 : 0);
}

/* Until InitQHYCCD the sensor stays in the mode that it was initialised in. */
const struct read_mode *mode_of(const struct camera *camera) {
  const int mode = camera->init_read_mode < 0 ? camera->read_mode : camera->init_read_mode;
  return &camera->device->model->mode[mode];
}

/* Where SetQHYCCDResolution's (0, 0) is, and the most that it may take, unbinned. */
struct area full_area(const struct camera *camera) {
  const struct read_mode *mode = mode_of(camera);
  if (camera->param[CAM_IGNOREOVERSCAN] == 1) return mode->effective;
  return (struct area){0, 0, mode->w, mode->h};
}

struct timing timing_of(const struct camera *camera) {
  const struct model *model = camera->device->model;
  const struct read_mode *mode = mode_of(camera);
  struct timing t;
  const double slower = 1 + camera->param[CONTROL_USBTRAFFIC] / 90;
  t.line = (int64_t)((camera->bits == 8 ? mode->line8 : mode->line16) * slower);
  t.lines = camera->roi.h * camera->bin_y + 115;
  if (t.lines < 200) t.lines = 200;
  const double bytes = (double)camera->roi.w * camera->roi.h * camera->bits / 8;
  t.transfer = (int64_t)(bytes / model->bytes_per_second * 1e9 * slower);
  t.frame_min = t.lines * t.line > t.transfer ? t.lines * t.line : t.transfer;
  if (config.fps > 0 && camera->init_stream_mode == 1) {
    /* Another rate than the camera's: its lines go along where they would be too slow for it. */
    t.frame_min = (int64_t)(1e9 / config.fps);
    if (t.line * t.lines > t.frame_min) t.line = t.frame_min / t.lines;
    if (t.transfer > t.frame_min) t.transfer = t.frame_min;
  }
  t.readout = t.lines * t.line;
  const double exposure = camera->slave && camera->slave_parameter[4] > 0 ? camera->slave_parameter[4] : camera->param[CONTROL_EXPOSURE];
  t.exposure = (int64_t)(exposure * 1000);
  if (model->rolling) {
    const int64_t rows = (t.exposure + t.line / 2) / t.line;
    t.exposure = (rows < 1 ? 1 : rows) * t.line;
  }
  t.is_long = t.exposure > t.frame_min;
  t.period = t.is_long ? t.exposure : t.frame_min;
  return t;
}

/* From the falling edge of ShutterMeasure to the end of a row's exposure. `row` is the sensor's, of the read mode. */
double end_offset_us(const struct camera *camera, uint32_t row) {
  const struct read_mode *mode = mode_of(camera);
  const int64_t line = timing_of(camera).line;
  const double first_us = camera->device->model->stamps_exposure ? 0 : 45.707 * (double)line / 1000;
  return first_us + (double)(line * mode->pair * (row / mode->pair)) / 1000;
}

EXPORT uint32_t GetQHYCCDPreciseExposureInfo(qhyccd_handle *h, uint32_t *pixelPeriodPs, uint32_t *linePeriodNs, uint32_t *framePeriodUs,
                                             uint32_t *clocksPerLine, uint32_t *linesPerFrame, uint32_t *actualExposureUs,
                                             uint8_t *isLongExposure) {
  BEGIN(h);
  if (camera->device->model->built_in_gps) return failed("not supported by this camera");
  const struct timing t = timing_of(camera);
  *linePeriodNs = (uint32_t)t.line;
  *clocksPerLine = 1000;
  *pixelPeriodPs = (uint32_t)t.line;
  *framePeriodUs = (uint32_t)(t.period / 1000);
  *linesPerFrame = t.lines;
  *actualExposureUs = (uint32_t)(t.exposure / 1000);
  *isLongExposure = t.is_long;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDRollingShutterEndOffset(qhyccd_handle *h, uint32_t row, double *offsetUs) {
  BEGIN(h);
  if (!camera->device->model->rolling) return failed("not supported by this camera");
  if (row >= mode_of(camera)->h) return failed("no row %u", row);
  *offsetUs = end_offset_us(camera, row);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDNumberOfReadModes(qhyccd_handle *h, uint32_t *modes) {
  BEGIN(h);
  *modes = modes_of(camera);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDReadModeName(qhyccd_handle *h, uint32_t mode, char *name) {
  BEGIN(h);
  if (mode >= modes_of(camera)) return failed("no read mode %u", mode);
  strcpy(name, camera->device->model->mode[mode].name);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDReadModeResolution(qhyccd_handle *h, uint32_t mode, uint32_t *w, uint32_t *hgt) {
  BEGIN(h);
  if (mode >= modes_of(camera)) return failed("no read mode %u", mode);
  *w = camera->device->model->mode[mode].w;
  *hgt = camera->device->model->mode[mode].h;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDReadMode(qhyccd_handle *h, uint32_t *mode) {
  BEGIN(h);
  *mode = (uint32_t)camera->read_mode;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDChipInfo(qhyccd_handle *h, double *chipWidthMm, double *chipHeightMm, uint32_t *w, uint32_t *hgt,
                                  double *pixelWidthUm, double *pixelHeightUm, uint32_t *bpp) {
  BEGIN(h);
  if (camera->init_read_mode < 0) misuse("GetQHYCCDChipInfo before InitQHYCCD");
  const struct read_mode *mode = mode_of(camera);
  const double pixel = camera->device->model->pixel_um * mode->onchip_bin;
  *w = mode->w;
  *hgt = mode->h;
  *pixelWidthUm = *pixelHeightUm = pixel;
  *chipWidthMm = mode->w * pixel / 1000;
  *chipHeightMm = mode->h * pixel / 1000;
  *bpp = camera->bits;
  return QHYCCD_SUCCESS;
}

static uint32_t tell(struct area area, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt) {
  *x = area.x;
  *y = area.y;
  *w = area.w;
  *hgt = area.h;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDEffectiveArea(qhyccd_handle *h, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt) {
  BEGIN(h);
  return tell(mode_of(camera)->effective, x, y, w, hgt);
}

EXPORT uint32_t GetQHYCCDOverScanArea(qhyccd_handle *h, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt) {
  BEGIN(h);
  return tell(mode_of(camera)->overscan, x, y, w, hgt);
}

EXPORT uint32_t GetQHYCCDCurrentROI(qhyccd_handle *h, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *hgt) {
  BEGIN(h);
  return tell(camera->roi, x, y, w, hgt);
}

EXPORT uint32_t SetQHYCCDResolution(qhyccd_handle *h, uint32_t x, uint32_t y, uint32_t w, uint32_t hgt) {
  BEGIN(h);
  advance(camera);
  const struct area full = full_area(camera);
  const uint64_t right = (uint64_t)x + w, bottom = (uint64_t)y + hgt;
  if (w == 0 || hgt == 0 || right > full.w / camera->bin_x || bottom > full.h / camera->bin_y) return failed("the region is outside");
  if (camera->slave && (w != full.w || hgt != full.h)) return failed("no region in slave mode");
  /* Seen by NINA: the header stands still until CAM_GPS is set anew. */
  const bool other = memcmp(&camera->roi, &(struct area){x, y, w, hgt}, sizeof camera->roi) != 0;
  if (other && camera->param[CAM_GPS] == 1 && quirk("gps-stuck")) camera->gps_stuck = true;
  camera->roi = (struct area){x, y, w, hgt};
  drop_queue(camera);
  restart_sensor(camera);
  return QHYCCD_SUCCESS;
}

/* Answers SUCCESS to bins that there are not, and goes on with the ones before. */
EXPORT uint32_t SetQHYCCDBinMode(qhyccd_handle *h, uint32_t wbin, uint32_t hbin) {
  BEGIN(h);
  advance(camera);
  if (wbin < 1 || wbin > 4 || hbin != wbin) {
    misuse("SetQHYCCDBinMode %u x %u, which the camera has not", wbin, hbin);
    return QHYCCD_SUCCESS;
  }
  if (wbin == camera->bin_x) return QHYCCD_SUCCESS;
  camera->bin_x = wbin;
  camera->bin_y = hbin;
  const struct area full = full_area(camera);
  camera->roi = (struct area){0, 0, full.w / wbin, full.h / hbin};
  drop_queue(camera);
  restart_sensor(camera);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDBitsMode(qhyccd_handle *h, uint32_t bits) {
  BEGIN(h);
  advance(camera);
  if (bits != 8 && bits != 16 && bits != 32) return failed("no depth %u", bits);
  if (bits == 32 && (config.sdk[0] % 100) * 10000 + config.sdk[1] * 100 + config.sdk[2] < 210706) return failed("no 32 bit in this SDK");
  camera->bits = bits == 32 && config.stays_16 ? 16 : bits;
  drop_queue(camera);
  restart_sensor(camera);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDDebayerOnOff(qhyccd_handle *h, bool on) {
  BEGIN(h);
  camera->debayer = on;
  return QHYCCD_SUCCESS;
}

/* Whatever the region and the depth: the raw frame and a margin, two bytes a pixel. Frames of 32 bit that are not binned need twice of it. */
EXPORT uint32_t GetQHYCCDMemLength(qhyccd_handle *h) {
  BEGIN(h);
  const struct read_mode *mode = mode_of(camera);
  return (mode->w + 100) * (mode->h + 100) * 2 * (camera->device->color ? 3 : 1);
}
