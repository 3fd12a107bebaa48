/* The environment variable APPULSE_QHY_DOUBLE, the truth file, and clocks. README.md says what can be written. */
#include "double.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct configuration config;
static bool configured;

static void text(char *target, size_t size, const char *value) {
  snprintf(target, size, "%s", value);
}

/* FUNCTION[:SECONDS][@CALL] */
static void add_fault(struct call_fault *faults, const char *value) {
  for (int i = 0; i < 4; i++) {
    struct call_fault *fault = &faults[i];
    if (fault->function[0] != 0) continue;
    text(fault->function, sizeof fault->function, value);
    char *at = strchr(fault->function, '@');
    fault->at = at == NULL ? 1 : strtoull(at + 1, NULL, 10);
    if (at != NULL) *at = 0;
    char *colon = strchr(fault->function, ':');
    fault->seconds = colon == NULL ? 30 : atof(colon + 1);
    if (colon != NULL) *colon = 0;
    return;
  }
}

static void date(uint32_t *parts, const char *value) {
  sscanf(value, "%u-%u-%u", &parts[0], &parts[1], &parts[2]);
}

static int word(const char *value, const char *const *words) {
  for (int i = 0; words[i] != NULL; i++)
    if (strcmp(words[i], value) == 0) return i;
  fprintf(stderr, "APPULSE_QHY_DOUBLE: '%s' is not a word that stands there (README.md of the double lists them)\n", value);
  exit(2);
}

static void set(const char *name, const char *value) {
  static const char *const gps[] = {"off", "searching", "holding", "locked", "absent", NULL};
  static const char *const scan[] = {"ok", "fail", "none", NULL};
  static const char *const wheel[] = {"none", "ascii", "raw", NULL};
  const double number = atof(value);
  const uint64_t count = strtoull(value, NULL, 10);
  if (strcmp(name, "models") == 0) text(config.models, sizeof config.models, value);
  else if (strcmp(name, "fps") == 0) config.fps = number;
  else if (strcmp(name, "hurry") == 0) config.hurry = number > 0 ? number : 1;
  else if (strcmp(name, "ambient") == 0) config.ambient = number;
  else if (strcmp(name, "light") == 0) config.light = number;
  else if (strcmp(name, "scan") == 0) config.scan = word(value, scan);
  else if (strcmp(name, "scan-ms") == 0) config.scan_ms = (int64_t)count;
  else if (strcmp(name, "init-ms") == 0) config.init_ms = (int64_t)count;
  else if (strcmp(name, "unplug-at") == 0) config.unplug_at = count;
  else if (strcmp(name, "replug-after") == 0) config.replug_after = number;
  else if (strcmp(name, "hang") == 0) add_fault(config.hang, value);
  else if (strcmp(name, "refuse") == 0) add_fault(config.refuse, value);
  else if (strcmp(name, "segv") == 0) add_fault(config.segv, value);
  else if (strcmp(name, "segv-at") == 0) config.segv_at = count;
  else if (strcmp(name, "zero-frame-at") == 0) config.zero_at = count;
  else if (strcmp(name, "wrong-size-at") == 0) config.size_at = count;
  else if (strcmp(name, "drop-at") == 0) config.drop_at = count;
  else if (strcmp(name, "stall-at") == 0) {
    const char *colon = strchr(value, ':');
    config.stall_at = count;
    config.stall_s = colon == NULL ? 5 : atof(colon + 1);
  } else if (strcmp(name, "uvlo") == 0) config.uvlo = (int)count;
  else if (strcmp(name, "uvlo-at") == 0) config.uvlo_at = count;
  else if (strcmp(name, "gps") == 0) config.gps = word(value, gps);
  else if (strcmp(name, "gps-lock-at") == 0) config.gps_lock_at = count;
  else if (strcmp(name, "whole-seconds") == 0) config.whole_seconds = (int64_t)number;
  else if (strcmp(name, "pps") == 0) config.pps = (uint32_t)count;
  else if (strcmp(name, "led-late") == 0) sscanf(value, "%lf,%lf", &config.led_late_start, &config.led_late_end);
  else if (strcmp(name, "nmea") == 0) config.nmea = (int)count;
  else if (strcmp(name, "cfw") == 0) {
    config.cfw = word(value, wheel) > 0;
    config.cfw_raw = word(value, wheel) == 2;
  } else if (strcmp(name, "cfw-slots") == 0) config.cfw_slots = (int)count;
  else if (strcmp(name, "hot") == 0) config.hot = (int)count;
  else if (strcmp(name, "thermal-fault") == 0) config.thermal_fault = (int)count;
  else if (strcmp(name, "stays-16") == 0) config.stays_16 = (int)count;
  else if (strcmp(name, "exp-answer") == 0) config.exp_answer = (int)strtoul(value, NULL, 0);
  else if (strcmp(name, "banding") == 0) sscanf(value, "%u@%u-%u", &config.band_adu, &config.band_first, &config.band_last);
  else if (strcmp(name, "trigger-hz") == 0) config.trigger_hz = number;
  else if (strcmp(name, "ddr-mib") == 0) config.ddr_mib = number;
  else if (strcmp(name, "sdk") == 0) date(config.sdk, value);
  else if (strcmp(name, "fw") == 0) date(config.fw, value);
  else if (strcmp(name, "truth") == 0) text(config.truth, sizeof config.truth, value);
  else if (strcmp(name, "once") == 0) text(config.once, sizeof config.once, value);
  else if (strcmp(name, "power") == 0) text(config.power, sizeof config.power, value);
  else if (strcmp(name, "claim") == 0) text(config.claim, sizeof config.claim, value);
  else if (strcmp(name, "calls") == 0) config.calls = (int)count;
  else if (strcmp(name, "misuse") == 0) config.misuse_abort = strcmp(value, "abort") == 0;
  else if (strcmp(name, "hotplug-crash") == 0) config.crash_hotplug = (int)count;
  else if (strcmp(name, "without-quirk") == 0) snprintf(config.without, sizeof config.without, ",%s,", value);
  else if (strcmp(name, "no-symbol") == 0) return; /* that is a matter of how the library is compiled: doubles.ts */
  else {
    fprintf(stderr, "APPULSE_QHY_DOUBLE: there is no '%s' (README.md of the double lists what there is)\n", name);
    exit(2);
  }
}

void configure(void) {
  if (configured) return;
  configured = true;
  config = (struct configuration){
      .models = "qhy411", .hurry = 1, .ambient = 20, .light = 30000, .scan_ms = 50, .init_ms = 40, .uvlo = 1, .gps = GPS_LOCKED,
      .pps = 0, .cfw = 1, .cfw_slots = 7, .hot = 1, .nmea = 1, .exp_answer = -1, .band_adu = 60, .band_first = 10, .band_last = 29,
      .ddr_mib = 2048, .sdk = {2025, 9, 29}, .fw = {2022, 8, 24}};
  const char *given = getenv("APPULSE_QHY_DOUBLE");
  char *copy = strdup(given == NULL ? "" : given);
  char *rest = copy;
  for (char *part = strsep(&rest, ";"); part != NULL; part = strsep(&rest, ";")) {
    while (*part == ' ') part++;
    if (*part == 0) continue;
    char *equals = strchr(part, '=');
    if (equals != NULL) *equals = 0;
    set(part, equals == NULL ? "1" : equals + 1);
  }
  free(copy);
}

bool quirk(const char *name) {
  char with_commas[80];
  snprintf(with_commas, sizeof with_commas, ",%s,", name);
  return strstr(config.without, with_commas) == NULL;
}

/* True the first time; with `once=FILE` the first time in any process. */
bool once(const char *fault) {
  static char done[1024];
  char line[96];
  snprintf(line, sizeof line, "%s\n", fault);
  if (strstr(done, line) != NULL) return false;
  strncat(done, line, sizeof done - strlen(done) - 1);
  if (config.once[0] == 0) return true;
  const int file = open(config.once, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return true;
  char before[4096];
  const ssize_t bytes = pread(file, before, sizeof before - 1, 0);
  before[bytes < 0 ? 0 : bytes] = 0;
  const bool first = strstr(before, line) == NULL;
  if (first && write(file, line, strlen(line)) < 0) perror(config.once);
  close(file);
  return first;
}

void truth_line(const char *format, ...) {
  if (config.truth[0] == 0) return;
  static int file = -1;
  if (file < 0) file = open(config.truth, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  char line[1024];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line - 1, format, args);
  va_end(args);
  if (length > (int)sizeof line - 2) length = sizeof line - 2;
  line[length] = '\n';
  if (write(file, line, (size_t)length + 1) < 0 && errno != EINTR) perror(config.truth);
}

/* What the real library answers with a crash, or with nothing that can be relied on. */
void misuse(const char *format, ...) {
  char what[256];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  truth_line("{\"misuse\":\"%s\"}", what);
  if (!config.misuse_abort) return;
  fprintf(stderr, "double of libqhyccd: %s\n", what);
  abort();
}

static int64_t clock_of(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return now.tv_sec * SECOND + now.tv_nsec;
}

int64_t monotonic(void) {
  return clock_of(CLOCK_MONOTONIC);
}

/* True time is the host's. A run keeps the difference that it began with, so that a step of the clock moves no frame. */
int64_t utc(void) {
  static int64_t difference;
  if (difference == 0) difference = clock_of(CLOCK_REALTIME) - monotonic();
  return monotonic() + difference;
}

void sleep_until(int64_t when) {
  const struct timespec at = {when / SECOND, when % SECOND};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
  }
}
