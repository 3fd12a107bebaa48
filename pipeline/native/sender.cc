#include "sender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace appulse {

namespace {

// A burst is what is due within this time; longer bursts overrun receivers' socket buffers.
constexpr int64_t kBurstNs = 1'000'000;
// After a delay (the thread was not scheduled) bursts may grow to this many times the nominal size.
constexpr int64_t kCatchUp = 2;
constexpr uint32_t kResendBurst = 64;
constexpr int64_t kResendPauseNs = 500'000;
constexpr uint32_t kResendsPerRequest = 1u << 20;
constexpr uint32_t kRefusalsPerRequest = 1024;
constexpr size_t kMaxResendRequests = 65536;

constexpr uint8_t kLeader = 1;
constexpr uint8_t kTrailer = 2;
constexpr uint8_t kPayload = 3;
constexpr uint16_t kStatusResend = 0x0100;
constexpr uint16_t kStatusUnavailable = 0x800C;
constexpr uint16_t kStatusNotYet = 0x8010;
constexpr uint16_t kStatusRemoved = 0x8012;
constexpr uint16_t kFlagResend = 0x0001;

constexpr uint8_t kPadding[8] = {};

void Put16(uint8_t* p, uint32_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
void Put32(uint8_t* p, uint32_t v) {
  Put16(p, v >> 16);
  Put16(p + 2, v & 0xFFFF);
}

int64_t MonotonicNs() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

sockaddr_in AddressOf(const std::string& address, uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &a.sin_addr) != 1) throw std::runtime_error("not an IPv4 address: " + address);
  return a;
}

void SetDontFragment(int fd, bool on) {
#ifdef __linux__
  int value = on ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
  setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &value, sizeof value);
#else
  (void)fd;
  (void)on;
#endif
}

// splitmix64: one well-mixed word from a counter.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

}  // namespace

void ReadClocks(int64_t* realtimeNs, int64_t* monotonicNs) {
  // The pair read with the least time between is the best of a few.
  int64_t best = INT64_MAX;
  for (int i = 0; i < 5; ++i) {
    int64_t before = MonotonicNs();
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    int64_t after = MonotonicNs();
    if (after - before >= best) continue;
    best = after - before;
    *realtimeNs = static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
    *monotonicNs = before + (after - before) / 2;
  }
}

Sender::Sender(const std::string& address, uint16_t port) {
  sockaddr_in local = AddressOf(address, port);
  fd_ = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd_ < 0) throw std::runtime_error(std::string("socket: ") + strerror(errno));
  // A receiver may send a datagram here to open a firewall; nothing reads it, so keep little.
  int receive = 4096;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
  int send = 4 << 20;
  setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
  if (bind(fd_, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) {
    std::string reason = strerror(errno);
    close(fd_);
    throw std::runtime_error("bind " + address + ":" + std::to_string(port) + ": " + reason);
  }
  sockaddr_in bound{};
  socklen_t length = sizeof bound;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length);
  port_ = ntohs(bound.sin_port);
}

Sender::~Sender() {
  Stop();
  if (fd_ >= 0) close(fd_);
}

bool Sender::SendOne(const uint8_t* bytes, size_t length, const std::string& address, uint16_t port,
                     bool dontFragment) {
  sockaddr_in to = AddressOf(address, port);
  SetDontFragment(fd_, dontFragment);
  return sendto(fd_, bytes, length, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) == static_cast<ssize_t>(length);
}

void Sender::Start(const StreamSettings& settings) {
  Stop();
  settings_ = settings;
  destination_ = AddressOf(settings.address, settings.port);
  SetDontFragment(fd_, settings.dontFragment);
  queue_.clear();
  history_.clear();
  resends_.clear();
  progress_ = SenderProgress{};
  newestBlock_ = 0;
  current_.reset();
  nextDueNs_ = 0;
  stopping_ = false;
  thread_ = std::thread([this] { Run(); });
}

void Sender::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Sender::Submit(std::unique_ptr<SenderFrame> frame) {
  uint64_t data = settings_.packetDataBytes;
  frame->payloadPackets = static_cast<uint32_t>((frame->payloadBytes + data - 1) / data);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(frame));
  }
  wake_.notify_all();
}

void Sender::Resend(uint64_t blockId, uint32_t first, uint32_t last) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!thread_.joinable() || last < first || resends_.size() >= kMaxResendRequests) return;
    resends_.push_back({blockId, first, last, kResendsPerRequest});
  }
  wake_.notify_all();
}

uint32_t Sender::CancelQueued() {
  std::lock_guard<std::mutex> lock(mutex_);
  uint32_t count = static_cast<uint32_t>(queue_.size());
  queue_.clear();
  return count;
}

SenderProgress Sender::Progress() {
  std::lock_guard<std::mutex> lock(mutex_);
  return progress_;
}

void Sender::Run() {
#ifdef __linux__
  prctl(PR_SET_NAME, "appulse-send");
  prctl(PR_SET_TIMERSLACK, 1000);  // the default of 50 us is a tenth of a burst
#endif
  auto batch = std::make_unique<DatagramBatch>(settings_.segmented);
  bool resendsLeft = false;
  int64_t nextResendNs = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (!current_ && !queue_.empty()) {
      current_ = std::move(queue_.front());
      queue_.pop_front();
      history_.push_back(current_);
      // Frames that a plan may still refer to stay, whatever the history is.
      while (history_.size() > settings_.historyFrames + 1u && history_.size() > 64) history_.pop_front();
      planIndex_ = 0;
      planPackets_ = 0;
      framePackets_ = 0;
      frameStartNs_ = std::max(current_->dueNs, nextDueNs_ - kBurstNs);
      nextDueNs_ = frameStartNs_;
      if (current_->leaderBytes > 0) newestBlock_ = current_->blockId;
      progress_.sending = true;
      progress_.planIndex = 0;
      progress_.planPackets = 0;
    }
    int64_t now = MonotonicNs();
    resendsLeft = !resends_.empty();
    int64_t until = INT64_MAX;
    if (current_) until = nextDueNs_;
    if (resendsLeft) until = std::min(until, nextResendNs);
    if (until > now) {
      if (until == INT64_MAX) {
        wake_.wait(lock);
      } else {
        // steady_clock is CLOCK_MONOTONIC; the wait ends early for a new request.
        wake_.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(until)));
      }
      continue;
    }
    lock.unlock();
    if (resendsLeft && nextResendNs <= now) {
      if (ServeResends(*batch)) nextResendNs = MonotonicNs() + kResendPauseNs;
    }
    if (current_ && nextDueNs_ <= now) SendDue(*batch, now);
    lock.lock();
    progress_.planIndex = static_cast<uint32_t>(planIndex_);
    progress_.planPackets = planPackets_;
  }
}

// Sends what is due by now and within one burst ahead, and says in nextDueNs_ when to come again.
void Sender::SendDue(DatagramBatch& batch, int64_t nowNs) {
  SenderFrame& frame = *current_;
  const double interval = std::max(frame.packetIntervalNs, 1.0);
  const uint64_t due = static_cast<uint64_t>(static_cast<double>(nowNs - frameStartNs_ + kBurstNs) / interval) + 1;
  const uint64_t most = static_cast<uint64_t>(static_cast<double>(kBurstNs) * kCatchUp / interval) + 1;
  const uint64_t allowed = due > framePackets_ ? std::min(due - framePackets_, most) : 0;
  const SendRange whole{0, frame.payloadPackets + 1, SendMode::kPlain, 0};
  const size_t ranges = frame.planned ? frame.plan.size() : 1;
  uint64_t sent = 0;
  std::shared_ptr<SenderFrame> other;
  while (planIndex_ < ranges && sent < allowed) {
    const SendRange& range = frame.planned ? frame.plan[planIndex_] : whole;
    if (range.mode == SendMode::kPause) {
      Flush(batch);
      frameStartNs_ += static_cast<int64_t>(range.first) * 1000;
      framePackets_ += sent;
      ++planIndex_;
      planPackets_ = 0;
      nextDueNs_ = MonotonicNs() + static_cast<int64_t>(range.first) * 1000;
      if (planIndex_ == ranges) FinishFrame();
      return;
    }
    SenderFrame* from = &frame;
    if (range.framesBack > 0) {
      std::lock_guard<std::mutex> lock(mutex_);
      size_t back = range.framesBack;
      other = history_.size() > back ? history_[history_.size() - 1 - back] : nullptr;
      from = other.get();
    }
    const uint32_t count = range.last - range.first + 1;
    while (planPackets_ < count && sent < allowed) {
      if (from) Append(batch, *from, range.first + planPackets_, range.mode, false);
      ++planPackets_;
      ++sent;
    }
    if (planPackets_ == count) {
      ++planIndex_;
      planPackets_ = 0;
      if (other) Flush(batch);  // `other` may leave the history
    }
  }
  Flush(batch);
  framePackets_ += sent;
  nextDueNs_ = frameStartNs_ + static_cast<int64_t>(static_cast<double>(framePackets_) * interval);
  if (sent == most && most > 1) nextDueNs_ = std::max(nextDueNs_, MonotonicNs() + kBurstNs / 2);
  if (planIndex_ == ranges) FinishFrame();
}

void Sender::FinishFrame() {
  std::lock_guard<std::mutex> lock(mutex_);
  current_.reset();
  ++progress_.framesSent;
  progress_.sending = false;
}

std::shared_ptr<SenderFrame> Sender::Find(uint64_t blockId, bool* queued) {
  std::lock_guard<std::mutex> lock(mutex_);
  *queued = false;
  size_t seen = 0;
  for (auto it = history_.rbegin(); it != history_.rend() && seen <= settings_.historyFrames; ++it, ++seen) {
    if ((*it)->blockId == blockId && (*it)->leaderBytes > 0) return *it;
  }
  for (const auto& frame : queue_) *queued = *queued || frame->blockId == blockId;
  return nullptr;
}

bool Sender::LoseResend(uint64_t blockId, uint32_t packetId) {
  if (settings_.resendLoss <= 0) return false;
  const uint64_t draw = Mix(settings_.seed ^ Mix(blockId * 0x1000003 + packetId) ^ Mix(++resendDraws_));
  return static_cast<double>(draw >> 11) * 0x1p-53 < settings_.resendLoss;
}

// Answers up to one burst of the requests that wait. True when a datagram was sent.
bool Sender::ServeResends(DatagramBatch& batch) {
  uint32_t sent = 0;
  uint32_t resent = 0;
  uint32_t refused = 0;
  while (sent < kResendBurst) {
    ResendRange range;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (resends_.empty()) break;
      range = resends_.front();
    }
    bool queued = false;
    auto frame = Find(range.blockId, &queued);
    bool done = false;
    while (!done && sent < kResendBurst) {
      const uint32_t id = range.next;
      if (!frame) {
        const bool older = settings_.extendedIds ? range.blockId <= newestBlock_
                                                 : ((newestBlock_ - range.blockId) & 0xFFFF) < 0x8000;
        AppendStatus(batch, range.blockId, id, queued ? kStatusNotYet : older ? kStatusRemoved : kStatusUnavailable);
      } else if (id > frame->payloadPackets + 1) {
        AppendStatus(batch, range.blockId, id, kStatusUnavailable);
      } else if (frame == current_ && static_cast<int64_t>(id) > frame->highestPacket) {
        AppendStatus(batch, range.blockId, id, kStatusNotYet);
      } else if (LoseResend(range.blockId, id)) {
        ++resent;
      } else {
        Append(batch, *frame, id, SendMode::kPlain, true);
        ++resent;
      }
      const bool refusal = !frame || id > frame->payloadPackets + 1;
      if (refusal) {
        ++refused;
        range.left = std::min(range.left, kRefusalsPerRequest);
      }
      ++sent;
      --range.left;
      done = id == range.last || range.left == 0;
      range.next = id + 1;
    }
    Flush(batch);
    std::lock_guard<std::mutex> lock(mutex_);
    if (done) {
      resends_.pop_front();
    } else {
      resends_.front() = range;
    }
  }
  std::lock_guard<std::mutex> lock(mutex_);
  progress_.packetsResent += resent;
  progress_.resendsRefused += refused;
  return sent > 0;
}

size_t Sender::WriteHeader(uint8_t* target, uint16_t status, uint16_t flags, uint8_t format, uint64_t blockId,
                           uint32_t packetId) const {
  Put16(target, status);
  if (!settings_.extendedIds) {
    Put16(target + 2, static_cast<uint32_t>(blockId & 0xFFFF));
    Put32(target + 4, (static_cast<uint32_t>(format) << 24) | (packetId & 0xFFFFFF));
    return 8;
  }
  Put16(target + 2, flags);
  Put32(target + 4, (0x80u | format) << 24);
  Put32(target + 8, static_cast<uint32_t>(blockId >> 32));
  Put32(target + 12, static_cast<uint32_t>(blockId));
  Put32(target + 16, packetId);
  return 20;
}

void Sender::Put(DatagramBatch& batch, const uint8_t* header, size_t headerBytes, const iovec* pieces, size_t count,
                 bool alone) {
  if (batch.Add(header, headerBytes, pieces, count, alone)) return;
  Flush(batch);
  batch.Add(header, headerBytes, pieces, count, alone);
}

void Sender::AppendStatus(DatagramBatch& batch, uint64_t blockId, uint32_t packetId, uint16_t status) {
  uint8_t header[DatagramBatch::kHeaderBytes];
  Put(batch, header, WriteHeader(header, status, 0, kPayload, blockId, packetId), nullptr, 0, true);
}

void Sender::Append(DatagramBatch& batch, SenderFrame& frame, uint32_t packetId, SendMode mode, bool resend) {
  if (!resend) frame.highestPacket = std::max(frame.highestPacket, static_cast<int64_t>(packetId));

  // The body: leader, trailer, or a piece of header and payload.
  iovec body[DatagramBatch::kPieces];
  size_t pieces = 0;
  size_t bodyBytes = 0;
  uint8_t format = kPayload;
  if (packetId == 0) {
    format = kLeader;
    body[pieces++] = {frame.leader.data(), frame.leaderBytes};
    bodyBytes = frame.leaderBytes;
  } else if (packetId == frame.payloadPackets + 1) {
    format = kTrailer;
    body[pieces++] = {frame.trailer.data(), frame.trailerBytes};
    bodyBytes = frame.trailerBytes;
  } else if (packetId <= frame.payloadPackets) {
    uint64_t begin = static_cast<uint64_t>(packetId - 1) * settings_.packetDataBytes;
    const uint64_t end = std::min<uint64_t>(begin + settings_.packetDataBytes, frame.payloadBytes);
    bodyBytes = static_cast<size_t>(end - begin);
    if (begin < frame.headerBytes) {
      const uint64_t stop = std::min<uint64_t>(end, frame.headerBytes);
      body[pieces++] = {frame.header.data() + begin, static_cast<size_t>(stop - begin)};
      begin = stop;
    }
    if (begin < end) body[pieces++] = {const_cast<uint8_t*>(frame.payload + begin), static_cast<size_t>(end - begin)};
  } else {
    return;
  }

  uint64_t blockId = frame.blockId;
  uint32_t wireId = packetId;
  bool alone = false;
  switch (mode) {
    case SendMode::kPlain:
      break;
    case SendMode::kBadFormat:
      format = 0x0F;
      break;
    case SendMode::kIdOutOfRange:
      wireId = settings_.extendedIds ? 0x7FFFFF00u + (packetId & 0xFF) : 0xFFFF00u + (packetId & 0xFF);
      break;
    case SendMode::kTruncated:
      // Half of a payload; of a leader or trailer even a part of the GVSP header.
      alone = true;
      bodyBytes = format == kPayload ? bodyBytes / 2 : 0;
      break;
    case SendMode::kOverlong:
      alone = true;
      break;
    case SendMode::kBlockZero:
      blockId = 0;
      break;
    case SendMode::kPause:
      return;
  }

  uint8_t header[DatagramBatch::kHeaderBytes];
  size_t headerBytes =
      WriteHeader(header, resend ? kStatusResend : 0, resend ? kFlagResend : 0, format, blockId, wireId);
  if (mode == SendMode::kTruncated && format != kPayload) headerBytes = 4;
  for (size_t i = 0; i < pieces; ++i) {
    body[i].iov_len = std::min(body[i].iov_len, bodyBytes);
    bodyBytes -= body[i].iov_len;
  }
  if (mode == SendMode::kOverlong) body[pieces++] = {const_cast<uint8_t*>(kPadding), sizeof kPadding};
  Put(batch, header, headerBytes, body, pieces, alone);
}

void Sender::Flush(DatagramBatch& batch) {
  if (batch.empty()) return;
  const DatagramBatch::Outcome outcome = batch.Send(fd_, destination_);
  std::lock_guard<std::mutex> lock(mutex_);
  progress_.packetsSent += outcome.sent;
  progress_.sendErrors += outcome.refused;
}

}  // namespace appulse
