// Pixels of three samples of 8 bits; the specification is pipeline/kernels/color.ts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace appulse {

// The samples at byte `sample` of `count` pixels, as they are and widened.
void ColorPlane(const uint8_t* pixels, size_t sample, size_t count, uint8_t* bytes, uint16_t* values);

// The rounded mean of the three samples of each of `count` pixels.
void ColorMean(const uint8_t* pixels, size_t count, uint16_t* mean);

}  // namespace appulse
