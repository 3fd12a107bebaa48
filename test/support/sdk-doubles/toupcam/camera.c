/* Opening and closing, exposure and gain. */
#include <stdlib.h>
#include <string.h>
#include "double.h"

static const uint32_t MAGIC = 0x746f7570;
enum { OPEN_MOST = DEVICES_MOST };
static camera *open_cameras[OPEN_MOST];

camera *take(void *handle) {
  camera *c = handle;
  pthread_mutex_lock(&all);
  if (c != NULL && c->magic == MAGIC) return c;
  pthread_mutex_unlock(&all);
  return NULL;
}

result leave(result r) {
  pthread_mutex_unlock(&all);
  return r;
}

result gone(const camera *c) {
  if (!c->lost) return E_OK;
  return c->device->model->gige ? E_UNREACH : E_GEN_FAILURE;
}

void camera_lost(device *d) {
  d->open = false;
  for (int i = 0; i < OPEN_MOST; i++) {
    camera *c = open_cameras[i];
    if (c == NULL || c->device != d || c->lost) continue;
    post(c, EVENT_DISCONNECTED);
    c->lost = true;
    stream_wake(c);
  }
}

static camera *open_device(device *d, bool rgb_gain) {
  if (d == NULL || d->open || scenario_lists("busy", d->slot)) return NULL;
  int place = 0;
  while (place < OPEN_MOST && open_cameras[place] != NULL) place++;
  if (place == OPEN_MOST) return NULL;
  camera *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->magic = MAGIC;
  c->device = d;
  c->rgb_gain = rgb_gain;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&c->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  options_reset(c);
  c->clock_zero_ns = d->plugged_ns;
  d->open = true;
  if (asked.stuck_until <= STUCK_REOPEN) d->stuck = false;
  open_cameras[place] = c;
  return c;
}

EXPORT void *Toupcam_Open(const char *id) {
  if (enter(__func__) != E_OK) return NULL;
  const bool rgb_gain = id != NULL && id[0] == '@';
  pthread_mutex_lock(&all);
  camera *c = open_device(device_found(rgb_gain ? id + 1 : id), rgb_gain);
  pthread_mutex_unlock(&all);
  return c;
}

EXPORT void *Toupcam_OpenByIndex(uint32_t index) {
  if (enter(__func__) != E_OK) return NULL;
  pthread_mutex_lock(&all);
  camera *c = open_device(device_at(index), false);
  pthread_mutex_unlock(&all);
  return c;
}

/* The memory stays, so that a handle that is used after it is refused and not a crash. */
EXPORT void Toupcam_Close(void *handle) {
  if (enter(__func__) != E_OK) return;
  camera *c = take(handle);
  if (c == NULL) return;
  stream_stop(c);
  c->magic = 0;
  if (!c->lost) c->device->open = false;
  for (int i = 0; i < OPEN_MOST; i++)
    if (open_cameras[i] == c) open_cameras[i] = NULL;
  pthread_mutex_unlock(&all);
}

/* ---- exposure and gain ---- */

EXPORT result Toupcam_get_ExpTimeRange(void *handle, uint32_t *minimum, uint32_t *maximum, uint32_t *otherwise) {
  BEGIN();
  if (minimum != NULL) *minimum = c->device->model->exposure_min_us;
  if (maximum != NULL) *maximum = c->device->model->exposure_max_us;
  if (otherwise != NULL) *otherwise = 10000;
  return leave(E_OK);
}

EXPORT result Toupcam_put_ExpoTime(void *handle, uint32_t us) {
  BEGIN();
  if (us < c->device->model->exposure_min_us || us > c->device->model->exposure_max_us) return leave(E_INVALIDARG);
  if (c->exposure_us == us) return leave(E_FALSE);
  c->exposure_us = us;
  post(c, EVENT_EXPOSURE);
  return leave(E_OK);
}

EXPORT result Toupcam_get_ExpoTime(void *handle, uint32_t *us) {
  BEGIN();
  if (us == NULL) return leave(E_POINTER);
  *us = c->exposure_us;
  return leave(E_OK);
}

/* As the sensor makes it: whole lines. */
EXPORT result Toupcam_get_RealExpoTime(void *handle, uint32_t *us) {
  BEGIN();
  if (us == NULL) return leave(E_POINTER);
  const uint64_t line = c->device->model->line_ns, lines = (c->exposure_us * 1000ull + line / 2) / line;
  *us = (uint32_t)((lines == 0 ? 1 : lines) * line / 1000);
  return leave(E_OK);
}

EXPORT result Toupcam_get_ExpoAGainRange(void *handle, uint16_t *minimum, uint16_t *maximum, uint16_t *otherwise) {
  BEGIN();
  if (minimum != NULL) *minimum = 100;
  if (maximum != NULL) *maximum = c->device->model->gain_max;
  if (otherwise != NULL) *otherwise = 100;
  return leave(E_OK);
}

EXPORT result Toupcam_put_ExpoAGain(void *handle, uint16_t percent) {
  BEGIN();
  if (percent < 100 || percent > c->device->model->gain_max) return leave(E_INVALIDARG);
  if (c->gain == percent) return leave(E_FALSE);
  c->gain = percent;
  post(c, EVENT_EXPOSURE);
  return leave(E_OK);
}

EXPORT result Toupcam_get_ExpoAGain(void *handle, uint16_t *percent) {
  BEGIN();
  if (percent == NULL) return leave(E_POINTER);
  *percent = c->gain;
  return leave(E_OK);
}

EXPORT result Toupcam_put_AutoExpoEnable(void *handle, int32_t mode) {
  BEGIN();
  if (mode < 0 || mode > 2) return leave(E_INVALIDARG);
  c->auto_exposure = mode;
  c->options[AUTOEXPO_CONV] = mode == 0 ? -1 : 0;
  return leave(E_OK);
}

EXPORT result Toupcam_get_AutoExpoEnable(void *handle, int32_t *mode) {
  BEGIN();
  if (mode == NULL) return leave(E_POINTER);
  *mode = c->auto_exposure;
  return leave(E_OK);
}

EXPORT result Toupcam_put_AutoExpoTarget(void *handle, uint16_t target) {
  BEGIN();
  if (target < 10 || target > 220) return leave(E_INVALIDARG);
  c->auto_target = target;
  return leave(E_OK);
}

EXPORT result Toupcam_get_AutoExpoTarget(void *handle, uint16_t *target) {
  BEGIN();
  if (target == NULL) return leave(E_POINTER);
  *target = c->auto_target;
  return leave(E_OK);
}

EXPORT result Toupcam_put_AutoExpoRange(void *handle, uint32_t time_max, uint32_t time_min, uint16_t gain_max,
                                        uint16_t gain_min) {
  BEGIN();
  if (time_min > time_max || gain_min > gain_max) return leave(E_INVALIDARG);
  c->auto_time_max = time_max;
  c->auto_time_min = time_min;
  c->auto_gain_max = gain_max;
  c->auto_gain_min = gain_min;
  return leave(E_OK);
}

EXPORT result Toupcam_get_AutoExpoRange(void *handle, uint32_t *time_max, uint32_t *time_min, uint16_t *gain_max,
                                        uint16_t *gain_min) {
  BEGIN();
  if (time_max != NULL) *time_max = c->auto_time_max;
  if (time_min != NULL) *time_min = c->auto_time_min;
  if (gain_max != NULL) *gain_max = c->auto_gain_max;
  if (gain_min != NULL) *gain_min = c->auto_gain_min;
  return leave(E_OK);
}
