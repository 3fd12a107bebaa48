#include "unpack_avx2.h"

#include "cpu.h"

namespace appulse {

#if APPULSE_X86
namespace {

// Bytes `from` .. `from` + 15 and `to` .. `to` + 15 as the two halves.
APPULSE_AVX2 inline __m256i Load2(const uint8_t* from, const uint8_t* to) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))),
                                 _mm_loadu_si128(reinterpret_cast<const __m128i*>(to)), 1);
}

APPULSE_AVX2 inline void Store(uint16_t* at, __m256i value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), value);
}

// Each half of a vector holds eight pixels, in `kBytes` bytes of the stream; sixteen bytes are read for each. Loops end where
// the second read would pass the bytes of the pixels.
constexpr size_t LastStart(size_t count, size_t half_bytes, size_t bits) {
  const size_t bytes = count * bits / 8;
  return bytes < half_bytes + 16 ? 0 : (bytes - half_bytes - 16) / (2 * half_bytes) + 1;
}

// Pairs of pixels in three bytes b0 b1 b2, as b0|b1 and b1|b2 (or b1|b0 and b1|b2 for GigE Packed).
APPULSE_AVX2 inline __m256i PairShuffle(bool gige) {
  const __m128i lsb = _mm_setr_epi8(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
  const __m128i big = _mm_setr_epi8(1, 0, 1, 2, 4, 3, 4, 5, 7, 6, 7, 8, 10, 9, 10, 11);
  return _mm256_broadcastsi128_si256(gige ? big : lsb);
}

APPULSE_AVX2 size_t Unpack12p(const uint8_t* in, size_t count, uint16_t* out) {
  const __m256i order = PairShuffle(false), low = _mm256_set1_epi16(0xFFF);
  const size_t rounds = LastStart(count, 12, 12);
  for (size_t i = 0; i < rounds; i++) {
    const __m256i pair = _mm256_shuffle_epi8(Load2(in + 24 * i, in + 24 * i + 12), order);
    Store(out + 16 * i, _mm256_blend_epi16(_mm256_and_si256(pair, low), _mm256_srli_epi16(pair, 4), 0xAA));
  }
  return rounds * 16;
}

APPULSE_AVX2 size_t Unpack12Packed(const uint8_t* in, size_t count, uint16_t* out) {
  const __m256i order = PairShuffle(true), low = _mm256_set1_epi16(0xF), high = _mm256_set1_epi16(0xFF0);
  const size_t rounds = LastStart(count, 12, 12);
  for (size_t i = 0; i < rounds; i++) {
    const __m256i pair = _mm256_shuffle_epi8(Load2(in + 24 * i, in + 24 * i + 12), order);
    const __m256i shifted = _mm256_srli_epi16(pair, 4);
    const __m256i even = _mm256_or_si256(_mm256_and_si256(shifted, high), _mm256_and_si256(pair, low));
    Store(out + 16 * i, _mm256_blend_epi16(even, shifted, 0xAA));
  }
  return rounds * 16;
}

APPULSE_AVX2 size_t Unpack10Packed(const uint8_t* in, size_t count, uint16_t* out) {
  const __m256i order = PairShuffle(true), low = _mm256_set1_epi16(3), high = _mm256_set1_epi16(0x3FC);
  const size_t rounds = LastStart(count, 12, 12);
  for (size_t i = 0; i < rounds; i++) {
    const __m256i pair = _mm256_shuffle_epi8(Load2(in + 24 * i, in + 24 * i + 12), order);
    const __m256i tops = _mm256_and_si256(_mm256_srli_epi16(pair, 6), high);
    const __m256i lows = _mm256_blend_epi16(pair, _mm256_srli_epi16(pair, 4), 0xAA);
    Store(out + 16 * i, _mm256_or_si256(tops, _mm256_and_si256(lows, low)));
  }
  return rounds * 16;
}

// Shifts right by 0, 2, 4 or 6 as a multiplication of which the upper half is kept; by 0 is a blend.
APPULSE_AVX2 size_t Unpack10p(const uint8_t* in, size_t count, uint16_t* out) {
  const __m256i order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9));
  const __m256i by = _mm256_set1_epi64x(0x0400'1000'4000'0000);
  const __m256i low = _mm256_set1_epi16(0x3FF);
  const size_t rounds = LastStart(count, 10, 10);
  for (size_t i = 0; i < rounds; i++) {
    const __m256i two = _mm256_shuffle_epi8(Load2(in + 20 * i, in + 20 * i + 10), order);
    const __m256i shifted = _mm256_blend_epi16(_mm256_mulhi_epu16(two, by), two, 0x11);
    Store(out + 16 * i, _mm256_and_si256(shifted, low));
  }
  return rounds * 16;
}

// A pixel lies in up to three bytes: the upper half of the product shifts the first two of them down, the lower half of
// the same factor's product shifts the third up to meet them.
APPULSE_AVX2 size_t Unpack14p(const uint8_t* in, size_t count, uint16_t* out) {
  const __m256i first = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13));
  const __m256i third =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, -1, 3, -1, 5, -1, -1, -1, -1, -1, 10, -1, 12, -1, -1, -1));
  const __m256i by = _mm256_set1_epi64x(0x4000'1000'0400'0000);
  const __m256i low = _mm256_set1_epi16(0x3FFF);
  const size_t rounds = LastStart(count, 14, 14);
  for (size_t i = 0; i < rounds; i++) {
    const __m256i bytes = Load2(in + 28 * i, in + 28 * i + 14);
    const __m256i two = _mm256_shuffle_epi8(bytes, first), one = _mm256_shuffle_epi8(bytes, third);
    const __m256i down = _mm256_blend_epi16(_mm256_mulhi_epu16(two, by), two, 0x11);
    const __m256i pixel = _mm256_or_si256(down, _mm256_mullo_epi16(one, by));
    Store(out + 16 * i, _mm256_and_si256(pixel, low));
  }
  return rounds * 16;
}

APPULSE_AVX2 size_t Widen8(const uint8_t* in, size_t count, uint16_t* out) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    Store(out + i, _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i))));
  }
  return i;
}

APPULSE_AVX2 size_t Swap16(const uint8_t* in, size_t count, uint16_t* out) {
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    Store(out + i, _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 2 * i)), order));
  }
  return i;
}

}  // namespace

size_t UnpackAvx2(const uint8_t* in, Packing packing, uint32_t bits, uint32_t depth, size_t count, uint16_t* out) {
  if (!HasAvx2()) return 0;
  if (packing == Packing::kBigEndian) return Swap16(in, count, out);
  if (packing == Packing::kLittleEndian) return bits == 8 ? Widen8(in, count, out) : 0;
  if (packing == Packing::kGigePacked) return depth == 12 ? Unpack12Packed(in, count, out) : Unpack10Packed(in, count, out);
  if (bits == 10) return Unpack10p(in, count, out);
  if (bits == 12) return Unpack12p(in, count, out);
  if (bits == 14) return Unpack14p(in, count, out);
  return 0;
}
#else
size_t UnpackAvx2(const uint8_t*, Packing, uint32_t, uint32_t, size_t, uint16_t*) { return 0; }
#endif

}  // namespace appulse
