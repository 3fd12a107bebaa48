/* The cooler's thermal model, and what the chamber and the supply tell. */
#include "double.h"
#include <math.h>

/* Seconds in which the sensor goes two thirds of its way, and how far below ambient full power takes it. */
#define TIME_CONSTANT 45.0
#define MOST_BELOW 37.0

void run_thermal(struct device *device) {
  const int64_t now = monotonic();
  double seconds = (double)(now - device->thermal_at) / 1e9 * config.hurry;
  device->thermal_at = now;
  if (device->uvlo_state == 9) device->cooling = 0;
  /* A supply that was too weak once: 70 % at most, until the flash is reset. */
  const double most = device->uvlo_memory ? 0.7 * 255 : 255;
  while (seconds > 0) {
    const double step = seconds > 0.25 ? 0.25 : seconds;
    seconds -= step;
    if (device->cooling == 0) device->pwm = 0;
    if (device->cooling == 1) {
      const double hold = (config.ambient - device->target_c) / MOST_BELOW * 255;
      const double wanted = hold + (device->sensor_c - device->target_c) * 60;
      const double change = wanted - device->pwm;
      const double fastest = 40 * step;
      device->pwm += change > fastest ? fastest : change < -fastest ? -fastest : change;
    }
    device->pwm = device->pwm < 0 ? 0 : device->pwm > most ? most : device->pwm;
    const double goes_to = config.ambient - MOST_BELOW * device->pwm / 255;
    device->sensor_c += (goes_to - device->sensor_c) * (1 - exp(-step / TIME_CONSTANT));
    if (seconds > 3600) seconds = 3600;
  }
  if (now - device->remembered_at > SECOND / 4) remember(device);
}

EXPORT uint32_t ControlQHYCCDTemp(qhyccd_handle *h, double target) {
  return SetQHYCCDParam(h, CONTROL_COOLER, target);
}

EXPORT uint32_t GetQHYCCDHumidity(qhyccd_handle *h, double *percent) {
  const double value = GetQHYCCDParam(h, CAM_HUMIDITY);
  if (value == 4294967295.0) return QHYCCD_ERROR;
  *percent = value;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDPressure(qhyccd_handle *h, double *mbar) {
  const double value = GetQHYCCDParam(h, CAM_PRESSURE);
  if (value == 4294967295.0) return QHYCCD_ERROR;
  *mbar = value;
  return QHYCCD_SUCCESS;
}

EXPORT uint32_t GetQHYCCDFPGATemp(qhyccd_handle *h, uint16_t *temp) {
  BEGIN(h);
  if (!camera->device->model->pcie) return failed("not supported by this camera");
  *temp = 52;
  return QHYCCD_SUCCESS;
}

EXPORT void QHYCCDResetFlashULVOError(qhyccd_handle *h) {
  BEGIN_VOID(h);
  run_thermal(camera->device);
  camera->device->uvlo_memory = false;
  camera->device->uvlo_state = 1;
  remember(camera->device);
}

EXPORT void QHYCCDTestFlashULVOError(qhyccd_handle *h) {
  BEGIN_VOID(h);
  run_thermal(camera->device);
  camera->device->uvlo_memory = true;
  camera->device->uvlo_state = 9;
}

EXPORT uint32_t ControlQHYCCDGuide(qhyccd_handle *h, uint32_t direction, uint16_t duration) {
  BEGIN(h);
  if (direction > 3) return failed("no direction %u", direction);
  truth_line("{\"guide\":%u,\"ms\":%u}", direction, duration);
  return QHYCCD_SUCCESS;
}
