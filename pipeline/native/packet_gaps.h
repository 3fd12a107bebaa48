// The twin of receive/packet-gaps.ts.
#pragma once
#include <cstdint>
#include <vector>

namespace appulse {

struct ReassemblyPolicy {
  bool resend = true;
  int64_t firstRequestNs = 1000000, repeatRequestNs = 20000000, retentionNs = 100000000, holdNs = 5000000;
  double requestRatio = 0.25;
};

struct ResendRequest {
  uint64_t wireBlockId;
  uint32_t firstPacket, lastPacket;
};

constexpr uint32_t kRequestFloor = 32;
constexpr int64_t kNever = INT64_MAX;

// Payload packets that `bytes` fill.
inline uint32_t PacketsFor(uint64_t bytes, uint32_t packetDataBytes) {
  return uint32_t((bytes + packetDataBytes - 1) / packetDataBytes);
}

// Which packets of a frame are in, which are missing, and when to ask for those.
class PacketGaps {
 public:
  uint32_t payloadPackets = 0, received = 0;
  int64_t holes = 0, askable = 0;
  bool givenUp = false;
  int64_t nextAskNs = 0;

  bool Has(uint32_t packetId) const { return (bitmap_[packetId >> 6] >> (packetId & 63) & 1) != 0; }
  bool Hopeless() const;
  bool Receive(uint32_t packetId, int64_t nowNs);
  void Unreceive(uint32_t packetId, int64_t nowNs);
  void NoteGaps(int64_t upTo, int64_t nowNs);
  void Shrink(uint32_t payloadPackets);
  // Returns the packets asked for; the requests go to `out`.
  uint32_t Ask(uint64_t wireBlockId, int64_t nowNs, std::vector<ResendRequest>* out);
  void Answered(uint32_t status, uint32_t packetId, int64_t nowNs);

 protected:
  // `due` is the slot's own array of a time a packet, shared by the frames that pass through the slot.
  void BeginGaps(const ReassemblyPolicy* policy, uint64_t* bitmap, int64_t* due);
  uint64_t* bitmap_ = nullptr;

 private:
  void Missing(uint32_t packetId, int64_t nowNs);
  bool Request(uint64_t wireBlockId, uint32_t first, uint32_t last, int64_t nowNs, std::vector<ResendRequest>* out);

  const ReassemblyPolicy* policy_ = nullptr;
  int64_t* due_ = nullptr;
  int64_t horizon_ = -1, scanFrom_ = 0;
  uint64_t requested_ = 0;
};

}  // namespace appulse
