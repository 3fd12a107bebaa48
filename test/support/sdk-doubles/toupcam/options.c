/* put_Option and get_Option: what options do, and what cannot be changed while frames stream. Cooling. */
#include <string.h>
#include "double.h"

static void set_depth(camera *c, bool wide) {
  const uint32_t bits = c->device->model->bits;
  c->options[BITDEPTH] = wide;
  c->options[PIXEL_FORMAT] = !wide ? RAW8 : bits == 10 ? RAW10 : bits == 12 ? RAW12 : bits == 14 ? RAW14 : RAW16;
  const int32_t most = 31 << (raw_bits(c) - 8);
  if (c->options[BLACKLEVEL] > most) c->options[BLACKLEVEL] = most;
}

void options_reset(camera *c) {
  const device *d = c->device;
  options_initial(c);
  c->options[FAN] = d->thermal.fan;
  c->options[TEC] = d->thermal.tec;
  c->options[TECTARGET] = (int32_t)(d->thermal.target_c * 10);
  c->options[HEAT] = d->thermal.heat;
  c->options[FILTERWHEEL_SLOT] = d->model->filter_slots;
  c->exposure_us = 10000;
  c->gain = 100;
  c->auto_exposure = 1; /* as it comes from the maker */
  c->options[AUTOEXPO_CONV] = 0;
  c->auto_target = 120;
  c->auto_time_max = 350000;
  c->auto_time_min = d->model->exposure_min_us;
  c->auto_gain_max = 500;
  c->auto_gain_min = 100;
  c->speed = (uint16_t)d->model->face.maxspeed;
  c->gamma = 100;
  c->saturation = 128;
  c->temp = 6503;
  c->tint = 1000;
  c->hz = 2;
  c->guide = 4;
  memset(&c->roi, 0, sizeof c->roi);
  c->size_index = 0;
  c->contrast = c->brightness = c->hue = c->hflip = c->vflip = c->negative = c->chrome = c->skip = c->realtime = 0;
  memset(c->white, 0, sizeof c->white);
  memset(c->black, 0, sizeof c->black);
  for (int i = 0; i < 4; i++) c->level_low[i] = 0, c->level_high[i] = 255;
}

int32_t gps_state(const camera *c) {
  if (asked.gps != -2) return asked.gps;
  if (!c->device->model->gps) return 0;
  return asked.gps_lost_at >= 0 && c->device->made > asked.gps_lost_at ? -1 : 1;
}

static int32_t fps_tenths(const camera *c) {
  return (int32_t)(1e10 / (double)readout_ns(c));
}

static result put_target(camera *c, int32_t tenths) {
  const model *m = c->device->model;
  if (tenths <= -2730) tenths = 0;
  if (tenths < m->tec_min || tenths > m->tec_max) return E_INVALIDARG;
  thermal_now(c->device);
  c->device->thermal.target_c = tenths / 10.0;
  c->options[TECTARGET] = tenths;
  return E_OK;
}

static result put_rgb(camera *c, int32_t value) {
  const bool mono = (c->device->model->face.flag & FLAG_MONO) != 0, wide = c->options[BITDEPTH] != 0;
  if ((value == 3 || value == 4) && !mono) return E_INVALIDARG;
  if ((value == 1 || value == 4 || value == 5) && !wide) return E_INVALIDARG;
  return E_OK;
}

static result put_binning(camera *c, int32_t value) {
  const int32_t n = value & 0xf, mode = value & ~0xf;
  if (n < 1 || n > 8 || (mode != 0 && mode != 0x40 && mode != 0x80)) return E_INVALIDARG;
  return mode == 0x40 && c->options[RAW] == 0 ? E_INVALIDARG : E_OK;
}

static result put_filter(camera *c, int32_t value) {
  device *d = c->device;
  const int32_t to = value < 0 ? 0 : value & 0xff;
  if (to >= d->model->filter_slots) return E_INVALIDARG;
  if (filter_position(d) < 0) return E_BUSY;
  d->filter.to = to;
  d->filter.wide = value >= 0 && (value >> 8 & 1) != 0;
  d->filter.begun_ns = monotonic_ns();
  return E_OK;
}

static result reload(camera *c) {
  if (!c->running || c->options[TRIGGER] == 0) return E_UNEXPECTED;
  if (!c->has_last) return E_FALSE;
  stream_deliver(c, &c->last);
  return E_OK;
}

/* What a value changes beyond itself, and whether it may be; its range has been looked at. */
static result apply(camera *c, uint32_t id, int32_t value) {
  device *d = c->device;
  const model *m = d->model;
  switch (id) {
    case BITDEPTH:
      if (value == 1 && m->bits == 8) return E_INVALIDARG;
      stream_flush(c, 2);
      set_depth(c, value == 1);
      return E_OK;
    case PIXEL_FORMAT: {
      const int32_t wide = m->bits == 10 ? RAW10 : m->bits == 12 ? RAW12 : m->bits == 14 ? RAW14 : RAW16;
      if (value != RAW8 && value != wide) return E_INVALIDARG;
      stream_flush(c, 2);
      set_depth(c, value != RAW8);
      return E_OK;
    }
    case RGB: return put_rgb(c, value);
    case BINNING: return put_binning(c, value);
    case ROTATE: return value == 0 || value == 180 ? E_OK : value == 90 || value == 270 ? E_NOTIMPL : E_INVALIDARG;
    case TRIGGER:
      if (value >= 2 && !(m->face.flag & FLAG_TRIGGER_EXTERNAL)) return E_INVALIDARG;
      c->triggers = 0;
      c->next_start_ns = c->next_external_ns = c->timed_ns = 0;
      c->cancel = c->exposing;
      return E_OK;
    case BLACKLEVEL: return value > 31 << (raw_bits(c) - 8) ? E_INVALIDARG : E_OK;
    case CG: return value == 2 && !(m->face.flag & FLAG_CGHDR) ? E_INVALIDARG : E_OK;
    case NOFRAME_TIMEOUT:
      return value > 1 && value < 500 ? E_INVALIDARG : E_OK; /* 1 switched it on in older libraries */
    case NOPACKET_TIMEOUT: return value > 0 && value < 500 ? E_INVALIDARG : E_OK;
    case HEARTBEAT: return value > 0 && value < 100 ? E_INVALIDARG : E_OK;
    case TESTPATTERN: return value == 0 || (value >= 3 && value % 2 == 1) ? E_OK : E_INVALIDARG;
    case PRECISE_FRAMERATE: return value < 1 || value > fps_tenths(c) ? E_INVALIDARG : E_OK;
    case FAN:
      if (value == -1) value = 1;
      if (value > (int32_t)m->face.maxfanspeed) return E_INVALIDARG;
      if (value == 0 && d->thermal.tec) return E_UNEXPECTED; /* the cooler would melt */
      thermal_now(d);
      d->thermal.fan = c->options[FAN] = value;
      return E_FALSE;
    case TEC:
      thermal_now(d);
      d->thermal.tec = value == 1;
      if (value == 1 && d->thermal.fan == 0) d->thermal.fan = c->options[FAN] = 1;
      return E_OK;
    case TECTARGET: return put_target(c, value) == E_OK ? E_FALSE : E_INVALIDARG;
    case HEAT:
      if (value > m->heat_max) return E_INVALIDARG;
      d->thermal.heat = value;
      return E_OK;
    case FILTERWHEEL_POSITION: return put_filter(c, value);
    case FILTERWHEEL_SLOT: return value == m->filter_slots ? E_OK : E_INVALIDARG;
    case RELOAD: return reload(c);
    case FACTORY:
      options_reset(c);
      post(c, EVENT_FACTORY);
      return E_OK;
    case DEVICE_RESET:
      d->plugged = false;
      camera_lost(d);
      device_replug_later(d, 300);
      return E_OK;
    case RESET_SEQ_TIMESTAMP:
      if (value & 1) c->seq = 0;
      if (value & 2) c->clock_zero_ns = monotonic_ns();
      return E_OK;
    default: return E_OK;
  }
}

/* Options whose number holds more than which they are. */
static result put_wide(camera *c, uint32_t id, int32_t value) {
  const uint64_t flags = c->device->model->face.flag;
  if (id == TIMED_TRIGGER_LOW || id == TIMED_TRIGGER_HIGH) {
    if (!(flags & FLAG_TRIGGER_EXTERNAL) || gps_state(c) == 0) return E_NOTIMPL;
    if (id == TIMED_TRIGGER_LOW) {
      c->timed_low = (uint32_t)value;
      return E_OK;
    }
    if (!c->running || c->options[TRIGGER] == 0) return E_UNEXPECTED;
    c->timed_ns = (int64_t)((uint64_t)(uint32_t)value << 32 | c->timed_low);
    if (c->timed_ns < utc_of(monotonic_ns())) {
      c->timed_ns = 0;
      return E_INVALIDARG;
    }
    stream_wake(c);
    return E_OK;
  }
  if ((id & 0xff000000) == EVENT_HARDWARE) {
    if (!(flags & FLAG_EVENT_HARDWARE)) return E_NOTIMPL;
    if (value < 0 || value > 1) return E_INVALIDARG;
    const uint32_t event = id & 0xffffff;
    if (event == 0) {
      c->hardware_events = value == 1;
      return E_OK;
    }
    if (event < EVENT_EXPO_START || event > EVENT_TRIGGER_IN) return E_INVALIDARG;
    for (uint32_t i = 0; i < c->hardware_event_count; i++)
      if (c->hardware_event_list[i] == event)
        c->hardware_event_list[i--] = c->hardware_event_list[--c->hardware_event_count];
    if (value == 1) c->hardware_event_list[c->hardware_event_count++] = event;
    return E_OK;
  }
  const uint32_t kind = id & 0xff000000, index = id & 0xffffff;
  if (kind != SEQUENCER_EXPOTIME && kind != SEQUENCER_EXPOGAIN) return E_NOTIMPL;
  if (!(flags & FLAG_TRIGGER_EXTERNAL)) return E_NOTIMPL;
  if (index == 0 || index > 255 || value < 0) return E_INVALIDARG;
  (kind == SEQUENCER_EXPOTIME ? c->sequencer_time : c->sequencer_gain)[index] = value;
  return E_OK;
}

EXPORT result Toupcam_put_Option(void *handle, uint32_t id, int32_t value) {
  BEGIN();
  if (id >= OPTIONS_MOST) return leave(put_wide(c, id, value));
  const struct option *o = option_found(c, id);
  if (o == NULL || o->kind & READING) return leave(E_NOTIMPL);
  if (o->kind & OUTSIDE && in_callback(c)) return leave(E_WRONG_THREAD);
  if (o->kind & STOPPED && c->running) return leave(E_UNEXPECTED);
  if (value < o->least || value > o->most) return leave(E_INVALIDARG);
  if (id == FLUSH) return leave(stream_flush(c, value));
  if (!(o->kind & ACTION) && id != FILTERWHEEL_POSITION && c->options[id] == value) return leave(E_FALSE);
  const result r = apply(c, id, value);
  if (r == E_FALSE) return leave(E_OK); /* what `apply` has stored itself */
  if (r == E_OK && !(o->kind & ACTION)) c->options[id] = value;
  stream_wake(c);
  return leave(r);
}

static int32_t reading(camera *c, uint32_t id) {
  device *d = c->device;
  const model *m = d->model;
  switch (id) {
    case TEC_VOLTAGE: return (int32_t)(thermal_effort(d) * c->options[TEC_VOLTAGE_MAX]);
    case TEC_VOLTAGE_MAX_RANGE: return 120 << 16 | 40;
    case TECTARGET_RANGE: return (int32_t)((uint32_t)(uint16_t)m->tec_max << 16 | (uint16_t)m->tec_min);
    case POWER: return (int32_t)(6200 + 28000 * thermal_effort(d) + 1500 * d->thermal.fan + 2500 * d->thermal.heat);
    case HEAT_MAX: return m->heat_max;
    case CHAMBER_HT: return 84 << 16 | (uint16_t)(int16_t)(thermal_now(d) * 10 + 60);
    case ENV_HT: return 462 << 16 | 215;
    case MAX_PRECISE_FRAMERATE: return fps_tenths(c);
    case MIN_PRECISE_FRAMERATE: return 1;
    case PRECISE_FRAMERATE: return c->options[PRECISE_FRAMERATE] > 0 ? c->options[PRECISE_FRAMERATE] : fps_tenths(c);
    case NUMBER_DROP_FRAME: return (int32_t)c->dropped;
    case FRONTEND_DEQUE_CURRENT: return (int32_t)c->front.count;
    case BACKEND_DEQUE_CURRENT: return (int32_t)c->back.count;
    case FRONTEND_FULL: return (int32_t)c->front_full;
    case BACKEND_FULL: return (int32_t)c->back_full;
    case PACKET_NUMBER: return (int32_t)(c->seq * 64);
    case FILTERWHEEL_POSITION: return filter_position(d);
    case EEPROM_SIZE: return 16384;
    case LINE_TIME: return (int32_t)(m->line_ns * (c->options[BITDEPTH] ? m->fps8 / m->fps16 : 1));
    case UPTIME: return (int32_t)((monotonic_ns() - d->plugged_ns) / 1000000);
    case READ_TIME: return (int32_t)(readout_ns(c) / 1000);
    case ALL_EXPO_TIME: return (int32_t)(c->exposure_us + readout_ns(c) / 1000);
    case CAMERA_PERIOD: return (int32_t)(period_ns(c) / 1000);
    case GPS: return gps_state(c);
    default: return c->options[id];
  }
}

EXPORT result Toupcam_get_Option(void *handle, uint32_t id, int32_t *value) {
  BEGIN();
  if (value == NULL) return leave(E_POINTER);
  if (id >= OPTIONS_MOST) {
    const uint32_t kind = id & 0xff000000, index = id & 0xff;
    if (id == EVENT_HARDWARE && c->device->model->face.flag & FLAG_EVENT_HARDWARE) *value = c->hardware_events;
    else if (kind == SEQUENCER_EXPOTIME) *value = c->sequencer_time[index];
    else if (kind == SEQUENCER_EXPOGAIN) *value = c->sequencer_gain[index];
    else return leave(E_NOTIMPL);
    return leave(E_OK);
  }
  const struct option *o = option_found(c, id);
  if (o == NULL || o->kind & ACTION) return leave(E_NOTIMPL);
  if (id == LINE_TIME && c->device->model->face.flag & FLAG_GLOBALSHUTTER) return leave(E_NOTIMPL);
  *value = reading(c, id);
  return leave(E_OK);
}

/* ---- temperature, in 0.1 C ---- */

EXPORT result Toupcam_get_Temperature(void *handle, int16_t *tenths) {
  BEGIN();
  if (!(c->device->model->face.flag & FLAG_GETTEMPERATURE)) return leave(E_NOTIMPL);
  if (tenths == NULL) return leave(E_POINTER);
  *tenths = (int16_t)(thermal_now(c->device) * 10);
  return leave(E_OK);
}

EXPORT result Toupcam_put_Temperature(void *handle, int16_t tenths) {
  BEGIN();
  if (!(c->device->model->face.flag & FLAG_TEC)) return leave(E_NOTIMPL);
  return leave(put_target(c, tenths));
}
