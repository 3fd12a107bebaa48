// The part of unpacking that AVX2 does.
#pragma once
#include "unpack.h"

namespace appulse {

// Unpacks from a pixel that begins at a byte (GigE Packed: an even one), sixteen pixels at a time. Returns how many it did:
// a multiple of 16, and 0 where this packing or this machine has none of it. Reads only bytes that hold the `count` pixels.
size_t UnpackAvx2(const uint8_t* in, Packing packing, uint32_t bits, uint32_t depth, size_t count, uint16_t* out);

}  // namespace appulse
