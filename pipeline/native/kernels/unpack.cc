#include "unpack.h"

#include <cstring>

#include "unpack_avx2.h"

namespace appulse {

bool KnownPacking(Packing packing, uint32_t bits) {
  switch (packing) {
    case Packing::kLittleEndian: return bits == 8 || bits == 16;
    case Packing::kBigEndian: return bits == 16;
    case Packing::kLsbPacked: return bits >= 1 && bits <= 16;
    case Packing::kGigePacked: return bits == 12;
  }
  return false;
}

namespace {

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

// Pixels that begin at a byte: `group` of them fill whole bytes. Returns how many were unpacked, a multiple of the group.
size_t WholeGroups(const uint8_t* in, Packing packing, uint32_t bits, uint32_t depth, size_t count, uint16_t* out) {
  const size_t fast = UnpackAvx2(in, packing, bits, depth, count, out);
  const uint64_t group = bits == 12 ? 2 : 4;
  size_t done = fast;
  if (packing == Packing::kGigePacked || (bits != 10 && bits != 12 && bits != 14)) return done;
  // One 64-bit word holds a group of 3, 5 or 7 bytes.
  const uint16_t mask = static_cast<uint16_t>((1u << bits) - 1);
  const size_t bytes = bits * group / 8;
  const uint8_t* at = in + done * bits / 8;
  for (; done + group <= count; done += group, at += bytes) {
    uint64_t word = 0;
    for (size_t i = 0; i < bytes; i++) word |= static_cast<uint64_t>(at[i]) << (8 * i);
    for (uint64_t k = 0; k < group; k++) out[done + k] = static_cast<uint16_t>(word >> (k * bits)) & mask;
  }
  return done;
}

void UnpackBitString(const uint8_t* in, uint32_t bits, uint64_t first, size_t count, uint16_t* out) {
  size_t done = 0;
  while (done < count && (first + done) * bits % 8 != 0) {
    out[done] = BitStringPixel(in, bits, first + done);
    done++;
  }
  done += WholeGroups(in + (first + done) * bits / 8, Packing::kLsbPacked, bits, bits, count - done, out + done);
  for (; done < count; done++) out[done] = BitStringPixel(in, bits, first + done);
}

void UnpackGige(const uint8_t* in, uint32_t depth, uint64_t first, size_t count, uint16_t* out) {
  size_t done = 0;
  if (count > 0 && first % 2 != 0) out[done++] = GigePixel(in, depth, first);
  done += WholeGroups(in + (first + done) / 2 * 3, Packing::kGigePacked, 12, depth, count - done, out + done);
  for (; done < count; done++) out[done] = GigePixel(in, depth, first + done);
}

void Unpack8(const uint8_t* in, size_t count, uint16_t* out) {
  for (size_t i = UnpackAvx2(in, Packing::kLittleEndian, 8, 8, count, out); i < count; i++) out[i] = in[i];
}

void UnpackBigEndian(const uint8_t* in, size_t count, uint16_t* out) {
  for (size_t i = UnpackAvx2(in, Packing::kBigEndian, 16, 16, count, out); i < count; i++)
    out[i] = static_cast<uint16_t>(in[2 * i] << 8 | in[2 * i + 1]);
}

void UnpackLittleEndian(const uint8_t* in, size_t count, uint16_t* out) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  for (size_t i = 0; i < count; i++) out[i] = static_cast<uint16_t>(in[2 * i + 1] << 8 | in[2 * i]);
#else
  std::memcpy(out, in, count * 2);
#endif
}

}  // namespace

void Unpack16(const uint8_t* payload, Packing packing, uint32_t bits, uint32_t depth, uint64_t first, size_t count,
              uint16_t* out) {
  if (count == 0) return;
  if (packing == Packing::kLsbPacked) UnpackBitString(payload, bits, first, count, out);
  else if (packing == Packing::kGigePacked) UnpackGige(payload, depth, first, count, out);
  else if (packing == Packing::kBigEndian) UnpackBigEndian(payload + first * 2, count, out);
  else if (bits == 8) Unpack8(payload + first, count, out);
  else UnpackLittleEndian(payload + first * 2, count, out);
}

}  // namespace appulse
