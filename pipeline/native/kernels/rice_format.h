// What the three widths of Rice code differ in.
#pragma once

#include <cstdint>
#include <type_traits>

namespace appulse {

// kSelect: bits that tell a block's split; kRaw: the split from which on differences are written as they are.
template <typename T>
struct RiceFormat;
template <>
struct RiceFormat<uint8_t> {
  static constexpr uint32_t kSelect = 3, kRaw = 6, kBits = 8;
};
template <>
struct RiceFormat<uint16_t> {
  static constexpr uint32_t kSelect = 4, kRaw = 14, kBits = 16;
};
template <>
struct RiceFormat<uint32_t> {
  static constexpr uint32_t kSelect = 5, kRaw = 25, kBits = 32;
};

}  // namespace appulse
