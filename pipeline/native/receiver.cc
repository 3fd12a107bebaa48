#include "receiver.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "thread_placement.h"
#include "udp_port.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace appulse {

namespace {

constexpr size_t kDatagramBytes = 65536;
// The kernel merges at most 64 datagrams, and a batch of recvmmsg beyond 64 gained nothing.
constexpr uint32_t kMostSegments = 64;
constexpr size_t kControlBytes = 256;
constexpr int64_t kTickNs = 1000000, kIdlePollNs = 50000000, kDrainNs = 100000000;
// At 10 Gb/s 250 kB arrive meanwhile; the kernel's accounting takes about twice that.
constexpr long kRestNs = 200000;
constexpr uint64_t kRestBufferBytes = 2u << 20;

int64_t Now(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

}  // namespace

StreamReceiver::StreamReceiver(RingMemory ring, ReceiverConfig config, std::function<void()> wake)
    : ring_(std::move(ring)), config_(std::move(config)), wake_(std::move(wake)), assembler_(ring_, config_.assembly) {}

std::string StreamReceiver::Start() {
  std::string problem = BindUdp(config_.bindAddress, config_.port, &socket_, &port, &failedWith);
  if (!problem.empty()) {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
    return problem;
  }
  in_addr device{};
  if (!config_.deviceAddress.empty()) {
    if (inet_pton(AF_INET, config_.deviceAddress.c_str(), &device) != 1) {
      close(socket_);
      socket_ = -1;
      return config_.deviceAddress + " is no IPv4 address";
    }
    deviceIp_ = device.s_addr;
  }
  const int on = 1;
  int wanted = int(std::min<uint64_t>(config_.socketBufferBytes, 1u << 30)), got = 0;
  if (setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  }
  socklen_t length = sizeof got;
  getsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &got, &length);
  socketBufferBytes = uint64_t(got) / 2;  // the kernel doubles what it is asked for, and reads the double back
  setsockopt(socket_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(socket_, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  gro = config_.useGro && setsockopt(socket_, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
  stopEvent_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

  headers_.resize(kMostSegments * gvsp::kExtendedHeaderBytes);
  landing_.pieces.resize(2 * kMostSegments + 1);
  landing_.lengths.resize(kMostSegments);
  const size_t areas = gro ? 1 : kMostSegments;
  spill_.reset(new uint8_t[areas * kDatagramBytes]);
  bounce_.reset(new uint8_t[areas * kDatagramBytes]);
  control_.resize(areas * kControlBytes);
  names_.resize(areas);
  messages_.resize(areas);
  messagePieces_.resize(areas * 3);
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "appulse-receive");
  if (config_.cpu >= 0) cpuError = PinThread(thread_, config_.cpu);
  if (config_.realtimePriority > 0) realtimeError = MakeRealtime(thread_, config_.realtimePriority);
  return "";
}

void StreamReceiver::Stop() {
  if (thread_.joinable()) {
    stopping_ = true;
    const uint64_t one = 1;
    if (write(stopEvent_, &one, sizeof one) < 0) stopping_ = true;
    thread_.join();
  }
  if (socket_ >= 0) close(socket_);
  if (stopEvent_ >= 0) close(stopEvent_);
  socket_ = stopEvent_ = -1;
}

void StreamReceiver::Run() {
  int64_t nextTickNs = 0;
  // Packets that come one by one are let gather, instead of waking up for each, where the buffer can hold them: 0.22
  // instead of 0.37 CPU seconds a GB at 10 Gb/s of jumbo packets. What the kernel merged gains nothing by it.
  const bool rests = socketBufferBytes >= kRestBufferBytes;
  bool received = false;
  while (!stopping_) {
    // Read before the socket is looked at: if the thread is held up here or in its sleep, the packets that wait meanwhile
    // are taken before any frame ages. While packets wait in the socket, frames are as old as the last one read.
    const int64_t now = Now(CLOCK_MONOTONIC);
    const bool some = gro ? ReceiveAggregate() : ReceiveBatch();
    const int64_t frameNow = some ? lastArrivalNs_ : now;
    if (frameNow >= nextTickNs) {
      assembler_.Tick(frameNow);
      if (!assembler_.requests.empty()) SendRequests();
      nextTickNs = frameNow + kTickNs;
    }
    if (assembler_.producer.eventsPut != eventsTold_) Wake(now, false);
    if (some) {
      received = true;
      continue;
    }
    pollfd watched[2] = {{stopEvent_, POLLIN, 0}, {socket_, POLLIN, 0}};
    if (received && rests && !merged_) {
      received = false;
      const timespec rest{0, kRestNs};
      ppoll(watched, 1, &rest, nullptr);
      continue;
    }
    received = false;
    const timespec timeout{0, long(WaitNs(now, nextTickNs))};
    ppoll(watched, 2, &timeout, nullptr);
  }
  Drain();
}

// How long the thread may sleep when no packet comes. A wake-up each millisecond while a frame fills as it should was
// 7 % of the thread's time at 10 Gb/s.
int64_t StreamReceiver::WaitNs(int64_t now, int64_t nextTickNs) const {
  const bool untold = assembler_.producer.eventsPut != eventsTold_;
  const int64_t due = untold ? nextTickNs : std::max(nextTickNs, assembler_.RestsUntilNs());
  return std::clamp<int64_t>(due - now, 1000, kIdlePollNs);
}

void StreamReceiver::Drain() {
  const int64_t began = Now(CLOCK_MONOTONIC);
  for (int64_t now = began; now - began < kDrainNs; now = Now(CLOCK_MONOTONIC)) {
    if (!(gro ? ReceiveAggregate() : ReceiveBatch())) break;
  }
  assembler_.End();
  Wake(began, true);
}

// Foreseen means: exactly the packet that was foreseen at this place, so its data lie where they belong.
bool StreamReceiver::Foreseen(const uint8_t* header, uint32_t packetId) const {
  gvsp::Header read;
  return read.Read(header, landing_.prediction.headerBytes) && read.dataOffset == landing_.prediction.headerBytes &&
         (read.status == gvsp::kSuccess || read.status == gvsp::kPacketResend) && read.format == gvsp::kPayload &&
         read.blockId == landing_.prediction.wireBlockId && read.packetId == packetId;
}

// One recvmsg: a datagram, or up to 64 that the kernel merged.
bool StreamReceiver::ReceiveAggregate() {
  landing_.prediction = assembler_.Predict(kMostSegments);
  const Assembler::Prediction& next = landing_.prediction;
  // 64 KiB hold so many packets of this size.
  const uint32_t foreseen =
      next.count == 0 ? 0
                      : std::min<uint32_t>(next.count, kDatagramBytes / (next.headerBytes + next.packetDataBytes) + 1);
  iovec* piece = landing_.pieces.data();
  for (uint32_t i = 0; i < foreseen; i++) {
    landing_.lengths[i] = next.frame->LengthOf(next.firstPacket + i);
    *piece++ = {headers_.data() + size_t{i} * gvsp::kExtendedHeaderBytes, next.headerBytes};
    *piece++ = {next.frame->PlaceOf(next.firstPacket + i), landing_.lengths[i]};
  }
  *piece++ = {spill_.get(), kDatagramBytes};
  const size_t pieces = size_t(piece - landing_.pieces.data());

  msghdr message{};
  message.msg_name = &names_[0];
  message.msg_namelen = sizeof names_[0];
  message.msg_iov = landing_.pieces.data();
  message.msg_iovlen = pieces;
  message.msg_control = control_.data();
  message.msg_controllen = kControlBytes;
  const ssize_t received = recvmsg(socket_, &message, MSG_DONTWAIT);
  if (received < 0) return errno == EINTR || errno == ECONNREFUSED;
  const size_t total = size_t(received);
  if (foreseen > 0) {
    const uint32_t last = foreseen - 1;
    assembler_.producer.Touched(uint32_t(next.frame->slot),
                                uint64_t(next.frame->PlaceOf(next.firstPacket + last) - ring_.Payload(uint32_t(next.frame->slot))) +
                                    landing_.lengths[last]);
  }
  int64_t utcNs = 0;
  uint32_t segmentBytes = 0;
  ReadControl(&message, &utcNs, &segmentBytes);
  if (!FromDevice(message)) return true;
  const int64_t arrivalNs = ArrivalOf(utcNs);
  merged_ = segmentBytes != 0 && segmentBytes < total;
  if (segmentBytes == 0 || segmentBytes > total) segmentBytes = uint32_t(total);
  if (total == 0) {
    assembler_.PushWhole(bounce_.get(), 0, arrivalNs, utcNs);
    return true;
  }

  size_t done = 0;
  for (uint32_t i = 0; i < foreseen && done < total; i++) {
    const size_t bytes = std::min<size_t>(segmentBytes, total - done);
    const uint8_t* header = headers_.data() + size_t{i} * gvsp::kExtendedHeaderBytes;
    if (bytes != next.headerBytes + landing_.lengths[i] || !Foreseen(header, next.firstPacket + i)) break;
    assembler_.Push(header, next.headerBytes,
                    static_cast<const uint8_t*>(landing_.pieces[2 * i + 1].iov_base), landing_.lengths[i], arrivalNs, utcNs);
    done += bytes;
  }
  if (done == total) return true;
  // Something else came: everything from there on is taken aside before it is sorted in, for its true place may be
  // where a later packet of this aggregate has landed.
  CopyOut(landing_.pieces.data(), pieces, done, total, bounce_.get());
  for (size_t at = 0; at < total - done; at += segmentBytes) {
    assembler_.PushWhole(bounce_.get() + at, uint32_t(std::min<size_t>(segmentBytes, total - done - at)), arrivalNs, utcNs);
  }
  return true;
}

// One recvmmsg: up to 64 datagrams, each with a place of its own.
bool StreamReceiver::ReceiveBatch() {
  landing_.prediction = assembler_.Predict(kMostSegments);
  const Assembler::Prediction& next = landing_.prediction;
  const uint32_t foreseen = next.count;
  // Behind a frame's last packet come its trailer and the next leader; with that one read, the next frame can be foreseen.
  const uint32_t most = std::min<uint32_t>(foreseen + 2, kMostSegments);
  for (uint32_t i = 0; i < most; i++) {
    iovec* piece = &messagePieces_[3 * i];
    msghdr* message = &messages_[i].msg_hdr;
    *message = {};
    message->msg_iov = piece;
    uint8_t* spill = spill_.get() + size_t{i} * kDatagramBytes;
    if (i < foreseen) {
      landing_.lengths[i] = next.frame->LengthOf(next.firstPacket + i);
      *piece++ = {headers_.data() + size_t{i} * gvsp::kExtendedHeaderBytes, next.headerBytes};
      *piece++ = {next.frame->PlaceOf(next.firstPacket + i), landing_.lengths[i]};
    }
    *piece++ = {spill, kDatagramBytes};
    message->msg_iovlen = size_t(piece - message->msg_iov);
    message->msg_name = &names_[i];
    message->msg_namelen = sizeof names_[i];
    message->msg_control = control_.data() + size_t{i} * kControlBytes;
    message->msg_controllen = kControlBytes;
  }
  const int received = recvmmsg(socket_, messages_.data(), most, MSG_DONTWAIT, nullptr);
  if (received < 0) return errno == EINTR || errno == ECONNREFUSED;
  if (foreseen > 0) {
    const uint32_t last = foreseen - 1;
    assembler_.producer.Touched(uint32_t(next.frame->slot),
                                uint64_t(next.frame->PlaceOf(next.firstPacket + last) - ring_.Payload(uint32_t(next.frame->slot))) +
                                    landing_.lengths[last]);
  }
  int i = 0;
  int64_t utcNs = 0;
  uint32_t segmentBytes = 0;
  for (; i < received && uint32_t(i) < foreseen; i++) {
    const uint8_t* header = headers_.data() + size_t(i) * gvsp::kExtendedHeaderBytes;
    if (messages_[i].msg_len != next.headerBytes + landing_.lengths[i] || !FromDevice(messages_[i].msg_hdr) ||
        !Foreseen(header, next.firstPacket + uint32_t(i))) {
      break;
    }
    ReadControl(&messages_[i].msg_hdr, &utcNs, &segmentBytes);
    assembler_.Push(header, next.headerBytes, static_cast<const uint8_t*>(messagePieces_[3 * i + 1].iov_base),
                    landing_.lengths[i], ArrivalOf(utcNs), utcNs);
  }
  // All the rest is taken aside first, for the same reason as above.
  for (int k = i; k < received && uint32_t(k) < foreseen; k++) {
    CopyOut(messages_[k].msg_hdr.msg_iov, messages_[k].msg_hdr.msg_iovlen, 0, messages_[k].msg_len,
            bounce_.get() + size_t(k) * kDatagramBytes);
  }
  for (int k = i; k < received; k++) {
    ReadControl(&messages_[k].msg_hdr, &utcNs, &segmentBytes);
    if (!FromDevice(messages_[k].msg_hdr)) continue;
    const uint8_t* whole = (uint32_t(k) < foreseen ? bounce_.get() : spill_.get()) + size_t(k) * kDatagramBytes;
    assembler_.PushWhole(whole, messages_[k].msg_len, ArrivalOf(utcNs), utcNs);
  }
  return true;
}

void StreamReceiver::CopyOut(const iovec* pieces, size_t count, size_t from, size_t to, uint8_t* target) const {
  size_t at = 0;
  for (size_t i = 0; i < count && at < to; i++) {
    const size_t end = std::min(at + pieces[i].iov_len, to);
    if (end > from) {
      const size_t begin = std::max(at, from);
      std::memcpy(target, static_cast<const uint8_t*>(pieces[i].iov_base) + (begin - at), end - begin);
      target += end - begin;
    }
    at += pieces[i].iov_len;
  }
}

bool StreamReceiver::FromDevice(const msghdr& message) const {
  if (deviceIp_ == 0) return true;
  return static_cast<const sockaddr_in*>(message.msg_name)->sin_addr.s_addr == deviceIp_;
}

void StreamReceiver::ReadControl(msghdr* message, int64_t* utcNs, uint32_t* segmentBytes) {
  for (cmsghdr* control = CMSG_FIRSTHDR(message); control != nullptr; control = CMSG_NXTHDR(message, control)) {
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp;
      std::memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
      *utcNs = int64_t{stamp.tv_sec} * 1000000000 + stamp.tv_nsec;
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
      uint32_t drops;
      std::memcpy(&drops, CMSG_DATA(control), sizeof drops);
      assembler_.producer.Count(ring::kKernelDrops, uint32_t(drops - kernelDrops_));
      kernelDrops_ = drops;
    } else if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
      int size;
      std::memcpy(&size, CMSG_DATA(control), sizeof size);
      *segmentBytes = uint32_t(size);
    }
  }
  if (*utcNs == 0) *utcNs = Now(CLOCK_REALTIME);
}

// The kernel's stamp on the monotonic clock; never later than now, never before the packet read last.
int64_t StreamReceiver::ArrivalOf(int64_t utcNs) {
  const int64_t now = Now(CLOCK_MONOTONIC);
  const int64_t arrival = std::min(now, now - (Now(CLOCK_REALTIME) - utcNs));
  lastArrivalNs_ = std::max(lastArrivalNs_, arrival);
  return lastArrivalNs_;
}

// GVCP PACKETRESEND (0x0040): no acknowledge; 64-bit ids are announced by flag 0x10.
void StreamReceiver::SendRequests() {
  const bool extended = assembler_.RequestsExtended();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(uint16_t(config_.gvcpPort));
  to.sin_addr.s_addr = deviceIp_;
  for (const ResendRequest& request : assembler_.requests) {
    uint8_t message[28] = {0x42, uint8_t(extended ? 0x10 : 0x00), 0x00, 0x40};
    const uint32_t length = extended ? 20 : 12;
    PutBe16(message + 4, length);
    requestId_ = requestId_ == 65535 ? 1 : uint16_t(requestId_ + 1);
    PutBe16(message + 6, requestId_);
    PutBe16(message + 8, config_.streamChannel);
    PutBe16(message + 10, extended ? 0 : uint32_t(request.wireBlockId));
    PutBe32(message + 12, request.firstPacket);
    PutBe32(message + 16, request.lastPacket);
    if (extended) {
      PutBe32(message + 20, uint32_t(request.wireBlockId >> 32));
      PutBe32(message + 24, uint32_t(request.wireBlockId));
    }
    if (deviceIp_ != 0 && config_.gvcpPort != 0) {
      sendto(socket_, message, 8 + length, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
  }
  assembler_.requests.clear();
}

void StreamReceiver::Wake(int64_t nowNs, bool now) {
  if (!now && nowNs - lastWakeNs_ < kTickNs) return;
  lastWakeNs_ = nowNs;
  eventsTold_ = assembler_.producer.eventsPut;
  assembler_.producer.Count(ring::kWakeups);
  wake_();
}

}  // namespace appulse

#endif
