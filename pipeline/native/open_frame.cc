#include "open_frame.h"

#include <algorithm>
#include <cstring>

#include "gvsp.h"

namespace appulse {

namespace {

constexpr uint32_t kImage = 0x0001, kChunkData = 0x0004, kExtendedChunk = 0x0005, kWithChunks = 0x4000;
constexpr uint32_t kImageLeaderBytes = 36, kSideLimit = 1u << 20;

}  // namespace

void OpenFrame::BeginUnseen(int64_t id, uint64_t wire, int64_t nowNs) {
  kind = kUnseen;
  blockId = id;
  wireBlockId = wire;
  slot = -1;
  firstPacketNs = lastPacketNs = nowNs;
  successorNs = -1;
  trailerSeen = false;
  nextAskNs = 0;
}

void OpenFrame::Begin(int inSlot, RingProducer* producer, const ReassemblyPolicy* policy, int64_t* due,
                      uint64_t presumedBytes, uint32_t packetDataBytes, int64_t nowNs, int64_t utcNs) {
  firstPacketNs = lastPacketNs = nowNs;
  firstPacketUtcNs = lastPacketUtcNs = utcNs;
  slot = inSlot;
  leaderSeen = trailerSeen = false;
  if (slot < 0) {
    kind = kDroppedFrame;
    return;
  }
  kind = kOpen;
  end_ = kPresumed;
  packetDataBytes_ = packetDataBytes;
  Presume(presumedBytes);
  highest_ = payloadReceived_ = 0;
  payload_ = producer->ring.Payload(uint32_t(slot));
  receivedBytes = timestamp = leaderBytes_ = 0;
  packetsResent = packetsDamaged = payloadType_ = pixelFormat_ = width_ = height_ = offsetX_ = offsetY_ = paddingX_ = paddingY_ = 0;
  trailerLines_ = chunkBytes_ = chunkLayoutId_ = 0;
  BeginGaps(policy, producer->ring.Bitmap(uint32_t(slot)), due);
}

Taken OpenFrame::TakeLeader(const uint8_t* data, uint32_t length, bool resent, bool sizeIsGiven, int64_t nowNs,
                            int64_t utcNs) {
  if (leaderSeen) return kDuplicate;
  const uint32_t payloadType = Be16(data + 2), shape = payloadType & 0x3fff;
  const bool hasGeometry = shape == kImage || shape == kExtendedChunk;
  if (hasGeometry && length < kImageLeaderBytes) return kInvalid;
  leaderSeen = true;
  payloadType_ = payloadType;
  timestamp = uint64_t{Be32(data + 4)} << 32 | Be32(data + 8);
  if (hasGeometry) {
    pixelFormat_ = Be32(data + 12);
    width_ = Be32(data + 16);
    height_ = Be32(data + 20);
    offsetX_ = Be32(data + 24);
    offsetY_ = Be32(data + 28);
    paddingX_ = Be16(data + 32);
    paddingY_ = Be16(data + 34);
    if (payloadType == kImage) leaderBytes_ = ImageBytes(height_);
    if (!sizeIsGiven) PresumeFromLeader();
  }
  Mark(0, resent, nowNs, utcNs);
  if (trailerSeen) HoldToGeometry(nowNs);
  return kAccepted;
}

Taken OpenFrame::TakeTrailer(const uint8_t* data, uint32_t length, uint32_t packetId, bool resent, int64_t nowNs,
                             int64_t utcNs) {
  if (trailerSeen) return packetId == payloadPackets + 1 ? kDuplicate : kInvalid;
  const uint32_t packets = packetId - 1;
  if (packets > presumedPackets_ || packets < highest_) return kInvalid;
  if (end_ == kByShortPacket && packets != payloadPackets) UndoEnd(nowNs);
  if (packets != payloadPackets) {
    SetEnd(packets, std::min(uint64_t{packets} * packetDataBytes_, presumedBytes_));
  }
  if (end_ == kPresumed) end_ = kByTrailer;
  trailerSeen = true;
  const uint32_t payloadType = Be16(data + 2), shape = payloadType & 0x3fff;
  if (shape == kImage && length >= 8) {
    trailerLines_ = Be32(data + 4);
    if ((payloadType & kWithChunks) != 0 && length >= 16) {
      chunkBytes_ = Be32(data + 8);
      chunkLayoutId_ = Be32(data + 12);
    }
  } else if (shape == kChunkData && length >= 8) {
    chunkBytes_ = Be32(data + 4);
  } else if (shape == kExtendedChunk && length >= 16) {
    chunkBytes_ = Be32(data + 4);
    trailerLines_ = Be32(data + 8);
    chunkLayoutId_ = Be32(data + 12);
  }
  Mark(packetId, resent, nowNs, utcNs);
  if (leaderSeen) HoldToGeometry(nowNs);
  NoteGaps(int64_t{payloadPackets} + 1, nowNs);
  return kAccepted;
}

Taken OpenFrame::TakePayload(const uint8_t* data, uint32_t length, uint32_t packetId, bool resent, int64_t nowNs,
                             int64_t utcNs) {
  if (packetId > presumedPackets_) return kInvalid;
  if (packetId > payloadPackets) UndoEnd(nowNs);
  if (Has(packetId)) return kDuplicate;
  const uint64_t offset = uint64_t{packetId - 1} * packetDataBytes_;
  const uint32_t wanted = LengthOf(packetId);
  if (length != wanted) {
    const bool mayEndHere = packetId >= highest_ && (!trailerSeen || packetId == payloadPackets);
    if (length > wanted || !mayEndHere) return kInvalid;
    if (leaderSeen && trailerSeen && offset + length < LeastBytes()) return kInvalid;
    SetEnd(packetId, offset + length);
    if (!trailerSeen) end_ = kByShortPacket;
  }
  if (payload_ + offset != data) std::memmove(payload_ + offset, data, length);
  highest_ = std::max(highest_, packetId);
  payloadReceived_++;
  receivedBytes += length;
  Mark(packetId, resent, nowNs, utcNs);
  return kAccepted;
}

uint32_t OpenFrame::Close(RingProducer* producer) {
  if (leaderSeen) HoldToGeometry(lastPacketNs);
  const uint32_t missing = payloadPackets + 2 - received;
  if (missing > 0) {
    for (uint32_t packetId = 1; packetId <= payloadPackets; packetId++) {
      if (bitmap_[packetId >> 6] == ~uint64_t{0}) {
        packetId |= 63;
        continue;
      }
      if (!Has(packetId)) std::memset(PlaceOf(packetId), 0, LengthOf(packetId));
    }
  }
  producer->ClearBehind(uint32_t(slot), bytes_);
  uint32_t flags = missing == 0 ? uint32_t{ring::kComplete} : 0;
  if (leaderSeen) flags |= ring::kLeaderSeen;
  if (trailerSeen) flags |= ring::kTrailerSeen;
  if (givenUp) flags |= ring::kResendGivenUp;
  if (payloadType_ == kImage && leaderBytes_ != bytes_) flags |= ring::kSizeMismatch;
  ring::SlotHeader* header = producer->ring.Header(uint32_t(slot));
  header->flags = flags;
  header->blockId = uint64_t(blockId);
  header->cameraTimestamp = timestamp;
  header->firstPacketNs = firstPacketUtcNs;
  header->lastPacketNs = lastPacketUtcNs;
  header->payloadBytes = bytes_;
  header->receivedBytes = receivedBytes;
  header->payloadPackets = payloadPackets;
  header->packetsMissing = missing;
  header->pixelFormat = pixelFormat_;
  header->width = width_;
  header->height = Lines();
  header->offsetX = offsetX_;
  header->offsetY = offsetY_;
  header->paddingX = paddingX_;
  header->paddingY = paddingY_;
  header->payloadType = payloadType_;
  header->packetDataBytes = packetDataBytes_;
  header->chunkBytes = chunkBytes_;
  header->chunkLayoutId = chunkLayoutId_;
  header->packetsResent = packetsResent;
  return missing;
}

void OpenFrame::Mark(uint32_t packetId, bool resent, int64_t nowNs, int64_t utcNs) {
  if (Receive(packetId, nowNs) || resent) packetsResent++;
  lastPacketNs = nowNs;
  lastPacketUtcNs = utcNs;
}

void OpenFrame::Presume(uint64_t bytes) {
  presumedBytes_ = bytes;
  presumedPackets_ = PacketsFor(bytes, packetDataBytes_);
  bytes_ = bytes;
  payloadPackets = presumedPackets_;
}

void OpenFrame::PresumeFromLeader() {
  const uint64_t bytes = leaderBytes_;
  if (bytes == 0 || bytes > presumedBytes_ || end_ != kPresumed) return;
  const uint32_t packets = PacketsFor(bytes, packetDataBytes_);
  if (packets < highest_) return;
  if (packets < payloadPackets) SetEnd(packets, bytes);
  Presume(bytes);
}

void OpenFrame::SetEnd(uint32_t packets, uint64_t bytes) {
  Shrink(packets);
  bytes_ = bytes;
}

void OpenFrame::UndoEnd(int64_t nowNs) {
  const uint32_t lastPacket = payloadPackets;
  if (trailerSeen) {
    trailerSeen = false;
    trailerLines_ = 0;
    Unreceive(lastPacket + 1, nowNs);
    packetsDamaged++;
  }
  UndoShortPacket(nowNs);
  end_ = kPresumed;
  bytes_ = presumedBytes_;
  payloadPackets = presumedPackets_;
}

void OpenFrame::UndoShortPacket(int64_t nowNs) {
  const uint32_t lastPacket = payloadPackets;
  if (Has(lastPacket) && bytes_ < uint64_t{lastPacket} * packetDataBytes_) {
    Unreceive(lastPacket, nowNs);
    packetsDamaged++;
    payloadReceived_--;
    receivedBytes -= bytes_ - uint64_t{lastPacket - 1} * packetDataBytes_;
  }
}

void OpenFrame::HoldToGeometry(int64_t nowNs) {
  const uint64_t bytes = LeastBytes();
  if (bytes_ >= bytes) return;
  const uint32_t packets = PacketsFor(bytes, packetDataBytes_);
  if (packets == payloadPackets) {
    UndoShortPacket(nowNs);
  } else {
    UndoEnd(nowNs);
  }
  SetEnd(packets, bytes);
  end_ = trailerSeen ? kByTrailer : kByShortPacket;
  NoteGaps(int64_t{packets} + 1, nowNs);
}

uint64_t OpenFrame::LeastBytes() const {
  return leaderBytes_ == 0 ? 0 : std::min(ImageBytes(Lines()), presumedBytes_);
}

uint32_t OpenFrame::Lines() const { return trailerLines_ > 0 ? std::min(trailerLines_, height_) : height_; }

uint64_t OpenFrame::ImageBytes(uint32_t lines) const {
  if (width_ > kSideLimit || lines > kSideLimit) return 0;
  const uint64_t bits = pixelFormat_ >> 16 & 0xff;
  return (uint64_t{width_} * lines * bits + 7) / 8 + uint64_t{paddingX_} * lines + paddingY_;
}

}  // namespace appulse
