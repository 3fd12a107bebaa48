#include <algorithm>
#include <cmath>

#include "cpu.h"
#include "stack.h"

namespace appulse {
namespace {

// The largest value of which 8 squares fit 32 bits.
constexpr uint16_t kNarrow = 23170;
// Pixels ahead of those being added whose accumulators are fetched.
constexpr size_t kAhead = 128;

struct Planes {
  uint64_t* squares;
  uint32_t* sum;
  uint16_t* maximum;
  uint16_t* frame;
};

// The widest plane stands first, so that each is aligned to its values.
Planes PlanesOf(const StackTile& tile) {
  uint8_t* at = tile.accumulators;
  auto* squares = reinterpret_cast<uint64_t*>(at);
  auto* sum = reinterpret_cast<uint32_t*>(at + 8 * tile.pixels);
  auto* maximum = reinterpret_cast<uint16_t*>(at + 12 * tile.pixels);
  auto* frame = reinterpret_cast<uint16_t*>(at + 14 * tile.pixels);
  return {squares + tile.first, sum + tile.first, maximum + tile.first, frame + tile.first};
}

void AddPixels(const Planes& planes, const uint16_t* frames, size_t stride, size_t from, size_t to, uint32_t count,
               uint32_t first_frame) {
  for (size_t i = from; i < to; i++) {
    const bool begins = first_frame == 0;
    uint64_t squares = begins ? 0 : planes.squares[i];
    uint32_t sum = begins ? 0 : planes.sum[i];
    uint16_t maximum = begins ? 0 : planes.maximum[i];
    uint16_t frame = begins ? 0 : planes.frame[i];
    for (uint32_t k = 0; k < count; k++) {
      const uint16_t value = frames[k * stride + i];
      if (value > maximum) {
        maximum = value;
        frame = static_cast<uint16_t>(first_frame + k);
      }
      sum += value;
      squares += static_cast<uint64_t>(value) * value;
    }
    planes.squares[i] = squares;
    planes.sum[i] = sum;
    planes.maximum[i] = maximum;
    planes.frame[i] = frame;
  }
}

void AddSums(const uint16_t* frames, size_t stride, uint32_t count, uint64_t* sums) {
  for (uint32_t k = 0; k < count; k++) {
    uint64_t sum = 0;
    for (size_t i = 0; i < stride; i++) sum += frames[k * stride + i];
    sums[k] += sum;
  }
}

#if APPULSE_X86
// Sixteen pixels at a time: their accumulators are read and written once for all frames of the batch.
APPULSE_AVX2 size_t AddAvx2(const Planes& planes, const uint16_t* frames, size_t stride, uint32_t count,
                            uint32_t first_frame) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i narrow = _mm256_set1_epi16(kNarrow);
  const size_t whole = stride & ~static_cast<size_t>(15);
  for (size_t i = 0; i < whole; i += 16) {
    auto* at_maximum = reinterpret_cast<__m256i*>(planes.maximum + i);
    auto* at_frame = reinterpret_cast<__m256i*>(planes.frame + i);
    auto* at_sum = reinterpret_cast<__m256i*>(planes.sum + i);
    auto* at_squares = reinterpret_cast<__m256i*>(planes.squares + i);
    // Four streams at once are more than the hardware foresees well; hints may point beyond the planes.
    __builtin_prefetch(planes.squares + i + kAhead, 1);
    __builtin_prefetch(planes.squares + i + kAhead + 8, 1);
    __builtin_prefetch(planes.sum + i + kAhead, 1);
    if (i % 32 == 0) {
      __builtin_prefetch(planes.maximum + i + kAhead, 1);
      __builtin_prefetch(planes.frame + i + kAhead, 1);
    }
    __m256i maximum = first_frame == 0 ? zero : _mm256_loadu_si256(at_maximum);
    __m256i frame = first_frame == 0 ? zero : _mm256_loadu_si256(at_frame);
    __m256i largest = zero;
    // Low and high halves of each 128-bit lane: pixels 0-3 and 8-11, pixels 4-7 and 12-15.
    __m256i sum_lo = zero, sum_hi = zero, squares_lo = zero, squares_hi = zero;
    __m256i wide[4] = {zero, zero, zero, zero};
    for (uint32_t k = 0; k < count; k++) {
      const __m256i value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(frames + k * stride + i));
      const __m256i higher = _mm256_max_epu16(maximum, value);
      const __m256i kept = _mm256_cmpeq_epi16(higher, maximum);
      frame = _mm256_blendv_epi8(_mm256_set1_epi16(static_cast<int16_t>(first_frame + k)), frame, kept);
      maximum = higher;
      largest = _mm256_max_epu16(largest, value);
      const __m256i lo = _mm256_unpacklo_epi16(value, zero), hi = _mm256_unpackhi_epi16(value, zero);
      sum_lo = _mm256_add_epi32(sum_lo, lo);
      sum_hi = _mm256_add_epi32(sum_hi, hi);
      const __m256i square_low = _mm256_mullo_epi16(value, value), square_high = _mm256_mulhi_epu16(value, value);
      squares_lo = _mm256_add_epi32(squares_lo, _mm256_unpacklo_epi16(square_low, square_high));
      squares_hi = _mm256_add_epi32(squares_hi, _mm256_unpackhi_epi16(square_low, square_high));
    }
    _mm256_storeu_si256(at_maximum, maximum);
    _mm256_storeu_si256(at_frame, frame);
    const __m256i sums[2] = {_mm256_permute2x128_si256(sum_lo, sum_hi, 0x20),
                             _mm256_permute2x128_si256(sum_lo, sum_hi, 0x31)};
    for (int half = 0; half < 2; half++) {
      const __m256i before = first_frame == 0 ? zero : _mm256_loadu_si256(at_sum + half);
      _mm256_storeu_si256(at_sum + half, _mm256_add_epi32(before, sums[half]));
    }
    if (_mm256_testz_si256(_mm256_subs_epu16(largest, narrow), _mm256_subs_epu16(largest, narrow))) {
      const __m256i first = _mm256_permute2x128_si256(squares_lo, squares_hi, 0x20);
      const __m256i second = _mm256_permute2x128_si256(squares_lo, squares_hi, 0x31);
      wide[0] = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(first));
      wide[1] = _mm256_cvtepu32_epi64(_mm256_extracti128_si256(first, 1));
      wide[2] = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(second));
      wide[3] = _mm256_cvtepu32_epi64(_mm256_extracti128_si256(second, 1));
    } else {
      // The 32-bit sums may have overflowed: squares of the batch again, in 64 bits.
      for (uint32_t k = 0; k < count; k++) {
        const auto* at = reinterpret_cast<const __m128i*>(frames + k * stride + i);
        for (int quarter = 0; quarter < 4; quarter++) {
          const __m128i four = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(reinterpret_cast<const uint16_t*>(at) + 4 * quarter));
          const __m256i value = _mm256_cvtepu16_epi64(four);
          wide[quarter] = _mm256_add_epi64(wide[quarter], _mm256_mul_epu32(value, value));
        }
      }
    }
    for (int quarter = 0; quarter < 4; quarter++) {
      const __m256i before = first_frame == 0 ? zero : _mm256_loadu_si256(at_squares + quarter);
      _mm256_storeu_si256(at_squares + quarter, _mm256_add_epi64(before, wide[quarter]));
    }
  }
  return whole;
}

APPULSE_AVX2 void AddSumsAvx2(const uint16_t* frames, size_t stride, uint32_t count, uint64_t* sums) {
  const __m256i zero = _mm256_setzero_si256(), low = _mm256_set1_epi16(0xFF);
  for (uint32_t k = 0; k < count; k++) {
    const uint16_t* at = frames + k * stride;
    __m256i low_sum = zero, high_sum = zero;
    size_t i = 0;
    for (; i + 16 <= stride; i += 16) {
      const __m256i value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + i));
      low_sum = _mm256_add_epi64(low_sum, _mm256_sad_epu8(_mm256_and_si256(value, low), zero));
      high_sum = _mm256_add_epi64(high_sum, _mm256_sad_epu8(_mm256_srli_epi16(value, 8), zero));
    }
    alignas(32) uint64_t part[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(part), _mm256_add_epi64(low_sum, _mm256_slli_epi64(high_sum, 8)));
    uint64_t sum = part[0] + part[1] + part[2] + part[3];
    for (; i < stride; i++) sum += at[i];
    sums[k] += sum;
  }
}
#endif

}  // namespace

void StackAddExact(const StackTile& tile, const uint16_t* frames, uint32_t frame_count, uint32_t first_frame,
                   uint64_t* frame_sums) {
  const Planes planes = PlanesOf(tile);
  size_t done = 0;
#if APPULSE_X86
  if (HasAvx2()) {
    done = AddAvx2(planes, frames, tile.count, frame_count, first_frame);
    AddSumsAvx2(frames, tile.count, frame_count, frame_sums);
  } else {
    AddSums(frames, tile.count, frame_count, frame_sums);
  }
#else
  AddSums(frames, tile.count, frame_count, frame_sums);
#endif
  AddPixels(planes, frames, tile.count, done, tile.count, frame_count, first_frame);
}

void StackFinishExact(const StackTile& tile, uint32_t frame_count, const StackPlanes& out) {
  const Planes planes = PlanesOf(tile);
  const uint64_t n = frame_count - 1;  // frames besides the maximum
  for (size_t i = 0; i < tile.count; i++) {
    const uint64_t maximum = planes.maximum[i];
    const uint64_t sum = planes.sum[i] - maximum;
    const uint64_t squares = planes.squares[i] - maximum * maximum;
    // n * squares - sum^2 is n(n-1) times the unbiased variance, and an integer below 2^64.
    const uint64_t spread = n * squares - sum * sum;
    out.maximum[i] = planes.maximum[i];
    out.frame_of_maximum[i] = planes.frame[i];
    out.average[i] = static_cast<float>(static_cast<double>(sum) / static_cast<double>(n));
    out.deviation[i] =
        static_cast<float>(std::sqrt(static_cast<double>(spread) / (static_cast<double>(n) * static_cast<double>(n - 1))));
  }
}

}  // namespace appulse
