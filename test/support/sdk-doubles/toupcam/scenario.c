/* APPULSE_TOUPCAM_DOUBLE="key=value;key=value": which cameras there are, and what goes wrong. README.md lists the keys.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "double.h"

scenario asked;

enum { KEYS_MOST = 64, RULES_MOST = 32 };
static struct {
  char *key, *value;
} keys[KEYS_MOST];
static int key_count;

/* `hang=FUNCTION:SECONDS[:CALL]`, `fail=FUNCTION:HEX[:CALL]`, `segv-in=FUNCTION[:CALL]` */
static struct rule {
  enum { HANG, FAIL, SEGV } kind;
  char function[64];
  double argument;
  int64_t call, calls; /* call 0: every one */
} rules[RULES_MOST];
static int rule_count;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t read_once = PTHREAD_ONCE_INIT;

const char *scenario_text(const char *key) {
  for (int i = 0; i < key_count; i++)
    if (strcmp(keys[i].key, key) == 0) return keys[i].value;
  return NULL;
}

static double number(const char *key, double otherwise) {
  const char *text = scenario_text(key);
  return text == NULL ? otherwise : strtod(text, NULL);
}

static int64_t whole(const char *key, int64_t otherwise) {
  const char *text = scenario_text(key);
  return text == NULL ? otherwise : strtoll(text, NULL, 10);
}

bool scenario_lists(const char *key, int64_t count) {
  const char *text = scenario_text(key);
  while (text != NULL && *text != 0) {
    char *end;
    int64_t first = strtoll(text, &end, 10), last = first;
    if (*end == '-') last = strtoll(end + 1, &end, 10);
    if (count >= first && count <= last) return true;
    text = *end == ',' ? end + 1 : NULL;
  }
  return false;
}

static void add_rule(int kind, const char *text) {
  if (rule_count == RULES_MOST) return;
  struct rule *r = &rules[rule_count++];
  r->kind = kind;
  r->call = kind == FAIL ? 0 : 1;
  size_t length = strcspn(text, ":");
  if (length >= sizeof r->function) length = sizeof r->function - 1;
  memcpy(r->function, text, length);
  text += strcspn(text, ":");
  char *end = (char *)text;
  if (*text == ':' && kind != SEGV)
    r->argument = kind == HANG ? strtod(text + 1, &end) : (double)strtoull(text + 1, &end, 16);
  if (*end == ':') r->call = strtoll(end + 1, NULL, 10);
}

static void read_scenario(void) {
  const char *text = getenv("APPULSE_TOUPCAM_DOUBLE");
  char *copy = strdup(text == NULL ? "" : text), *rest = copy;
  for (char *part; (part = strsep(&rest, ";")) != NULL;) {
    char *value = strchr(part, '=');
    if (value == NULL) {
      if (*part != 0) fprintf(stderr, "libtoupcam double: '%s' of APPULSE_TOUPCAM_DOUBLE is no KEY=VALUE\n", part);
      continue;
    }
    *value++ = 0;
    if (strcmp(part, "hang") == 0) add_rule(HANG, value);
    else if (strcmp(part, "fail") == 0) add_rule(FAIL, value);
    else if (strcmp(part, "segv-in") == 0) add_rule(SEGV, value);
    else if (key_count < KEYS_MOST) keys[key_count].key = part, keys[key_count++].value = value;
  }
  const char *until = scenario_text("stuck-until");
  const char *gps = scenario_text("gps");
  asked = (scenario){
      .fps = number("fps", 0),
      .unplug_at = whole("unplug-at", -1),
      .segv_at = whole("segv-at", -1),
      .stuck_at = whole("stuck-at", until == NULL ? -1 : 0),
      .gps_lost_at = whole("gps-lost-at", -1),
      .trigger_fail_at = whole("trigger-fail-at", -1),
      .error_at = whole("error-at", -1),
      .replug_after_ms = whole("replug-after", -1),
      .stuck_until = until == NULL                   ? STUCK_REOPEN
                     : strcmp(until, "flush") == 0   ? STUCK_FLUSH
                     : strcmp(until, "restart") == 0 ? STUCK_RESTART
                     : strcmp(until, "reopen") == 0  ? STUCK_REOPEN
                                                     : STUCK_NEVER,
      .gps_offset_s = number("gps-offset", 0),
      .clock_ppm = number("clock-ppm", 0),
      .thermal_speed = number("thermal-speed", 1),
      .external_hz = number("external-hz", 0),
      .readout_ms = number("readout-ms", -1),
      .gps = gps == NULL                   ? -2
             : strcmp(gps, "online") == 0  ? 1
             : strcmp(gps, "offline") == 0 ? -1
                                           : 0,
      .scan_count = whole("scan", -1),
      .network_after_ms = whole("network-after", 0),
      .stale = (int)whole("stale", 0),
  };
}

bool scenario_fires(void) {
  const char *path = scenario_text("once");
  if (path == NULL) return true;
  const int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (file >= 0) close(file);
  return file >= 0;
}

void crash(void) {
  /* Node has no handler of its own for it; one of a debugger must not hide it. */
  signal(SIGSEGV, SIG_DFL);
  raise(SIGSEGV);
  abort();
}

static void hang(double seconds) {
  struct timespec left = timespec_of((int64_t)(seconds * 1e9));
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

result enter(const char *function) {
  pthread_once(&read_once, read_scenario);
  for (int i = 0; i < rule_count; i++) {
    struct rule *r = &rules[i];
    if (strcmp(r->function, function) != 0) continue;
    pthread_mutex_lock(&one);
    const bool fires = (r->call == 0 || ++r->calls == r->call) && scenario_fires();
    pthread_mutex_unlock(&one);
    if (!fires) continue;
    if (r->kind == HANG) hang(r->argument);
    if (r->kind == SEGV) crash();
    if (r->kind == FAIL) return (result)(uint32_t)r->argument;
  }
  return E_OK;
}
