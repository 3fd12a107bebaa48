// The twins of receive/block-order.ts and receive/packet-size.ts.
#pragma once
#include <cstdint>

#include "gvsp.h"

namespace appulse {

// Numbers the blocks of a stream without end.
class BlockOrder {
 public:
  int64_t First(uint64_t wire);
  int64_t Unwrap(uint64_t wire, bool extended) const;
  uint64_t WireOf(int64_t blockId, bool extended) const;
  static uint64_t Successor(uint64_t wire, bool extended);
  void Advance(uint64_t wire, int64_t blockId);
  int64_t RestartAt(uint64_t wire, int64_t blockId);

 private:
  int64_t newest_ = 0, newestWire_ = 0, offset_ = 0;
};

// How many data bytes a full payload packet carries: given, or learnt.
class PacketSize {
 public:
  PacketSize(uint32_t dataBytes, uint64_t capacity, uint32_t maxPackets);
  void Learn(const gvsp::Header& header, uint32_t length);
  uint32_t dataBytes = 0, framePackets = 0, limit = 65507;
  uint64_t frameBytes = 0;
  bool awaitLeader = false;

 private:
  void Settle(uint32_t dataBytes);
  uint64_t capacity_;
  uint32_t maxPackets_;
  uint64_t block_ = 0;
  uint32_t packet_ = 0, length_ = 0;
};

}  // namespace appulse
