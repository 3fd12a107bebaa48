/*
 * The sensor's frames and the way to the host. There is no thread: what the sensor has made until now follows from the time, and is
 * worked out whenever the library is called.
 */
#include "double.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static uint64_t delivered;

static int64_t monotonic_of(int64_t when) {
  return when - (utc() - monotonic());
}

uint32_t queue_capacity(const struct camera *camera) {
  if (camera->param[CONTROL_DDR] != 1) return 2;
  const double bytes = (double)camera->roi.w * camera->roi.h * camera->bits / 8;
  const double frames = config.ddr_mib * 1048576 / bytes;
  return frames < 2 ? 2 : frames > MAX_QUEUE ? MAX_QUEUE : (uint32_t)frames;
}

void drop_queue(struct camera *camera) {
  camera->queue_first = camera->queue_count = 0;
  camera->has_held = false;
}

void deliver_truth(const struct camera *camera, const struct frame *frame, bool given, const char *fault) {
  if (config.truth[0] == 0) return;
  const struct stamps stamps = stamps_of(camera, frame);
  const int64_t row0_end = frame->row0_end + frame->line * frame->pair * (frame->first_row / frame->pair);
  truth_line("{\"id\":\"%s\",\"sequence\":%u,\"startUtcNs\":\"%" PRId64 "\",\"endUtcNs\":\"%" PRId64 "\",\"row0EndUtcNs\":\"%" PRId64
             "\",\"exposureNs\":\"%" PRId64 "\",\"edgeUtcNs\":\"%" PRId64 "\",\"linePeriodNs\":%" PRId64
             ",\"rowPairing\":%u,\"x\":%u,\"y\":%u,\"width\":%u,\"height\":%u,\"binning\":%u,\"bits\":%u,\"readMode\":%u,\"level\":%u,"
             "\"sigma\":%u,\"band\":%u,\"filter\":%d,\"temperature\":%.1f,\"delivered\":%s,\"handedUtcNs\":\"%" PRId64
             "\",\"faults\":[%s%s%s]}",
             camera->device->id, frame->sequence, row0_end - frame->exposure, row0_end, row0_end, frame->exposure, stamps.end, frame->line,
             frame->pair, frame->roi.x, frame->roi.y, frame->roi.w, frame->roi.h, frame->bin_x, frame->bits, frame->read_mode,
             frame->level, frame->sigma, frame->band, wheel_position(camera->device), camera->device->sensor_c, given ? "true" : "false",
             utc(), fault == NULL ? "" : "\"", fault == NULL ? "" : fault, fault == NULL ? "" : "\"");
}

void enqueue(struct camera *camera, const struct frame *frame) {
  if (camera->queue_count >= queue_capacity(camera)) {
    deliver_truth(camera, frame, false, "buffer-full");
    return;
  }
  camera->queue[(camera->queue_first + camera->queue_count++) % MAX_QUEUE] = *frame;
}

/* The next exposure begins at `start` (UTC). */
void plan(struct camera *camera, int64_t start) {
  struct frame *next = &camera->next;
  memset(next, 0, sizeof *next);
  next->sequence = ++camera->sequence;
  fill_frame(camera, next);
  if (camera->anti_rbi != 0 && camera->live && next->sequence % 2 == 1) {
    next->flush = true;
    next->exposure = next->line;
    next->level = (uint32_t)camera->param[CONTROL_OFFSET] * 16;
  }
  if (config.stall_at != 0 && next->sequence == config.stall_at && once("stall")) start += (int64_t)(config.stall_s * 1e9);
  next->start = start;
  next->row0_end = start + next->exposure;
  const struct timing t = timing_of(camera);
  int64_t arrival = next->row0_end + (t.readout > t.transfer ? t.readout : t.transfer);
  /* From SDK 22.02.17 on, live frames come a frame period late. */
  if (camera->live && !camera->burst && quirk("late")) arrival += t.period;
  next->arrival = monotonic_of(arrival);
  camera->planned = true;
}

/* When the exposure after `previous` may begin: as soon as the rate allows, or at a slave's next instant. */
static int64_t start_after(const struct camera *camera, int64_t start) {
  if (!camera->slave) return start;
  const uint32_t *given = camera->slave_parameter;
  const int64_t first = (given[0] + GPS_EPOCH) * SECOND + (int64_t)given[1] * 1000;
  const int64_t delta = given[2] * SECOND + (int64_t)given[3] * 1000;
  if (start <= first) return first;
  return delta <= 0 ? start : first + (start - first + delta - 1) / delta * delta;
}

static void plan_following(struct camera *camera) {
  if (camera->changed && quirk("exposure-skip")) camera->sequence++;
  camera->changed = false;
  const struct timing t = timing_of(camera);
  plan(camera, start_after(camera, camera->next.start + (camera->next.exposure > t.period ? camera->next.exposure : t.period)));
}

/* A new exposure time: the frame under way is neither the one nor the other. */
void settings_changed(struct camera *camera) {
  if (!camera->planned || !quirk("mixed")) return;
  struct frame later = camera->next;
  fill_frame(camera, &later);
  camera->next.level = (camera->next.level + later.level) / 2;
  camera->next.mixed = true;
}

/* Frames of a burst that come out: start + 1 to end - 1; long exposures of the 2020 and 4040: start + 2 to end. */
static void burst_range(const struct camera *camera, uint32_t *low, uint32_t *high) {
  const bool shifted = camera->device->model->old_burst && timing_of(camera).is_long;
  *low = camera->burst_start + (shifted ? 2 : 1);
  *high = camera->burst_end - (shifted ? 0 : 1);
}

static void arrive_in_burst(struct camera *camera, const struct frame *frame) {
  uint32_t low, high;
  burst_range(camera, &low, &high);
  if (frame->sequence >= low && frame->sequence <= high) {
    const bool lost = camera->device->model->pcie && !camera->burst_seen && frame->sequence == low;
    /* Without a patch the last frame stays in the DDR until the next burst pushes it out. */
    const bool last = frame->sequence == high && camera->param[CONTROL_DDR] == 1 && camera->patch == 0;
    if (lost) deliver_truth(camera, frame, false, "first-burst-on-fibre");
    else if (last && quirk("patch")) {
      camera->held = *frame;
      camera->held.stale = true;
      camera->has_held = true;
    } else {
      enqueue(camera, frame);
      if (camera->burst_kept < 64) camera->burst_frames[camera->burst_kept++] = *frame;
    }
  }
  if (frame->sequence >= high || camera->burst_end <= camera->burst_start) {
    camera->burst_running = camera->planned = false;
    camera->burst_seen = true;
  } else plan_following(camera);
}

static void arrive(struct camera *camera) {
  const struct frame frame = camera->next;
  if (camera->burst) {
    arrive_in_burst(camera, &frame);
    return;
  }
  if (camera->to_skip > 0) {
    camera->to_skip--;
    deliver_truth(camera, &frame, false, "skipped");
  } else if (config.drop_at != 0 && frame.sequence == config.drop_at && once("drop")) deliver_truth(camera, &frame, false, "dropped");
  else enqueue(camera, &frame);
  if (camera->trigger_in) camera->planned = false;
  else plan_following(camera);
}

void advance(struct camera *camera) {
  const int64_t now = monotonic();
  while (camera->live && !gone(camera)) {
    if (!camera->planned) {
      if (!camera->trigger_in || config.trigger_hz <= 0 || camera->trigger_next > now) return;
      plan(camera, camera->trigger_next + (utc() - monotonic()));
      const int64_t period = (int64_t)(1e9 / config.trigger_hz), busy = monotonic_of(camera->next.start + timing_of(camera).period);
      while (camera->trigger_next < busy) camera->trigger_next += period;
    }
    if (camera->next.arrival > now) return;
    arrive(camera);
  }
}

/* The sensor begins anew, as after a change of shape; its count goes on. */
void restart_sensor(struct camera *camera) {
  if (!camera->live) return;
  camera->planned = false;
  if (camera->burst || camera->idle || (camera->slave && camera->slave_parameter[0] == 0)) return;
  camera->trigger_next = monotonic();
  if (!camera->trigger_in) plan(camera, start_after(camera, utc() + 2000000));
}

static void hand_over_size(const struct frame *frame, uint32_t *w, uint32_t *h, uint32_t *bpp, uint32_t *channels) {
  *w = frame->roi.w;
  *h = frame->roi.h;
  *bpp = frame->bits;
  *channels = 1;
}

uint32_t deliver(struct camera *camera, const struct frame *frame, uint32_t *w, uint32_t *h, uint32_t *bpp, uint32_t *channels,
                 uint8_t *image) {
  const uint64_t count = ++delivered;
  const size_t bytes = frame_bytes(frame);
  const char *fault = frame->stale ? "stale" : frame->mixed ? "mixed" : frame->flush ? "flush" : NULL;
  if (count == config.segv_at && once("segv")) raise(SIGSEGV);
  if (count == config.uvlo_at && once("uvlo")) {
    camera->device->uvlo_state = 9;
    camera->device->uvlo_memory = true;
  }
  if (count == config.unplug_at && once("unplug")) {
    render(camera, frame, image, bytes / 2);
    deliver_truth(camera, frame, false, "unplugged");
    unplug(camera);
    return failed("the transfer broke off");
  }
  hand_over_size(frame, w, h, bpp, channels);
  if (count == config.zero_at && once("zero")) {
    memset(image, 0, bytes);
    fault = "zero";
  } else render(camera, frame, image, bytes);
  if (count == config.size_at && once("size")) {
    *w -= 16;
    *h += 1;
    fault = "wrong-size";
  }
  deliver_truth(camera, frame, true, fault);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t BeginQHYCCDLive(qhyccd_handle *h) {
  BEGIN(h);
  if (camera->init_stream_mode != 1 || camera->stream_mode != 1) {
    misuse("BeginQHYCCDLive without SetQHYCCDStreamMode(1) and InitQHYCCD after it");
    return failed("not in live mode");
  }
  if (camera->live) misuse("BeginQHYCCDLive twice");
  if (!camera->ddr_fresh && camera->param[CONTROL_DDR] == 1 && quirk("stale-ddr"))
    for (uint32_t i = 0; i < camera->queue_count; i++) camera->queue[(camera->queue_first + i) % MAX_QUEUE].stale = true;
  else drop_queue(camera);
  camera->live = true;
  camera->sequence = 0;
  camera->changed = false;
  camera->burst_seen = false;
  camera->to_skip = quirk("skip") ? (camera->patch == 32001 ? 1 : 2) : 0;
  restart_sensor(camera);
  return QHYCCD_SUCCESS;
}

/* One answer for "no frame yet" and for what cannot go on. */
EXPORT uint32_t GetQHYCCDLiveFrame(qhyccd_handle *h, uint32_t *w, uint32_t *hgt, uint32_t *bpp, uint32_t *channels, uint8_t *image) {
  BEGIN(h);
  if (!camera->live) {
    misuse("GetQHYCCDLiveFrame while not live");
    return failed("not live");
  }
  advance(camera);
  if (camera->queue_count == 0) return failed("no frame");
  const struct frame frame = camera->queue[camera->queue_first];
  camera->queue_first = (camera->queue_first + 1) % MAX_QUEUE;
  camera->queue_count--;
  return deliver(camera, &frame, w, hgt, bpp, channels, image);
}

EXPORT uint32_t StopQHYCCDLive(qhyccd_handle *h) {
  BEGIN(h);
  advance(camera);
  /* The last of what was not fetched is still there when the next live begins, unless the DDR is set anew. */
  if (camera->queue_count > 1) {
    camera->queue_first = (camera->queue_first + camera->queue_count - 1) % MAX_QUEUE;
    camera->queue_count = 1;
  }
  camera->ddr_fresh = false;
  camera->live = camera->planned = camera->idle = camera->burst = camera->burst_running = false;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t ExpQHYCCDSingleFrame(qhyccd_handle *h) {
  BEGIN(h);
  if (camera->init_stream_mode != 0 || camera->stream_mode == 1) {
    misuse("ExpQHYCCDSingleFrame without SetQHYCCDStreamMode(0) and InitQHYCCD after it");
    return failed("not in single mode");
  }
  if (camera->exposing) {
    misuse("ExpQHYCCDSingleFrame while an exposure is under way");
    return failed("exposing");
  }
  camera->exposing = true;
  atomic_store(&camera->cancelled, false);
  camera->planned = false;
  camera->trigger_next = config.trigger_hz > 0 ? monotonic() + (int64_t)(1e9 / config.trigger_hz) : 0;
  if (!camera->trigger_in) plan(camera, utc() + 1000000);
  else if (camera->trigger_next > 0) plan(camera, camera->trigger_next + (utc() - monotonic()));
  return config.exp_answer >= 0 ? (uint32_t)config.exp_answer : camera->device->model->exp_answer;
}

/* Blocks until the frame is there, or the time-out (60 s where none was set; 0: none). */
EXPORT uint32_t GetQHYCCDSingleFrame(qhyccd_handle *h, uint32_t *w, uint32_t *hgt, uint32_t *bpp, uint32_t *channels, uint8_t *image) {
  BEGIN(h);
  if (!camera->exposing) {
    if (!atomic_load(&camera->cancelled)) misuse("GetQHYCCDSingleFrame without an exposure");
    return failed("no exposure");
  }
  const int64_t until = camera->single_timeout_ms == 0 ? INT64_MAX : monotonic() + camera->single_timeout_ms * INT64_C(1000000);
  for (;;) {
    const int64_t now = monotonic();
    if (atomic_load(&camera->cancelled) || !camera->exposing || gone(camera)) return failed("cancelled");
    if (camera->planned && camera->next.arrival <= now) break;
    if (now >= until) {
      camera->exposing = false;
      return failed("time-out");
    }
    int64_t next = now + 5000000;
    if (camera->planned && camera->next.arrival < next) next = camera->next.arrival;
    sleep_until(next < until ? next : until);
  }
  camera->exposing = camera->planned = false;
  const struct frame frame = camera->next;
  return deliver(camera, &frame, w, hgt, bpp, channels, image);
}

EXPORT uint32_t SetQHYCCDSingleFrameTimeOut(qhyccd_handle *h, uint32_t ms) {
  BEGIN(h);
  camera->single_timeout_ms = ms;
  return QHYCCD_SUCCESS;
}

/* Ends the exposure now; its frame must be fetched. */
EXPORT uint32_t CancelQHYCCDExposing(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->exposing || !camera->planned) return QHYCCD_SUCCESS;
  const int64_t now = utc();
  if (now < camera->next.row0_end) {
    const int64_t saved = camera->next.row0_end - now;
    camera->next.exposure -= saved;
    camera->next.row0_end = now;
    camera->next.arrival -= saved;
  }
  return QHYCCD_SUCCESS;
}

/* Ends it for good: no frame follows. Of live streams as well. */
EXPORT uint32_t CancelQHYCCDExposingAndReadout(qhyccd_handle *h) {
  BEGIN(h);
  if (camera->exposing) deliver_truth(camera, &camera->next, false, "cancelled");
  atomic_store(&camera->cancelled, true);
  camera->exposing = camera->planned = false;
  return QHYCCD_SUCCESS;
}

/* Microseconds; 100 or less: the exposure is over. */
EXPORT uint32_t GetQHYCCDExposureRemaining(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->exposing || !camera->planned) return 0;
  const int64_t left = (camera->next.row0_end - utc()) / 1000;
  return left < 0 ? 0 : (uint32_t)left;
}

EXPORT uint32_t GetQHYCCDPcieDDRNum(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->device->model->pcie) return failed("no card");
  advance(camera);
  return camera->queue_count * (camera->roi.w * camera->roi.h * camera->bits / 8);
}

EXPORT uint32_t PCIEClearDDR(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->device->model->pcie) return failed("no card");
  advance(camera);
  drop_queue(camera);
  return QHYCCD_SUCCESS;
}
