#include <cstring>

#include "rice.h"
#include "rice_format.h"

namespace appulse {
namespace {

class BitReader {
 public:
  BitReader(const uint8_t* code, size_t length) : at_(code), end_(code + length) {}

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
  void Fill() {
    while (have_ <= 56 && at_ != end_) {
      word_ |= static_cast<uint64_t>(*at_++) << (56 - have_);
      have_ += 8;
    }
  }

  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t word_ = 0;  // bits not taken yet, at the top, zeros below
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
    const uint32_t split = select - 1;
    for (size_t k = i; k < end && ok; k++) {
      T folded = 0;
      if (select == Format::kRaw + 1) {
        folded = static_cast<T>(reader.Take(Format::kBits, &ok));
      } else if (select != 0) {
        const uint32_t zeros = reader.TakeZeros(static_cast<uint32_t>(static_cast<T>(~T{0}) >> split), &ok);
        folded = static_cast<T>(zeros << split);
        if (split > 0) folded = static_cast<T>(folded | reader.Take(split, &ok));
      }
      const auto difference = static_cast<T>((folded >> 1) ^ static_cast<T>(folded & 1 ? ~T{0} : T{0}));
      last = static_cast<T>(last + difference);
      out[k] = static_cast<T>(last ^ flip);
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

}  // namespace appulse
