// Sends prepared frames as GVSP datagrams: one thread a stream, in batches, paced by sleeping. Knows nothing of Node.
#pragma once
#include <netinet/in.h>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "datagram_batch.h"

namespace appulse {

// How a datagram of the plan goes out; the same numbers stand in src/cameras/gige-vision/device/send-modes.ts.
enum class SendMode : uint32_t {
  kPlain = 0,
  kBadFormat = 1,
  kIdOutOfRange = 2,
  kTruncated = 3,
  kOverlong = 4,
  kBlockZero = 5,
  kPause = 6,  // no datagram: `first` is the pause in microseconds
};

// Packets first..last of the frame `framesBack` jobs before this one.
struct SendRange {
  uint32_t first = 0;
  uint32_t last = 0;
  SendMode mode = SendMode::kPlain;
  uint32_t framesBack = 0;
};

struct SenderFrame {
  uint64_t blockId = 0;  // as on the wire
  const uint8_t* payload = nullptr;
  uint64_t payloadBytes = 0;
  // Replaces the first bytes of the payload, so that a prepared payload can be shared by many frames.
  std::array<uint8_t, 96> header{};
  uint32_t headerBytes = 0;
  std::array<uint8_t, 64> leader{};
  uint32_t leaderBytes = 0;
  std::array<uint8_t, 32> trailer{};
  uint32_t trailerBytes = 0;
  int64_t dueNs = 0;  // CLOCK_MONOTONIC
  double packetIntervalNs = 0;
  bool planned = false;         // false: all packets in order
  std::vector<SendRange> plan;  // if planned; empty where every packet is withheld
  uint32_t payloadPackets = 0;
  int64_t highestPacket = -1;   // of those sent so far; sender thread only
};

struct StreamSettings {
  std::string address;
  uint16_t port = 0;
  uint32_t packetDataBytes = 0;
  bool extendedIds = false;
  bool segmented = false;
  bool dontFragment = false;
  uint32_t historyFrames = 0;
  double resendLoss = 0;
  uint64_t seed = 0;
};

struct SenderProgress {
  uint64_t framesSent = 0;  // jobs finished since Start
  uint64_t packetsSent = 0;
  uint64_t packetsResent = 0;
  uint64_t resendsRefused = 0;
  uint64_t sendErrors = 0;
  bool sending = false;      // a frame is on its way
  uint32_t planIndex = 0;    // where it stands: index in its plan and packets done of that range
  uint32_t planPackets = 0;
};

class Sender {
 public:
  // Opens and binds the stream socket; throws std::runtime_error with the reason.
  Sender(const std::string& address, uint16_t port);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  uint16_t port() const { return port_; }
  // One datagram outside the stream (the packet-size test). False when the kernel refuses it.
  bool SendOne(const uint8_t* bytes, size_t length, const std::string& address, uint16_t port, bool dontFragment);

  void Start(const StreamSettings& settings);
  void Submit(std::unique_ptr<SenderFrame> frame);
  void Resend(uint64_t blockId, uint32_t first, uint32_t last);
  // Forgets the frames that have not begun; the one on its way is finished. Returns how many were forgotten.
  uint32_t CancelQueued();
  // Ends the thread at once, in mid-frame if need be.
  void Stop();
  SenderProgress Progress();

 private:
  struct ResendRange {
    uint64_t blockId;
    uint32_t next;
    uint32_t last;
    uint32_t left;  // of the datagrams this request may cause
  };

  void Run();
  bool ServeResends(DatagramBatch& batch);
  void SendDue(DatagramBatch& batch, int64_t nowNs);
  void FinishFrame();
  std::shared_ptr<SenderFrame> Find(uint64_t blockId, bool* queued);
  void Append(DatagramBatch& batch, SenderFrame& frame, uint32_t packetId, SendMode mode, bool resend);
  void Put(DatagramBatch& batch, const uint8_t* header, size_t headerBytes, const iovec* pieces, size_t count, bool alone);
  void AppendStatus(DatagramBatch& batch, uint64_t blockId, uint32_t packetId, uint16_t status);
  void Flush(DatagramBatch& batch);
  size_t WriteHeader(uint8_t* target, uint16_t status, uint16_t flags, uint8_t format, uint64_t blockId,
                     uint32_t packetId) const;
  bool LoseResend(uint64_t blockId, uint32_t packetId);

  int fd_ = -1;
  uint16_t port_ = 0;
  StreamSettings settings_;
  sockaddr_in destination_{};
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::deque<std::shared_ptr<SenderFrame>> queue_;
  std::deque<std::shared_ptr<SenderFrame>> history_;  // oldest first, with the one on its way at the end
  std::deque<ResendRange> resends_;
  uint64_t newestBlock_ = 0;
  SenderProgress progress_;

  // Sender thread only.
  std::shared_ptr<SenderFrame> current_;
  size_t planIndex_ = 0;
  uint32_t planPackets_ = 0;
  uint64_t framePackets_ = 0;  // datagrams of the current frame so far, for the pace
  int64_t frameStartNs_ = 0;
  int64_t nextDueNs_ = 0;
  uint64_t resendDraws_ = 0;
};

// CLOCK_REALTIME and CLOCK_MONOTONIC read as one pair, in nanoseconds.
void ReadClocks(int64_t* realtimeNs, int64_t* monotonicNs);

}  // namespace appulse
