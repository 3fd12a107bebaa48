/* Who the camera is; guiding; its lines of input and output. */
#include <stdio.h>
#include <string.h>
#include "double.h"

static result text(camera *c, char *to, size_t size, const char *from) {
  if (to == NULL) return leave(E_POINTER);
  snprintf(to, size, "%s", from);
  (void)c;
  return leave(E_OK);
}

EXPORT result Toupcam_get_SerialNumber(void *handle, char to[32]) {
  BEGIN();
  return text(c, to, 32, c->device->serial);
}
EXPORT result Toupcam_get_FwVersion(void *handle, char to[16]) {
  BEGIN();
  return text(c, to, 16, c->device->model->firmware);
}
EXPORT result Toupcam_get_HwVersion(void *handle, char to[16]) {
  BEGIN();
  return text(c, to, 16, c->device->model->hardware);
}
EXPORT result Toupcam_get_FpgaVersion(void *handle, char to[16]) {
  BEGIN();
  return text(c, to, 16, c->device->model->fpga);
}
EXPORT result Toupcam_get_ProductionDate(void *handle, char to[10]) {
  BEGIN();
  return text(c, to, 10, c->device->model->date);
}

EXPORT result Toupcam_get_Revision(void *handle, uint16_t *revision) {
  BEGIN();
  if (revision == NULL) return leave(E_POINTER);
  *revision = c->device->model->revision;
  return leave(E_OK);
}

EXPORT const model_v2 *Toupcam_query_Model(void *handle) {
  if (enter(__func__) != E_OK) return NULL;
  camera *c = take(handle);
  if (c == NULL) return NULL;
  const model_v2 *face = &c->device->model->face;
  pthread_mutex_unlock(&all);
  return face;
}

EXPORT result Toupcam_get_PixelSize(void *handle, uint32_t index, float *x, float *y) {
  BEGIN();
  const model_v2 *face = &c->device->model->face;
  if (index >= face->preview) return leave(E_INVALIDARG);
  const float times = (float)(face->res[0].width / face->res[index].width);
  if (x != NULL) *x = face->xpixsz * times;
  if (y != NULL) *y = face->ypixsz * times;
  return leave(E_OK);
}

EXPORT result Toupcam_get_MonoMode(void *handle) {
  BEGIN();
  return leave(c->device->model->face.flag & FLAG_MONO ? E_OK : E_FALSE);
}
EXPORT result Toupcam_get_MaxBitDepth(void *handle) {
  BEGIN();
  return leave((result)c->device->model->bits);
}
EXPORT result Toupcam_get_FanMaxSpeed(void *handle) {
  BEGIN();
  return leave((result)c->device->model->face.maxfanspeed);
}
EXPORT result Toupcam_get_MaxSpeed(void *handle) {
  BEGIN();
  return leave((result)c->device->model->face.maxspeed);
}
EXPORT result Toupcam_get_Field(void *handle) {
  BEGIN();
  return leave(1);
}

EXPORT result Toupcam_get_RawFormat(void *handle, uint32_t *fourcc, uint32_t *bits) {
  BEGIN();
  if (fourcc != NULL) memcpy(fourcc, c->device->model->fourcc, 4);
  if (bits != NULL) *bits = raw_bits(c);
  return leave(E_OK);
}

/* ---- guiding: a pulse runs until it is stopped, whatever was asked for ---- */

EXPORT result Toupcam_ST4PlusGuide(void *handle, uint32_t direction, uint32_t ms) {
  BEGIN();
  if (!(c->device->model->face.flag & FLAG_ST4)) return leave(E_NOTIMPL);
  if (direction > 4) return leave(E_INVALIDARG);
  if (c->guide != 4)
    truth("{\"serial\":\"%s\",\"guide\":%d,\"askedMs\":%u,\"ranUs\":%lld}", c->device->serial, c->guide, c->guide_ms,
          (long long)((monotonic_ns() - c->guide_begun_ns) / 1000));
  c->guide = (int32_t)direction;
  c->guide_ms = ms;
  c->guide_begun_ns = monotonic_ns();
  return leave(E_OK);
}

EXPORT result Toupcam_ST4PlusGuideState(void *handle) {
  BEGIN();
  if (!(c->device->model->face.flag & FLAG_ST4)) return leave(E_NOTIMPL);
  return leave(c->guide == 4 ? E_FALSE : E_OK);
}

/* ---- input and output lines: 0 isolated input, 1 isolated output, 2 and 3 general ones ---- */

EXPORT result Toupcam_IoControl(void *handle, uint32_t line, uint32_t type, int32_t out, int32_t *in) {
  BEGIN();
  if (c->device->model->face.ioctrol == 0) return leave(E_NOTIMPL);
  if (line >= c->device->model->face.ioctrol || type == 0 || type > 0x47) return leave(E_INVALIDARG);
  const bool sets = type % 2 == 0;
  if (sets) {
    const int32_t most = type == 0x04                                   ? 1
                         : type == 0x06                                 ? 5
                         : type == 0x0a                                 ? 3
                         : type == 0x0c                                 ? 20000
                         : type == 0x0e                                 ? 5
                         : type == 0x20                                 ? 5
                         : type == 0x10 || type == 0x24 || type == 0x26 ? 5000000
                                                                        : 65535;
    if (out < 0 || out > most) return leave(E_INVALIDARG);
    c->io[line][type - 1] = out;
    return leave(E_OK);
  }
  if (in == NULL) return leave(E_POINTER);
  *in = type == 0x01 ? (line == 0 ? 1 : line == 1 ? 2 : 3) : c->io[line][type];
  return leave(E_OK);
}
