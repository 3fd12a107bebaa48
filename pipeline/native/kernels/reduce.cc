#include "reduce.h"

#include <algorithm>
#include <cstring>

#include "cpu.h"

// Bodies that the compiler turns into good vector code by itself: written once, compiled for AVX2 and for the baseline.
#define APPULSE_BODY static inline __attribute__((always_inline))

namespace appulse {
namespace {

template <uint32_t kFactor>
APPULSE_BODY void SumColumns(const uint16_t* pixels, size_t width, uint32_t* __restrict sums) {
  for (size_t x = 0; x < width; x++) {
    uint32_t sum = 0;
    for (uint32_t k = 0; k < kFactor; k++) sum += pixels[k * width + x];
    sums[x] = sum;
  }
}

template <uint32_t kFactor, bool kMean, typename T>
APPULSE_BODY void BinRows(const uint16_t* pixels, size_t width, size_t rows, T* out, uint32_t* scratch) {
  const size_t columns = width / kFactor;
  for (size_t row = 0; row + kFactor <= rows; row += kFactor, out += columns) {
    SumColumns<kFactor>(pixels + row * width, width, scratch);
    for (size_t x = 0; x < columns; x++) {
      uint32_t sum = 0;
      for (uint32_t k = 0; k < kFactor; k++) sum += scratch[x * kFactor + k];
      out[x] = static_cast<T>(kMean ? sum / (kFactor * kFactor) : sum);
    }
  }
}

template <bool kMean, typename T>
APPULSE_BODY void Bin(const uint16_t* pixels, size_t width, size_t rows, uint32_t factor, T* out, uint32_t* scratch) {
  if (factor == 2) BinRows<2, kMean>(pixels, width, rows, out, scratch);
  if (factor == 3) BinRows<3, kMean>(pixels, width, rows, out, scratch);
  if (factor == 4) BinRows<4, kMean>(pixels, width, rows, out, scratch);
}

void FoldPortable(const uint16_t* pixels, size_t width, size_t from, size_t rows, uint32_t* sums, uint16_t* maxima) {
  for (size_t row = 0; row < rows; row++, pixels += width) {
    for (size_t x = from; x < width; x++) {
      sums[x] += pixels[x];
      maxima[x] = std::max(maxima[x], pixels[x]);
    }
  }
}

#if APPULSE_X86
// Returns how many columns it did.
APPULSE_AVX2 size_t FoldAvx2(const uint16_t* pixels, size_t width, size_t rows, uint32_t* sums, uint16_t* maxima) {
  const size_t whole = width & ~static_cast<size_t>(15);
  for (size_t row = 0; row < rows; row++, pixels += width) {
    for (size_t x = 0; x < whole; x += 16) {
      const __m256i value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pixels + x));
      auto* sum = reinterpret_cast<__m256i*>(sums + x);
      auto* most = reinterpret_cast<__m256i*>(maxima + x);
      const __m256i low = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(value));
      const __m256i high = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(value, 1));
      _mm256_storeu_si256(sum, _mm256_add_epi32(_mm256_loadu_si256(sum), low));
      _mm256_storeu_si256(sum + 1, _mm256_add_epi32(_mm256_loadu_si256(sum + 1), high));
      _mm256_storeu_si256(most, _mm256_max_epu16(_mm256_loadu_si256(most), value));
    }
  }
  return whole;
}
#endif

APPULSE_BODY void Encode(const uint16_t* pixels, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i++) {
    const auto value = static_cast<uint16_t>(pixels[i] ^ 0x8000);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    const uint16_t bytes = value;
#else
    const auto bytes = static_cast<uint16_t>(value << 8 | value >> 8);
#endif
    std::memcpy(out + 2 * i, &bytes, 2);
  }
}

APPULSE_BODY void Encode32(const uint32_t* pixels, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i++) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    const uint32_t bytes = pixels[i] ^ 0x80000000;
#else
    const uint32_t bytes = __builtin_bswap32(pixels[i] ^ 0x80000000);
#endif
    std::memcpy(out + 4 * i, &bytes, 4);
  }
}

APPULSE_BODY void Shift(const uint32_t* values, size_t count, uint32_t shift, uint16_t* out) {
  for (size_t i = 0; i < count; i++) out[i] = static_cast<uint16_t>(std::min<uint32_t>(values[i] >> shift, 65535));
}

template <typename T>
APPULSE_AVX2 void BinSumAvx2(const uint16_t* p, size_t w, size_t r, uint32_t f, T* out, uint32_t* scratch) {
  Bin<false>(p, w, r, f, out, scratch);
}
APPULSE_AVX2 void BinMeanAvx2(const uint16_t* p, size_t w, size_t r, uint32_t f, uint16_t* out, uint32_t* scratch) {
  Bin<true>(p, w, r, f, out, scratch);
}
APPULSE_AVX2 void Encode32Avx2(const uint32_t* p, size_t count, uint8_t* out) { Encode32(p, count, out); }
APPULSE_AVX2 void ShiftAvx2(const uint32_t* v, size_t count, uint32_t shift, uint16_t* out) { Shift(v, count, shift, out); }
APPULSE_AVX2 void EncodeAvx2(const uint16_t* p, size_t count, uint8_t* out) { Encode(p, count, out); }

}  // namespace

void BinSum16(const uint16_t* pixels, size_t width, size_t rows, uint32_t factor, uint32_t* out, uint32_t* scratch) {
  if (HasAvx2()) BinSumAvx2(pixels, width, rows, factor, out, scratch);
  else Bin<false>(pixels, width, rows, factor, out, scratch);
}

void BinSum16(const uint16_t* pixels, size_t width, size_t rows, uint32_t factor, uint16_t* out, uint32_t* scratch) {
  if (HasAvx2()) BinSumAvx2(pixels, width, rows, factor, out, scratch);
  else Bin<false>(pixels, width, rows, factor, out, scratch);
}

void BinMean16(const uint16_t* pixels, size_t width, size_t rows, uint32_t factor, uint16_t* out, uint32_t* scratch) {
  if (HasAvx2()) BinMeanAvx2(pixels, width, rows, factor, out, scratch);
  else Bin<true>(pixels, width, rows, factor, out, scratch);
}

void ShiftTo16(const uint32_t* values, size_t count, uint32_t shift, uint16_t* out) {
  if (HasAvx2()) ShiftAvx2(values, count, shift, out);
  else Shift(values, count, shift, out);
}

void EncodeFits32(const uint32_t* pixels, size_t count, uint8_t* out) {
  if (HasAvx2()) Encode32Avx2(pixels, count, out);
  else Encode32(pixels, count, out);
}

void PreviewFold(const uint16_t* pixels, size_t width, size_t rows, uint32_t* sums, uint16_t* maxima) {
  size_t done = 0;
#if APPULSE_X86
  if (HasAvx2()) done = FoldAvx2(pixels, width, rows, sums, maxima);
#endif
  FoldPortable(pixels, width, done, rows, sums, maxima);
}

void PreviewReduce(uint32_t* sums, uint16_t* maxima, size_t width, size_t rows, size_t out_width, uint16_t* mean,
                   uint16_t* maximum) {
  size_t x = 0;
  for (size_t box = 0; box < out_width; box++) {
    const size_t end = (box + 1) * width / out_width;
    const uint64_t pixels = static_cast<uint64_t>(end - x) * rows;
    uint64_t sum = 0;
    uint16_t most = 0;
    for (; x < end; x++) {
      sum += sums[x];
      most = std::max(most, maxima[x]);
    }
    mean[box] = static_cast<uint16_t>(sum / pixels);
    maximum[box] = most;
  }
  std::fill(sums, sums + width, 0);
  std::fill(maxima, maxima + width, uint16_t{0});
}

void EncodeFits16(const uint16_t* pixels, size_t count, uint8_t* out) {
  if (HasAvx2()) EncodeAvx2(pixels, count, out);
  else Encode(pixels, count, out);
}

}  // namespace appulse
