#include "color.h"

#include "cpu.h"

namespace appulse {
namespace {

#define APPULSE_BODY static inline __attribute__((always_inline))

// The compiler takes every third byte with shuffles of whole vectors where it may.
APPULSE_BODY void Plane(const uint8_t* pixels, size_t sample, size_t count, uint8_t* __restrict bytes,
                        uint16_t* __restrict values) {
  const uint8_t* from = pixels + sample;
  for (size_t i = 0; i < count; i++) {
    const uint8_t value = from[3 * i];
    bytes[i] = value;
    values[i] = value;
  }
}

APPULSE_BODY void Mean(const uint8_t* pixels, size_t count, uint16_t* __restrict mean) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t sum = pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2] + 1;
    // A third of any number up to 766, exactly: 21846 / 65536 is 1 / 98304 more than a third.
    mean[i] = static_cast<uint16_t>((sum * 21846) >> 16);
  }
}

APPULSE_AVX2 void PlaneAvx2(const uint8_t* pixels, size_t sample, size_t count, uint8_t* bytes, uint16_t* values) {
  Plane(pixels, sample, count, bytes, values);
}

APPULSE_AVX2 void MeanAvx2(const uint8_t* pixels, size_t count, uint16_t* mean) { Mean(pixels, count, mean); }

}  // namespace

void ColorPlane(const uint8_t* pixels, size_t sample, size_t count, uint8_t* bytes, uint16_t* values) {
  if (HasAvx2()) PlaneAvx2(pixels, sample, count, bytes, values);
  else Plane(pixels, sample, count, bytes, values);
}

void ColorMean(const uint8_t* pixels, size_t count, uint16_t* mean) {
  if (HasAvx2()) MeanAvx2(pixels, count, mean);
  else Mean(pixels, count, mean);
}

}  // namespace appulse
