#include "ones_sum.h"

#include <cstring>

#include "cpu.h"

namespace appulse {
namespace {

uint32_t Word(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 | at[3];
}

#if APPULSE_X86
// Sums words into `sum`, carries kept in the upper half; returns how many bytes it did.
APPULSE_AVX2 size_t AddAvx2(const uint8_t* bytes, size_t length, uint64_t* sum) {
  const __m256i turn = _mm256_broadcastsi128_si256(_mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  const __m256i low = _mm256_set1_epi64x(0xFFFFFFFF);
  __m256i even = _mm256_setzero_si256(), odd = even;
  const size_t whole = length & ~static_cast<size_t>(63);
  for (size_t i = 0; i < whole; i += 64) {
    const __m256i a = _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i)), turn);
    const __m256i b = _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i + 32)), turn);
    even = _mm256_add_epi64(even, _mm256_add_epi64(_mm256_and_si256(a, low), _mm256_and_si256(b, low)));
    odd = _mm256_add_epi64(odd, _mm256_add_epi64(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)));
  }
  alignas(32) uint64_t part[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(part), _mm256_add_epi64(even, odd));
  *sum += part[0] + part[1] + part[2] + part[3];
  return whole;
}
#endif

}  // namespace

uint32_t OnesSum(const uint8_t* bytes, size_t length) {
  uint64_t sum = 0;
  size_t done = 0;
#if APPULSE_X86
  if (HasAvx2()) done = AddAvx2(bytes, length, &sum);
#endif
  for (; done + 4 <= length; done += 4) sum += Word(bytes + done);
  if (done < length) {
    uint8_t last[4] = {0, 0, 0, 0};
    std::memcpy(last, bytes + done, length - done);
    sum += Word(last);
  }
  while (sum >> 32 != 0) sum = (sum & 0xFFFFFFFF) + (sum >> 32);
  return static_cast<uint32_t>(sum);
}

}  // namespace appulse
