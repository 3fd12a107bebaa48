// Frame kernels on buffers of exactly the bytes they may touch, on the heap, where the sanitizers see every one beyond.
// Usage: kernels-fuzz ROUNDS. Prints {"rounds":N}.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "../kernels.h"

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937 random(1);
  const auto below = [&](uint32_t n) { return random() % n; };
  for (long round = 0; round < rounds; round++) {
    const auto packing = static_cast<appulse::Packing>(below(3));
    uint32_t bits = 1 + below(16), depth = bits;
    if (packing == appulse::Packing::kUnpacked) bits = depth = below(2) ? 8 : 16;
    if (packing == appulse::Packing::kGigePacked) bits = 12, depth = below(2) ? 10 : 12;
    if (!appulse::KnownPacking(packing, bits)) return 1;
    const uint64_t first = below(40);
    const size_t count = below(round % 50 == 0 ? 70000 : 300);
    const uint64_t bytes = appulse::PackedBytes(bits, first + count);
    std::unique_ptr<uint8_t[]> payload(new uint8_t[bytes]);
    std::unique_ptr<uint16_t[]> pixels(new uint16_t[count]);
    std::unique_ptr<uint8_t[]> fits(new uint8_t[2 * count]);
    for (uint64_t i = 0; i < bytes; i++) payload[i] = static_cast<uint8_t>(random());
    appulse::Unpack16(payload.get(), packing, bits, depth, first, count, pixels.get());
    const appulse::Statistics s = appulse::Statistics16(pixels.get(), count, (1u << depth) - 1);
    appulse::EncodeFits16(pixels.get(), count, fits.get());
    // The unpacked value never has more bits than its depth, and the sum follows from the range.
    if (count > 0 && (s.maximum >> depth != 0 || s.minimum > s.maximum || s.sum > uint64_t{s.maximum} * count)) return 1;
  }
  std::printf("{\"rounds\":%ld}\n", rounds);
  return 0;
}
