/* Temperature and filter wheel. */
#include <math.h>
#include "double.h"

/* The sensor goes to its target as 1 - exp(-t / 60 s); 40 K below its surroundings take all of the cooler's voltage. */

double thermal_now(device *d) {
  struct thermal *t = &d->thermal;
  const int64_t now = monotonic_ns();
  const double seconds = (double)(now - t->at_ns) / 1e9 * asked.thermal_speed;
  const double warm = AMBIENT_C + (t->fan > 0 ? 4 : 7);
  const double coldest = warm - 44;
  const double goal = !t->tec ? warm : t->target_c < coldest ? coldest : t->target_c > warm ? warm : t->target_c;
  t->sensor_c = goal + (t->sensor_c - goal) * exp(-seconds / 60);
  t->at_ns = now;
  return t->sensor_c;
}

double thermal_effort(device *d) {
  if (!d->thermal.tec) return 0;
  const double below = AMBIENT_C + 4 - thermal_now(d);
  const double pull = (thermal_now(d) - d->thermal.target_c) / 10;
  const double effort = below / 44 + (pull > 0 ? pull : 0);
  return effort < 0 ? 0 : effort > 1 ? 1 : effort;
}

/* Where the wheel stands: -1 while it turns, half a second a slot. */
int32_t filter_position(device *d) {
  const int32_t slots = d->model->filter_slots;
  int32_t steps = ((d->filter.to - d->filter.from) % slots + slots) % slots;
  if (d->filter.wide && steps > slots - steps) steps = slots - steps;
  if (monotonic_ns() < d->filter.begun_ns + steps * 500000000ll / (asked.thermal_speed > 1 ? 10 : 1)) return -1;
  d->filter.from = d->filter.to;
  return d->filter.to;
}
