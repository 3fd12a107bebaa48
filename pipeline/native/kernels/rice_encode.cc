#include <cstring>

#include "cpu.h"
#include "rice.h"
#include "rice_format.h"

namespace appulse {
namespace {

// Bits are gathered at the top of a word and written with every code: eight bytes where the next ones go, of which only the
// whole ones count. Without a branch on how full the word is, which no predictor would guess, a code costs three cycles.
class BitWriter {
 public:
  explicit BitWriter(uint8_t* out) : start_(out), at_(out) {}

  // The low `length` bits of `code`, the others 0; length is 1 to 56.
  void Put(uint64_t code, uint32_t length) {
    word_ |= (code << (64 - length)) >> used_;
    StoreBigEndian();
    used_ += length;
    at_ += used_ >> 3;
    word_ <<= used_ & ~7u;
    used_ &= 7;
  }

  size_t Bytes() const { return static_cast<size_t>(at_ - start_) + (used_ > 0 ? 1 : 0); }

 private:
  void StoreBigEndian() {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    const uint64_t bytes = word_;
#else
    const uint64_t bytes = __builtin_bswap64(word_);
#endif
    std::memcpy(at_, &bytes, 8);
  }

  uint8_t* start_;
  uint8_t* at_;
  uint64_t word_ = 0;
  uint32_t used_ = 0;  // bits in word_ that are not in a whole byte yet
};

// A difference as a number without sign: 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ...
template <typename T>
T Fold(T value, T previous) {
  using Signed = std::make_signed_t<T>;
  const auto difference = static_cast<Signed>(static_cast<T>(value - previous));
  return static_cast<T>(static_cast<T>(static_cast<T>(difference) << 1) ^ static_cast<T>(difference < 0 ? ~T{0} : T{0}));
}

uint32_t BitLength(uint32_t value) { return value == 0 ? 0 : 32u - static_cast<uint32_t>(__builtin_clz(value)); }

// How many low bits of each difference are written as they are: cfitsio's rule, a division in double included.
template <typename T>
uint32_t SplitOf(uint64_t sum, size_t count) {
  const double spread = (static_cast<double>(sum) - static_cast<double>(count / 2) - 1) / static_cast<double>(count);
  return spread <= 0 ? 0 : BitLength(static_cast<T>(spread) >> 1);
}

void PutRice(BitWriter& out, uint32_t value, uint32_t split) {
  uint32_t zeros = value >> split;
  for (; zeros > 24; zeros -= 24) out.Put(0, 24);
  const uint64_t low = value & ((uint64_t{1} << split) - 1);
  out.Put((uint64_t{1} << split) | low, zeros + 1 + split);
}

template <typename T>
void PutBlock(BitWriter& out, const T* values, T previous, size_t count) {
  using Format = RiceFormat<T>;
  T folded[kRiceBlock];
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    folded[i] = Fold(values[i], previous);
    previous = values[i];
    sum += folded[i];
  }
  const uint32_t split = SplitOf<T>(sum, count);
  if (split >= Format::kRaw) {
    out.Put(Format::kRaw + 1, Format::kSelect);
    for (size_t i = 0; i < count; i++) out.Put(folded[i], Format::kBits);
  } else if (sum == 0) {
    out.Put(0, Format::kSelect);
  } else {
    out.Put(split + 1, Format::kSelect);
    for (size_t i = 0; i < count; i++) PutRice(out, folded[i], split);
  }
}

// The values from `from` on; `from` is a multiple of the block.
template <typename T>
void PutBlocks(BitWriter& out, const T* values, size_t from, size_t width) {
  for (size_t i = from; i < width; i += kRiceBlock) {
    PutBlock<T>(out, values + i, values[i == 0 ? 0 : i - 1], width - i < kRiceBlock ? width - i : kRiceBlock);
  }
}

template <typename T>
size_t EncodePortable(const T* values, size_t width, T flip, uint8_t* out) {
  BitWriter writer(out);
  writer.Put(static_cast<T>(values[0] ^ flip), RiceFormat<T>::kBits);
  // Differences are the same whatever bits all values have turned over, as long as it is the highest or none.
  PutBlocks(writer, values, 0, width);
  return writer.Bytes();
}

#if APPULSE_X86
// Codes of sixteen values of at most 14 bits each, merged four to one.
struct Merged {
  alignas(32) uint64_t code[4];
  alignas(32) uint64_t length[4];
};

APPULSE_AVX2 inline void Merge(__m256i code, __m256i length, Merged* out) {
  const __m256i half = _mm256_set1_epi32(0xFFFF), word = _mm256_set1_epi64x(0xFFFFFFFF);
  const __m256i later = _mm256_srli_epi32(length, 16);
  const __m256i code32 = _mm256_or_si256(_mm256_sllv_epi32(_mm256_and_si256(code, half), later), _mm256_srli_epi32(code, 16));
  const __m256i length32 = _mm256_add_epi32(_mm256_and_si256(length, half), later);
  const __m256i later32 = _mm256_srli_epi64(length32, 32);
  const __m256i code64 =
      _mm256_or_si256(_mm256_sllv_epi64(_mm256_and_si256(code32, word), later32), _mm256_srli_epi64(code32, 32));
  _mm256_store_si256(reinterpret_cast<__m256i*>(out->code), code64);
  _mm256_store_si256(reinterpret_cast<__m256i*>(out->length), _mm256_add_epi64(_mm256_and_si256(length32, word), later32));
}

APPULSE_AVX2 inline uint32_t SumOf(__m256i a, __m256i b) {
  const __m256i zero = _mm256_setzero_si256(), low = _mm256_set1_epi16(0xFF);
  const __m256i high_sum = _mm256_add_epi64(_mm256_sad_epu8(_mm256_srli_epi16(a, 8), zero),
                                            _mm256_sad_epu8(_mm256_srli_epi16(b, 8), zero));
  const __m256i low_sum = _mm256_add_epi64(_mm256_sad_epu8(_mm256_and_si256(a, low), zero),
                                           _mm256_sad_epu8(_mm256_and_si256(b, low), zero));
  const __m256i sum = _mm256_add_epi64(low_sum, _mm256_slli_epi64(high_sum, 8));
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  return static_cast<uint32_t>(_mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1));
}

// Of sixteen values and the one before them, in 16 bits each. Differences of bytes wrap at 8 bits.
APPULSE_AVX2 inline __m256i FoldAvx2(const uint8_t* at) {
  const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i previous = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at - 1));
  const __m128i difference = _mm_sub_epi8(values, previous);
  const __m128i sign = _mm_cmpgt_epi8(_mm_setzero_si128(), difference);
  return _mm256_cvtepu8_epi16(_mm_xor_si128(_mm_add_epi8(difference, difference), sign));
}
APPULSE_AVX2 inline __m256i FoldAvx2(const uint16_t* at) {
  const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i previous = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at - 1));
  const __m256i difference = _mm256_sub_epi16(values, previous);
  return _mm256_xor_si256(_mm256_slli_epi16(difference, 1), _mm256_srai_epi16(difference, 15));
}

// A block of which some code is longer than this goes the portable way: four codes must fit one Put.
constexpr uint32_t kLongest = 14;

// Differences from this split on are written as they are, the portable way.
template <typename T>
constexpr uint32_t kMostSplit = RiceFormat<T>::kRaw < kLongest ? RiceFormat<T>::kRaw : kLongest;

template <typename T>
APPULSE_AVX2 size_t EncodeAvx2(const T* values, size_t width, T flip, uint8_t* out, ReadNext next, ReadNext* left) {
  BitWriter writer(out);
  writer.Put(static_cast<T>(values[0] ^ flip), RiceFormat<T>::kBits);
  // The first block has no value before it: portable.
  size_t i = width < kRiceBlock ? width : kRiceBlock;
  PutBlock<T>(writer, values, values[0], i);
  for (; i + kRiceBlock <= width; i += kRiceBlock) {
    next.FetchLine();
    const T* at = values + i;
    const __m256i a = FoldAvx2(at), b = FoldAvx2(at + 16);
    const uint32_t sum = SumOf(a, b);
    const uint32_t spread = sum < 17 ? 0 : (sum - 17) >> 5;
    const uint32_t split = BitLength(spread >> 1);
    const __m128i by = _mm_cvtsi32_si128(static_cast<int>(split));
    const __m256i zeros_a = _mm256_srl_epi16(a, by), zeros_b = _mm256_srl_epi16(b, by);
    const __m256i most = _mm256_set1_epi16(static_cast<int16_t>(kLongest - 1 - split));
    const __m256i over = _mm256_subs_epu16(_mm256_max_epu16(zeros_a, zeros_b), most);
    if (split >= kMostSplit<T> || sum == 0 || !_mm256_testz_si256(over, over)) {
      PutBlock<T>(writer, at, at[-1], kRiceBlock);
      continue;
    }
    const __m256i end = _mm256_set1_epi16(static_cast<int16_t>(1u << split));
    const __m256i low = _mm256_set1_epi16(static_cast<int16_t>((1u << split) - 1));
    const __m256i least = _mm256_set1_epi16(static_cast<int16_t>(split + 1));
    Merged first, second;
    Merge(_mm256_or_si256(_mm256_and_si256(a, low), end), _mm256_add_epi16(zeros_a, least), &first);
    Merge(_mm256_or_si256(_mm256_and_si256(b, low), end), _mm256_add_epi16(zeros_b, least), &second);
    writer.Put(split + 1, RiceFormat<T>::kSelect);
    for (int k = 0; k < 4; k++) writer.Put(first.code[k], static_cast<uint32_t>(first.length[k]));
    for (int k = 0; k < 4; k++) writer.Put(second.code[k], static_cast<uint32_t>(second.length[k]));
  }
  PutBlocks(writer, values, i, width);
  *left = next;
  return writer.Bytes();
}
#endif

}  // namespace

size_t RiceEncode8(const uint8_t* values, size_t width, uint8_t flip, uint8_t* out, ReadNext* next) {
#if APPULSE_X86
  ReadNext nothing;
  ReadNext* wanted = next == nullptr ? &nothing : next;
  if (HasAvx2()) return EncodeAvx2(values, width, flip, out, *wanted, wanted);
#else
  (void)next;
#endif
  return EncodePortable(values, width, flip, out);
}

size_t RiceEncode16(const uint16_t* values, size_t width, uint16_t flip, uint8_t* out, ReadNext* next) {
#if APPULSE_X86
  ReadNext nothing;
  ReadNext* wanted = next == nullptr ? &nothing : next;
  if (HasAvx2()) return EncodeAvx2(values, width, flip, out, *wanted, wanted);
#else
  (void)next;
#endif
  return EncodePortable(values, width, flip, out);
}

size_t RiceEncode32(const uint32_t* values, size_t width, uint32_t flip, uint8_t* out) {
  return EncodePortable(values, width, flip, out);
}

}  // namespace appulse
