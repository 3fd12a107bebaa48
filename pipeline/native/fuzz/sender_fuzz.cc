// Drives the sender with random frames, plans and resend requests; to be built with sanitizers. Arguments: seed, frames.
// Plans refer to packets and frames that do not exist, too. Prints one line; ends with 1 when a plain frame is not whole.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "../sender.h"

using appulse::Sender;
using appulse::SenderFrame;
using appulse::SendMode;
using appulse::StreamSettings;

namespace {

struct Sink {
  int fd;
  uint16_t port;
  std::map<uint64_t, std::map<uint32_t, std::vector<uint8_t>>> packets;  // by block and packet id
  uint64_t datagrams = 0;

  Sink() : fd(socket(AF_INET, SOCK_DGRAM, 0)), port(0) {
    int bytes = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a);
    socklen_t length = sizeof a;
    getsockname(fd, reinterpret_cast<sockaddr*>(&a), &length);
    port = ntohs(a.sin_port);
  }
  ~Sink() { close(fd); }

  void Drain(bool extended) {
    static uint8_t bytes[65536];
    for (;;) {
      const ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
      if (n < 0) return;
      ++datagrams;
      const size_t header = extended ? 20 : 8;
      if (static_cast<size_t>(n) < header || bytes[0] != 0) continue;
      const uint64_t block = extended ? static_cast<uint64_t>(bytes[14]) << 8 | bytes[15]
                                      : static_cast<uint64_t>(bytes[2]) << 8 | bytes[3];
      const uint32_t id = extended ? static_cast<uint32_t>(bytes[18]) << 8 | bytes[19]
                                   : static_cast<uint32_t>(bytes[6]) << 8 | bytes[7];
      packets[block][id].assign(bytes + header, bytes + n);
    }
  }
};

int64_t Now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  std::mt19937 random(argc > 1 ? static_cast<unsigned>(atoi(argv[1])) : 1);
  const int frames = argc > 2 ? atoi(argv[2]) : 200;
  auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  std::vector<uint8_t> pool(1 << 20);
  for (auto& byte : pool) byte = static_cast<uint8_t>(random());

  Sink sink;
  Sender sender("127.0.0.1", 0);
  uint64_t checked = 0;
  uint64_t broken = 0;
  for (int round = 0; round < 8; ++round) {
    StreamSettings settings;
    settings.address = "127.0.0.1";
    settings.port = sink.port;
    const uint32_t sizes[] = {1, 13, 184, 1464, 8964, 40000};
    settings.packetDataBytes = sizes[below(6)];
    settings.extendedIds = below(2) == 1;
    settings.segmented = below(2) == 1;
    settings.historyFrames = below(20);
    settings.resendLoss = below(2) * 0.3;
    settings.seed = random();
    sender.Start(settings);
    sink.packets.clear();
    std::map<uint64_t, SenderFrame> plain;
    for (int i = 1; i <= frames / 8; ++i) {
      auto frame = std::make_unique<SenderFrame>();
      frame->blockId = static_cast<uint64_t>(i);
      frame->payloadBytes = below(settings.packetDataBytes * 30);
      const size_t offset = below(static_cast<uint32_t>(pool.size()));
      frame->payloadBytes = std::min<uint64_t>(frame->payloadBytes, pool.size() - offset);
      frame->payload = pool.data() + offset;
      frame->headerBytes = static_cast<uint32_t>(std::min<uint64_t>(below(65), frame->payloadBytes));
      for (auto& byte : frame->header) byte = static_cast<uint8_t>(random());
      frame->leaderBytes = 36;
      frame->trailerBytes = 8;
      frame->dueNs = Now();
      frame->packetIntervalNs = below(20'000);
      if (below(2) == 1) {
        for (uint32_t r = below(40); r > 0; --r) {
          const uint32_t first = below(40);
          const uint32_t back = below(3) == 0 ? below(100) : 0;
          // Earlier frames stay undamaged, so that plain ones can be checked.
          const SendMode mode = back > 0 ? SendMode::kPlain : static_cast<SendMode>(below(7));
          frame->plan.push_back({first, first + below(5), mode, back});
        }
      }
      if (frame->plan.empty()) plain.emplace(frame->blockId, *frame);
      sender.Submit(std::move(frame));
      if (below(3) == 0) {
        const uint32_t first = below(50);
        sender.Resend(below(static_cast<uint32_t>(i) + 3), first, first + below(60));
      }
      if (below(10) == 0) sender.Resend(0, 0, 0xFFFFFFFF);
      if (below(15) == 0) sender.CancelQueued();
      for (int wait = 0; wait < 100 && sender.Progress().framesSent < static_cast<uint64_t>(i); ++wait) {
        sink.Drain(settings.extendedIds);
        usleep(100);
      }
    }
    sink.Drain(settings.extendedIds);
    sender.Stop();
    sink.Drain(settings.extendedIds);
    for (const auto& [block, frame] : plain) {
      const auto& arrived = sink.packets[block];
      const uint64_t data = settings.packetDataBytes;
      const uint64_t count = (frame.payloadBytes + data - 1) / data;
      // Frames that were cancelled, or lost in the socket, are not whole; what is there must be right.
      ++checked;
      for (const auto& [id, bytes] : arrived) {
        if (id == 0 || id > count) continue;
        for (size_t k = 0; k < bytes.size(); ++k) {
          const uint64_t at = (id - 1) * data + k;
          const uint8_t expected = at < frame.headerBytes ? frame.header[at] : frame.payload[at];
          if (at >= frame.payloadBytes || bytes[k] != expected) {
            ++broken;
            break;
          }
        }
      }
    }
  }
  printf("%llu datagrams, %llu plain frames checked, %llu broken packets\n",
         static_cast<unsigned long long>(sink.datagrams), static_cast<unsigned long long>(checked),
         static_cast<unsigned long long>(broken));
  return broken == 0 && sink.datagrams > 0 ? 0 : 1;
}
