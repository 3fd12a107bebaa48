/* The filter wheel on the camera's port: it finds its home for 16 s after power, and takes a while to turn. */
#include "double.h"

#define HOMING (16 * SECOND)
#define TURN_A_SLOT (SECOND * 6 / 5)

static int64_t hurried(int64_t time) {
  return (int64_t)((double)time / config.hurry);
}

bool wheel_ready(const struct device *device) {
  return config.cfw && monotonic() - device->powered >= hurried(HOMING);
}

int wheel_position(struct device *device) {
  if (device->filter_arrives != 0 && monotonic() >= device->filter_arrives) {
    device->filter = device->filter_target;
    device->filter_arrives = 0;
  }
  return device->filter;
}

uint32_t wheel_turn(struct device *device, int slot) {
  if (!config.cfw || slot < 0 || slot >= config.cfw_slots) return failed("no filter %d", slot);
  const int64_t now = monotonic();
  const int from = wheel_position(device);
  const int steps = (slot - from + config.cfw_slots) % config.cfw_slots;
  /* Ordered while it finds its home, it goes there first. */
  const int64_t home = device->powered + hurried(HOMING);
  device->filter_target = slot;
  device->filter_arrives = (now > home ? now : home) + hurried(steps * TURN_A_SLOT);
  remember(device);
  truth_line("{\"filter\":%d}", slot);
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t IsQHYCCDCFWPlugged(qhyccd_handle *h) {
  BEGIN(h);
  return wheel_ready(camera->device) ? QHYCCD_SUCCESS : failed("no filter wheel answers");
}

static int digit(char order) {
  return order >= '0' && order <= '9' ? order - '0' : order >= 'A' && order <= 'F' ? order - 'A' + 10 : -1;
}

EXPORT uint32_t SendOrder2QHYCCDCFW(qhyccd_handle *h, char *order, uint32_t length) {
  BEGIN(h);
  return length < 1 ? failed("no order") : wheel_turn(camera->device, digit(order[0]));
}

/* One character, or one byte: wheels differ. While it finds its home there is no position. */
EXPORT uint32_t GetQHYCCDCFWStatus(qhyccd_handle *h, char *status) {
  BEGIN(h);
  if (!config.cfw) return failed("no filter wheel answers");
  const int position = wheel_position(camera->device);
  status[0] = !wheel_ready(camera->device) ? 'N' : config.cfw_raw ? (char)position : "0123456789ABCDEF"[position & 15];
  status[1] = 0;
  return QHYCCD_SUCCESS;
}
