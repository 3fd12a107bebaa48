/* Cameras that are plugged in: enumeration, hot-plug, and identifiers that change when one is plugged in again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "double.h"

pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;

enum { PLACES = 32 };
static device devices[PLACES];
static uint32_t device_count;
static int64_t network_ns; /* when cameras at the network answer; 0: GigeEnable has not been called */
static struct {
  hotplug_callback call;
  void *context;
} listeners[2]; /* of USB, of the network */
static pthread_once_t plug_once = PTHREAD_ONCE_INIT;

static void plug(device *d) {
  d->plugged = true;
  d->generation++;
  d->plugged_ns = monotonic_ns();
  d->stuck = false;
  d->filter.from = d->filter.to = 0;
  d->thermal = (struct thermal){.at_ns = d->plugged_ns, .sensor_c = AMBIENT_C + 4, .target_c = 0, .fan = 1};
  snprintf(d->id, sizeof d->id, d->model->gige ? "tp-net-%u-%04x" : "tp-usb-%u-%04x", d->slot + 1,
           (d->generation * 0x3a7 + d->slot * 0x51) & 0xffff);
}

/* Without the lock: listeners enumerate. */
static void tell(bool gige) {
  pthread_mutex_lock(&all);
  const hotplug_callback call = listeners[gige].call;
  void *context = listeners[gige].context;
  pthread_mutex_unlock(&all);
  if (call != NULL) call(context);
}

struct later {
  device *device;
  int64_t after_ms;
  bool plugged;
};

static void *change_later(void *argument) {
  struct later *l = argument;
  usleep((useconds_t)(l->after_ms * 1000));
  pthread_mutex_lock(&all);
  device *d = l->device;
  if (l->plugged && !d->plugged) plug(d);
  else if (!l->plugged && d->plugged) device_unplug(d);
  pthread_mutex_unlock(&all);
  if (l->plugged) tell(d->model->gige);
  free(l);
  return NULL;
}

static void later(device *d, int64_t after_ms, bool plugged) {
  struct later *l = malloc(sizeof *l);
  *l = (struct later){d, after_ms, plugged};
  pthread_t thread;
  if (pthread_create(&thread, NULL, change_later, l) == 0) pthread_detach(thread);
}

void device_replug_later(device *d, int64_t after_ms) {
  later(d, after_ms, true);
}

static void *tell_gone(void *argument) {
  tell(((device *)argument)->model->gige);
  return NULL;
}

void device_unplug(device *d) {
  if (!d->plugged) return;
  d->plugged = false;
  camera_lost(d);
  pthread_t thread;
  if (pthread_create(&thread, NULL, tell_gone, d) == 0) pthread_detach(thread);
  if (asked.replug_after_ms >= 0) device_replug_later(d, asked.replug_after_ms);
}

/* `arrive=SLOT:MS,...` and `leave=SLOT:MS,...`, slots counted from 0. */
static void plan(const char *key, bool plugged) {
  const char *text = scenario_text(key);
  while (text != NULL && *text != 0) {
    char *end;
    const long slot = strtol(text, &end, 10);
    const int64_t after = *end == ':' ? strtoll(end + 1, &end, 10) : 0;
    if (slot >= 0 && slot < (long)device_count) {
      if (plugged) devices[slot].plugged = false;
      later(&devices[slot], after, plugged);
    }
    text = *end == ',' ? end + 1 : NULL;
  }
}

static void plug_all(void) {
  const char *list = scenario_text("models");
  if (list == NULL) list = model_default_list();
  while (*list != 0 && device_count < PLACES) {
    const size_t length = strcspn(list, ",");
    const model *m = model_by_key(list, length);
    if (m != NULL) {
      device *d = &devices[device_count];
      *d = (device){.model = m, .slot = device_count};
      /* 31 characters, as the makers' serial numbers have. */
      char key[16] = {0};
      for (size_t i = 0; i < sizeof key - 1 && m->key[i] != 0; i++) key[i] = (char)(m->key[i] & ~0x20);
      for (size_t i = 0; key[i] != 0; i++)
        if (m->key[i] >= '0' && m->key[i] <= '9') key[i] = m->key[i];
      const int digits = 31 - 14 - (int)strlen(key);
      snprintf(d->serial, sizeof d->serial, "TP261128DOUBLE%s%0*u", key, digits, device_count + 1);
      plug(d);
      device_count++;
    } else if (length > 0) {
      fprintf(stderr, "libtoupcam double: there is no model '%.*s'\n", (int)length, list);
    }
    list += length;
    if (*list == ',') list++;
  }
  plan("leave", false);
  plan("arrive", true);
}

static bool visible(const device *d) {
  return d->plugged && (!d->model->gige || (network_ns != 0 && monotonic_ns() >= network_ns));
}

EXPORT const char *Toupcam_Version(void) {
  enter(__func__);
  return "59.29030.20250722";
}

EXPORT uint32_t Toupcam_EnumV2(device_v2 *list) {
  enter(__func__);
  pthread_once(&plug_once, plug_all);
  uint32_t count = 0;
  pthread_mutex_lock(&all);
  for (uint32_t i = 0; i < device_count; i++) {
    const device *d = &devices[i];
    if (!visible(d)) continue;
    if (list != NULL) {
      memset(&list[count], 0, sizeof *list);
      memcpy(list[count].displayname, d->model->face.name, strlen(d->model->face.name));
      memcpy(list[count].id, d->id, strlen(d->id));
      list[count].model = &d->model->face;
    }
    count++;
  }
  pthread_mutex_unlock(&all);
  return asked.scan_count >= 0 ? (uint32_t)asked.scan_count : count;
}

EXPORT void Toupcam_HotPlug(hotplug_callback call, void *context) {
  enter(__func__);
  pthread_once(&plug_once, plug_all);
  pthread_mutex_lock(&all);
  listeners[0].call = call;
  listeners[0].context = context;
  pthread_mutex_unlock(&all);
}

static void *tell_network(void *unused) {
  (void)unused;
  usleep((useconds_t)(asked.network_after_ms * 1000));
  tell(true);
  return NULL;
}

EXPORT result Toupcam_GigeEnable(hotplug_callback call, void *context) {
  ENTER();
  pthread_once(&plug_once, plug_all);
  pthread_mutex_lock(&all);
  const bool before = network_ns != 0;
  if (!before) network_ns = monotonic_ns() + asked.network_after_ms * 1000000;
  listeners[1].call = call;
  listeners[1].context = context;
  pthread_mutex_unlock(&all);
  pthread_t thread;
  if (!before && asked.network_after_ms > 0 && pthread_create(&thread, NULL, tell_network, NULL) == 0)
    pthread_detach(thread);
  return before ? E_FALSE : E_OK;
}

/* A camera by what Open takes: identifier, `sn:SERIAL`, `ip:ADDRESS`, NULL or '' for the first. Locked. */
device *device_found(const char *id) {
  pthread_once(&plug_once, plug_all);
  for (uint32_t i = 0; i < device_count; i++) {
    device *d = &devices[i];
    char address[24];
    snprintf(address, sizeof address, "192.168.100.%u", 10 + d->slot);
    if (!visible(d)) continue;
    if (id == NULL || *id == 0 || strcmp(id, d->id) == 0) return d;
    if (strncmp(id, "sn:", 3) == 0 && strcmp(id + 3, d->serial) == 0) return d;
    if (strncmp(id, "ip:", 3) == 0 && d->model->gige && strcmp(id + 3, address) == 0) return d;
  }
  return NULL;
}

device *device_at(uint32_t index) {
  pthread_once(&plug_once, plug_all);
  for (uint32_t i = 0; i < device_count; i++)
    if (visible(&devices[i]) && index-- == 0) return &devices[i];
  return NULL;
}

/* Takes each camera that it means out and plugs it in again. The real one needs some 3 s for it, this one 300 ms. */
EXPORT result Toupcam_Replug(const char *id) {
  ENTER();
  pthread_once(&plug_once, plug_all);
  int count = 0;
  pthread_mutex_lock(&all);
  for (uint32_t i = 0; i < device_count; i++) {
    device *d = &devices[i];
    if (!visible(d) || d->model->gige || (id != NULL && *id != 0 && strcmp(id, d->id) != 0)) continue;
    d->plugged = false;
    camera_lost(d);
    device_replug_later(d, 300);
    count++;
  }
  pthread_mutex_unlock(&all);
  if (count > 0) usleep(320000);
  return count;
}
