// Stacks of random frames in random tiles and batches, on buffers of exactly their bytes.
// Usage: stack-fuzz ROUNDS. Prints {"rounds":N}.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "../kernels/stack.h"

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937 random(1);
  const auto below = [&](uint32_t n) { return random() % n; };
  for (long round = 0; round < rounds; round++) {
    const auto mode = below(2) ? appulse::StackMode::kExact : appulse::StackMode::kRms;
    const size_t pixels = 1 + below(300), first = below(static_cast<uint32_t>(pixels));
    const size_t count = 1 + below(static_cast<uint32_t>(pixels - first));
    // In 64-bit words, as shared memory is aligned.
    const size_t bytes = pixels * appulse::StackPixelBytes(mode);
    std::unique_ptr<uint64_t[]> memory(new uint64_t[(bytes + 7) / 8]());
    const appulse::StackTile tile{reinterpret_cast<uint8_t*>(memory.get()), pixels, first, count};
    uint64_t sums[appulse::kStackBatch] = {};
    uint32_t frames = 0;
    while (frames < 6) {
      const uint32_t batch = 1 + below(appulse::kStackBatch);
      std::unique_ptr<uint16_t[]> values(new uint16_t[batch * count]);
      for (size_t i = 0; i < batch * count; i++) values[i] = static_cast<uint16_t>(below(65536));
      if (mode == appulse::StackMode::kExact) appulse::StackAddExact(tile, values.get(), batch, frames, sums);
      else appulse::StackAddRms(tile, values.get(), batch, frames, 8, sums);
      frames += batch;
    }
    std::unique_ptr<uint16_t[]> maximum(new uint16_t[count]), frame(new uint16_t[count]);
    std::unique_ptr<float[]> average(new float[count]), deviation(new float[count]);
    const appulse::StackPlanes planes{maximum.get(), frame.get(), average.get(), deviation.get()};
    if (mode == appulse::StackMode::kExact) appulse::StackFinishExact(tile, frames, planes);
    else appulse::StackFinishRms(tile, frames, planes);
    for (size_t i = 0; i < count; i++)
      if (frame[i] >= frames || !(average[i] <= static_cast<float>(maximum[i])) || !(deviation[i] >= 0)) return 1;
  }
  std::printf("{\"rounds\":%ld}\n", rounds);
  return 0;
}
