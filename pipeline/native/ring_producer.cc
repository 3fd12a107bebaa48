#include "ring_producer.h"

#include <cstring>

namespace appulse {

int RingProducer::Allocate() {
  for (uint32_t tried = 0; tried < ring.slots; tried++) {
    const uint32_t slot = (cursor_ + tried) % ring.slots;
    ring::SlotHeader* header = ring.Header(slot);
    if (header->state.load(std::memory_order_acquire) != ring::kFree) continue;
    cursor_ = (slot + 1) % ring.slots;
    const uint32_t inUse = uint32_t(ring.SlotsInUse().fetch_add(1) + 1);
    if (inUse > ring.HighWater()) ring.HighWater() = inUse;
    header->generation++;
    std::memset(ring.Bitmap(slot), 0, ring.bitmapBytes);
    header->state.store(ring::kFilling, std::memory_order_release);
    return int(slot);
  }
  return -1;
}

void RingProducer::ClearBehind(uint32_t slot, uint64_t bytes) {
  if (bytes < extents_[slot]) std::memset(ring.Payload(slot) + bytes, 0, extents_[slot] - bytes);
  extents_[slot] = bytes;
}

void RingProducer::PutClosed(uint32_t slot, int64_t blockId) {
  PutRun();
  ring.Header(slot)->state.store(ring::kReady, std::memory_order_release);
  Put(ring::kClosed, int32_t(slot), blockId, 1, 0);
}

void RingProducer::PutLost(uint32_t type, int64_t blockId, uint64_t count, int64_t timeNs) {
  if (runCount_ > 0) {
    if (runType_ != type) runType_ = ring::kDropped;
    runCount_ += count;
    if (runTimeNs_ == 0) runTimeNs_ = timeNs;
    return;
  }
  if (ring.QueueRoom() > queueReserve_) {
    Put(type, -1, blockId, count, timeNs);
    return;
  }
  runType_ = type;
  runBlockId_ = blockId;
  runCount_ = count;
  runTimeNs_ = timeNs;
}

void RingProducer::Settle(bool anyhow) {
  if (runCount_ > 0 && (anyhow || ring.QueueRoom() > queueReserve_)) PutRun();
}

void RingProducer::PutRun() {
  if (runCount_ == 0) return;
  Put(runType_, -1, runBlockId_, runCount_, runTimeNs_);
  runCount_ = 0;
}

void RingProducer::Put(uint32_t type, int32_t slot, int64_t blockId, uint64_t count, int64_t timeNs) {
  ring.Put(type, slot, uint64_t(blockId), count, timeNs);
  eventsPut++;
}

}  // namespace appulse
