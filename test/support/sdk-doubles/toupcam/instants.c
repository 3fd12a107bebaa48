#include <time.h>
#include "double.h"

static int64_t read_clock(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t monotonic_ns(void) {
  return read_clock(CLOCK_MONOTONIC);
}

int64_t utc_of(int64_t monotonic) {
  return read_clock(CLOCK_REALTIME) - monotonic_ns() + monotonic;
}

struct timespec timespec_of(int64_t ns) {
  return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}
