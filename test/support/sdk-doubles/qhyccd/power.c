/* What a camera keeps while it has power, in a file: programs come and go, and its sensor stays cold. */
#include "double.h"
#include <inttypes.h>
#include <stdio.h>

static void file_of(const struct device *device, char *path, size_t size) {
  snprintf(path, size, "%s-%s", config.power, device->id);
}

void remember(struct device *device) {
  if (config.power[0] == 0) return;
  char path[640], part[656];
  file_of(device, path, sizeof path);
  snprintf(part, sizeof part, "%s.part", path);
  FILE *file = fopen(part, "w");
  if (file == NULL) return;
  fprintf(file, "%" PRId64 " %" PRId64 " %.6f %.6f %.6f %d %d %d %d %d %" PRId64 "\n", device->powered, device->thermal_at,
          device->sensor_c, device->pwm, device->target_c, device->cooling, device->uvlo_memory, device->uvlo_state, device->filter,
          device->filter_target, device->filter_arrives);
  fclose(file);
  rename(part, path);
  device->remembered_at = monotonic();
}

bool remembered(struct device *device) {
  char path[640];
  file_of(device, path, sizeof path);
  FILE *file = config.power[0] == 0 ? NULL : fopen(path, "r");
  if (file == NULL) return false;
  int memory = 0;
  const int read = fscanf(file, "%" SCNd64 " %" SCNd64 " %lf %lf %lf %d %d %d %d %d %" SCNd64, &device->powered, &device->thermal_at,
                          &device->sensor_c, &device->pwm, &device->target_c, &device->cooling, &memory, &device->uvlo_state,
                          &device->filter, &device->filter_target, &device->filter_arrives);
  fclose(file);
  device->uvlo_memory = memory != 0;
  return read == 11 && device->thermal_at <= monotonic();
}
