// Turns the packets of one GVSP stream into frames in a ring. The twin of receive/assembler.ts, which is the
// specification and explains the rules; a corpus holds the two to the same bytes. Names are the same on both sides.
// No input or output, no clock, no allocation once it runs except for the list of requests.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "block_order.h"
#include "gvsp.h"
#include "open_frame.h"
#include "packet_gaps.h"
#include "ring.h"
#include "ring_producer.h"

namespace appulse {

struct AssemblerOptions {
  int extendedIds = -1;  // 1 only 64-bit ids, 0 only 16-bit, -1 whichever the stream begins with
  uint64_t payloadBytes = 0;
  uint32_t packetDataBytes = 0;
  ReassemblyPolicy policy;
};

class Assembler {
 public:
  // Keeps references to `ring` and to its memory.
  Assembler(const RingMemory& ring, const AssemblerOptions& options);

  // Before this time Tick has nothing to do unless a packet comes: 0 where it must be called every millisecond, kNever
  // where nothing is open.
  int64_t RestsUntilNs() const;
  // A datagram in two pieces: its header (exactly as long as its kind says, or the whole of a shorter one) and its data.
  void Push(const uint8_t* header, uint32_t headerBytes, const uint8_t* data, uint32_t dataBytes, int64_t nowNs,
            int64_t utcNs);
  void PushWhole(const uint8_t* packet, uint32_t bytes, int64_t nowNs, int64_t utcNs);
  void Tick(int64_t nowNs);
  void End();

  std::vector<ResendRequest> requests;
  bool RequestsExtended() const { return extended_ == 1; }
  RingProducer producer;

  // Payload packets that are likely to come next: `count` of them from `firstPacket`, all still missing.
  struct Prediction {
    OpenFrame* frame = nullptr;
    uint64_t wireBlockId = 0;
    uint32_t headerBytes = 0, firstPacket = 0, count = 0, packetDataBytes = 0;
  };
  Prediction Predict(uint32_t most);

 private:
  OpenFrame* FrameOf(int64_t blockId) { return &frames_[uint64_t(blockId) % kWindow]; }
  const OpenFrame* FrameOf(int64_t blockId) const { return &frames_[uint64_t(blockId) % kWindow]; }
  bool IsOpen(int64_t blockId) const { return blockId >= oldest_ && blockId <= newest_; }
  bool WellFormed(uint32_t length) const;
  void Answer(int64_t nowNs);
  void Admit(const uint8_t* data, uint32_t length, int64_t nowNs, int64_t utcNs);
  bool Restarts(const uint8_t* data, int64_t nowNs) const;
  bool Confirm(const uint8_t* data, uint32_t length, int64_t nowNs, int64_t utcNs);
  void DeliverCandidate(int64_t nowNs, int64_t utcNs);
  void DropCandidate();
  void Begin(uint64_t wire, int64_t nowNs);
  void Deliver(const uint8_t* data, uint32_t length, int64_t nowNs, int64_t utcNs);
  void AskUnseen(OpenFrame* frame, int64_t nowNs);
  bool AsksUnseen() const;
  bool Closable(const OpenFrame& frame, int64_t nowNs) const;
  void CloseReady(int64_t nowNs);
  void CloseUpTo(int64_t last);
  void Skip(int64_t blockId, int64_t count);

  static constexpr int64_t kWindow = 256, kJumpLimit = 100, kIdleNs = 20000000, kSilenceNs = 1000000000;

  AssemblerOptions options_;
  gvsp::Header header_{};
  PacketSize size_;
  BlockOrder order_;
  std::vector<OpenFrame> frames_;
  // A time a packet a slot; calloc'ed, so that pages come into being only where packets are lost.
  std::unique_ptr<int64_t, void (*)(void*)> due_;
  uint64_t duePerSlot_;
  int extended_;
  int64_t oldest_ = 1, newest_ = 0;
  bool begun_ = false;
  int64_t lastAcceptedNs_ = 0;
  uint64_t timestamp_ = 0;
  // Where the last payload packet went, for predictions.
  int64_t lastPayloadBlock_ = 0;
  uint32_t lastPayloadPacket_ = 0;

  std::vector<uint8_t> candidate_;
  gvsp::Header candidateHeader_{};
  uint32_t candidateBytes_ = 0;
  int64_t candidateNs_ = 0;
};

}  // namespace appulse
