/* Sizes, regions, speed, and what a frame looks like and costs in time for them. */
#include <string.h>
#include "double.h"

static const resolution *size_of(const camera *c) {
  return &c->device->model->face.res[c->size_index];
}

uint32_t raw_bits(const camera *c) {
  return c->options[BITDEPTH] == 0 ? 8 : c->device->model->bits;
}

/* Bits that sums of n x n pixels need more. */
static uint32_t growth(uint32_t n) {
  return n <= 1 ? 0 : n == 2 ? 2 : n <= 4 ? 4 : 6;
}

void final_size(const camera *c, uint32_t *width, uint32_t *height) {
  const uint32_t n = (uint32_t)c->options[BINNING] & 0xf;
  const uint32_t w = c->roi.w == 0 ? size_of(c)->width : c->roi.w, h = c->roi.w == 0 ? size_of(c)->height : c->roi.h;
  *width = w / n & ~1u;
  *height = h / n & ~1u;
}

shape shape_now(const camera *c, bool still) {
  const model *m = c->device->model;
  const uint32_t n = (uint32_t)c->options[BINNING] & 0xf, mode = (uint32_t)c->options[BINNING] & 0xc0;
  const uint32_t reduced = m->width / size_of(c)->width;
  const bool wide = c->options[BITDEPTH] != 0, raw = c->options[RAW] != 0;
  shape s;
  memset(&s, 0, sizeof s); /* compared by its bytes */
  static const uint32_t colors[] = {OUT_RGB24, OUT_RGB48, OUT_RGB32, OUT_8, OUT_16, OUT_RGB64};
  s.format = raw ? (wide ? OUT_16 : OUT_8) : colors[c->options[RGB]];
  s.sensor_bits = raw_bits(c);
  s.bits = mode == 0x40 && wide ? s.sensor_bits + growth(n) : s.sensor_bits;
  if (s.bits > 16) s.bits = 16;
  final_size(c, &s.width, &s.height);
  s.x = c->roi.w == 0 ? 0 : c->roi.x / n;
  s.y = c->roi.w == 0 ? 0 : c->roi.y / n;
  s.binning = n * reduced;
  s.mode = n == 1 && reduced > 1 ? 0x80 : mode;
  s.low = c->options[ZERO_PADDING] == 1;
  const bool turned = c->options[ROTATE] == 180;
  s.flip_x = (c->hflip != 0) != turned;
  s.flip_y = (c->vflip != 0) != turned;
  s.defects = c->options[DEFECT_PIXEL] == 0;
  s.bgr = c->options[0x2a /* BYTEORDER */] != 0;
  s.black = (uint16_t)c->options[BLACKLEVEL];
  s.pattern = c->options[TESTPATTERN];
  (void)still;
  return s;
}

int64_t readout_ns(const camera *c) {
  const model *m = c->device->model;
  if (asked.readout_ms >= 0) return (int64_t)(asked.readout_ms * 1e6);
  double fps = c->options[BITDEPTH] == 0 ? m->fps8 : m->fps16;
  if (asked.fps > 0) fps = asked.fps;
  if (m->face.maxspeed > 0) fps *= 0.5 + 0.5 * c->speed / m->face.maxspeed;
  if (c->options[LOW_NOISE]) fps /= 2;
  fps *= c->options[BANDWIDTH] / 100.0;
  const double rows = c->roi.w == 0 ? m->height : c->roi.h * (m->height / size_of(c)->height);
  return (int64_t)(1e9 / fps * (rows < 64 ? 64 : rows) / m->height);
}

int64_t period_ns(const camera *c) {
  int64_t period = readout_ns(c);
  if (c->exposure_us * 1000ll > period) period = c->exposure_us * 1000ll;
  const int32_t limit = c->options[FRAMERATE], precise = c->options[PRECISE_FRAMERATE];
  if (limit > 0 && 1000000000ll / limit > period) period = 1000000000ll / limit;
  if (precise > 0 && 10000000000ll / precise > period) period = 10000000000ll / precise;
  return period;
}

EXPORT result Toupcam_get_ResolutionNumber(void *handle) {
  BEGIN();
  return leave((result)c->device->model->face.preview);
}
EXPORT result Toupcam_get_StillResolutionNumber(void *handle) {
  BEGIN();
  return leave((result)c->device->model->face.still);
}

static result resolution_of(camera *c, uint32_t count, uint32_t index, int32_t *width, int32_t *height) {
  if (index >= count) return leave(E_INVALIDARG);
  if (width != NULL) *width = (int32_t)c->device->model->face.res[index].width;
  if (height != NULL) *height = (int32_t)c->device->model->face.res[index].height;
  return leave(E_OK);
}
EXPORT result Toupcam_get_Resolution(void *handle, uint32_t index, int32_t *width, int32_t *height) {
  BEGIN();
  return resolution_of(c, c->device->model->face.preview, index, width, height);
}
EXPORT result Toupcam_get_StillResolution(void *handle, uint32_t index, int32_t *width, int32_t *height) {
  BEGIN();
  return resolution_of(c, c->device->model->face.still, index, width, height);
}
EXPORT result Toupcam_get_ResolutionRatio(void *handle, uint32_t index, int32_t *numerator, int32_t *denominator) {
  BEGIN();
  if (index >= c->device->model->face.preview) return leave(E_INVALIDARG);
  if (numerator != NULL) *numerator = 1;
  if (denominator != NULL) *denominator = (int32_t)(c->device->model->width / c->device->model->face.res[index].width);
  return leave(E_OK);
}

EXPORT result Toupcam_put_eSize(void *handle, uint32_t index) {
  BEGIN();
  if (c->running) return leave(E_UNEXPECTED);
  if (index >= c->device->model->face.preview) return leave(E_INVALIDARG);
  if (c->size_index == (int32_t)index) return leave(E_FALSE);
  c->size_index = (int32_t)index;
  memset(&c->roi, 0, sizeof c->roi);
  return leave(E_OK);
}
EXPORT result Toupcam_get_eSize(void *handle, uint32_t *index) {
  BEGIN();
  if (index == NULL) return leave(E_POINTER);
  *index = (uint32_t)c->size_index;
  return leave(E_OK);
}
EXPORT result Toupcam_put_Size(void *handle, int32_t width, int32_t height) {
  BEGIN();
  if (c->running) return leave(E_UNEXPECTED);
  const model_v2 *face = &c->device->model->face;
  for (uint32_t i = 0; i < face->preview; i++)
    if ((int32_t)face->res[i].width == width && (int32_t)face->res[i].height == height) {
      c->size_index = (int32_t)i;
      memset(&c->roi, 0, sizeof c->roi);
      return leave(E_OK);
    }
  return leave(E_INVALIDARG);
}
EXPORT result Toupcam_get_Size(void *handle, int32_t *width, int32_t *height) {
  BEGIN();
  if (width != NULL) *width = (int32_t)size_of(c)->width;
  if (height != NULL) *height = (int32_t)size_of(c)->height;
  return leave(E_OK);
}
EXPORT result Toupcam_get_FinalSize(void *handle, int32_t *width, int32_t *height) {
  BEGIN();
  uint32_t w, h;
  final_size(c, &w, &h);
  if (width != NULL) *width = (int32_t)w;
  if (height != NULL) *height = (int32_t)h;
  return leave(E_OK);
}

/* Unbinned pixels, even numbers, 16 x 16 at least; four zeros: the whole. Frames that wait are of the shape before. */
EXPORT result Toupcam_put_Roi(void *handle, uint32_t x, uint32_t y, uint32_t w, uint32_t h) {
  BEGIN();
  const resolution *r = size_of(c);
  if (x == 0 && y == 0 && w == 0 && h == 0) memset(&c->roi, 0, sizeof c->roi);
  else {
    if ((x | y | w | h) & 1 || w < 16 || h < 16 || x > r->width || y > r->height || w > r->width - x ||
        h > r->height - y)
      return leave(E_INVALIDARG);
    c->roi.x = x;
    c->roi.y = y;
    c->roi.w = w;
    c->roi.h = h;
  }
  post(c, EVENT_ROI);
  return leave(E_OK);
}
EXPORT result Toupcam_get_Roi(void *handle, uint32_t *x, uint32_t *y, uint32_t *w, uint32_t *h) {
  BEGIN();
  const bool whole = c->roi.w == 0;
  if (x != NULL) *x = c->roi.x;
  if (y != NULL) *y = c->roi.y;
  if (w != NULL) *w = whole ? size_of(c)->width : c->roi.w;
  if (h != NULL) *h = whole ? size_of(c)->height : c->roi.h;
  return leave(E_OK);
}

EXPORT result Toupcam_put_Speed(void *handle, uint16_t speed) {
  BEGIN();
  if (speed > c->device->model->face.maxspeed) return leave(E_INVALIDARG);
  c->speed = speed;
  return leave(E_OK);
}
EXPORT result Toupcam_get_Speed(void *handle, uint16_t *speed) {
  BEGIN();
  if (speed == NULL) return leave(E_POINTER);
  *speed = c->speed;
  return leave(E_OK);
}

EXPORT result Toupcam_put_RealTime(void *handle, int32_t mode) {
  BEGIN();
  if (mode < 0 || mode > 2) return leave(E_INVALIDARG);
  c->realtime = mode;
  return leave(E_OK);
}
EXPORT result Toupcam_get_RealTime(void *handle, int32_t *mode) {
  BEGIN();
  if (mode == NULL) return leave(E_POINTER);
  *mode = c->realtime;
  return leave(E_OK);
}

EXPORT result Toupcam_get_FrameRate(void *handle, uint32_t *frames, uint32_t *ms, uint32_t *total) {
  BEGIN();
  if (!c->running) return leave(E_UNEXPECTED);
  if (frames != NULL) *frames = c->seq;
  if (ms != NULL) *ms = (uint32_t)((monotonic_ns() - c->started_ns) / 1000000);
  if (total != NULL) *total = c->seq;
  return leave(E_OK);
}
