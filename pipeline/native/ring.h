// The ring's memory as TypeScript lays it out (ring/layout.ts); a test holds the two tables equal.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstring>
#include <vector>

namespace appulse {

namespace ring {

constexpr uint32_t kMagic = 0x47525041, kVersion = 1, kControlBytes = 4096;

constexpr uint32_t kHeaderMagic = 0, kHeaderVersion = 4, kHeaderSlots = 8, kHeaderMaxPayloadPackets = 12,
                   kHeaderStrideBytes = 16, kHeaderPayloadBytes = 24, kHeaderQueueCapacity = 32,
                   kHeaderQueueOffset = 36, kHeaderSlotsOffset = 40, kHeaderBitmapsOffset = 44,
                   kHeaderBitmapBytes = 48, kHeaderSlotsPerBlock = 52, kHeaderQueueHead = 128, kHeaderQueueTail = 192,
                   kHeaderSlotsInUse = 256, kHeaderHighWater = 320, kHeaderCounters = 512;

constexpr uint32_t kEntryBytes = 32, kEntryType = 0, kEntrySlot = 4, kEntryBlockId = 8, kEntryCount = 16,
                   kEntryTimeNs = 24;

constexpr uint32_t kSlotBytes = 256;
enum SlotState : int32_t { kFree = 0, kFilling = 1, kReady = 2, kLeased = 3 };
enum SlotFlag : uint32_t {
  kComplete = 1,
  kLeaderSeen = 2,
  kTrailerSeen = 4,
  kResendGivenUp = 8,
  kSizeMismatch = 16
};
enum EventType : uint32_t { kClosed = 1, kDropped = 2, kSkipped = 3 };

enum Counter {
  kPacketsReceived,
  kPacketsMissing,
  kPacketsResent,
  kPacketsDuplicate,
  kPacketsLate,
  kPacketsInvalid,
  kKernelDrops,
  kResendRequests,
  kPacketsRequested,
  kFramesComplete,
  kFramesIncomplete,
  kFramesDroppedRingFull,
  kFramesSkipped,
  kBytesReceived,
  kWakeups,
  kCounters
};

// One slot's header, field by field where layout.ts says.
struct SlotHeader {
  std::atomic<int32_t> state;
  uint32_t flags;
  uint64_t blockId;
  uint64_t cameraTimestamp;
  int64_t firstPacketNs;
  int64_t lastPacketNs;
  uint64_t payloadBytes;
  uint64_t receivedBytes;
  uint32_t payloadPackets;
  uint32_t packetsMissing;
  uint32_t pixelFormat;
  uint32_t width;
  uint32_t height;
  uint32_t offsetX;
  uint32_t offsetY;
  uint32_t paddingX;
  uint32_t paddingY;
  uint32_t payloadType;
  uint32_t packetDataBytes;
  uint32_t chunkBytes;
  uint32_t chunkLayoutId;
  uint32_t packetsResent;
  uint32_t generation;
  std::atomic<int32_t> owner;
  uint8_t spare[kSlotBytes - 120];
};
static_assert(sizeof(SlotHeader) == kSlotBytes, "slot header");

}  // namespace ring

// The producer's view of a ring. It neither owns nor keeps the memory alive; whoever made it does.
class RingMemory {
 public:
  struct Block {
    uint8_t* base;
    uint64_t bytes;
  };

  // Empty on success, else what is wrong: the geometry in the block is checked against the memory given.
  const char* Attach(uint8_t* control, uint64_t controlBytes, const std::vector<Block>& blocks) {
    control_ = control;
    if (controlBytes < ring::kControlBytes || U32(ring::kHeaderMagic) != ring::kMagic ||
        U32(ring::kHeaderVersion) != ring::kVersion) {
      return "this memory is no ring of this version";
    }
    slots = U32(ring::kHeaderSlots);
    maxPayloadPackets = U32(ring::kHeaderMaxPayloadPackets);
    strideBytes = U64(ring::kHeaderStrideBytes);
    payloadBytes = U64(ring::kHeaderPayloadBytes);
    queueCapacity_ = U32(ring::kHeaderQueueCapacity);
    queue_ = control + U32(ring::kHeaderQueueOffset);
    headers_ = control + U32(ring::kHeaderSlotsOffset);
    bitmaps_ = control + U32(ring::kHeaderBitmapsOffset);
    bitmapBytes = U32(ring::kHeaderBitmapBytes);
    const uint64_t slotsPerBlock = U32(ring::kHeaderSlotsPerBlock);
    if (slots == 0 || slotsPerBlock == 0 || payloadBytes > strideBytes || bitmapBytes % 8 != 0 ||
        uint64_t{bitmapBytes} * 8 < uint64_t{maxPayloadPackets} + 2 ||
        U32(ring::kHeaderBitmapsOffset) + uint64_t{slots} * bitmapBytes > controlBytes) {
      return "the ring's geometry contradicts itself";
    }
    payloads_.clear();
    for (uint64_t slot = 0; slot < slots; slot++) {
      const uint64_t block = slot / slotsPerBlock, offset = slot % slotsPerBlock * strideBytes;
      if (block >= blocks.size() || offset + strideBytes > blocks[block].bytes) {
        return "the ring's blocks are smaller than its slots need";
      }
      payloads_.push_back(blocks[block].base + offset);
    }
    return nullptr;
  }

  uint32_t slots = 0, maxPayloadPackets = 0, bitmapBytes = 0;
  uint64_t strideBytes = 0, payloadBytes = 0;

  uint8_t* Payload(uint32_t slot) const { return payloads_[slot]; }
  ring::SlotHeader* Header(uint32_t slot) const {
    return reinterpret_cast<ring::SlotHeader*>(headers_ + uint64_t{slot} * ring::kSlotBytes);
  }
  uint64_t* Bitmap(uint32_t slot) const {
    return reinterpret_cast<uint64_t*>(bitmaps_ + uint64_t{slot} * bitmapBytes);
  }
  uint64_t& Counter(ring::Counter counter) const {
    return reinterpret_cast<uint64_t*>(control_ + ring::kHeaderCounters)[counter];
  }
  uint32_t& HighWater() const { return *reinterpret_cast<uint32_t*>(control_ + ring::kHeaderHighWater); }
  std::atomic<int32_t>& SlotsInUse() const { return Word<int32_t>(ring::kHeaderSlotsInUse); }

  // Entries that can still be put into the ready queue.
  uint32_t QueueRoom() const {
    const uint32_t head = Word<uint32_t>(ring::kHeaderQueueHead).load(std::memory_order_acquire);
    return queueCapacity_ - (Word<uint32_t>(ring::kHeaderQueueTail).load(std::memory_order_relaxed) - head);
  }
  void Put(uint32_t type, int32_t slot, uint64_t blockId, uint64_t count, int64_t timeNs) const {
    auto& tail = Word<uint32_t>(ring::kHeaderQueueTail);
    const uint32_t at = tail.load(std::memory_order_relaxed);
    uint8_t* entry = queue_ + uint64_t{at & (queueCapacity_ - 1)} * ring::kEntryBytes;
    std::memcpy(entry + ring::kEntryType, &type, 4);
    std::memcpy(entry + ring::kEntrySlot, &slot, 4);
    std::memcpy(entry + ring::kEntryBlockId, &blockId, 8);
    std::memcpy(entry + ring::kEntryCount, &count, 8);
    std::memcpy(entry + ring::kEntryTimeNs, &timeNs, 8);
    tail.store(at + 1, std::memory_order_release);
  }

 private:
  uint32_t U32(uint32_t offset) const {
    uint32_t value;
    std::memcpy(&value, control_ + offset, 4);
    return value;
  }
  uint64_t U64(uint32_t offset) const {
    uint64_t value;
    std::memcpy(&value, control_ + offset, 8);
    return value;
  }
  template <typename T>
  std::atomic<T>& Word(uint32_t offset) const {
    return *reinterpret_cast<std::atomic<T>*>(control_ + offset);
  }

  uint8_t *control_ = nullptr, *queue_ = nullptr, *headers_ = nullptr, *bitmaps_ = nullptr;
  uint32_t queueCapacity_ = 0;
  std::vector<uint8_t*> payloads_;
};

}  // namespace appulse
