#include "block_order.h"

#include <algorithm>

#include "packet_gaps.h"

namespace appulse {

namespace {
constexpr int64_t kShortIds = 65535;
}

int64_t BlockOrder::First(uint64_t wire) {
  newest_ = newestWire_ = int64_t(wire);
  offset_ = 0;
  return newest_;
}

int64_t BlockOrder::Unwrap(uint64_t wire, bool extended) const {
  if (extended) return int64_t(wire) + offset_;
  int64_t ahead = (int64_t(wire) - newestWire_ + kShortIds) % kShortIds;
  if (ahead > kShortIds >> 1) ahead -= kShortIds;
  return newest_ + ahead;
}

uint64_t BlockOrder::WireOf(int64_t blockId, bool extended) const {
  if (extended) return uint64_t(blockId - offset_);
  const int64_t ahead = (blockId - newest_) % kShortIds;
  return uint64_t((newestWire_ - 1 + ahead + kShortIds) % kShortIds + 1);
}

uint64_t BlockOrder::Successor(uint64_t wire, bool extended) {
  return extended || wire < uint64_t(kShortIds) ? wire + 1 : 1;
}

void BlockOrder::Advance(uint64_t wire, int64_t blockId) {
  newest_ = blockId;
  newestWire_ = int64_t(wire);
}

int64_t BlockOrder::RestartAt(uint64_t wire, int64_t blockId) {
  offset_ = blockId - int64_t(wire);
  Advance(wire, blockId);
  return blockId;
}

PacketSize::PacketSize(uint32_t bytes, uint64_t capacity, uint32_t maxPackets)
    : capacity_(capacity), maxPackets_(maxPackets) {
  if (bytes > 0) Settle(bytes);
}

void PacketSize::Learn(const gvsp::Header& header, uint32_t length) {
  const bool same = block_ == header.blockId && length_ > 0;
  if (header.format == gvsp::kPayload) {
    if (same && header.packetId != packet_ && length == length_) {
      Settle(length);
      awaitLeader = true;
    }
    block_ = header.blockId;
    packet_ = header.packetId;
    length_ = length;
  } else if (header.format == gvsp::kTrailer && same && header.packetId == 2 && packet_ == 1) {
    Settle(length_);
    awaitLeader = true;
  }
}

void PacketSize::Settle(uint32_t bytes) {
  dataBytes = limit = bytes;
  frameBytes = std::min(capacity_, uint64_t{maxPackets_} * bytes);
  framePackets = PacketsFor(frameBytes, bytes);
}

}  // namespace appulse
