/* Starting, triggering, and taking frames. */
#include <string.h>
#include "double.h"

EXPORT result Toupcam_StartPullModeWithCallback(void *handle, event_callback callback, void *context) {
  BEGIN();
  return leave(stream_start(c, callback, context));
}

/* Works for a camera that is gone as well. */
EXPORT result Toupcam_Stop(void *handle) {
  ENTER();
  camera *c = take(handle);
  if (c == NULL) return E_INVALIDARG;
  if (!c->running) return leave(E_FALSE);
  stream_stop(c);
  return leave(E_OK);
}

EXPORT result Toupcam_Pause(void *handle, int32_t paused) {
  BEGIN();
  if (!c->running) return leave(E_UNEXPECTED);
  c->paused = paused != 0;
  c->next_start_ns = 0;
  stream_wake(c);
  return leave(E_OK);
}

/* Asks for `count` exposures; 0 ends what runs, 0xffff goes on until then. */
EXPORT result Toupcam_Trigger(void *handle, uint16_t count) {
  BEGIN();
  if (!c->running || !(c->options[TRIGGER] & 1)) return leave(E_UNEXPECTED);
  if (count == 0) {
    c->triggers = 0;
    c->timed_ns = 0;
    if (c->exposing) c->cancel = true;
  } else if (c->device->model->face.flag & FLAG_TRIGGER_SINGLE && count > 1) {
    return leave(E_INVALIDARG);
  } else {
    c->triggers = count == 0xffff || c->triggers == 0xffff ? 0xffff
                  : c->triggers + count > 0xfffe           ? 0xfffe
                                                           : c->triggers + count;
  }
  stream_wake(c);
  return leave(E_OK);
}

static const uint32_t output_bits[] = {8, 16, 24, 32, 48, 64};

/* The format that `bits` asks for; a frame of one byte a colour is not made one of two. */
static bool convert(const camera *c, shape *s, int32_t bits) {
  if (bits == 0 || c->options[RAW] != 0) return true;
  for (uint32_t i = 0; i < 6; i++)
    if ((int32_t)output_bits[i] == bits) {
      const bool narrow = i == OUT_8 || i == OUT_RGB24 || i == OUT_RGB32;
      if (narrow != (s->format == OUT_8 || s->format == OUT_RGB24 || s->format == OUT_RGB32)) return false;
      s->format = i;
      return true;
    }
  return false;
}

/* Bytes from row to row. Raw frames have no padding; colours have that of Windows' bitmaps, unless -1 says that they
 * have none. */
static size_t pitch_of(const camera *c, const shape *s, int32_t pitch) {
  const size_t exact = s->width * output_bytes(s->format);
  if (pitch == 0 && c->options[RAW] == 0) return (exact + 3) & ~(size_t)3;
  return pitch <= 0 ? exact : (size_t)pitch;
}

/* Takes the oldest frame. Locked before and not after. */
static result take_frame(camera *c, void *data, bool still, int32_t bits, int32_t pitch, void *info,
                         size_t info_bytes) {
  deque *q = still ? &c->stills : &c->back;
  if (q->count == 0) return leave(E_PENDING);
  if (data == NULL) return leave(E_POINTER);
  frame f = q->frames[q->first];
  if (!convert(c, &f.shape, bits)) return leave(E_INVALIDARG);
  if (pitch < -1 || (pitch > 0 && (size_t)pitch < f.shape.width * output_bytes(f.shape.format)))
    return leave(E_INVALIDARG);
  frame taken;
  deque_pop(q, &taken);
  c->pulled++;
  if (scenario_lists("wrong-size-at", f.made)) {
    f.info.v3.width = f.shape.width = f.shape.width / 4 & ~1u;
    f.info.v3.height = f.shape.height = f.shape.height / 2 & ~1u;
  }
  const size_t row = pitch_of(c, &f.shape, pitch);
  stream_wake(c);
  pthread_mutex_unlock(&all);
  pixels_write(&f, data, row);
  if (info != NULL) memcpy(info, &f.info, info_bytes);
  return E_OK;
}

/* `ms` 0: does not wait; 0xffffffff: without end. */
static result wait_frame(void *handle, uint32_t ms, void *data, bool still, int32_t bits, int32_t pitch, void *info,
                         size_t info_bytes) {
  camera *c = take(handle);
  if (c == NULL) return E_INVALIDARG;
  const int64_t until = monotonic_ns() + ms * 1000000ll;
  while (ms != 0 && c->running && !c->lost && (still ? c->stills.count : c->back.count) == 0) {
    if (ms != 0xffffffffu && monotonic_ns() >= until) return leave(E_TIMEOUT);
    const struct timespec at = timespec_of(ms == 0xffffffffu ? monotonic_ns() + 1000000000 : until);
    pthread_cond_timedwait(&c->changed, &all, &at);
  }
  if (c->lost) return leave(gone(c));
  if (!c->running) return leave(E_UNEXPECTED);
  return take_frame(c, data, still, bits, pitch, info, info_bytes);
}

EXPORT result Toupcam_PullImageV4(void *handle, void *data, int32_t still, int32_t bits, int32_t pitch,
                                  frame_info_v4 *info) {
  ENTER();
  return wait_frame(handle, 0, data, still != 0, bits, pitch, info, sizeof *info);
}
EXPORT result Toupcam_PullImageV3(void *handle, void *data, int32_t still, int32_t bits, int32_t pitch,
                                  frame_info_v3 *info) {
  ENTER();
  return wait_frame(handle, 0, data, still != 0, bits, pitch, info, sizeof *info);
}
EXPORT result Toupcam_WaitImageV4(void *handle, uint32_t ms, void *data, int32_t still, int32_t bits, int32_t pitch,
                                  frame_info_v4 *info) {
  ENTER();
  return wait_frame(handle, ms, data, still != 0, bits, pitch, info, sizeof *info);
}
EXPORT result Toupcam_WaitImageV3(void *handle, uint32_t ms, void *data, int32_t still, int32_t bits, int32_t pitch,
                                  frame_info_v3 *info) {
  ENTER();
  return wait_frame(handle, ms, data, still != 0, bits, pitch, info, sizeof *info);
}

/* One exposure, and its frame. `ms` 0: the exposure and its 50th part and 4 s. */
EXPORT result Toupcam_TriggerSyncV4(void *handle, uint32_t ms, void *data, int32_t bits, int32_t pitch,
                                    frame_info_v4 *info) {
  ENTER();
  camera *c = take(handle);
  if (c == NULL) return E_INVALIDARG;
  if (c->lost) return leave(gone(c));
  if (!c->running || !(c->options[TRIGGER] & 1)) return leave(E_UNEXPECTED);
  if (c->exposing) return leave(E_BUSY);
  stream_flush(c, 2);
  c->triggers = 1;
  if (ms == 0) ms = (uint32_t)(c->exposure_us / 1000ull * 102 / 100) + 4000;
  stream_wake(c);
  pthread_mutex_unlock(&all);
  return wait_frame(handle, ms, data, false, bits, pitch, info, sizeof *info);
}

/* Stills beside the video, of its own size here; models without still sizes take the size of the video only. */
static result snap(void *handle, uint32_t index, uint32_t count) {
  BEGIN();
  if (!c->running || c->options[TRIGGER] != 0) return leave(E_UNEXPECTED);
  if (index != 0xffffffffu && c->device->model->face.still == 0) return leave(E_NOTIMPL);
  if (index != 0xffffffffu && index >= c->device->model->face.still) return leave(E_INVALIDARG);
  if (!c->has_last) return leave(E_BUSY);
  for (uint32_t i = 0; i < count; i++) {
    frame f = c->last;
    f.still = true;
    f.info.v3.flag |= INFO_STILL;
    f.info.v3.seq = c->snaps++;
    stream_deliver(c, &f);
  }
  return leave(E_OK);
}
EXPORT result Toupcam_Snap(void *handle, uint32_t index) {
  return snap(handle, index, 1);
}
EXPORT result Toupcam_SnapN(void *handle, uint32_t index, uint32_t count) {
  return snap(handle, index, count);
}
EXPORT result Toupcam_SnapR(void *handle, uint32_t index, uint32_t count) {
  return snap(handle, index, count);
}
