// The twin of receive/ring-producer.ts.
#pragma once
#include <cstdint>
#include <vector>

#include "ring.h"

namespace appulse {

// The receiver's side of a ring.
class RingProducer {
 public:
  explicit RingProducer(const RingMemory& ring)
      : ring(ring), extents_(ring.slots, ring.payloadBytes), queueReserve_(2 * ring.slots + 8) {}

  const RingMemory& ring;
  uint64_t eventsPut = 0;

  void Count(ring::Counter counter, uint64_t by = 1) { ring.Counter(counter) += by; }
  int Allocate();
  void ClearBehind(uint32_t slot, uint64_t bytes);
  // Somebody wrote into the slot ahead of the packets' order, up to `bytes`.
  void Touched(uint32_t slot, uint64_t bytes) {
    if (bytes > extents_[slot]) extents_[slot] = bytes;
  }
  void PutClosed(uint32_t slot, int64_t blockId);
  void PutLost(uint32_t type, int64_t blockId, uint64_t count, int64_t timeNs);
  bool Settled() const { return runCount_ == 0; }
  void Settle(bool anyhow);

 private:
  void PutRun();
  void Put(uint32_t type, int32_t slot, int64_t blockId, uint64_t count, int64_t timeNs);

  std::vector<uint64_t> extents_;
  uint32_t queueReserve_, cursor_ = 0;
  uint32_t runType_ = 0;
  int64_t runBlockId_ = 0, runTimeNs_ = 0;
  uint64_t runCount_ = 0;
};

}  // namespace appulse
