/*
 * Pixels. Each is level + (sigma * noise >> 8), where noise comes from one table of 65536 values with a standard deviation of 256,
 * and each row of each frame starts at another place of it: so a row is one copy of memory, and a test can compute every pixel.
 * README.md has the formula.
 */
#include "double.h"
#include <stdlib.h>
#include <string.h>

#define TABLE 65536
#define WIDEST 20000

static int16_t noise[TABLE];
static struct { uint32_t level, sigma, bits, mask; bool made; uint32_t values[TABLE + WIDEST]; } tables;
static const int16_t SINE[64] = {0, 25, 50, 74, 98, 121, 142, 162, 181, 198, 213, 226, 237, 245, 251, 255, 256, 255, 251, 245, 237, 226,
                                 213, 198, 181, 162, 142, 121, 98, 74, 50, 25, 0, -25, -50, -74, -98, -121, -142, -162, -181, -198, -213,
                                 -226, -237, -245, -251, -255, -256, -255, -251, -245, -237, -226, -213, -198, -181, -162, -142, -121, -98,
                                 -74, -50, -25};

static void make_noise(void) {
  static bool made;
  if (made) return;
  made = true;
  uint32_t state = 1;
  for (int i = 0; i < TABLE; i++) {
    int sum = -1530;
    for (int k = 0; k < 12; k++) {
      state = state * 1664525u + 1013904223u;
      sum += (int)(state >> 24);
    }
    noise[i] = (int16_t)sum;
  }
}

static uint32_t row_start(uint32_t sequence, uint32_t row) {
  uint32_t hash = sequence * 2654435761u ^ row * 2246822519u;
  hash ^= hash >> 15;
  hash *= 2246822519u;
  hash ^= hash >> 13;
  return hash & (TABLE - 1);
}

/* 16 bit, or more where 32-bit frames keep the sum of a bin. */
static uint32_t value_of(const struct frame *frame, int64_t level, int16_t deviate, uint32_t mask) {
  int64_t value = level + (((int64_t)frame->sigma * deviate) >> 8);
  if (value < 0) value = 0;
  if (frame->bits != 32 && value > 65535) value = 65535;
  return (uint32_t)value & mask;
}

/* Data of 12 and 14 bit are shifted up to fill 16. */
static uint32_t mask_of(const struct camera *camera, const struct frame *frame) {
  const uint32_t adc = camera->device->model->mode[frame->read_mode].adc_bits;
  return frame->bits == 16 ? 0xFFFFu << (16 - adc) & 0xFFFF : 0xFFFFFFFFu;
}

static void store(uint8_t *image, uint32_t bits, size_t index, uint32_t value) {
  if (bits == 8) image[index] = (uint8_t)(value >> 8);
  else if (bits == 16) memcpy(image + 2 * index, &(uint16_t){(uint16_t)value}, 2);
  else memcpy(image + 4 * index, &value, 4);
}

static uint32_t load(const uint8_t *image, uint32_t bits, size_t index) {
  if (bits == 8) return (uint32_t)image[index] << 8;
  uint32_t value = 0;
  memcpy(&value, image + bits / 8 * index, bits / 8);
  return value;
}

/* The table with this frame's level and noise, in the form that its pixels have in memory. */
static const uint8_t *table_of(const struct frame *frame, uint32_t mask) {
  if (tables.made && tables.level == frame->level && tables.sigma == frame->sigma && tables.bits == frame->bits && tables.mask == mask)
    return (const uint8_t *)tables.values;
  tables.made = true;
  tables.level = frame->level;
  tables.sigma = frame->sigma;
  tables.bits = frame->bits;
  tables.mask = mask;
  for (size_t i = 0; i < TABLE + WIDEST; i++)
    store((uint8_t *)tables.values, frame->bits, i, value_of(frame, frame->level, noise[i & (TABLE - 1)], mask));
  return (const uint8_t *)tables.values;
}

/*
 * Hot pixels stand in fixed places, and grow with the dark current. With the manual's abnormal thermal noise they are many, and their
 * values differ from frame to frame whatever the exposure.
 */
static void hot_pixels(const struct frame *frame, const struct read_mode *mode, bool abnormal, uint8_t *image) {
  if (!abnormal && (!config.hot || frame->hot < 1000)) return;
  const uint32_t pixels = mode->w * mode->h;
  uint32_t state = 77;
  for (uint32_t n = 0; n < pixels / (abnormal ? 200 : 20000); n++) {
    state = state * 1664525u + 1013904223u;
    const uint32_t place = (uint32_t)(((uint64_t)state * pixels) >> 32);
    const uint32_t x = place % mode->w / frame->bin_x, y = place / mode->w / frame->bin_y;
    if (x < frame->roi.x || y < frame->roi.y || x >= frame->roi.x + frame->roi.w || y >= frame->roi.y + frame->roi.h) continue;
    const size_t index = (size_t)(y - frame->roi.y) * frame->roi.w + (x - frame->roi.x);
    const uint64_t added = abnormal ? 1500 + (row_start(frame->sequence, n) & 8191) : (uint64_t)(frame->hot / 1000) * (50 + (state & 1023));
    uint64_t value = load(image, frame->bits, index) + added;
    if (frame->bits != 32 && value > 65535) value = 65535;
    store(image, frame->bits, index, (uint32_t)value);
  }
}

/* The calibration LED's spot in the middle of the sensor, brightest in its middle: as bright as its pulse was in the exposure. */
static void led_spot(const struct frame *frame, const struct read_mode *mode, uint8_t *image) {
  const int half_w = 20, half_h = 16;
  for (int dy = -half_h; dy < half_h; dy++)
    for (int dx = -half_w; dx < half_w; dx++) {
      const uint32_t x = (uint32_t)((int)(mode->w / frame->bin_x / 2) + dx), y = (uint32_t)((int)(mode->h / frame->bin_y / 2) + dy);
      if (x < frame->roi.x || y < frame->roi.y || x >= frame->roi.x + frame->roi.w || y >= frame->roi.y + frame->roi.h) continue;
      const size_t index = (size_t)(y - frame->roi.y) * frame->roi.w + (x - frame->roi.x);
      const double shape = 1 - 0.25 * (dx * dx + dy * dy) / (half_w * half_w + half_h * half_h);
      /* In 8 bit the lower half is gone already: it is put back from another place's noise, so that sums stay straight. */
      const uint32_t lower = frame->bits == 8 ? row_start(frame->sequence ^ 0x5a5a, (uint32_t)index) & 255 : 0;
      uint32_t value = load(image, frame->bits, index) + lower + (uint32_t)(frame->led * 90 * shape);
      if (frame->bits != 32 && value > 65535) value = 65535;
      store(image, frame->bits, index, value);
    }
}

static const uint8_t DIGITS[10][5] = {{7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7}, {5, 5, 7, 1, 1},
                                      {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 1, 1}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7}};

/* The frame's number, painted over pixels at the top left. */
static void paint(const struct frame *frame, uint8_t *image) {
  const uint32_t scale = 4, w = frame->roi.w, h = frame->roi.h;
  if (w < 200 || h < 40) return;
  uint32_t value = frame->sequence;
  for (int place = 9; place >= 0; place--, value /= 10)
    for (uint32_t y = 0; y < 5 * scale; y++)
      for (uint32_t x = 0; x < 3 * scale; x++)
        if (DIGITS[value % 10][y / scale] >> (2 - x / scale) & 1)
          store(image, frame->bits, (size_t)(8 + y) * w + 8 + (uint32_t)place * 4 * scale + x, 65535);
}

uint32_t frame_bytes(const struct frame *frame) {
  return frame->roi.w * frame->roi.h * frame->bits / 8;
}

void render(struct camera *camera, const struct frame *frame, uint8_t *image, size_t bytes) {
  make_noise();
  const uint32_t w = frame->roi.w, mask = mask_of(camera, frame);
  const size_t pixel = frame->bits / 8, row_bytes = w * pixel;
  const uint32_t rows = (uint32_t)(bytes / row_bytes);
  if (frame->band == 0) {
    const uint8_t *table = table_of(frame, mask);
    for (uint32_t row = 0; row < rows; row++) {
      const uint32_t start = (row_start(frame->sequence, frame->roi.y + row) + frame->roi.x) & (TABLE - 1);
      memcpy(image + row * row_bytes, table + start * pixel, row_bytes);
    }
  } else {
    for (uint32_t row = 0; row < rows; row++) {
      const uint32_t y = frame->roi.y + row;
      const uint32_t start = row_start(frame->sequence, y) + frame->roi.x;
      const int64_t level = (int64_t)frame->level + ((int32_t)frame->band * SINE[y & 63] >> 8);
      for (uint32_t x = 0; x < w; x++)
        store(image, frame->bits, (size_t)row * w + x, value_of(frame, level, noise[(start + x) & (TABLE - 1)], mask));
    }
  }
  if (bytes < frame_bytes(frame)) return;
  hot_pixels(frame, &camera->device->model->mode[frame->read_mode], camera->device->thermal_fault, image);
  if (frame->led > 0) led_spot(frame, &camera->device->model->mode[frame->read_mode], image);
  if (camera->osd != 0) paint(frame, image);
  if (frame->gps) write_header(camera, frame, image, row_bytes);
}
