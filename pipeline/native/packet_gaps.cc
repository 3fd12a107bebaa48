#include "packet_gaps.h"

#include <algorithm>
#include <cmath>

#include "gvsp.h"

namespace appulse {

void PacketGaps::BeginGaps(const ReassemblyPolicy* policy, uint64_t* bitmap, int64_t* due) {
  policy_ = policy;
  bitmap_ = bitmap;
  due_ = due;
  horizon_ = -1;
  scanFrom_ = 0;
  requested_ = 0;
  received = 0;
  holes = 0;
  askable = 0;
  givenUp = false;
  nextAskNs = kNever;
}

bool PacketGaps::Hopeless() const {
  if (!policy_->resend || givenUp) return true;
  return horizon_ == int64_t{payloadPackets} + 1 && askable == 0;
}

bool PacketGaps::Receive(uint32_t packetId, int64_t nowNs) {
  bitmap_[packetId >> 6] |= uint64_t{1} << (packetId & 63);
  received++;
  if (packetId > horizon_) {
    NoteGaps(int64_t{packetId} - 1, nowNs);
    horizon_ = packetId;
    return false;
  }
  holes--;
  if (!policy_->resend) return false;
  const int64_t due = due_[packetId];
  if (due != 0) askable--;
  return due < 0;
}

void PacketGaps::Unreceive(uint32_t packetId, int64_t nowNs) {
  bitmap_[packetId >> 6] &= ~(uint64_t{1} << (packetId & 63));
  received--;
  if (packetId < scanFrom_) scanFrom_ = packetId;
  Missing(packetId, nowNs);
}

void PacketGaps::NoteGaps(int64_t upTo, int64_t nowNs) {
  for (int64_t packetId = horizon_ + 1; packetId <= upTo; packetId++) Missing(uint32_t(packetId), nowNs);
  if (upTo > horizon_) horizon_ = upTo;
}

void PacketGaps::Shrink(uint32_t packets) {
  for (int64_t packetId = int64_t{packets} + 2; packetId <= horizon_; packetId++) {
    holes--;
    if (policy_->resend && due_[packetId] != 0) askable--;
  }
  if (horizon_ > int64_t{packets} + 1) horizon_ = int64_t{packets} + 1;
  payloadPackets = packets;
}

uint32_t PacketGaps::Ask(uint64_t wireBlockId, int64_t nowNs, std::vector<ResendRequest>* out) {
  if (!policy_->resend || givenUp || askable == 0 || nowNs < nextAskNs) return 0;
  const uint64_t before = requested_;
  int64_t next = kNever, first = -1, last = -2, scanFrom = -1;
  for (int64_t word = scanFrom_ >> 6; word <= horizon_ >> 6; word++) {
    for (uint64_t missing = ~bitmap_[word]; missing != 0; missing &= missing - 1) {
      const int64_t packetId = word * 64 + __builtin_ctzll(missing);
      if (packetId > horizon_) break;
      if (scanFrom < 0) scanFrom = packetId;
      const int64_t due = due_[packetId] < 0 ? -due_[packetId] : due_[packetId];
      if (due == 0) continue;
      if (due > nowNs) {
        next = std::min(next, due);
        continue;
      }
      if (packetId == last + 1) {
        last = packetId;
        continue;
      }
      if (first >= 0 && !Request(wireBlockId, uint32_t(first), uint32_t(last), nowNs, out)) {
        return uint32_t(requested_ - before);
      }
      first = last = packetId;
    }
  }
  if (first >= 0) {
    if (!Request(wireBlockId, uint32_t(first), uint32_t(last), nowNs, out)) return uint32_t(requested_ - before);
    next = std::min(next, nowNs + policy_->repeatRequestNs);
  }
  if (scanFrom >= 0) scanFrom_ = scanFrom;
  nextAskNs = next;
  return uint32_t(requested_ - before);
}

void PacketGaps::Answered(uint32_t status, uint32_t packetId, int64_t nowNs) {
  if (!policy_->resend || packetId > horizon_) return;
  if (status == gvsp::kPacketNotYetAvailable || status == gvsp::kPacketTemporarilyUnavailable) {
    if (Has(packetId) || due_[packetId] == 0) return;
    const int64_t due = nowNs + policy_->repeatRequestNs;
    due_[packetId] = -due;
    nextAskNs = std::min(nextAskNs, due);
    return;
  }
  const bool all = status == gvsp::kPacketAndPreviousRemoved;
  const int64_t from = all ? 0 : packetId, to = all ? packetId : horizon_;
  for (int64_t id = from; id <= to; id++) {
    if (Has(uint32_t(id))) {
      if (all) continue;
      break;
    }
    if (due_[id] == 0) continue;
    due_[id] = 0;
    askable--;
  }
}

void PacketGaps::Missing(uint32_t packetId, int64_t nowNs) {
  holes++;
  if (!policy_->resend) return;
  const int64_t due = nowNs + policy_->firstRequestNs;
  due_[packetId] = due;
  askable++;
  nextAskNs = std::min(nextAskNs, due);
}

bool PacketGaps::Request(uint64_t wireBlockId, uint32_t first, uint32_t last, int64_t nowNs,
                         std::vector<ResendRequest>* out) {
  const uint64_t limit = std::max<uint64_t>(
      kRequestFloor, uint64_t(std::floor(policy_->requestRatio * (double(payloadPackets) + 2))));
  if (requested_ + last - first + 1 > limit) {
    givenUp = true;
    return false;
  }
  requested_ += last - first + 1;
  for (uint32_t id = first; id <= last; id++) due_[id] = -(nowNs + policy_->repeatRequestNs);
  out->push_back({wireBlockId, first, last});
  return true;
}

}  // namespace appulse
