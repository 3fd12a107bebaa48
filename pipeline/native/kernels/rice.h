// RICE_1 tile compression (FITS 4.0, section 10.4.1), bit for bit what cfitsio makes with blocks of 32; the specification is
// pipeline/kernels/rice-code.ts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace appulse {

constexpr size_t kRiceBlock = 32;

// Bytes that the code of a row of `width` values of `value_bytes` may take, with the 8 bytes behind it that the encoder may
// write and does not count.
constexpr size_t RiceBound(size_t width, size_t value_bytes) {
  const size_t blocks = (width + kRiceBlock - 1) / kRiceBlock;
  const size_t select_bits = value_bytes == 1 ? 3 : value_bytes == 2 ? 4 : 5;
  return value_bytes + (blocks * select_bits + width * value_bytes * 8 + 7) / 8 + 8;
}

// Memory that is read next: coding is slow enough to have it fetched meanwhile, a line a block.
struct ReadNext {
  const uint8_t* at = nullptr;
  const uint8_t* end = nullptr;

  void FetchLine() {
    if (at >= end) return;
    __builtin_prefetch(at, 0, 3);
    at += 64;
  }
};

// Code one row into `out`, which holds RiceBound(width, size of a value); `width` is at least 1. What is coded is
// `values[i] ^ flip`. Return the bytes of the code.
size_t RiceEncode8(const uint8_t* values, size_t width, uint8_t flip, uint8_t* out, ReadNext* next = nullptr);
size_t RiceEncode16(const uint16_t* values, size_t width, uint16_t flip, uint8_t* out, ReadNext* next = nullptr);
size_t RiceEncode32(const uint32_t* values, size_t width, uint32_t flip, uint8_t* out);

// Decode one row of `width` values from `length` bytes. False where the code ends early or stands for no value.
bool RiceDecode8(const uint8_t* code, size_t length, size_t width, uint8_t flip, uint8_t* out);
bool RiceDecode16(const uint8_t* code, size_t length, size_t width, uint16_t flip, uint16_t* out);
bool RiceDecode32(const uint8_t* code, size_t length, size_t width, uint32_t flip, uint32_t* out);

// Decode an image of which each row is a tile: `table` has for each the length of its code and its offset in `heap`, both 32 bits,
// big-endian. Returns the number of the first row whose code is damaged or lies outside of the heap; -1: none.
template <typename T>
int64_t RiceDecodeRows(const uint8_t* table, size_t rows, const uint8_t* heap, size_t heap_bytes, size_t width, T flip, T* out);

}  // namespace appulse
