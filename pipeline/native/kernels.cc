#include "kernels.h"

#include <algorithm>
#include <cstring>

// The same source compiled for AVX2 and for the baseline, chosen when the addon is loaded.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define APPULSE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define APPULSE_CLONES
#endif

namespace appulse {

bool KnownPacking(Packing packing, uint32_t bits) {
  switch (packing) {
    case Packing::kUnpacked: return bits == 8 || bits == 16;
    case Packing::kLsbPacked: return bits >= 1 && bits <= 16;
    case Packing::kGigePacked: return bits == 12;
  }
  return false;
}

uint64_t PackedBytes(uint32_t bits, uint64_t pixels) { return (pixels * bits + 7) / 8; }

namespace {

APPULSE_CLONES void Widen8(const uint8_t* in, size_t count, uint16_t* out) {
  for (size_t i = 0; i < count; i++) out[i] = in[i];
}

APPULSE_CLONES void Pairs12p(const uint8_t* in, size_t pairs, uint16_t* out) {
  for (size_t i = 0; i < pairs; i++) {
    const uint16_t b0 = in[3 * i], b1 = in[3 * i + 1], b2 = in[3 * i + 2];
    out[2 * i] = static_cast<uint16_t>(b0 | (b1 & 0x0F) << 8);
    out[2 * i + 1] = static_cast<uint16_t>(b1 >> 4 | b2 << 4);
  }
}

APPULSE_CLONES void Pairs12Packed(const uint8_t* in, size_t pairs, uint16_t* out) {
  for (size_t i = 0; i < pairs; i++) {
    const uint16_t b0 = in[3 * i], b1 = in[3 * i + 1], b2 = in[3 * i + 2];
    out[2 * i] = static_cast<uint16_t>(b0 << 4 | (b1 & 0x0F));
    out[2 * i + 1] = static_cast<uint16_t>(b2 << 4 | b1 >> 4);
  }
}

APPULSE_CLONES void Pairs10Packed(const uint8_t* in, size_t pairs, uint16_t* out) {
  for (size_t i = 0; i < pairs; i++) {
    const uint16_t b0 = in[3 * i], b1 = in[3 * i + 1], b2 = in[3 * i + 2];
    out[2 * i] = static_cast<uint16_t>(b0 << 2 | (b1 & 3));
    out[2 * i + 1] = static_cast<uint16_t>(b2 << 2 | (b1 >> 4 & 3));
  }
}

// Four pixels of 10 or 14 bits are 5 or 7 bytes: one 64-bit word holds a group.
template <uint32_t kBits>
void Quads(const uint8_t* in, size_t quads, uint16_t* out) {
  constexpr size_t kGroup = kBits / 2;
  constexpr uint16_t kMask = (1u << kBits) - 1;
  for (size_t i = 0; i < quads; i++) {
    uint64_t word = 0;
    std::memcpy(&word, in + i * kGroup, kGroup);
    for (uint32_t k = 0; k < 4; k++) out[4 * i + k] = static_cast<uint16_t>(word >> (k * kBits)) & kMask;
  }
}

uint16_t BitStringPixel(const uint8_t* in, uint32_t bits, uint64_t pixel) {
  const uint64_t bit = pixel * bits;
  const uint8_t* at = in + bit / 8;
  const uint32_t bytes = static_cast<uint32_t>((bit % 8 + bits + 7) / 8);
  uint32_t word = 0;
  for (uint32_t i = 0; i < bytes; i++) word |= static_cast<uint32_t>(at[i]) << (8 * i);
  return static_cast<uint16_t>((word >> (bit % 8)) & ((1u << bits) - 1));
}

uint16_t GigePixel(const uint8_t* in, uint32_t depth, uint64_t pixel) {
  const uint8_t* group = in + pixel / 2 * 3;
  const uint32_t low = depth - 8, mask = (1u << low) - 1;
  return static_cast<uint16_t>(pixel % 2 == 0 ? (static_cast<uint32_t>(group[0]) << low) | (group[1] & mask)
                                              : (static_cast<uint32_t>(group[2]) << low) | ((group[1] >> 4) & mask));
}

void UnpackBitString(const uint8_t* in, uint32_t bits, uint64_t first, size_t count, uint16_t* out) {
  // Widths with a fast path start a new byte every two (12 bits) or four pixels; others go pixel by pixel.
  const uint64_t group = bits == 12 ? 2 : 4;
  const bool fast = bits == 10 || bits == 12 || bits == 14;
  size_t done = 0;
  while (done < count && (first + done) % group != 0) {
    out[done] = BitStringPixel(in, bits, first + done);
    done++;
  }
  const size_t groups = fast ? (count - done) / group : 0;
  const uint8_t* at = in + (first + done) * bits / 8;
  if (bits == 12) Pairs12p(at, groups, out + done);
  if (bits == 10) Quads<10>(at, groups, out + done);
  if (bits == 14) Quads<14>(at, groups, out + done);
  for (done += groups * group; done < count; done++) out[done] = BitStringPixel(in, bits, first + done);
}

void UnpackGige(const uint8_t* in, uint32_t depth, uint64_t first, size_t count, uint16_t* out) {
  size_t done = 0;
  if (count > 0 && first % 2 != 0) out[done++] = GigePixel(in, depth, first);
  const size_t pairs = (count - done) / 2;
  const uint8_t* at = in + (first + done) / 2 * 3;
  if (depth == 12) Pairs12Packed(at, pairs, out + done);
  else Pairs10Packed(at, pairs, out + done);
  done += pairs * 2;
  if (done < count) out[done] = GigePixel(in, depth, first + done);
}

}  // namespace

void Unpack16(const uint8_t* payload, Packing packing, uint32_t bits, uint32_t depth, uint64_t first, size_t count,
              uint16_t* out) {
  if (packing == Packing::kLsbPacked) UnpackBitString(payload, bits, first, count, out);
  else if (packing == Packing::kGigePacked) UnpackGige(payload, depth, first, count, out);
  else if (bits == 8) Widen8(payload + first, count, out);
  else std::memcpy(out, payload + first * 2, count * 2);
}

APPULSE_CLONES Statistics Statistics16(const uint16_t* pixels, size_t count, uint32_t saturation) {
  uint16_t minimum = 65535, maximum = 0;
  uint64_t sum = 0, saturated = 0;
  // Blocks short enough for 32-bit sums: the loop vectorises without widening to 64 bits.
  for (size_t start = 0; start < count; start += 32768) {
    const size_t end = std::min(count, start + 32768);
    uint32_t part = 0, full = 0;
    for (size_t i = start; i < end; i++) {
      const uint16_t value = pixels[i];
      minimum = std::min(minimum, value);
      maximum = std::max(maximum, value);
      part += value;
      full += value >= saturation;
    }
    sum += part;
    saturated += full;
  }
  return {minimum, maximum, sum, saturated};
}

APPULSE_CLONES void EncodeFits16(const uint16_t* pixels, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i++) {
    const uint16_t value = static_cast<uint16_t>(pixels[i] ^ 0x8000);
    const uint16_t swapped = static_cast<uint16_t>(value << 8 | value >> 8);
    std::memcpy(out + 2 * i, &swapped, 2);
  }
}

}  // namespace appulse
