/* GPS: the header in the first 44 bytes of the image, the oscillator, the calibration by LED, slave mode. */
#include "double.h"
#include <stdio.h>
#include <string.h>

/* Ticks of 1/75 us, the calibration's unit by the published positions. */
#define TICK_NS (40.0 / 3)

struct published { double us, position; };

/* Position B by exposure, as published for USB traffic 0; straight between the rows. */
static double published_start(const struct published *row, int rows, double us) {
  if (us <= row[0].us) return row[0].position;
  for (int i = 1; i < rows; i++)
    if (us <= row[i].us)
      return row[i - 1].position + (row[i].position - row[i - 1].position) * (us - row[i - 1].us) / (row[i].us - row[i - 1].us);
  return row[rows - 1].position;
}

/* Where the stamps mark the exposure as published: end (A) and start (B). */
static void published_positions(const struct camera *camera, double *a, double *b) {
  static const struct published eight[] = {{1000, 486080}, {2000, 411270}, {5000, 185930}, {7000, 36290}, {8000, 6280}};
  static const struct published sixteen[] = {{1000, 902840}, {10000, 228050}, {20000, 10930}};
  const double us = camera->param[CONTROL_EXPOSURE];
  *a = camera->bits == 8 ? 2850 : 4190;
  *b = camera->bits == 8 ? published_start(eight, 5, us) : published_start(sixteen, 3, us);
}

/* Where the exposure really ends and begins: what a calibration finds out. */
static void true_positions(const struct camera *camera, double *a, double *b) {
  published_positions(camera, a, b);
  *a += config.led_late_end / TICK_NS;
  *b += config.led_late_start / TICK_NS;
}

/* Ticks of the LED's pulse that fall into the exposure: in mode 1 it stands by the start (B), in mode 2 by the end (A). */
double led_ticks(const struct camera *camera) {
  if (camera->led_mode == 0 || !camera->device->model->built_in_gps) return 0;
  double a, b;
  true_positions(camera, &a, &b);
  const double exposure = camera->param[CONTROL_EXPOSURE] * 1000 / TICK_NS;
  const double from = camera->led_mode == 1 ? b : a - exposure, to = camera->led_mode == 1 ? b + exposure : a;
  const double begin = camera->led_position, end = begin + camera->led_width;
  const double lit = (end < to ? end : to) - (begin > from ? begin : from);
  return lit > 0 ? lit : 0;
}

/*
 * What ShutterMeasure marks, true UTC. Sensors with a vertical synchronisation give a pulse of 0.4 us, whose falling edge the row
 * offsets count from; the others mark the exposure, where
 * positions A and B say that it is.
 */
struct stamps stamps_of(const struct camera *camera, const struct frame *frame) {
  if (!camera->device->model->stamps_exposure) {
    const int64_t edge = frame->row0_end - (int64_t)(45.707 * (double)frame->line);
    return (struct stamps){edge - 400, edge, edge};
  }
  struct stamps stamps = {frame->start, frame->row0_end, frame->row0_end};
  double a, b;
  published_positions(camera, &a, &b);
  const double start = camera->pos_b != 0 ? camera->pos_b : b, end = camera->pos_a != 0 ? camera->pos_a : a;
  true_positions(camera, &a, &b);
  stamps.start += (int64_t)((start - b) * TICK_NS);
  stamps.end += (int64_t)((end - a) * TICK_NS);
  stamps.now = stamps.end;
  return stamps;
}

int gps_status(const struct frame *frame) {
  if (config.gps == GPS_ABSENT) return 0;
  if (config.gps_lock_at > 0) return frame->sequence >= config.gps_lock_at ? GPS_LOCKED : config.gps;
  return config.gps;
}

/* Ticks of the oscillator in a second; a built-in one is set by its DAC. */
uint32_t pps_of(const struct camera *camera, const struct frame *frame) {
  if (gps_status(frame) != GPS_LOCKED) return NO_PPS;
  if (config.pps != 0) return config.pps;
  if (!camera->device->model->built_in_gps) return 9999888;
  return (uint32_t)(10000000 + ((int)camera->vcxo - 2224) / 2);
}

static void big(uint8_t *target, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) target[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static void write_stamp(uint8_t *target, int64_t when, int status, uint32_t pps) {
  static const uint8_t low[] = {0, 1, 2, 3};
  const int64_t second = when / SECOND;
  const int64_t ticks_a_second = pps == NO_PPS ? 10000000 : pps;
  target[0] = (uint8_t)(status << 4 | low[status]);
  big(target + 1, (uint64_t)(second - GPS_EPOCH + config.whole_seconds), 4);
  big(target + 5, (uint64_t)((when % SECOND) * ticks_a_second / SECOND), 3);
}

/* The whole first row is spoilt: the header's 44 bytes, of newer 174s the receiver's own sentences, and nothing behind. */
void write_header(struct camera *camera, const struct frame *frame, uint8_t *image, size_t row_bytes) {
  if (row_bytes < 44) return;
  const struct model *model = camera->device->model;
  const struct read_mode *mode = &model->mode[frame->read_mode];
  uint8_t header[44] = {0};
  const int status = gps_status(frame);
  const uint32_t pps = pps_of(camera, frame);
  const struct stamps stamps = stamps_of(camera, frame);
  memset(image, 0, row_bytes);
  if (config.gps == GPS_ABSENT) {
    big(header, frame->sequence, 4);
    big(header + 41, NO_PPS, 3);
    memcpy(image, header, sizeof header);
    return;
  }
  big(header, frame->sequence, 4);
  header[4] = 6;
  big(header + 5, model->header_w != 0 ? model->header_w : mode->w, 2);
  big(header + 7, model->header_h != 0 ? model->header_h : mode->h, 2);
  /* 48 deg 12.34567' N, 16 deg 22.3456' E */
  big(header + 9, status == GPS_LOCKED ? 481234567 : 0, 4);
  big(header + 13, status == GPS_LOCKED ? 16223456 : 0, 4);
  write_stamp(header + 17, stamps.start, status, pps);
  write_stamp(header + 25, stamps.end, status, pps);
  write_stamp(header + 33, stamps.now, status, pps);
  big(header + 41, pps, 3);
  if (camera->gps_stuck) memcpy(header, camera->stuck, sizeof header);
  else memcpy(camera->stuck, header, sizeof header);
  memcpy(image, header, sizeof header);
  if (!model->built_in_gps || !config.nmea || row_bytes < 512) return;
  static const uint8_t begin[] = {0x11, 0x22, 0x33, 0x66}, end[] = {0xEE, 0x33, 0xCC, 0x44};
  const int64_t second = stamps.now / SECOND % 86400;
  char body[128], sentence[160];
  snprintf(body, sizeof body, "GPGGA,%02d%02d%02d.00,4812.34567,N,01622.34560,E,%d,09,0.9,171.0,M,43.0,M,,", (int)(second / 3600),
           (int)(second / 60 % 60), (int)(second % 60), status == GPS_LOCKED ? 1 : 0);
  uint8_t sum = 0;
  for (const char *c = body; *c != 0; c++) sum ^= (uint8_t)*c;
  const int length = snprintf(sentence, sizeof sentence, "$%s*%02X\r\n", body, sum);
  memcpy(image + 44, begin, 4);
  big(image + 48, (uint64_t)length, 4);
  memcpy(image + 52, sentence, (size_t)length);
  memcpy(image + 52 + length, end, 4);
}

static bool built_in(const struct camera *camera) {
  return camera->device->model->built_in_gps;
}

EXPORT uint32_t SetQHYCCDGPSVCOXFreq(qhyccd_handle *h, uint16_t dac) {
  BEGIN(h);
  if (!built_in(camera) || dac > 4095) return failed("not supported by this camera");
  camera->vcxo = dac;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDGPSLedCalMode(qhyccd_handle *h, uint8_t mode) {
  BEGIN(h);
  if (!built_in(camera) || mode > 2) return failed("not supported by this camera");
  camera->led_mode = mode;
  return QHYCCD_SUCCESS;
}

EXPORT void SetQHYCCDGPSLedCal(qhyccd_handle *h, uint32_t position, uint8_t width) {
  BEGIN_VOID(h);
  camera->led_position = position;
  camera->led_width = width;
}

EXPORT void SetQHYCCDGPSPOSA(qhyccd_handle *h, uint8_t isSlave, uint32_t position, uint8_t width) {
  BEGIN_VOID(h);
  (void)isSlave;
  camera->pos_a = camera->led_position = position;
  camera->led_width = width;
}

EXPORT void SetQHYCCDGPSPOSB(qhyccd_handle *h, uint8_t isSlave, uint32_t position, uint8_t width) {
  BEGIN_VOID(h);
  (void)isSlave;
  camera->pos_b = camera->led_position = position;
  camera->led_width = width;
}

EXPORT uint32_t SetQHYCCDGPSMasterSlave(qhyccd_handle *h, uint8_t slave) {
  BEGIN(h);
  if (!built_in(camera) || slave > 1) return failed("not supported by this camera");
  advance(camera);
  camera->slave = slave;
  restart_sensor(camera);
  return QHYCCD_SUCCESS;
}

EXPORT void SetQHYCCDGPSSlaveModeParameter(qhyccd_handle *h, uint32_t targetSec, uint32_t targetUs, uint32_t deltaSec, uint32_t deltaUs,
                                           uint32_t exposureUs) {
  BEGIN_VOID(h);
  advance(camera);
  const uint32_t given[] = {targetSec, targetUs, deltaSec, deltaUs, exposureUs};
  memcpy(camera->slave_parameter, given, sizeof given);
  restart_sensor(camera);
}
