#include "assembler.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace appulse {

Assembler::Assembler(const RingMemory& ring, const AssemblerOptions& options)
    : producer(ring),
      options_(options),
      size_(options.packetDataBytes,
            options.payloadBytes > 0 ? std::min(options.payloadBytes, ring.payloadBytes) : ring.payloadBytes,
            ring.maxPayloadPackets),
      frames_(kWindow),
      due_(nullptr, std::free),
      duePerSlot_(uint64_t{ring.bitmapBytes} * 8),
      extended_(options.extendedIds),
      candidate_(65536) {
  if (options.policy.resend) {
    due_.reset(static_cast<int64_t*>(std::calloc(ring.slots * duePerSlot_, sizeof(int64_t))));
    if (!due_) throw std::bad_alloc();
  }
  requests.reserve(1024);
}

void Assembler::PushWhole(const uint8_t* packet, uint32_t bytes, int64_t nowNs, int64_t utcNs) {
  uint32_t split = bytes > 4 && (packet[4] & 0x80) != 0 ? gvsp::kExtendedHeaderBytes : gvsp::kHeaderBytes;
  split = std::min(split, bytes);
  Push(packet, split, packet + split, bytes - split, nowNs, utcNs);
}

void Assembler::Push(const uint8_t* header, uint32_t headerBytes, const uint8_t* data, uint32_t length, int64_t nowNs,
                     int64_t utcNs) {
  producer.Count(ring::kPacketsReceived);
  if (!header_.Read(header, headerBytes) || (extended_ >= 0 && header_.extended != (extended_ == 1))) {
    producer.Count(ring::kPacketsInvalid);
    return;
  }
  if (header_.status != gvsp::kSuccess && header_.status != gvsp::kPacketResend) {
    Answer(nowNs);
    return;
  }
  if (!WellFormed(length)) {
    producer.Count(ring::kPacketsInvalid);
    return;
  }
  if (size_.dataBytes == 0) {
    size_.Learn(header_, length);
    return;
  }
  Admit(data, length, nowNs, utcNs);
}

int64_t Assembler::RestsUntilNs() const {
  if (candidateBytes_ > 0 || newest_ > oldest_ || !producer.Settled()) return 0;
  if (newest_ < oldest_) return kNever;
  const OpenFrame* frame = FrameOf(newest_);
  if (frame->kind != kOpen || frame->holes > 0) return 0;
  return frame->lastPacketNs + std::min(kIdleNs, options_.policy.retentionNs);
}

void Assembler::Tick(int64_t nowNs) {
  const ReassemblyPolicy& policy = options_.policy;
  if (candidateBytes_ > 0 && nowNs - candidateNs_ > policy.retentionNs) DropCandidate();
  for (int64_t blockId = oldest_; blockId <= newest_; blockId++) {
    OpenFrame* frame = FrameOf(blockId);
    if (frame->kind == kOpen && !frame->Complete()) {
      const bool idle =
          nowNs - frame->lastPacketNs > kIdleNs && !(blockId == newest_ && frame->LeaderOnly());
      if (frame->successorNs >= 0 || idle) frame->NoteGaps(int64_t{frame->payloadPackets} + 1, nowNs);
      const size_t before = requests.size();
      const uint32_t asked = frame->Ask(frame->wireBlockId, nowNs, &requests);
      producer.Count(ring::kPacketsRequested, asked);
      producer.Count(ring::kResendRequests, requests.size() - before);
    } else if (frame->kind == kUnseen) {
      AskUnseen(frame, nowNs);
    }
  }
  CloseReady(nowNs);
  producer.Settle(false);
}

void Assembler::End() {
  if (candidateBytes_ > 0) DropCandidate();
  CloseUpTo(newest_);
  producer.Settle(true);
}

bool Assembler::WellFormed(uint32_t length) const {
  const uint32_t most = producer.ring.maxPayloadPackets, packetId = header_.packetId;
  if (header_.format == gvsp::kPayload) {
    return packetId >= 1 && packetId <= most && length >= 1 && length <= size_.limit;
  }
  if (header_.format == gvsp::kLeader) return packetId == 0 && length >= 12;
  return header_.format == gvsp::kTrailer && packetId >= 2 && packetId <= uint64_t{most} + 1 && length >= 4;
}

void Assembler::Answer(int64_t nowNs) {
  const uint32_t status = header_.status;
  const bool known = status == gvsp::kPacketUnavailable || status == gvsp::kPacketNotYetAvailable ||
                     status == gvsp::kPacketAndPreviousRemoved || status == gvsp::kPacketRemoved ||
                     status == gvsp::kPacketTemporarilyUnavailable;
  if (!known) {
    producer.Count(ring::kPacketsInvalid);
    return;
  }
  if (!begun_) return;
  const int64_t blockId = order_.Unwrap(header_.blockId, header_.extended);
  if (!IsOpen(blockId)) return;
  OpenFrame* frame = FrameOf(blockId);
  if (frame->kind == kOpen) frame->Answered(status, header_.packetId, nowNs);
}

void Assembler::Admit(const uint8_t* data, uint32_t length, int64_t nowNs, int64_t utcNs) {
  const bool isLeader = header_.format == gvsp::kLeader;
  if (size_.awaitLeader) {
    if (!isLeader || header_.resent) return;
    size_.awaitLeader = false;
  }
  const uint64_t wire = header_.blockId;
  if (header_.resent && !(begun_ && IsOpen(order_.Unwrap(wire, header_.extended)))) {
    // The answer to somebody's request for an old block: it never begins or restarts anything.
    producer.Count(ring::kPacketsLate);
    return;
  }
  if (!begun_) {
    if (isLeader) {
      Begin(wire, nowNs);
    } else if (!Confirm(data, length, nowNs, utcNs)) {
      return;
    }
  } else {
    const int64_t blockId = order_.Unwrap(wire, header_.extended);
    if (blockId == newest_ + 1 && isLeader) {
      Begin(wire, nowNs);
    } else if (blockId < oldest_ && oldest_ - blockId <= kJumpLimit && !Restarts(data, nowNs)) {
      producer.Count(ring::kPacketsLate);
      return;
    } else if (!IsOpen(blockId) && !Confirm(data, length, nowNs, utcNs)) {
      return;
    }
  }
  Deliver(data, length, nowNs, utcNs);
  if (isLeader && candidateBytes_ > 0 && candidateHeader_.blockId == wire) DeliverCandidate(nowNs, utcNs);
  CloseReady(nowNs);
}

bool Assembler::Restarts(const uint8_t* data, int64_t nowNs) const {
  if (candidateBytes_ > 0 && candidateHeader_.blockId == header_.blockId) return true;
  if (header_.format != gvsp::kLeader) return false;
  if (nowNs - lastAcceptedNs_ > kSilenceNs) return true;
  return (uint64_t{Be32(data + 4)} << 32 | Be32(data + 8)) > timestamp_;
}

bool Assembler::Confirm(const uint8_t* data, uint32_t length, int64_t nowNs, int64_t utcNs) {
  const gvsp::Header current = header_;
  if (candidateBytes_ > 0) {
    const bool same = candidateHeader_.blockId == current.blockId;
    const bool following = BlockOrder::Successor(candidateHeader_.blockId, current.extended) == current.blockId;
    const bool alike = current.extended == candidateHeader_.extended;
    if (alike && (same || following) && nowNs - candidateNs_ <= options_.policy.retentionNs) {
      Begin(candidateHeader_.blockId, nowNs);
      DeliverCandidate(nowNs, utcNs);
      if (following) Begin(current.blockId, nowNs);
      header_ = current;
      return true;
    }
    DropCandidate();
  }
  std::memcpy(candidate_.data(), data, length);
  candidateHeader_ = current;
  candidateBytes_ = length;
  candidateNs_ = nowNs;
  return false;
}

void Assembler::DeliverCandidate(int64_t nowNs, int64_t utcNs) {
  const uint32_t length = candidateBytes_;
  candidateBytes_ = 0;
  header_ = candidateHeader_;
  Deliver(candidate_.data(), length, nowNs, utcNs);
}

void Assembler::DropCandidate() {
  candidateBytes_ = 0;
  producer.Count(ring::kPacketsInvalid);
}

void Assembler::Begin(uint64_t wire, int64_t nowNs) {
  const bool extended = header_.extended;
  extended_ = extended ? 1 : 0;
  int64_t blockId;
  if (!begun_) {
    begun_ = true;
    blockId = order_.First(wire);
    oldest_ = blockId;
    newest_ = blockId - 1;
  } else {
    blockId = order_.Unwrap(wire, extended);
    if (blockId <= newest_ || blockId > newest_ + kJumpLimit) {
      CloseUpTo(newest_);
      if (blockId <= newest_) {
        blockId = order_.RestartAt(wire, newest_ + 1);
      } else {
        Skip(newest_ + 1, blockId - newest_ - 1);
      }
      oldest_ = blockId;
      newest_ = blockId - 1;
    }
    order_.Advance(wire, blockId);
  }
  if (blockId - oldest_ >= kWindow) CloseUpTo(blockId - kWindow);
  if (newest_ >= oldest_) FrameOf(newest_)->successorNs = nowNs;
  for (int64_t id = newest_ + 1; id <= blockId; id++) {
    OpenFrame* frame = FrameOf(id);
    frame->BeginUnseen(id, order_.WireOf(id, extended), nowNs);
    if (id < blockId) frame->successorNs = nowNs;
  }
  newest_ = blockId;
}

void Assembler::Deliver(const uint8_t* data, uint32_t length, int64_t nowNs, int64_t utcNs) {
  OpenFrame* frame = FrameOf(order_.Unwrap(header_.blockId, header_.extended));
  if (frame->kind == kUnseen) {
    const int slot = producer.Allocate();
    int64_t* due = slot >= 0 && due_ ? due_.get() + uint64_t(slot) * duePerSlot_ : nullptr;
    frame->Begin(slot, &producer, &options_.policy, due, size_.frameBytes, size_.dataBytes, nowNs, utcNs);
  }
  lastAcceptedNs_ = nowNs;
  if (frame->kind == kDroppedFrame) {
    frame->lastPacketNs = nowNs;
    if (header_.format == gvsp::kTrailer) frame->trailerSeen = true;
    return;
  }
  const uint32_t resentBefore = frame->packetsResent, damagedBefore = frame->packetsDamaged;
  Taken taken;
  if (header_.format == gvsp::kPayload) {
    taken = frame->TakePayload(data, length, header_.packetId, header_.resent, nowNs, utcNs);
    if (taken == kAccepted) {
      producer.Count(ring::kBytesReceived, length);
      lastPayloadBlock_ = frame->blockId;
      lastPayloadPacket_ = header_.packetId;
    }
  } else if (header_.format == gvsp::kLeader) {
    taken = frame->TakeLeader(data, length, header_.resent, options_.payloadBytes > 0, nowNs, utcNs);
    if (taken == kAccepted && frame->blockId == newest_) timestamp_ = frame->timestamp;
  } else {
    taken = frame->TakeTrailer(data, length, header_.packetId, header_.resent, nowNs, utcNs);
  }
  if (taken == kDuplicate) {
    producer.Count(ring::kPacketsDuplicate);
  } else if (taken == kInvalid) {
    producer.Count(ring::kPacketsInvalid);
  }
  producer.Count(ring::kPacketsResent, frame->packetsResent - resentBefore);
  producer.Count(ring::kPacketsInvalid, frame->packetsDamaged - damagedBefore);
}

Assembler::Prediction Assembler::Predict(uint32_t most) {
  Prediction prediction;
  if (newest_ < oldest_) return prediction;
  // A stream runs on behind its last packet; resent packets of an older frame land by memmove.
  OpenFrame* frame = FrameOf(newest_);
  if (frame->kind != kOpen) return prediction;
  uint32_t first = frame->Highest() + 1;
  if (lastPayloadBlock_ == newest_ && lastPayloadPacket_ < frame->payloadPackets && !frame->Has(lastPayloadPacket_ + 1)) {
    first = lastPayloadPacket_ + 1;
  }
  uint32_t count = 0;
  while (count < most && first + count <= frame->payloadPackets && !frame->Has(first + count)) count++;
  if (count == 0) return prediction;
  prediction.frame = frame;
  prediction.wireBlockId = frame->wireBlockId;
  prediction.headerBytes = extended_ == 1 ? gvsp::kExtendedHeaderBytes : gvsp::kHeaderBytes;
  prediction.firstPacket = first;
  prediction.count = count;
  prediction.packetDataBytes = size_.dataBytes;
  return prediction;
}

void Assembler::AskUnseen(OpenFrame* frame, int64_t nowNs) {
  const ReassemblyPolicy& policy = options_.policy;
  if (!AsksUnseen() || nowNs - frame->firstPacketNs < policy.firstRequestNs || nowNs < frame->nextAskNs) return;
  const uint32_t last = size_.framePackets + 1;
  frame->nextAskNs = nowNs + policy.repeatRequestNs;
  producer.Count(ring::kResendRequests);
  producer.Count(ring::kPacketsRequested, last + 1);
  requests.push_back({frame->wireBlockId, 0, last});
}

bool Assembler::AsksUnseen() const {
  return options_.policy.resend && options_.payloadBytes > 0 && size_.framePackets + 2 <= kRequestFloor;
}

bool Assembler::Closable(const OpenFrame& frame, int64_t nowNs) const {
  const ReassemblyPolicy& policy = options_.policy;
  if (frame.kind == kUnseen) {
    return nowNs - frame.firstPacketNs >= (AsksUnseen() ? policy.retentionNs : policy.holdNs);
  }
  const bool idle = nowNs - frame.lastPacketNs >= policy.retentionNs;
  if (frame.kind == kDroppedFrame) return frame.trailerSeen || frame.successorNs >= 0 || idle;
  if (frame.Complete()) return true;
  if (frame.Hopeless() && frame.successorNs >= 0 && nowNs - frame.successorNs >= policy.holdNs) return true;
  return idle && !(frame.blockId == newest_ && frame.LeaderOnly());
}

void Assembler::CloseReady(int64_t nowNs) {
  int64_t last = oldest_ - 1;
  while (last < newest_ && Closable(*FrameOf(last + 1), nowNs)) last++;
  if (last >= oldest_) CloseUpTo(last);
}

void Assembler::CloseUpTo(int64_t last) {
  int64_t skipped = 0;
  for (; oldest_ <= last; oldest_++) {
    OpenFrame* frame = FrameOf(oldest_);
    if (frame->kind == kUnseen) {
      skipped++;
      continue;
    }
    Skip(oldest_ - skipped, skipped);
    skipped = 0;
    if (frame->kind == kOpen) {
      const uint32_t damagedBefore = frame->packetsDamaged;
      const uint32_t missing = frame->Close(&producer);
      producer.Count(ring::kPacketsInvalid, frame->packetsDamaged - damagedBefore);
      producer.Count(missing == 0 ? ring::kFramesComplete : ring::kFramesIncomplete);
      producer.Count(ring::kPacketsMissing, missing);
      producer.PutClosed(uint32_t(frame->slot), frame->blockId);
    } else {
      producer.Count(ring::kFramesDroppedRingFull);
      producer.PutLost(ring::kDropped, frame->blockId, 1, frame->firstPacketUtcNs);
    }
  }
  Skip(oldest_ - skipped, skipped);
}

void Assembler::Skip(int64_t blockId, int64_t count) {
  if (count == 0) return;
  producer.Count(ring::kFramesSkipped, uint64_t(count));
  producer.PutLost(ring::kSkipped, blockId, uint64_t(count), 0);
}

}  // namespace appulse