// Statistics and histograms of uint16 pixels; the specifications are pipeline/kernels/statistics.ts and histogram.ts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace appulse {

struct Statistics {
  uint64_t minimum;
  uint64_t maximum;
  uint64_t sum;
  uint64_t squares;  // The low 64 bits.
  uint64_t saturated;
  uint64_t squares_high = 0;
};

// Exact for up to 2^32 pixels.
Statistics Statistics16(const uint16_t* pixels, size_t count, uint32_t saturation);
// Of values of 32 bits; exact for up to 2^32 of them.
Statistics Statistics32(const uint32_t* pixels, size_t count, uint32_t saturation);

// Counts that each bin of a histogram has: neighbouring pixels count in different ones, because increments of one count
// wait for each other. The counts of a bin lie side by side: as arrays of their own, 16 KiB apart, they were 1.4 times slower.
constexpr size_t kHistogramLanes = 8;

// Counts pixel i in count i % 8 of bin min(pixel >> shift, bins - 1); `counts` holds 8 x bins of them. `next`, where not null:
// as many pixels that are counted next, fetched meanwhile.
void AddHistogram(const uint16_t* pixels, size_t count, uint32_t shift, uint32_t bins, uint32_t* counts,
                  const uint16_t* next = nullptr);

// Adds the counts of `histograms` histograms, one behind the other, to `bins` bins.
void MergeHistogram(const uint32_t* counts, size_t histograms, uint32_t bins, uint32_t* into);

}  // namespace appulse
