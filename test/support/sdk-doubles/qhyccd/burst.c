/* Burst mode, the frame counter, anti-RBI, what is painted over images, triggers. */
#include "double.h"
#include <string.h>

static void begin_burst(struct camera *camera) {
  camera->sequence = 0;
  camera->burst_kept = 0;
  camera->burst_running = true;
  camera->idle = false;
  if (camera->has_held) {
    camera->has_held = false;
    enqueue(camera, &camera->held);
  }
  plan(camera, utc() + 2000000);
}

EXPORT uint32_t EnableQHYCCDBurstMode(qhyccd_handle *h, bool on) {
  BEGIN(h);
  advance(camera);
  if (!camera->device->model->bursts) return failed("no burst mode");
  if (camera->init_stream_mode != 1) return failed("burst mode needs live mode");
  if (on == camera->burst) return QHYCCD_SUCCESS;
  camera->burst = on;
  camera->planned = false;
  if (!on) {
    camera->idle = camera->burst_running = false;
    restart_sensor(camera);
  } else if (camera->live && !camera->idle && camera->burst_end >= 8) begin_burst(camera); /* not idle, a large end: frames at once */
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDBurstModeStartEnd(qhyccd_handle *h, unsigned short start, unsigned short end) {
  BEGIN(h);
  if (!camera->device->model->bursts) return failed("no burst mode");
  const unsigned least = camera->device->model->old_burst ? 0 : 1;
  if (start < least || end <= start) return failed("no frames from %u to %u", start, end);
  camera->burst_start = start;
  camera->burst_end = end;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t EnableQHYCCDBurstCountFun(qhyccd_handle *h, bool on) {
  BEGIN(h);
  (void)on;
  return camera->device->model->bursts ? QHYCCD_SUCCESS : failed("no burst mode");
}

EXPORT uint32_t SetQHYCCDBurstIDLE(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->device->model->bursts) return failed("no burst mode");
  if (!camera->live) return failed("not live");
  advance(camera);
  camera->idle = true;
  camera->planned = camera->burst_running = false;
  camera->idle_since = monotonic();
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t ReleaseQHYCCDBurstIDLE(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->device->model->bursts) return failed("no burst mode");
  if (!camera->live || !camera->idle) return QHYCCD_SUCCESS;
  camera->idle = false;
  if (monotonic() - camera->idle_since < SECOND / 50 && quirk("idle-time")) {
    misuse("ReleaseQHYCCDBurstIDLE sooner than 20 ms after SetQHYCCDBurstIDLE: no burst comes");
    return QHYCCD_SUCCESS;
  }
  if (camera->burst) begin_burst(camera);
  else {
    camera->sequence = 0;
    restart_sensor(camera);
  }
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDBurstModePatchNumber(qhyccd_handle *h, uint32_t value) {
  BEGIN(h);
  if (!camera->device->model->bursts) return failed("no burst mode");
  camera->patch = value;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t ResetQHYCCDFrameCounter(qhyccd_handle *h) {
  BEGIN(h);
  advance(camera);
  camera->sequence = 0;
  if (camera->planned) camera->next.sequence = ++camera->sequence;
  return QHYCCD_SUCCESS;
}

/* The frames of the last burst once more, out of the DDR. */
EXPORT uint32_t RereadQHYCCDBurstFrame(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->burst || camera->param[CONTROL_DDR] != 1) return failed("no burst in the DDR");
  for (uint32_t i = 0; i < camera->burst_kept; i++) enqueue(camera, &camera->burst_frames[i]);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDEnableLiveModeAntiRBI(qhyccd_handle *h, uint32_t value) {
  BEGIN(h);
  const uint32_t own = camera->device->model->anti_rbi;
  if (own == 0 || (value != 0 && value != own)) return failed("this camera has not 0x%x", value);
  advance(camera);
  camera->anti_rbi = value;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t EnableQHYCCDImageOSD(qhyccd_handle *h, uint32_t what) {
  BEGIN(h);
  if (what > 2) return failed("no display %u", what);
  camera->osd = what;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDTrigerInterfaceNumber(qhyccd_handle *h, uint32_t *interfaces) {
  BEGIN(h);
  *interfaces = 2;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDTrigerInterfaceName(qhyccd_handle *h, uint32_t index, char *name) {
  BEGIN(h);
  static const char *const names[] = {"GPIO", "Software"};
  if (index > 1) return failed("no interface %u", index);
  strcpy(name, names[index]);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDTrigerInterface(qhyccd_handle *h, uint32_t index) {
  BEGIN(h);
  if (index > 1) return failed("no interface %u", index);
  camera->trigger_interface = index;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDTrigerModeNumber(qhyccd_handle *h, uint32_t *modes) {
  BEGIN(h);
  *modes = 1;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDTrigerModeName(qhyccd_handle *h, uint32_t mode, char *name) {
  BEGIN(h);
  if (mode > 0) return failed("no mode %u", mode);
  strcpy(name, "Falling edge");
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDTrigerMode(qhyccd_handle *h, uint32_t mode) {
  BEGIN(h);
  if (mode > 0) return failed("no mode %u", mode);
  camera->trigger_mode = mode;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDTrigerFunction(qhyccd_handle *h, bool on) {
  BEGIN(h);
  if (on && camera->trigger_out && camera->device->model->old_burst) return failed("TrigIn and TrigOut not at once");
  advance(camera);
  camera->trigger_in = on;
  restart_sensor(camera);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDTrigerInOnly(qhyccd_handle *h, bool on) {
  return SetQHYCCDTrigerFunction(h, on);
}

static uint32_t trigger_out(struct camera *camera, bool on) {
  if (on && camera->trigger_in && camera->device->model->old_burst) return failed("TrigIn and TrigOut not at once");
  camera->trigger_out = on;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDTrigerOutOnly(qhyccd_handle *h, bool on) {
  BEGIN(h);
  return trigger_out(camera, on);
}

EXPORT uint32_t EnableQHYCCDTrigerOut(qhyccd_handle *h) {
  BEGIN(h);
  return trigger_out(camera, true);
}

EXPORT uint32_t EnableQHYCCDTrigerOutA(qhyccd_handle *h) {
  BEGIN(h);
  return trigger_out(camera, true);
}

/* One that comes during an exposure is not heard. */
EXPORT uint32_t SendSoftTriger2QHYCCDCam(qhyccd_handle *h) {
  BEGIN(h);
  if (!camera->trigger_in) return failed("the trigger is off");
  advance(camera);
  if (!camera->planned && (camera->live || camera->exposing)) plan(camera, utc());
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDTrigerFilterOnOff(qhyccd_handle *h, bool on) {
  BEGIN(h);
  camera->trigger_filter = on;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDTrigerFilterTime(qhyccd_handle *h, uint32_t ms) {
  BEGIN(h);
  if (ms < 1 || ms > 100000) return failed("%u ms is not from 1 to 100000", ms);
  camera->trigger_filter_ms = ms;
  return QHYCCD_SUCCESS;
}
