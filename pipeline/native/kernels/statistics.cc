#include "statistics.h"

#include <algorithm>

#include "cpu.h"

namespace appulse {
namespace {

void AddPixels(const uint16_t* pixels, size_t from, size_t to, uint32_t saturation, Statistics* s) {
  for (size_t i = from; i < to; i++) {
    const uint64_t value = pixels[i];
    s->minimum = std::min(s->minimum, value);
    s->maximum = std::max(s->maximum, value);
    s->sum += value;
    s->squares += value * value;
    s->saturated += value >= saturation;
  }
}

static inline __attribute__((always_inline)) Statistics Add32(const uint32_t* pixels, size_t count, uint32_t saturation) {
  uint32_t minimum = 0xFFFFFFFF, maximum = 0, saturated = 0;
  // Sums of the halves of the squares: a square of 32 bits fills 64, and no vector adds more.
  uint64_t sum = 0, low = 0, high = 0;
  for (size_t i = 0; i < count; i++) {
    const uint32_t value = pixels[i];
    const uint64_t square = static_cast<uint64_t>(value) * value;
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
    sum += value;
    low += square & 0xFFFFFFFF;
    high += square >> 32;
    saturated += value >= saturation;
  }
  const uint64_t squares = low + (high << 32);
  return {minimum, maximum, sum, squares, saturated, (high >> 32) + (squares < low)};
}

#if APPULSE_X86
APPULSE_AVX2 Statistics Add32Avx2(const uint32_t* pixels, size_t count, uint32_t saturation) {
  return Add32(pixels, count, saturation);
}

APPULSE_AVX2 uint64_t SumOfQuads(__m256i value) {
  alignas(32) uint64_t part[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(part), value);
  return part[0] + part[1] + part[2] + part[3];
}

APPULSE_AVX2 int64_t SumOfOcts(__m256i value) {
  alignas(32) int32_t part[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(part), value);
  int64_t sum = 0;
  for (const int32_t each : part) sum += each;
  return sum;
}

// What sixteen-pixel vectors add up to, kept in vectors.
struct Sums {
  __m256i minimum, maximum;
  __m256i squares;  // 64 bits
  uint64_t sum = 0;
  uint64_t saturated = 0;
};

APPULSE_AVX2 inline __m256i LoadPixels(const uint16_t* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

APPULSE_AVX2 inline __m256i WidenPairs(__m256i sums32, __m256i squares64) {
  const __m256i word = _mm256_set1_epi64x(0xFFFFFFFF);
  squares64 = _mm256_add_epi64(squares64, _mm256_and_si256(sums32, word));
  return _mm256_add_epi64(squares64, _mm256_srli_epi64(sums32, 32));
}

// Any pixels: taken as value - 32768, which a signed multiply-and-add squares and sums. Sum and squares of the values
// follow from those by whole-number arithmetic. `count` is a multiple of 16, at most kBlock.
APPULSE_AVX2 void AddAny(const uint16_t* pixels, size_t count, uint32_t saturation, Sums* s) {
  const __m256i turn = _mm256_set1_epi16(static_cast<int16_t>(0x8000)), ones = _mm256_set1_epi16(1);
  const __m256i full = _mm256_set1_epi16(static_cast<int16_t>(std::min(saturation, 65535u)));
  __m256i sums = _mm256_setzero_si256(), counts = sums, squares = sums;
  for (size_t i = 0; i < count; i += 16) {
    const __m256i value = LoadPixels(pixels + i);
    s->minimum = _mm256_min_epu16(s->minimum, value);
    s->maximum = _mm256_max_epu16(s->maximum, value);
    counts = _mm256_sub_epi16(counts, _mm256_cmpeq_epi16(_mm256_max_epu16(value, full), value));
    const __m256i turned = _mm256_xor_si256(value, turn);
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(turned, ones));
    squares = WidenPairs(_mm256_madd_epi16(turned, turned), squares);
  }
  const int64_t sum = SumOfOcts(sums);
  const auto pixel_count = static_cast<int64_t>(count);
  s->sum += static_cast<uint64_t>(sum + 32768 * pixel_count);
  s->squares = _mm256_add_epi64(s->squares, squares);
  // v^2 = (v - 32768)^2 + 65536 (v - 32768) + 2^30, modulo 2^64.
  const int64_t more = 65536 * sum + (int64_t{1} << 30) * pixel_count;
  s->squares = _mm256_add_epi64(s->squares, _mm256_set_epi64x(0, 0, 0, more));
  if (saturation <= 65535) s->saturated += static_cast<uint64_t>(SumOfOcts(_mm256_madd_epi16(counts, ones)));
}

// Sixty-four pixels below 2^14 and below saturation: eight squares of 28 bits fit 32. Half the work of AddAny.
APPULSE_AVX2 inline bool AddDark(const uint16_t* pixels, __m256i limit, __m256i* sums, Sums* s) {
  const __m256i a = LoadPixels(pixels), b = LoadPixels(pixels + 16), c = LoadPixels(pixels + 32),
                d = LoadPixels(pixels + 48);
  const __m256i most = _mm256_max_epu16(_mm256_max_epu16(a, b), _mm256_max_epu16(c, d));
  const __m256i over = _mm256_subs_epu16(most, limit);
  if (!_mm256_testz_si256(over, over)) return false;
  s->maximum = _mm256_max_epu16(s->maximum, most);
  s->minimum = _mm256_min_epu16(s->minimum, _mm256_min_epu16(_mm256_min_epu16(a, b), _mm256_min_epu16(c, d)));
  // Four pixels below 2^14 fit 16 bits, and a pair of those 32.
  const __m256i four = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d));
  *sums = _mm256_add_epi32(*sums, _mm256_and_si256(four, _mm256_set1_epi32(0xFFFF)));
  *sums = _mm256_add_epi32(*sums, _mm256_srli_epi32(four, 16));
  const __m256i squares = _mm256_add_epi32(_mm256_add_epi32(_mm256_madd_epi16(a, a), _mm256_madd_epi16(b, b)),
                                           _mm256_add_epi32(_mm256_madd_epi16(c, c), _mm256_madd_epi16(d, d)));
  s->squares = WidenPairs(squares, s->squares);
  return true;
}

// Returns how many pixels it did.
APPULSE_AVX2 size_t AddAvx2(const uint16_t* pixels, size_t count, uint32_t saturation, Statistics* statistics) {
  // Between two of these the 32-bit sums (of 2 x 65535 at most a vector) and 16-bit counts stay in range.
  constexpr size_t kBlock = 16 * 16384;
  // Where one pixel is bright its neighbours may be: so many are taken the other way before the quick one is tried again.
  constexpr size_t kBright = 1024;
  const uint32_t dark = std::min(saturation, 1u << 14);
  // Nothing is below 0: such a saturation takes the other way.
  const __m256i limit = _mm256_set1_epi16(static_cast<int16_t>(dark == 0 ? 0 : dark - 1));
  Sums s;
  s.minimum = _mm256_set1_epi16(-1);
  s.maximum = s.squares = _mm256_setzero_si256();
  const size_t whole = count & ~static_cast<size_t>(15);
  for (size_t start = 0; start < whole; start += kBlock) {
    const size_t end = std::min(whole, start + kBlock);
    __m256i sums = _mm256_setzero_si256();
    size_t i = start;
    while (i + 64 <= end) {
      if (dark > 0 && AddDark(pixels + i, limit, &sums, &s)) {
        i += 64;
        continue;
      }
      const size_t some = std::min(kBright, end - i);
      AddAny(pixels + i, some, saturation, &s);
      i += some;
    }
    AddAny(pixels + i, end - i, saturation, &s);
    s.sum += static_cast<uint64_t>(SumOfOcts(sums));
  }
  if (whole == 0) return 0;
  alignas(32) uint16_t least[16], most[16];
  _mm256_store_si256(reinterpret_cast<__m256i*>(least), s.minimum);
  _mm256_store_si256(reinterpret_cast<__m256i*>(most), s.maximum);
  for (int i = 0; i < 16; i++) {
    statistics->minimum = std::min<uint64_t>(statistics->minimum, least[i]);
    statistics->maximum = std::max<uint64_t>(statistics->maximum, most[i]);
  }
  statistics->sum += s.sum;
  statistics->squares += SumOfQuads(s.squares);
  statistics->saturated += s.saturated;
  return whole;
}

// Bins whose number, times four, fits 16 bits.
constexpr uint32_t kVectorBins = 16384;

// Shift, clamp and scale sixteen pixels at once: what is left for each is to take it out of a word and count it, about one
// count a cycle, which is what a core can store.
template <bool kAhead>
APPULSE_AVX2 size_t AddHistogramAvx2(const uint16_t* pixels, size_t count, uint32_t shift, uint32_t bins,
                                     uint32_t* counts, const uint16_t* next) {
  const __m256i last = _mm256_set1_epi16(static_cast<int16_t>(bins - 1));
  const __m128i by = _mm_cvtsi32_si128(static_cast<int>(shift));
  auto* bytes = reinterpret_cast<char*>(counts);
  // Four pixels from lane `lane` on; each 16 bits are an eighth of the place of the bin's first count, in bytes.
  const auto four = [bytes](uint64_t word, size_t lane) {
    const auto count_in = [bytes](uint64_t place, size_t at) { ++*reinterpret_cast<uint32_t*>(bytes + 8 * place + 4 * at); };
    count_in(word & 0xFFFF, lane);
    count_in((word >> 16) & 0xFFFF, lane + 1);
    count_in((word >> 32) & 0xFFFF, lane + 2);
    count_in(word >> 48, lane + 3);
  };
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    // Every second time a line of 32 pixels.
    if (kAhead && i % 32 == 0) __builtin_prefetch(next + i);
    const __m256i value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pixels + i));
    const __m256i bin = _mm256_min_epu16(_mm256_srl_epi16(value, by), last);
    const __m256i place = _mm256_slli_epi16(bin, 2);
    four(static_cast<uint64_t>(_mm256_extract_epi64(place, 0)), 0);
    four(static_cast<uint64_t>(_mm256_extract_epi64(place, 1)), 4);
    four(static_cast<uint64_t>(_mm256_extract_epi64(place, 2)), 0);
    four(static_cast<uint64_t>(_mm256_extract_epi64(place, 3)), 4);
  }
  return i;
}
#endif

}  // namespace

Statistics Statistics32(const uint32_t* pixels, size_t count, uint32_t saturation) {
#if APPULSE_X86
  if (HasAvx2()) return Add32Avx2(pixels, count, saturation);
#endif
  return Add32(pixels, count, saturation);
}

Statistics Statistics16(const uint16_t* pixels, size_t count, uint32_t saturation) {
  Statistics s{65535, 0, 0, 0, 0};
  size_t done = 0;
#if APPULSE_X86
  if (HasAvx2()) done = AddAvx2(pixels, count, saturation, &s);
#endif
  AddPixels(pixels, done, count, saturation, &s);
  return s;
}

void AddHistogram(const uint16_t* pixels, size_t count, uint32_t shift, uint32_t bins, uint32_t* counts,
                  const uint16_t* next) {
  const uint32_t last = bins - 1;
  size_t i = 0;
#if APPULSE_X86
  if (HasAvx2() && bins <= kVectorBins) {
    i = next == nullptr ? AddHistogramAvx2<false>(pixels, count, shift, bins, counts, next)
                        : AddHistogramAvx2<true>(pixels, count, shift, bins, counts, next);
  }
#else
  (void)next;
#endif
  for (; i < count; i++) {
    const uint32_t bin = std::min<uint32_t>(pixels[i] >> shift, last);
    counts[bin * kHistogramLanes + i % kHistogramLanes]++;
  }
}

void MergeHistogram(const uint32_t* counts, size_t histograms, uint32_t bins, uint32_t* into) {
  for (size_t histogram = 0; histogram < histograms; histogram++) {
    for (uint32_t bin = 0; bin < bins; bin++, counts += kHistogramLanes) {
      uint32_t sum = 0;
      for (size_t lane = 0; lane < kHistogramLanes; lane++) sum += counts[lane];
      into[bin] += sum;
    }
  }
}

}  // namespace appulse
