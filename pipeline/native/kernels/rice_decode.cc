#include <cstring>

#include "rice.h"
#include "rice_format.h"

namespace appulse {
namespace {

// In place of a value where the code has ended or stands for none.
constexpr uint64_t kBroken = ~uint64_t{0};

// What has no quick way is done on a copy, so that the reader itself never has an address and stays in registers: with one in
// memory a value took three times as long.
class BitReader {
 public:
  BitReader(const uint8_t* code, size_t length) : at_(code), end_(code + length) {}

  // A code of `split` low bits behind a run of zeros, of which there are at most `most`.
  uint64_t TakeCode(uint32_t split, uint32_t most) {
    if (__builtin_expect(end_ - at_ >= 8, 1)) {
      FillQuick();
      const uint32_t zeros = word_ == 0 ? 64 : static_cast<uint32_t>(__builtin_clzll(word_));
      const uint32_t length = zeros + 1 + split;
      if (__builtin_expect(length <= have_ && zeros <= most, 1)) {
        // `have_` is at most 63 here, so no shift is by 64.
        const uint64_t rest = word_ << zeros << 1;
        const auto low = static_cast<uint32_t>(rest >> 1 >> (63 - split));
        word_ = rest << split;
        have_ -= length;
        return zeros << split | low;
      }
    }
    BitReader copy = *this;
    const uint64_t code = copy.SlowCode(split, most);
    *this = copy;
    return code;
  }

  // The next `count` bits (1 to 32).
  uint64_t Take(uint32_t count) {
    if (__builtin_expect(end_ - at_ >= 8, 1)) {
      FillQuick();
    } else {
      BitReader copy = *this;
      copy.FillSlowly();
      *this = copy;
    }
    if (count > have_) return kBroken;
    const uint64_t bits = word_ >> (64 - count);
    word_ <<= count;
    have_ -= count;
    return bits;
  }

 private:
  // At least 56 bits, at most 63, where eight bytes are left. What is loaded beyond the bytes that count is loaded again.
  void FillQuick() {
    word_ |= LoadBigEndian(at_) >> have_;
    at_ += (63 - have_) >> 3;
    have_ |= 56;
  }

  __attribute__((noinline)) void FillSlowly() {
    if (end_ - at_ >= 8) return FillQuick();
    // Bits below those that count were loaded by the quick way.
    if (have_ < 64) word_ &= ~(~uint64_t{0} >> have_);
    while (have_ <= 56 && at_ != end_) {
      word_ |= static_cast<uint64_t>(*at_++) << (56 - have_);
      have_ += 8;
    }
  }

  __attribute__((noinline)) uint64_t SlowCode(uint32_t split, uint32_t most) {
    uint64_t zeros = 0;
    for (;;) {
      FillSlowly();
      const uint32_t run = word_ == 0 ? 64 : static_cast<uint32_t>(__builtin_clzll(word_));
      if (run < have_) {
        zeros += run;
        word_ = word_ << run << 1;
        have_ -= run + 1;
        break;
      }
      zeros += have_;
      word_ = 0;
      have_ = 0;
      if (zeros > most || at_ == end_) return kBroken;
    }
    if (zeros > most) return kBroken;
    if (split == 0) return zeros;
    const uint64_t low = Take(split);
    return low == kBroken ? kBroken : zeros << split | low;
  }

  static uint64_t LoadBigEndian(const uint8_t* at) {
    uint64_t bytes;
    std::memcpy(&bytes, at, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return bytes;
#else
    return __builtin_bswap64(bytes);
#endif
  }

  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t word_ = 0;  // bits not taken yet, at the top; below them zeros, or bits that are loaded again
  uint32_t have_ = 0;
};

template <typename T>
bool Decode(const uint8_t* code, size_t length, size_t width, T flip, T* out) {
  using Format = RiceFormat<T>;
  BitReader reader(code, length);
  const uint64_t first = reader.Take(Format::kBits);
  if (first == kBroken) return false;
  auto last = static_cast<T>(first);
  for (size_t i = 0; i < width; i += kRiceBlock) {
    const size_t end = width - i < kRiceBlock ? width : i + kRiceBlock;
    const uint64_t select = reader.Take(Format::kSelect);
    if (select > Format::kRaw + 1) return false;
    const auto put = [&last, flip, out](size_t k, uint64_t bits) {
      const auto folded = static_cast<T>(bits);
      last = static_cast<T>(last + static_cast<T>((folded >> 1) ^ static_cast<T>(-(folded & 1))));
      out[k] = static_cast<T>(last ^ flip);
    };
    if (select == 0) {
      for (size_t k = i; k < end; k++) put(k, 0);
    } else if (select == Format::kRaw + 1) {
      for (size_t k = i; k < end; k++) {
        const uint64_t bits = reader.Take(Format::kBits);
        if (bits == kBroken) return false;
        put(k, bits);
      }
    } else {
      const auto split = static_cast<uint32_t>(select) - 1;
      const uint32_t most = static_cast<uint32_t>(static_cast<T>(~T{0}) >> split);
      for (size_t k = i; k < end; k++) {
        const uint64_t bits = reader.TakeCode(split, most);
        if (bits == kBroken) return false;
        put(k, bits);
      }
    }
  }
  return true;
}

}  // namespace

bool RiceDecode8(const uint8_t* code, size_t length, size_t width, uint8_t flip, uint8_t* out) {
  return Decode(code, length, width, flip, out);
}

bool RiceDecode16(const uint8_t* code, size_t length, size_t width, uint16_t flip, uint16_t* out) {
  return Decode(code, length, width, flip, out);
}

bool RiceDecode32(const uint8_t* code, size_t length, size_t width, uint32_t flip, uint32_t* out) {
  return Decode(code, length, width, flip, out);
}

template <typename T>
int64_t RiceDecodeRows(const uint8_t* table, size_t rows, const uint8_t* heap, size_t heap_bytes, size_t width, T flip, T* out) {
  const auto word = [](const uint8_t* at) {
    return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 | at[3];
  };
  for (size_t row = 0; row < rows; row++, table += 8, out += width) {
    const uint64_t length = word(table), offset = word(table + 4);
    if (offset + length > heap_bytes || !Decode(heap + offset, length, width, flip, out)) return static_cast<int64_t>(row);
  }
  return -1;
}

template int64_t RiceDecodeRows<uint8_t>(const uint8_t*, size_t, const uint8_t*, size_t, size_t, uint8_t, uint8_t*);
template int64_t RiceDecodeRows<uint16_t>(const uint8_t*, size_t, const uint8_t*, size_t, size_t, uint16_t, uint16_t*);
template int64_t RiceDecodeRows<uint32_t>(const uint8_t*, size_t, const uint8_t*, size_t, size_t, uint32_t, uint32_t*);

}  // namespace appulse
