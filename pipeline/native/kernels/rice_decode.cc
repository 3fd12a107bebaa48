#include <cstring>

#include "rice.h"
#include "rice_format.h"

namespace appulse {
namespace {

class BitReader {
 public:
  BitReader(const uint8_t* code, size_t length) : at_(code), end_(code + length) {}

  // A code of `split` low bits behind a run of zeros. Nearly all fit what one filling holds; the others go bit by bit.
  uint32_t TakeCode(uint32_t split, uint32_t most, bool* ok) {
    Fill();
    const uint32_t zeros = word_ == 0 ? 64 : static_cast<uint32_t>(__builtin_clzll(word_));
    const uint32_t length = zeros + 1 + split;
    if (length <= have_) {
      word_ <<= zeros;
      word_ <<= 1;
      const auto low = static_cast<uint32_t>((word_ >> 1) >> (63 - split));
      word_ <<= split;
      have_ -= length;
      if (zeros > most) *ok = false;
      return zeros << split | low;
    }
    const uint32_t run = TakeZeros(most, ok);
    return split == 0 || !*ok ? run : run << split | Take(split, ok);
  }

  // The next `count` bits (1 to 32); `*ok` is false where the code has ended.
  uint32_t Take(uint32_t count, bool* ok) {
    Fill();
    if (count > have_) {
      *ok = false;
      return 0;
    }
    const auto bits = static_cast<uint32_t>(word_ >> (64 - count));
    word_ <<= count;
    have_ -= count;
    return bits;
  }

  // Zeros up to the next one, which is taken too; at most `most`.
  uint32_t TakeZeros(uint32_t most, bool* ok) {
    uint32_t zeros = 0;
    for (;;) {
      Fill();
      const uint32_t run = word_ == 0 ? 64 : static_cast<uint32_t>(__builtin_clzll(word_));
      if (run < have_) {
        zeros += run;
        word_ = run == 63 ? 0 : word_ << (run + 1);
        have_ -= run + 1;
        if (zeros > most) *ok = false;
        return zeros;
      }
      zeros += have_;
      word_ = 0;
      have_ = 0;
      if (zeros > most || at_ == end_) {
        *ok = false;
        return 0;
      }
    }
  }

 private:
  // At least 56 bits, as far as there are as many.
  void Fill() {
    if (end_ - at_ >= 8) {
      // What is loaded beyond the bytes that count is loaded again.
      word_ |= LoadBigEndian(at_) >> have_;
      at_ += (63 - have_) >> 3;
      have_ |= 56;
      return;
    }
    // Bits below those that count came from the branch above.
    if (have_ < 64) word_ &= ~(~uint64_t{0} >> have_);
    while (have_ <= 56 && at_ != end_) {
      word_ |= static_cast<uint64_t>(*at_++) << (56 - have_);
      have_ += 8;
    }
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
  bool ok = true;
  auto last = static_cast<T>(reader.Take(Format::kBits, &ok));
  for (size_t i = 0; i < width && ok; i += kRiceBlock) {
    const size_t end = width - i < kRiceBlock ? width : i + kRiceBlock;
    const uint32_t select = reader.Take(Format::kSelect, &ok);
    if (select > Format::kRaw + 1) return false;
    const auto put = [&last, flip, out](size_t k, uint32_t code) {
      const auto folded = static_cast<T>(code);
      last = static_cast<T>(last + static_cast<T>((folded >> 1) ^ static_cast<T>(-(folded & 1))));
      out[k] = static_cast<T>(last ^ flip);
    };
    if (select == 0) {
      for (size_t k = i; k < end; k++) put(k, 0);
    } else if (select == Format::kRaw + 1) {
      for (size_t k = i; k < end && ok; k++) put(k, reader.Take(Format::kBits, &ok));
    } else {
      const uint32_t split = select - 1, most = static_cast<uint32_t>(static_cast<T>(~T{0}) >> split);
      for (size_t k = i; k < end && ok; k++) put(k, reader.TakeCode(split, most, &ok));
    }
  }
  return ok;
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
