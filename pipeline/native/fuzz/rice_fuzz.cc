// Rice code: rows of every kind come back, within the bound; damaged and cut code is refused or decodes to something,
// and no byte beyond the buffers is touched. Usage: rice-fuzz ROUNDS. Prints {"rounds":N,"refused":M}.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>

#include "../kernels/rice.h"

namespace {

std::mt19937 generator(1);

uint32_t Below(uint32_t n) { return n == 0 ? generator() : generator() % n; }

template <typename T>
using Encode = size_t (*)(const T*, size_t, T, uint8_t*);
template <typename T>
using Decode = bool (*)(const uint8_t*, size_t, size_t, T, T*);

// Returns how many damaged codes were refused, -1 where a whole one did not come back.
template <typename T>
int Round(Encode<T> encode, Decode<T> decode) {
  const size_t width = 1 + Below(300);
  const uint32_t spread = 1u << Below(sizeof(T) * 8);
  const T flip = Below(2) ? static_cast<T>(T{1} << (sizeof(T) * 8 - 1)) : T{0};
  std::unique_ptr<T[]> values(new T[width]), back(new T[width]);
  for (size_t i = 0; i < width; i++)
    values[i] = static_cast<T>(Below(40) == 0 ? Below(0) : 1000 + Below(spread == 0 ? 1 : spread));
  const size_t bound = appulse::RiceBound(width, sizeof(T));
  std::unique_ptr<uint8_t[]> code(new uint8_t[bound]);
  const size_t length = encode(values.get(), width, flip, code.get());
  if (length + 8 > bound) return -1;
  std::unique_ptr<uint8_t[]> exact(new uint8_t[length]);
  std::memcpy(exact.get(), code.get(), length);
  if (!decode(exact.get(), length, width, flip, back.get())) return -1;
  if (std::memcmp(back.get(), values.get(), width * sizeof(T)) != 0) return -1;
  int refused = 0;
  for (int trial = 0; trial < 4; trial++) {
    const size_t cut = trial < 2 ? Below(static_cast<uint32_t>(length) + 1) : length;
    std::unique_ptr<uint8_t[]> damaged(new uint8_t[cut]);
    std::memcpy(damaged.get(), exact.get(), cut);
    if (trial >= 2) damaged[Below(static_cast<uint32_t>(cut))] = static_cast<uint8_t>(Below(256));
    refused += decode(damaged.get(), cut, width, flip, back.get()) ? 0 : 1;
  }
  return refused;
}

size_t Encode8(const uint8_t* values, size_t width, uint8_t flip, uint8_t* out) {
  return appulse::RiceEncode8(values, width, flip, out);
}

// With memory to fetch meanwhile, of which the end is not a whole line.
size_t Encode16(const uint16_t* values, size_t width, uint16_t flip, uint8_t* out) {
  static const uint8_t next[100] = {};
  appulse::ReadNext lines{next, next + sizeof next};
  return appulse::RiceEncode16(values, width, flip, out, &lines);
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 1000;
  long refused = 0;
  for (long round = 0; round < rounds; round++) {
    const int results[] = {Round<uint8_t>(Encode8, appulse::RiceDecode8),
                           Round<uint16_t>(Encode16, appulse::RiceDecode16),
                           Round<uint32_t>(appulse::RiceEncode32, appulse::RiceDecode32)};
    for (const int result : results) {
      if (result < 0) return 1;
      refused += result;
    }
  }
  std::printf("{\"rounds\":%ld,\"refused\":%ld}\n", rounds, refused);
  return 0;
}
