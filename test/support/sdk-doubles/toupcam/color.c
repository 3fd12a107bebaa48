/* What changes how pictures look. The double keeps these values and gives them back; they do not change its pixels, but
 * flips do. */
#include <string.h>
#include "double.h"

static bool in_color(const camera *c) {
  return !(c->device->model->face.flag & FLAG_MONO);
}

static result put_number(camera *c, int32_t *to, int32_t value, int32_t least, int32_t most, bool possible) {
  (void)c;
  if (!possible) return leave(E_NOTIMPL);
  if (value < least || value > most) return leave(E_INVALIDARG);
  if (*to == value) return leave(E_FALSE);
  *to = value;
  return leave(E_OK);
}

#define NUMBER(NAME, FIELD, LEAST, MOST, POSSIBLE)                 \
  EXPORT result Toupcam_put_##NAME(void *handle, int32_t value) {  \
    BEGIN();                                                       \
    return put_number(c, &c->FIELD, value, LEAST, MOST, POSSIBLE); \
  }                                                                \
  EXPORT result Toupcam_get_##NAME(void *handle, int32_t *value) { \
    BEGIN();                                                       \
    if (!(POSSIBLE)) return leave(E_NOTIMPL);                      \
    if (value == NULL) return leave(E_POINTER);                    \
    *value = c->FIELD;                                             \
    return leave(E_OK);                                            \
  }

NUMBER(Contrast, contrast, -255, 255, true)
NUMBER(Brightness, brightness, -255, 255, true)
NUMBER(Gamma, gamma, 20, 180, true)
NUMBER(Hue, hue, -180, 180, in_color(c))
NUMBER(Saturation, saturation, 0, 255, in_color(c))
NUMBER(HFlip, hflip, 0, 1, true)
NUMBER(VFlip, vflip, 0, 1, true)
NUMBER(Negative, negative, 0, 1, true)
NUMBER(Chrome, chrome, 0, 1, in_color(c))
NUMBER(HZ, hz, 0, 2, true)
NUMBER(Mode, skip, 0, 1, (c->device->model->face.flag & FLAG_BINSKIP) != 0)

/* Gains are there when the camera was opened by an identifier with '@' before it, temperature and tint when it was not.
 */
EXPORT result Toupcam_put_WhiteBalanceGain(void *handle, int32_t gain[3]) {
  BEGIN();
  if (!in_color(c) || !c->rgb_gain) return leave(E_NOTIMPL);
  if (gain == NULL) return leave(E_POINTER);
  for (int i = 0; i < 3; i++)
    if (gain[i] < -127 || gain[i] > 127) return leave(E_INVALIDARG);
  memcpy(c->white, gain, sizeof c->white);
  post(c, EVENT_WBGAIN);
  return leave(E_OK);
}
EXPORT result Toupcam_get_WhiteBalanceGain(void *handle, int32_t gain[3]) {
  BEGIN();
  if (!in_color(c) || !c->rgb_gain) return leave(E_NOTIMPL);
  if (gain == NULL) return leave(E_POINTER);
  memcpy(gain, c->white, sizeof c->white);
  return leave(E_OK);
}
EXPORT result Toupcam_put_TempTint(void *handle, int32_t temp, int32_t tint) {
  BEGIN();
  if (!in_color(c) || c->rgb_gain) return leave(E_NOTIMPL);
  if (temp < 1000 || temp > 25000 || tint < 100 || tint > 2500) return leave(E_INVALIDARG);
  c->temp = temp;
  c->tint = tint;
  post(c, EVENT_TEMPTINT);
  return leave(E_OK);
}
EXPORT result Toupcam_get_TempTint(void *handle, int32_t *temp, int32_t *tint) {
  BEGIN();
  if (!in_color(c) || c->rgb_gain) return leave(E_NOTIMPL);
  if (temp != NULL) *temp = c->temp;
  if (tint != NULL) *tint = c->tint;
  return leave(E_OK);
}

/* The automatics need a stream, and answer when a frame has come. */
EXPORT result Toupcam_AwbInit(void *handle, white_callback done, void *context) {
  BEGIN();
  if (!in_color(c) || !c->rgb_gain) return leave(E_NOTIMPL);
  if (!c->running) return leave(E_UNEXPECTED);
  c->white_done = done;
  c->white_context = context;
  c->white_asked = true;
  stream_wake(c);
  return leave(E_OK);
}
EXPORT result Toupcam_AwbOnce(void *handle, temptint_callback done, void *context) {
  BEGIN();
  if (!in_color(c) || c->rgb_gain) return leave(E_NOTIMPL);
  if (!c->running) return leave(E_UNEXPECTED);
  c->temptint_done = done;
  c->temptint_context = context;
  c->temptint_asked = true;
  stream_wake(c);
  return leave(E_OK);
}
EXPORT result Toupcam_AbbOnce(void *handle, black_callback done, void *context) {
  BEGIN();
  if (!c->running) return leave(E_UNEXPECTED);
  c->black_done = done;
  c->black_context = context;
  c->black_asked = true;
  stream_wake(c);
  return leave(E_OK);
}

EXPORT result Toupcam_put_BlackBalance(void *handle, uint16_t sub[3]) {
  BEGIN();
  if (sub == NULL) return leave(E_POINTER);
  for (int i = 0; i < 3; i++)
    if (sub[i] > 255) return leave(E_INVALIDARG);
  memcpy(c->black, sub, sizeof c->black);
  post(c, EVENT_BLACK);
  return leave(E_OK);
}
EXPORT result Toupcam_get_BlackBalance(void *handle, uint16_t sub[3]) {
  BEGIN();
  if (sub == NULL) return leave(E_POINTER);
  memcpy(sub, c->black, sizeof c->black);
  return leave(E_OK);
}

/* Red, green, blue, and all (Y). */
EXPORT result Toupcam_put_LevelRange(void *handle, uint16_t low[4], uint16_t high[4]) {
  BEGIN();
  if (low == NULL || high == NULL) return leave(E_POINTER);
  for (int i = 0; i < 4; i++)
    if (high[i] > 255 || low[i] > high[i]) return leave(E_INVALIDARG);
  memcpy(c->level_low, low, sizeof c->level_low);
  memcpy(c->level_high, high, sizeof c->level_high);
  post(c, EVENT_LEVELRANGE);
  return leave(E_OK);
}
EXPORT result Toupcam_get_LevelRange(void *handle, uint16_t low[4], uint16_t high[4]) {
  BEGIN();
  if (low == NULL || high == NULL) return leave(E_POINTER);
  memcpy(low, c->level_low, sizeof c->level_low);
  memcpy(high, c->level_high, sizeof c->level_high);
  return leave(E_OK);
}
EXPORT result Toupcam_LevelRangeAuto(void *handle) {
  BEGIN();
  if (!c->running) return leave(E_UNEXPECTED);
  for (int i = 0; i < 4; i++) c->level_low[i] = 4, c->level_high[i] = 210;
  post(c, EVENT_LEVELRANGE);
  return leave(E_OK);
}
