// Pixels of the stream to uint16; the specification is pipeline/kernels/unpack.ts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace appulse {

enum class Packing : uint32_t { kLittleEndian = 0, kLsbPacked = 1, kGigePacked = 2, kBigEndian = 3 };

// Whether this combination is one that Unpack16 knows.
bool KnownPacking(Packing packing, uint32_t bits);

// Bytes that hold the pixels 0 .. pixels - 1 of a frame.
inline uint64_t PackedBytes(uint32_t bits, uint64_t pixels) { return (pixels * bits + 7) / 8; }

// Pixels first .. first + count - 1 of the payload to out[0 .. count - 1]; reads no byte past PackedBytes(bits, first + count).
void Unpack16(const uint8_t* payload, Packing packing, uint32_t bits, uint32_t depth, uint64_t first, size_t count,
              uint16_t* out);

}  // namespace appulse
