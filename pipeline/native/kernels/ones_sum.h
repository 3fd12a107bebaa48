// The ones' complement sum of FITS (appendix J of FITS 4.0); the specification is pipeline/kernels/ones-sum.ts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace appulse {

// Of big-endian words of 32 bits, the last filled with zeros. Exact for up to 2^34 bytes.
uint32_t OnesSum(const uint8_t* bytes, size_t length);

}  // namespace appulse
