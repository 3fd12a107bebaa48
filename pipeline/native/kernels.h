// Frame kernels. Their specification is pipeline/kernels/*.ts; one corpus holds both to the same bytes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace appulse {

enum class Packing : uint32_t { kUnpacked = 0, kLsbPacked = 1, kGigePacked = 2 };

// Whether this combination is one that Unpack16 knows.
bool KnownPacking(Packing packing, uint32_t bits);

// Bytes that hold the pixels 0 .. pixels - 1 of a frame.
uint64_t PackedBytes(uint32_t bits, uint64_t pixels);

// Pixels first .. first + count - 1 of the payload to out[0 .. count - 1]; reads no byte past PackedBytes(bits, first + count).
void Unpack16(const uint8_t* payload, Packing packing, uint32_t bits, uint32_t depth, uint64_t first, size_t count,
              uint16_t* out);

struct Statistics {
  uint16_t minimum;
  uint16_t maximum;
  uint64_t sum;
  uint64_t saturated;
};

Statistics Statistics16(const uint16_t* pixels, size_t count, uint32_t saturation);

// Big-endian int16 of value - 32768.
void EncodeFits16(const uint16_t* pixels, size_t count, uint8_t* out);

}  // namespace appulse
