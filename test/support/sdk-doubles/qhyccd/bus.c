/* What is plugged in, and the handles to it: resource, scan, open, close, initialisation, versions, hot-plug. */
#include "double.h"
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

struct device devices[MAX_DEVICES];
static struct camera *cameras[MAX_DEVICES];
static bool resource, auto_detect = true;
static struct device *found[MAX_DEVICES];
static uint32_t found_count;
static void (*plugged_in)(char *id);
static void (*plugged_out)(char *id);
static char last_error[256];

uint32_t failed(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(last_error, sizeof last_error, format, args);
  va_end(args);
  return QHYCCD_ERROR;
}

EXPORT const char *GetQHYCCDLastError(void) {
  return last_error;
}

/* Counts the calls of a function that a fault is set on. */
static bool due(struct call_fault *faults, const char *function, double *seconds) {
  static struct { char function[64]; uint64_t calls; } counts[16];
  for (int i = 0; i < 4; i++) {
    struct call_fault *fault = &faults[i];
    if (fault->function[0] == 0 || strcmp(fault->function, function) != 0) continue;
    const int slot = (int)((faults - config.hang) / 4) * 4 + i;
    if (fault->at != 0 && ++counts[slot & 15].calls != fault->at) continue;
    char name[96];
    snprintf(name, sizeof name, "%s %d", function, slot);
    if (fault->at != 0 && !once(name)) continue;
    *seconds = fault->seconds;
    return true;
  }
  return false;
}

bool call_allowed(const char *function) {
  configure();
  if (config.calls && strcmp(function, "GetQHYCCDLiveFrame") != 0) truth_line("{\"call\":\"%s\"}", function);
  double seconds = 0;
  if (due(config.segv, function, &seconds)) raise(SIGSEGV);
  if (due(config.hang, function, &seconds)) sleep_until(monotonic() + (int64_t)(seconds * 1e9));
  if (due(config.refuse, function, &seconds)) {
    failed("%s: refused on request", function);
    return false;
  }
  return true;
}

struct camera *enter(qhyccd_handle *h, const char *function, bool cached) {
  struct camera *camera = NULL;
  for (int i = 0; i < MAX_DEVICES; i++)
    if (h != NULL && cameras[i] == h) camera = cameras[i];
  if (camera == NULL || !camera->open) {
    if (h != NULL) misuse("%s with a handle that is not open", function);
    failed("%s: no such handle", function);
    return NULL;
  }
  if (atomic_fetch_add(&camera->inside, 1) > 0) misuse("%s while another thread is in the library", function);
  if (!call_allowed(function) || (gone(camera) && !cached)) {
    if (gone(camera)) failed("%s: the camera does not answer", function);
    atomic_fetch_sub(&camera->inside, 1);
    return NULL;
  }
  return camera;
}

void leave(struct camera **camera) {
  if (*camera != NULL) atomic_fetch_sub(&(*camera)->inside, 1);
}

bool gone(struct camera *camera) {
  return camera->dead || camera->device->unplugged;
}

static void *tell_out(void *id) {
  sleep_until(monotonic() + SECOND / 50);
  if (config.crash_hotplug && auto_detect) raise(SIGSEGV);
  if (plugged_out != NULL) plugged_out(id);
  free(id);
  return NULL;
}

static void *tell_in(void *id) {
  sleep_until(monotonic() + (int64_t)(config.replug_after * 1e9) + SECOND / 100);
  if (plugged_in != NULL) plugged_in(id);
  free(id);
  return NULL;
}

static void aside(void *(*work)(void *), const char *id) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, strdup(id)) == 0) pthread_detach(thread);
}

void unplug(struct camera *camera) {
  struct device *device = camera->device;
  device->unplugged = true;
  device->back_at = config.replug_after > 0 ? monotonic() + (int64_t)(config.replug_after * 1e9) : 0;
  camera->live = camera->exposing = false;
  truth_line("{\"event\":\"unplugged\",\"id\":\"%s\"}", device->id);
  if (auto_detect && (plugged_out != NULL || config.crash_hotplug)) aside(tell_out, device->id);
  if (auto_detect && plugged_in != NULL && device->back_at > 0) aside(tell_in, device->id);
}

/* Power comes on: the flash keeps the under-voltage, nothing else is kept. */
static void power_on(struct device *device) {
  device->unplugged = false;
  device->powered = device->thermal_at = monotonic();
  device->sensor_c = config.ambient;
  device->pwm = 0;
  device->cooling = 0;
  device->target_c = 0;
  device->filter = device->filter_target = 0;
  device->filter_arrives = 0;
  remember(device);
}

static void make_devices(void) {
  if (devices[0].model != NULL) return;
  char list[256];
  snprintf(list, sizeof list, "%s", config.models);
  char *rest = list;
  int count = 0;
  for (char *key = strsep(&rest, ","); key != NULL && count < MAX_DEVICES; key = strsep(&rest, ",")) {
    for (uint32_t m = 0; m < MODEL_COUNT; m++) {
      const struct model *model = &MODELS[m];
      const size_t length = strlen(model->key);
      const bool color = strlen(key) == length + 1 && key[length] == 'c';
      if (strncmp(model->key, key, length) != 0 || (strlen(key) != length && !color)) continue;
      struct device *device = &devices[count];
      const bool named = model->pcie || model->built_in_gps;
      *device = (struct device){.present = true, .model = model, .color = color, .uvlo_state = config.uvlo,
                                .uvlo_memory = config.uvlo == 9 || config.uvlo == 3, .thermal_fault = config.thermal_fault};
      snprintf(device->id, sizeof device->id, "%s%s-%017x", model->id, named ? "" : color ? "C" : "M", 0xd0b1e00 + count);
      if (!remembered(device)) power_on(device);
      count++;
    }
  }
}

EXPORT uint32_t InitQHYCCDResource(void) {
  if (!call_allowed(__func__)) return QHYCCD_ERROR;
  if (resource) misuse("InitQHYCCDResource twice in a process");
  make_devices();
  resource = true;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t ReleaseQHYCCDResource(void) {
  if (!call_allowed(__func__)) return QHYCCD_ERROR;
  for (int i = 0; i < MAX_DEVICES; i++)
    if (cameras[i] != NULL && cameras[i]->open) {
      misuse("ReleaseQHYCCDResource with a camera open");
      cameras[i]->open = false;
      devices[i].open = NULL;
    }
  resource = false;
  found_count = 0;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t ScanQHYCCD(void) {
  if (!call_allowed(__func__)) return QHYCCD_ERROR;
  if (!resource) {
    misuse("ScanQHYCCD before InitQHYCCDResource");
    return failed("no resource");
  }
  found_count = 0;
  if (config.scan == SCAN_FAIL) {
    sleep_until(monotonic() + (config.scan_ms == 50 ? 3000 : config.scan_ms) * 1000000);
    return failed("no bus");
  }
  sleep_until(monotonic() + config.scan_ms * 1000000);
  if (config.scan == SCAN_NONE) return 0;
  for (int i = 0; i < MAX_DEVICES; i++) {
    struct device *device = &devices[i];
    if (!device->present) continue;
    if (cameras[i] != NULL && cameras[i]->open && quirk("scan-kills")) {
      misuse("ScanQHYCCD while a camera is open");
      cameras[i]->dead = true;
    }
    if (device->unplugged && device->back_at > 0 && monotonic() >= device->back_at) {
      device->thermal_fault = false;
      power_on(device);
    }
    if (!device->unplugged) found[found_count++] = device;
  }
  return found_count;
}

EXPORT uint32_t GetQHYCCDId(uint32_t index, char *id) {
  if (!call_allowed(__func__) || index >= found_count) return failed("no camera %u", index);
  strcpy(id, found[index]->id);
  return QHYCCD_SUCCESS;
}

static struct device *device_of(const char *id) {
  for (int i = 0; i < MAX_DEVICES; i++)
    if (devices[i].present && strcmp(devices[i].id, id) == 0) return &devices[i];
  return NULL;
}

EXPORT uint32_t GetQHYCCDModel(char *id, char *model) {
  const struct device *device = device_of(id);
  if (!call_allowed(__func__) || device == NULL) return failed("no camera %s", id);
  strcpy(model, device->id);
  *strchr(model, '-') = 0;
  return QHYCCD_SUCCESS;
}

/* One program at a time has the device; the system takes it back from one that has ended. */
static bool claim(struct device *device) {
  char path[640];
  if (config.claim[0] == 0) return true;
  snprintf(path, sizeof path, "%s-%s", config.claim, device->id);
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (file >= 0) close(file);
    return false;
  }
  device->claimed = file;
  return true;
}

EXPORT qhyccd_handle *OpenQHYCCD(char *id) {
  if (!call_allowed(__func__)) return NULL;
  struct device *device = resource ? device_of(id) : NULL;
  bool scanned = false;
  for (uint32_t i = 0; i < found_count; i++) scanned = scanned || found[i] == device;
  if (device == NULL || device->unplugged || !scanned) {
    failed("no camera %s", id);
    return NULL;
  }
  const long index = device - devices;
  if (cameras[index] != NULL && cameras[index]->open) misuse("OpenQHYCCD of a camera that is open");
  if (!claim(device)) {
    failed("%s is in use", id);
    return NULL;
  }
  /* Never freed: a handle that is used after its end must be seen, not crash the double. */
  if (cameras[index] == NULL) cameras[index] = calloc(1, sizeof(struct camera));
  struct camera *camera = cameras[index];
  memset(camera, 0, sizeof *camera);
  camera->device = device;
  camera->open = true;
  camera->read_mode = 0;
  camera->stream_mode = camera->init_read_mode = camera->init_stream_mode = -1;
  camera->single_timeout_ms = 60000;
  camera->vcxo = 2000;
  device->open = camera;
  default_parameters(camera);
  return camera;
}

EXPORT uint32_t CloseQHYCCD(qhyccd_handle *h) {
  struct camera *camera __attribute__((cleanup(leave))) = enter(h, __func__, true);
  if (camera == NULL) return QHYCCD_ERROR;
  if (atomic_load(&camera->inside) > 1) misuse("CloseQHYCCD while another call is under way: the real library uses freed memory");
  if (camera->live) misuse("CloseQHYCCD while live");
  camera->open = camera->live = camera->exposing = false;
  camera->device->open = NULL;
  if (camera->device->claimed > 0) close(camera->device->claimed);
  camera->device->claimed = 0;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDReadMode(qhyccd_handle *h, uint32_t mode) {
  BEGIN(h);
  if (mode >= modes_of(camera)) return failed("no read mode %u", mode);
  if (camera->live || camera->exposing) misuse("SetQHYCCDReadMode while frames are made");
  camera->read_mode = (int)mode;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t SetQHYCCDStreamMode(qhyccd_handle *h, uint8_t mode) {
  BEGIN(h);
  if (mode > 1) return failed("no stream mode %u", mode);
  if (camera->live || camera->exposing) misuse("SetQHYCCDStreamMode while frames are made");
  camera->stream_mode = mode;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t InitQHYCCD(qhyccd_handle *h) {
  BEGIN(h);
  if (camera->live) misuse("InitQHYCCD while live");
  sleep_until(monotonic() + config.init_ms * 1000000);
  camera->init_read_mode = camera->read_mode;
  camera->init_stream_mode = camera->stream_mode < 0 ? 0 : camera->stream_mode;
  camera->live = camera->exposing = false;
  drop_queue(camera);
  default_parameters(camera);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t resetDev(char *id, uint32_t readMode, uint8_t streamMode, qhyccd_handle *h, uint32_t *w, uint32_t *hgt, uint32_t depth) {
  if (!call_allowed(__func__) || device_of(id) == NULL) return failed("no camera %s", id);
  if (SetQHYCCDReadMode(h, readMode) != 0 || SetQHYCCDStreamMode(h, streamMode) != 0 || InitQHYCCD(h) != 0) return QHYCCD_ERROR;
  double mm;
  uint32_t bpp;
  GetQHYCCDChipInfo(h, &mm, &mm, w, hgt, &mm, &mm, &bpp);
  return SetQHYCCDBitsMode(h, depth);
}

EXPORT void SetQHYCCDAutoDetectCamera(bool enable) {
  if (call_allowed(__func__)) auto_detect = enable;
}

EXPORT void SetQHYCCDLogLevel(uint8_t level) {
  (void)level;
  call_allowed(__func__);
}

EXPORT void EnableQHYCCDMessage(bool enable) {
  (void)enable;
  call_allowed(__func__);
}

EXPORT void EnableQHYCCDLogFile(bool enable) {
  (void)enable;
  call_allowed(__func__);
}

EXPORT void SetQHYCCDBufferNumber(uint32_t buffers) {
  (void)buffers;
  call_allowed(__func__);
}

EXPORT void RegisterPnpEventIn(void (*in)(char *id)) {
  plugged_in = in;
}

EXPORT void RegisterPnpEventOut(void (*out)(char *id)) {
  plugged_out = out;
}

EXPORT uint32_t GetQHYCCDSDKVersion(uint32_t *year, uint32_t *month, uint32_t *day, uint32_t *subday) {
  if (!call_allowed(__func__)) return QHYCCD_ERROR;
  *year = config.sdk[0] % 100;
  *month = config.sdk[1];
  *day = config.sdk[2];
  *subday = 10;
  return QHYCCD_SUCCESS;
}

/* Year in the high nibble, 16 less from 2016 on; month in the low one; day. */
EXPORT uint32_t GetQHYCCDFWVersion(qhyccd_handle *h, uint8_t *buf) {
  BEGIN(h);
  const bool pcie = camera->device->model->pcie;
  const uint32_t year = pcie ? 16 : config.fw[0] % 100, month = pcie ? 7 : config.fw[1], day = pcie ? 26 : config.fw[2];
  buf[0] = (uint8_t)(((year >= 16 ? year - 16 : year) << 4) | month);
  buf[1] = (uint8_t)day;
  buf[2] = 0;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDFPGAVersion(qhyccd_handle *h, uint8_t index, uint8_t *buf) {
  BEGIN(h);
  if (index > 1) return failed("no FPGA %u", index);
  buf[0] = (uint8_t)(config.fw[0] % 100);
  buf[1] = (uint8_t)config.fw[1];
  buf[2] = (uint8_t)(index == 0 ? config.fw[2] : 1);
  buf[3] = 0;
  return QHYCCD_SUCCESS;
}

static uint32_t cards(void) {
  for (int i = 0; i < MAX_DEVICES; i++)
    if (devices[i].present && devices[i].model->pcie) return 1;
  return 0;
}

EXPORT uint32_t GetQHYCCDPCIECardNum(uint32_t *number) {
  if (!call_allowed(__func__)) return QHYCCD_ERROR;
  *number = cards();
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDPCIECardVer(uint32_t index, uint32_t *year, uint32_t *month, uint32_t *day, uint32_t *subday) {
  if (!call_allowed(__func__) || index >= cards()) return failed("no card %u", index);
  *year = 23;
  *month = 5;
  *day = 18;
  *subday = 0;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDSensorName(qhyccd_handle *h, char *name) {
  BEGIN(h);
  strcpy(name, camera->device->model->sensor);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDType(qhyccd_handle *h) {
  BEGIN(h);
  return 4000 + (uint32_t)(camera->device->model - MODELS);
}
