// The twin of receive/open-frame.ts.
#pragma once
#include "packet_gaps.h"
#include "ring_producer.h"

namespace appulse {

enum FrameKind { kEmpty, kUnseen, kOpen, kDroppedFrame };
enum Taken { kAccepted, kDuplicate, kInvalid };

// A frame between its first packet and its closing.
class OpenFrame : public PacketGaps {
 public:
  FrameKind kind = kEmpty;
  int64_t blockId = 0;
  uint64_t wireBlockId = 0;
  int slot = -1;
  // By the monotonic clock.
  int64_t firstPacketNs = 0, lastPacketNs = 0, successorNs = -1;
  // The same by the host's UTC, as the kernel stamped the packets.
  int64_t firstPacketUtcNs = 0, lastPacketUtcNs = 0;
  bool leaderSeen = false, trailerSeen = false;
  uint64_t receivedBytes = 0, timestamp = 0;
  uint32_t packetsResent = 0, packetsDamaged = 0;

  void BeginUnseen(int64_t blockId, uint64_t wireBlockId, int64_t nowNs);
  void Begin(int slot, RingProducer* producer, const ReassemblyPolicy* policy, int64_t* due, uint64_t presumedBytes,
             uint32_t packetDataBytes, int64_t nowNs, int64_t utcNs);
  bool Complete() const { return leaderSeen && trailerSeen && payloadReceived_ == payloadPackets; }
  bool LeaderOnly() const { return leaderSeen && received == 1; }
  Taken TakeLeader(const uint8_t* data, uint32_t length, bool resent, bool sizeIsGiven, int64_t nowNs, int64_t utcNs);
  Taken TakeTrailer(const uint8_t* data, uint32_t length, uint32_t packetId, bool resent, int64_t nowNs,
                    int64_t utcNs);
  // The data may lie at their final place already.
  Taken TakePayload(const uint8_t* data, uint32_t length, uint32_t packetId, bool resent, int64_t nowNs,
                    int64_t utcNs);
  uint32_t Close(RingProducer* producer);

  // Where the receiver may let the kernel write ahead: payload packets that are still to come.
  uint32_t Highest() const { return highest_; }
  uint32_t LengthOf(uint32_t packetId) const {
    const uint64_t offset = uint64_t{packetId - 1} * packetDataBytes_;
    return uint32_t(bytes_ - offset < packetDataBytes_ ? bytes_ - offset : packetDataBytes_);
  }
  uint8_t* PlaceOf(uint32_t packetId) const { return payload_ + uint64_t{packetId - 1} * packetDataBytes_; }

 private:
  void Mark(uint32_t packetId, bool resent, int64_t nowNs, int64_t utcNs);
  void Presume(uint64_t bytes);
  void PresumeFromLeader();
  void SetEnd(uint32_t packets, uint64_t bytes);
  void UndoEnd(int64_t nowNs);
  // The last packet was cut short on the way, and counts as not received. The caller says where the frame ends.
  void UndoShortPacket(int64_t nowNs);
  // An image that ends before its leader's and trailer's geometry does was cut short on the way.
  void HoldToGeometry(int64_t nowNs);
  // The least payload that the leader's geometry allows, 0 where it says nothing: no image, or one with chunks.
  uint64_t LeastBytes() const;
  // A trailer may declare fewer lines than the leader did.
  uint32_t Lines() const;
  uint64_t ImageBytes(uint32_t lines) const;

  enum End { kPresumed, kByShortPacket, kByTrailer } end_ = kPresumed;
  uint32_t packetDataBytes_ = 0, presumedPackets_ = 0, highest_ = 0, payloadReceived_ = 0;
  uint64_t presumedBytes_ = 0, bytes_ = 0, leaderBytes_ = 0;
  uint8_t* payload_ = nullptr;
  uint32_t payloadType_ = 0, pixelFormat_ = 0, width_ = 0, height_ = 0, offsetX_ = 0, offsetY_ = 0, paddingX_ = 0,
           paddingY_ = 0, trailerLines_ = 0, chunkBytes_ = 0, chunkLayoutId_ = 0;
};

}  // namespace appulse
