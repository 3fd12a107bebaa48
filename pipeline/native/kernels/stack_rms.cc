#include <algorithm>
#include <cmath>

#include "cpu.h"
#include "stack.h"

namespace appulse {
namespace {

struct Planes {
  uint32_t* squares;
  uint16_t* sum;
  uint8_t* top[4];  // the largest first
  uint8_t* frame;
};

Planes PlanesOf(const StackTile& tile) {
  uint8_t* at = tile.accumulators;
  const size_t n = tile.pixels;
  Planes planes;
  planes.squares = reinterpret_cast<uint32_t*>(at) + tile.first;
  planes.sum = reinterpret_cast<uint16_t*>(at + 4 * n) + tile.first;
  for (int k = 0; k < 4; k++) planes.top[k] = at + (6 + k) * n + tile.first;
  planes.frame = at + 10 * n + tile.first;
  return planes;
}

void AddPixels(const Planes& planes, const uint16_t* frames, size_t stride, size_t from, size_t to, uint32_t count,
               uint32_t first_frame, uint32_t shift) {
  const bool begins = first_frame == 0;
  for (size_t i = from; i < to; i++) {
    uint32_t squares = begins ? 0 : planes.squares[i];
    uint32_t sum = begins ? 0 : planes.sum[i];
    uint8_t frame = begins ? 0 : planes.frame[i];
    uint8_t top[4];
    for (int k = 0; k < 4; k++) top[k] = begins ? 0 : planes.top[k][i];
    for (uint32_t k = 0; k < count; k++) {
      uint8_t value = static_cast<uint8_t>(std::min(255, frames[k * stride + i] >> shift));
      sum += value;
      squares += static_cast<uint32_t>(value) * value;
      if (value > top[0]) frame = static_cast<uint8_t>(first_frame + k);
      for (uint8_t& place : top) {
        const uint8_t larger = std::max(place, value);
        value = std::min(place, value);
        place = larger;
      }
    }
    planes.squares[i] = squares;
    planes.sum[i] = static_cast<uint16_t>(sum);
    planes.frame[i] = frame;
    for (int k = 0; k < 4; k++) planes.top[k][i] = top[k];
  }
}

void AddSums(const uint16_t* frames, size_t stride, uint32_t count, uint32_t shift, uint64_t* sums) {
  for (uint32_t k = 0; k < count; k++) {
    uint64_t sum = 0;
    for (size_t i = 0; i < stride; i++) sum += static_cast<uint32_t>(std::min(255, frames[k * stride + i] >> shift));
    sums[k] += sum;
  }
}

#if APPULSE_X86
// Thirty-two pixels at a time. Returns how many pixels it did.
APPULSE_AVX2 size_t AddAvx2(const Planes& planes, const uint16_t* frames, size_t stride, uint32_t count,
                            uint32_t first_frame, uint32_t shift, uint64_t* sums) {
  const __m256i zero = _mm256_setzero_si256();
  const __m128i by = _mm_cvtsi32_si128(static_cast<int>(shift));
  const bool begins = first_frame == 0;
  const size_t whole = stride & ~static_cast<size_t>(31);
  __m256i totals[kStackBatch];
  for (auto& total : totals) total = zero;
  for (size_t i = 0; i < whole; i += 32) {
    __m256i top[4];
    for (int k = 0; k < 4; k++)
      top[k] = begins ? zero : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(planes.top[k] + i));
    __m256i frame = begins ? zero : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(planes.frame + i));
    // Values in 16 bits, in the order of the pixels; squares in 32, as unpacking leaves them.
    __m256i sum[2] = {zero, zero};
    __m256i squares[4] = {zero, zero, zero, zero};
    for (uint32_t k = 0; k < count; k++) {
      const auto* at = reinterpret_cast<const __m256i*>(frames + k * stride + i);
      const __m256i full = _mm256_set1_epi16(255);
      const __m256i a = _mm256_min_epu16(_mm256_srl_epi16(_mm256_loadu_si256(at), by), full);
      const __m256i b = _mm256_min_epu16(_mm256_srl_epi16(_mm256_loadu_si256(at + 1), by), full);
      __m256i value = _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xD8);
      totals[k] = _mm256_add_epi64(totals[k], _mm256_sad_epu8(value, zero));
      sum[0] = _mm256_add_epi16(sum[0], a);
      sum[1] = _mm256_add_epi16(sum[1], b);
      // A square of 8 bits fits 16.
      const __m256i aa = _mm256_mullo_epi16(a, a), bb = _mm256_mullo_epi16(b, b);
      squares[0] = _mm256_add_epi32(squares[0], _mm256_unpacklo_epi16(aa, zero));
      squares[1] = _mm256_add_epi32(squares[1], _mm256_unpackhi_epi16(aa, zero));
      squares[2] = _mm256_add_epi32(squares[2], _mm256_unpacklo_epi16(bb, zero));
      squares[3] = _mm256_add_epi32(squares[3], _mm256_unpackhi_epi16(bb, zero));
      const __m256i kept = _mm256_cmpeq_epi8(_mm256_max_epu8(top[0], value), top[0]);
      frame = _mm256_blendv_epi8(_mm256_set1_epi8(static_cast<char>(first_frame + k)), frame, kept);
      for (__m256i& place : top) {
        const __m256i larger = _mm256_max_epu8(place, value);
        value = _mm256_min_epu8(place, value);
        place = larger;
      }
    }
    for (int k = 0; k < 4; k++) _mm256_storeu_si256(reinterpret_cast<__m256i*>(planes.top[k] + i), top[k]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(planes.frame + i), frame);
    auto* at_sum = reinterpret_cast<__m256i*>(planes.sum + i);
    for (int half = 0; half < 2; half++) {
      const __m256i before = begins ? zero : _mm256_loadu_si256(at_sum + half);
      _mm256_storeu_si256(at_sum + half, _mm256_add_epi16(before, sum[half]));
    }
    auto* at_squares = reinterpret_cast<__m256i*>(planes.squares + i);
    for (int half = 0; half < 2; half++) {
      const __m256i lo = squares[2 * half], hi = squares[2 * half + 1];
      const __m256i ordered[2] = {_mm256_permute2x128_si256(lo, hi, 0x20), _mm256_permute2x128_si256(lo, hi, 0x31)};
      for (int quarter = 0; quarter < 2; quarter++) {
        __m256i* place = at_squares + 2 * half + quarter;
        const __m256i before = begins ? zero : _mm256_loadu_si256(place);
        _mm256_storeu_si256(place, _mm256_add_epi32(before, ordered[quarter]));
      }
    }
  }
  for (uint32_t k = 0; k < count; k++) {
    alignas(32) uint64_t part[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(part), totals[k]);
    uint64_t sum = part[0] + part[1] + part[2] + part[3];
    for (size_t i = whole; i < stride; i++) sum += static_cast<uint32_t>(std::min(255, frames[k * stride + i] >> shift));
    sums[k] += sum;
  }
  return whole;
}
#endif

}  // namespace

void StackAddRms(const StackTile& tile, const uint16_t* frames, uint32_t frame_count, uint32_t first_frame,
                 uint32_t shift, uint64_t* frame_sums) {
  const Planes planes = PlanesOf(tile);
  size_t done = 0;
#if APPULSE_X86
  if (HasAvx2()) done = AddAvx2(planes, frames, tile.count, frame_count, first_frame, shift, frame_sums);
  else AddSums(frames, tile.count, frame_count, shift, frame_sums);
#else
  AddSums(frames, tile.count, frame_count, shift, frame_sums);
#endif
  AddPixels(planes, frames, tile.count, done, tile.count, frame_count, first_frame, shift);
}

void StackFinishRms(const StackTile& tile, uint32_t frame_count, const StackPlanes& out) {
  const Planes planes = PlanesOf(tile);
  for (size_t i = 0; i < tile.count; i++) {
    uint32_t sum = planes.sum[i], squares = planes.squares[i];
    for (int k = 0; k < 4; k++) {
      const uint32_t value = planes.top[k][i];
      sum -= value;
      squares -= value * value;
    }
    const uint32_t average = sum / (frame_count - 4);
    const uint32_t variance = (squares - sum * average) / (frame_count - 5);
    const auto deviation = static_cast<uint32_t>(std::sqrt(static_cast<double>(variance)));
    out.maximum[i] = planes.top[0][i];
    out.frame_of_maximum[i] = planes.frame[i];
    out.average[i] = static_cast<float>(average);
    out.deviation[i] = static_cast<float>(std::max(1u, deviation));
  }
}

}  // namespace appulse
