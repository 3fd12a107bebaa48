// Receives one GVSP stream on a thread of its own, straight into a ring. Knows nothing of Node.
#pragma once
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "assembler.h"
#include "ring.h"

namespace appulse {

struct ReceiverConfig {
  std::string bindAddress, deviceAddress;
  uint32_t port = 0, gvcpPort = 0, streamChannel = 0;
  uint64_t socketBufferBytes = 0;
  bool useGro = true;
  int cpu = -1;              // the thread stays on this CPU; -1: on any
  int realtimePriority = 0;  // under SCHED_FIFO; 0: like any thread
  AssemblerOptions assembly;
};

class StreamReceiver {
 public:
  // `wake` is called on the receive thread when there is something in the ring's queue, at most once a millisecond.
  StreamReceiver(RingMemory ring, ReceiverConfig config, std::function<void()> wake);
  ~StreamReceiver() { Stop(); }

  // Binds and starts the thread. Empty on success, else what went wrong; `failedWith` then holds errno.
  std::string Start();
  // Takes what has arrived, closes open frames, ends the thread. May be called twice.
  void Stop();

  uint32_t port = 0;
  uint64_t socketBufferBytes = 0;
  bool gro = false;
  int failedWith = 0;
  // What was refused of the thread's placement, as errno; the thread receives all the same.
  int cpuError = 0, realtimeError = 0;

 private:
  // Where the next datagrams are told to land: pairs of header and payload place, then room for whatever does not fit.
  struct Landing {
    Assembler::Prediction prediction;
    std::vector<iovec> pieces;
    std::vector<uint32_t> lengths;  // of the payloads foreseen
  };

  void Run();
  bool ReceiveAggregate();
  bool ReceiveBatch();
  bool Foreseen(const uint8_t* header, uint32_t packetId) const;
  bool FromDevice(const msghdr& message) const;
  int64_t ArrivalOf(int64_t utcNs);
  void ReadControl(msghdr* message, int64_t* utcNs, uint32_t* segmentBytes);
  void CopyOut(const iovec* pieces, size_t count, size_t from, size_t to, uint8_t* target) const;
  void SendRequests();
  int64_t WaitNs(int64_t now, int64_t nextTickNs) const;
  void Wake(int64_t nowNs, bool now);
  void Drain();

  RingMemory ring_;
  ReceiverConfig config_;
  std::function<void()> wake_;
  Assembler assembler_;
  int socket_ = -1, stopEvent_ = -1;
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  uint32_t deviceIp_ = 0;
  uint32_t kernelDrops_ = 0;
  uint16_t requestId_ = 0;
  uint64_t eventsTold_ = 0;
  int64_t lastWakeNs_ = 0;
  int64_t lastArrivalNs_ = 0;
  // The last datagram was an aggregate.
  bool merged_ = false;

  Landing landing_;
  std::vector<uint8_t> headers_;
  std::unique_ptr<uint8_t[]> spill_, bounce_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> messagePieces_;
  std::vector<uint8_t> control_;
  std::vector<sockaddr_storage> names_;
};

}  // namespace appulse
