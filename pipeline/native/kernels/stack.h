// Four-frame stacks; the specification is pipeline/kernels/stack.ts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace appulse {

enum class StackMode : uint32_t { kExact = 0, kRms = 1 };

constexpr uint32_t kStackBatch = 8;

// Bytes of accumulators a pixel: planes one after the other, each of `pixels` values.
//   exact: sum of squares u64, sum u32, maximum u16, frame of maximum u16
//   rms:   sum of squares u32, sum u16, the four largest u8 each in a plane of its own, frame of maximum u8
constexpr size_t StackPixelBytes(StackMode mode) { return mode == StackMode::kExact ? 16 : 11; }

// A tile of a stack: pixels first .. first + count - 1 of `pixels`.
struct StackTile {
  uint8_t* accumulators;
  size_t pixels;
  size_t first;
  size_t count;
};

// Adds `frame_count` (1 to 8) frames, each `tile.count` pixels one frame behind the other. The first has index
// `first_frame` in the stack; 0 begins anew. `shift` (rms): pixels are shifted down by it to 8 bits. Adds each frame's sum.
void StackAddExact(const StackTile& tile, const uint16_t* frames, uint32_t frame_count, uint32_t first_frame,
                   uint64_t* frame_sums);
void StackAddRms(const StackTile& tile, const uint16_t* frames, uint32_t frame_count, uint32_t first_frame,
                 uint32_t shift, uint64_t* frame_sums);

struct StackPlanes {
  uint16_t* maximum;
  uint16_t* frame_of_maximum;
  float* average;
  float* deviation;
};

void StackFinishExact(const StackTile& tile, uint32_t frame_count, const StackPlanes& planes);
void StackFinishRms(const StackTile& tile, uint32_t frame_count, const StackPlanes& planes);

}  // namespace appulse
