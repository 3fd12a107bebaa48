// Frame kernels on buffers of exactly the bytes they may touch, on the heap, where the sanitizers see every one beyond.
// Usage: kernels-fuzz ROUNDS. Prints {"rounds":N}.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "../kernels/color.h"
#include "../kernels/ones_sum.h"
#include "../kernels/reduce.h"
#include "../kernels/statistics.h"
#include "../kernels/unpack.h"

namespace {

template <typename T>
std::unique_ptr<T[]> Zeros(size_t count) {
  return std::unique_ptr<T[]>(new T[count]());
}

template <typename Below>
bool UnpackAndMeasure(Below below, bool large) {
  using appulse::Packing;
  const auto packing = static_cast<Packing>(below(4));
  uint32_t bits = 1 + below(16), depth = bits;
  if (packing == Packing::kLittleEndian) bits = depth = below(2) ? 8 : 16;
  if (packing == Packing::kBigEndian) bits = depth = 16;
  if (packing == Packing::kGigePacked) bits = 12, depth = below(2) ? 10 : 12;
  if (!appulse::KnownPacking(packing, bits)) return false;
  const uint64_t first = below(40);
  const size_t count = below(large ? 70000 : 300);
  const uint64_t bytes = appulse::PackedBytes(bits, first + count);
  const auto payload = Zeros<uint8_t>(bytes);
  const auto pixels = Zeros<uint16_t>(count);
  const auto fits = Zeros<uint8_t>(2 * count);
  for (uint64_t i = 0; i < bytes; i++) payload[i] = static_cast<uint8_t>(below(256));
  appulse::Unpack16(payload.get(), packing, bits, depth, first, count, pixels.get());
  const appulse::Statistics s = appulse::Statistics16(pixels.get(), count, (1u << depth) - 1);
  appulse::EncodeFits16(pixels.get(), count, fits.get());
  const uint32_t bins = 1 + below(5000);
  const auto counts = Zeros<uint32_t>(bins * appulse::kHistogramLanes);
  appulse::AddHistogram(pixels.get(), count, below(17), bins, counts.get());
  if (appulse::OnesSum(payload.get(), 0) != 0) return false;
  appulse::OnesSum(payload.get(), bytes);
  // The unpacked value never has more bits than its depth, and the sum follows from the range.
  return count == 0 || (s.maximum >> depth == 0 && s.minimum <= s.maximum && s.sum <= s.maximum * count);
}

// Pixels of 32 bits: the sum of squares stays exact where it fills more than 64.
template <typename Below>
bool MeasureWide(Below below) {
  const size_t count = below(300);
  const auto values = Zeros<uint32_t>(count);
  const uint32_t narrower = below(32);
  unsigned __int128 squares = 0;
  for (size_t i = 0; i < count; i++) {
    values[i] = (below(65536) << 16 | below(65536)) >> narrower;
    squares += static_cast<uint64_t>(values[i]) * values[i];
  }
  const auto fits = Zeros<uint8_t>(4 * count);
  appulse::EncodeFits32(values.get(), count, fits.get());
  const auto seen = Zeros<uint16_t>(count);
  appulse::ShiftTo16(values.get(), count, below(32), seen.get());
  const appulse::Statistics s = appulse::Statistics32(values.get(), count, below(65536));
  return s.squares == static_cast<uint64_t>(squares) && s.squares_high == static_cast<uint64_t>(squares >> 64);
}

template <typename Below>
void Reduce(Below below) {
  const size_t width = 1 + below(200), rows = 1 + below(20);
  const auto pixels = Zeros<uint16_t>(width * rows);
  for (size_t i = 0; i < width * rows; i++) pixels[i] = static_cast<uint16_t>(below(65536));
  const auto scratch = Zeros<uint32_t>(width);
  for (uint32_t factor = 2; factor <= 4; factor++) {
    const size_t boxes = (width / factor) * (rows / factor);
    appulse::BinSum16(pixels.get(), width, rows, factor, Zeros<uint32_t>(boxes).get(), scratch.get());
    appulse::BinMean16(pixels.get(), width, rows, factor, Zeros<uint16_t>(boxes).get(), scratch.get());
  }
  const auto sums = Zeros<uint32_t>(width);
  const auto maxima = Zeros<uint16_t>(width);
  const size_t out_width = 1 + below(static_cast<uint32_t>(width));
  appulse::PreviewFold(pixels.get(), width, rows, sums.get(), maxima.get());
  appulse::PreviewReduce(sums.get(), maxima.get(), width, rows, out_width, Zeros<uint16_t>(out_width).get(),
                         Zeros<uint16_t>(out_width).get());
}

// Pixels of three samples: each plane and the mean are of the bytes that stand there.
template <typename Below>
bool TakeColors(Below below, bool large) {
  const size_t count = below(large ? 70000 : 300);
  const auto pixels = Zeros<uint8_t>(3 * count);
  for (size_t i = 0; i < 3 * count; i++) pixels[i] = static_cast<uint8_t>(below(256));
  const auto bytes = Zeros<uint8_t>(count);
  const auto values = Zeros<uint16_t>(count);
  const size_t sample = below(3);
  appulse::ColorPlane(pixels.get(), sample, count, bytes.get(), values.get());
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] != pixels[3 * i + sample] || values[i] != bytes[i]) return false;
  }
  appulse::ColorMean(pixels.get(), count, values.get());
  for (size_t i = 0; i < count; i++) {
    if (values[i] != (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2] + 1) / 3) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937 random(1);
  const auto below = [&](uint32_t n) { return random() % n; };
  for (long round = 0; round < rounds; round++) {
    if (!UnpackAndMeasure(below, round % 50 == 0)) return 1;
    if (!MeasureWide(below)) return 1;
    if (!TakeColors(below, round % 50 == 0)) return 1;
    Reduce(below);
  }
  std::printf("{\"rounds\":%ld}\n", rounds);
  return 0;
}
