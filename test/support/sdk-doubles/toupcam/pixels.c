/*
 * Pixels that can be told from the sequence number: column X, row Y of the (binned) sensor of frame S holds scene(X, Y
 * + S % 64), and the first eight values of a raw frame are the bytes of S, lowest first. A picture of 64 rows more than
 * the frame is made when the shape of frames changes; a frame is then one copy out of it.
 */
#include <stdlib.h>
#include <string.h>
#include "double.h"

enum { SCROLL = 64 };

size_t output_bytes(uint32_t format) {
  return (size_t[]){1, 2, 3, 4, 6, 8}[format];
}

/* Value of an unbinned pixel, of `bits` bits, without black level: 4 to 19 of 256 parts, a hot pixel among 4096. */
static uint32_t scene(uint32_t x, uint32_t y, uint32_t bits, bool defects) {
  uint32_t h = x * 0x9e3779b1u ^ y * 0x85ebca77u;
  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  h ^= h >> 13;
  if (defects && (h & 0xfff) == 0) return 200u << (bits - 8);
  return (4u << (bits - 8)) + (h >> (32 - (bits - 4)));
}

/* The stripes of TESTPATTERN. */
static uint32_t stripes(uint32_t x, uint32_t y, uint32_t bits, int32_t pattern) {
  const uint32_t at = pattern == 5 ? x : pattern == 7 ? y : x + y;
  return (at & 0xff) << (bits - 8);
}

static uint32_t value_at(const shape *s, uint32_t x, uint32_t y) {
  const uint32_t n = s->binning;
  if (s->pattern != 0) return stripes(x, y, s->bits, s->pattern);
  uint32_t sum = 0;
  for (uint32_t j = 0; j < n; j++)
    for (uint32_t i = 0; i < n; i++) sum += scene(x * n + i, y * n + j, s->sensor_bits, s->defects);
  if (s->mode == 0x80) sum /= n * n;
  sum += s->black;
  const uint32_t full = (1u << s->bits) - 1;
  return sum > full ? full : sum;
}

static size_t put_value(const shape *s, uint8_t *to, uint32_t value) {
  const uint16_t wide = (uint16_t)(s->low ? value : value << (16 - s->bits));
  const uint8_t narrow = (uint8_t)(value >> (s->bits - 8));
  const size_t bytes = output_bytes(s->format);
  if (s->format == OUT_RGB24) {
    to[s->bgr ? 2 : 0] = narrow;
    to[1] = narrow ^ 0x0f;
    to[s->bgr ? 0 : 2] = narrow ^ 0xf0;
  } else if (s->format == OUT_8 || s->format == OUT_RGB32) memset(to, narrow, bytes);
  else
    for (size_t at = 0; at < bytes; at += 2) memcpy(to + at, &wide, 2);
  return bytes;
}

static struct {
  shape shape;
  uint8_t *rows;
  size_t bytes;
} picture;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static void prepare(const shape *s) {
  if (picture.rows != NULL && memcmp(&picture.shape, s, sizeof *s) == 0) return;
  const size_t bytes = (size_t)s->width * (s->height + SCROLL) * output_bytes(s->format);
  if (bytes > picture.bytes || bytes < picture.bytes / 4) {
    free(picture.rows);
    picture.rows = malloc(bytes);
    picture.bytes = bytes;
  }
  if (picture.rows == NULL) abort();
  picture.shape = *s;
  uint8_t *to = picture.rows;
  for (uint32_t row = 0; row < s->height + SCROLL; row++) {
    const uint32_t y = s->y + (s->flip_y ? s->height + SCROLL - 1 - row : row);
    for (uint32_t column = 0; column < s->width; column++)
      to += put_value(s, to, value_at(s, s->x + (s->flip_x ? s->width - 1 - column : column), y));
  }
}

void pixels_prepare(const shape *s) {
  pthread_mutex_lock(&one);
  prepare(s);
  pthread_mutex_unlock(&one);
}

void pixels_write(const frame *f, uint8_t *to, size_t pitch) {
  const shape *s = &f->shape;
  const size_t row_bytes = (size_t)s->width * output_bytes(s->format);
  if (scenario_lists("zero-frame-at", f->made)) {
    for (uint32_t row = 0; row < s->height; row++) memset(to + row * pitch, 0, row_bytes);
    return;
  }
  const uint32_t shift = f->info.v3.seq % SCROLL;
  pthread_mutex_lock(&one);
  prepare(s);
  const uint8_t *from = picture.rows + (s->flip_y ? SCROLL - shift : shift) * row_bytes;
  if (pitch == row_bytes) memcpy(to, from, row_bytes * s->height);
  else
    for (uint32_t row = 0; row < s->height; row++) memcpy(to + row * pitch, from + row * row_bytes, row_bytes);
  pthread_mutex_unlock(&one);
  for (uint32_t i = 0; i < 8 && s->format <= OUT_16; i++) {
    const uint16_t byte = (uint16_t)((uint64_t)f->info.v3.seq >> (8 * i) & 0xff);
    if (s->format == OUT_8) to[i] = (uint8_t)byte;
    else memcpy(to + 2 * i, &byte, 2);
  }
}
