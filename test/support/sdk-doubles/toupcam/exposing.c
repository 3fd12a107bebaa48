/* The thread that exposes: video, triggers, and what goes wrong with exposures. */
#include <stdlib.h>
#include <string.h>
#include "double.h"

enum work { NOTHING, VIDEO, TRIGGERED };

/* What is to be exposed next, and when. */
static enum work next_work(camera *c, int64_t *start) {
  const int64_t now = monotonic_ns();
  const int32_t mode = c->options[TRIGGER];
  if (c->lost || c->paused) return NOTHING;
  if (mode == 0) {
    if (c->next_start_ns == 0 || now - c->next_start_ns > 2000000000) c->next_start_ns = now;
    *start = c->next_start_ns;
    return VIDEO;
  }
  if (c->timed_ns != 0) {
    *start = now + (c->timed_ns - utc_of(now));
    return TRIGGERED;
  }
  *start = now;
  if (c->triggers > 0 && (mode & 1)) return TRIGGERED;
  if ((mode & 2) && asked.external_hz > 0) {
    const int64_t step = (int64_t)(1e9 / asked.external_hz);
    if (c->next_external_ns == 0 || now - c->next_external_ns > step) c->next_external_ns = now + step;
    *start = c->next_external_ns;
    return TRIGGERED;
  }
  return NOTHING;
}

/* Waits, unless the work changes before. */
static bool sleep_until(camera *c, int64_t ns, enum work work) {
  const int32_t mode = c->options[TRIGGER];
  while (c->running && !c->lost && !c->cancel && c->options[TRIGGER] == mode && !(work == VIDEO && c->paused)) {
    if (monotonic_ns() >= ns) return true;
    wait_until(c, ns);
  }
  return false;
}

static void fill_info(camera *c, frame *f, uint32_t exposure_us) {
  frame_info_v4 *info = &f->info;
  const int64_t clock = f->end_ns - c->clock_zero_ns;
  info->v3 = (frame_info_v3){
      .width = f->shape.width,
      .height = f->shape.height,
      .flag = INFO_SEQ | INFO_TIMESTAMP | INFO_EXPOTIME | INFO_EXPOGAIN | INFO_BLACKLEVEL |
              (f->still ? INFO_STILL : 0) | (c->options[CG] == 1 ? INFO_CG : 0) | (c->options[MECHANICALSHUTTER] ? INFO_SHUTTER_CLOSED : 0),
      .seq = f->still ? c->snaps++ : c->seq++,
      .timestamp = (uint64_t)((double)clock / 1000 * (1 + asked.clock_ppm * 1e-6)),
      .expotime = exposure_us,
      .expogain = c->gain,
      .blacklevel = (uint16_t)c->options[BLACKLEVEL],
  };
  if (c->device->model->face.flag & FLAG_EVENT_HARDWARE) {
    info->v3.flag |= INFO_COUNT;
    info->timecount = (uint64_t)(clock / 1000);
    info->framecount = (uint32_t)c->device->made;
    info->tricount = c->options[TRIGGER] == 0 ? 0 : (uint32_t)c->device->made;
  }
  if (gps_state(c) != 1) return;
  const int64_t shift = (int64_t)(asked.gps_offset_s * 1e9);
  info->v3.flag |= INFO_GPS;
  info->gps = (gps_info){
      .utcstart = (uint64_t)(utc_of(f->start_ns) + shift),
      .longitude = 11608000,
      .latitude = 48262000,
      .altitude = 489300,
      .satellite = 11,
  };
  info->gps.utcend = info->gps.utcstart + (uint64_t)(f->end_ns - f->start_ns);
}

static void auto_exposure(camera *c) {
  if (c->auto_exposure == 0) return;
  const uint32_t goal = c->auto_time_max < 20000 ? c->auto_time_max : 20000;
  const int64_t difference = (int64_t)goal - c->exposure_us;
  if (difference > goal / 50 || -difference > goal / 50) {
    c->exposure_us = (uint32_t)(c->exposure_us + difference / 2);
    c->options[AUTOEXPO_CONV] = 0;
    post(c, EVENT_EXPOSURE);
  } else if (c->options[AUTOEXPO_CONV] != 1) {
    c->options[AUTOEXPO_CONV] = 1;
    post(c, EVENT_AUTOEXPO_CONV);
    if (c->auto_exposure == 2) c->auto_exposure = 0;
  }
}

/* Takes one exposure off what was asked for; a failing trigger makes none. */
static bool begin(camera *c, enum work work, int64_t made) {
  if (work != TRIGGERED) return true;
  if (c->timed_ns != 0) {
    const uint32_t count = (uint32_t)c->options[TIMED_TRIGGER_NUM];
    c->timed_ns = 0;
    c->triggers = count > 1 ? count - 1 : 0;
  } else if (c->triggers > 0 && c->triggers != 0xffff) c->triggers--;
  post(c, EVENT_TRIGGER_IN);
  if (made != asked.trigger_fail_at || !scenario_fires()) return true;
  truth("{\"serial\":\"%s\",\"made\":%lld,\"faults\":[\"trigger-fail\"]}", c->device->serial, (long long)made);
  post(c, EVENT_TRIGGERFAIL);
  return false;
}

static void expose(camera *c, enum work work, int64_t start) {
  device *d = c->device;
  const int64_t made = d->made;
  uint32_t exposure_us = c->exposure_us;
  if (work == TRIGGERED && c->options[SEQUENCER_ONOFF]) {
    const uint32_t group = c->sequencer_at++ % (uint32_t)c->options[SEQUENCER_NUMBER] + 1;
    if (c->sequencer_time[group] > 0) exposure_us = (uint32_t)c->sequencer_time[group];
  }
  frame f = {.made = made, .start_ns = start, .end_ns = start + exposure_us * 1000ll};
  f.shape = shape_now(c, false);
  if (work == VIDEO) c->next_start_ns = start + period_ns(c);
  if (work == TRIGGERED && c->next_external_ns == start) c->next_external_ns += (int64_t)(1e9 / asked.external_hz);
  d->made++;
  if (!begin(c, work, made)) return;
  c->exposing = true;
  c->waiting_since_ns = start;
  post(c, EVENT_EXPO_START);
  if (made == asked.unplug_at && scenario_fires()) {
    sleep_until(c, (f.start_ns + f.end_ns) / 2, work);
    truth("{\"serial\":\"%s\",\"made\":%lld,\"faults\":[\"unplugged\"]}", d->serial, (long long)made);
    device_unplug(d);
  }
  if ((made == asked.stuck_at || made == asked.error_at) && !d->stuck_done && scenario_fires()) {
    d->stuck = d->stuck_done = true;
    truth("{\"serial\":\"%s\",\"made\":%lld,\"faults\":[\"%s\"]}", d->serial, (long long)made,
          made == asked.stuck_at ? "stuck" : "error");
    if (made == asked.error_at) post(c, EVENT_ERROR);
  }
  while (d->stuck && c->running && !c->lost && !c->cancel) wait_until(c, monotonic_ns() + 100000000);
  const int64_t readout = work == VIDEO ? 0 : readout_ns(c);
  bool whole = sleep_until(c, f.end_ns, work);
  if (whole) {
    post(c, EVENT_EXPO_STOP);
    whole = readout <= 0 || sleep_until(c, f.end_ns + readout, work);
  }
  c->exposing = false;
  if (!whole && c->cancel && c->options[TRIGGER_CANCEL_MODE] == 1 && c->running && !c->lost && !d->stuck) {
    f.end_ns = monotonic_ns();
    exposure_us = (uint32_t)((f.end_ns - f.start_ns) / 1000);
    whole = true;
  }
  c->cancel = false;
  if (!whole) return;
  if (made == asked.segv_at && scenario_fires()) crash();
  fill_info(c, &f, exposure_us);
  truth(
      "{\"serial\":\"%s\",\"made\":%lld,\"sequence\":%u,\"startUtcNs\":\"%lld\",\"endUtcNs\":\"%lld\",\"timestampUs\":"
      "\"%llu\",\"exposureUs\":%u,"
      "\"gain\":%u,\"faults\":[%s]}",
      d->serial, (long long)made, f.info.v3.seq, (long long)utc_of(f.start_ns), (long long)utc_of(f.end_ns),
      (unsigned long long)f.info.v3.timestamp, exposure_us, c->gain,
      scenario_lists("zero-frame-at", made)   ? "\"zero-frame\""
      : scenario_lists("wrong-size-at", made) ? "\"wrong-size\""
                                              : "");
  c->last = f;
  c->has_last = true;
  c->waiting_since_ns = monotonic_ns();
  stream_deliver(c, &f);
  auto_exposure(c);
  if (work == TRIGGERED) post(c, EVENT_TRIGGER_ALLOW);
}

void *expose_all(void *argument) {
  camera *c = argument;
  pthread_mutex_lock(&all);
  while (c->running) {
    int64_t start;
    const enum work work = next_work(c, &start);
    if (work == NOTHING) {
      c->next_start_ns = c->next_external_ns = 0;
      pthread_cond_wait(&c->changed, &all);
      c->cancel = false;
    } else if (sleep_until(c, start, work)) {
      expose(c, work, start);
    } else {
      c->cancel = false;
      c->next_start_ns = 0;
    }
  }
  pthread_mutex_unlock(&all);
  return NULL;
}
