// Datagrams gathered for one system call: sendmmsg, with UDP_SEGMENT where asked for.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace appulse {

// Holds headers by value and bodies by reference: what the pieces point at must stay until Send.
class DatagramBatch {
 public:
  static constexpr size_t kHeaderBytes = 20;
  static constexpr size_t kPieces = 3;

  struct Outcome {
    uint64_t sent = 0;
    uint64_t refused = 0;
  };

  // With `segmented` a message carries several datagrams of the same size (the last may be shorter), which the kernel
  // cuts apart; otherwise one.
  explicit DatagramBatch(bool segmented) : segmented_(segmented) {}

  // Adds header + pieces as one datagram; `alone` keeps it out of segmented messages. False when the batch is full:
  // send it and add again.
  bool Add(const uint8_t* header, size_t headerBytes, const iovec* pieces, size_t count, bool alone);
  bool empty() const { return messages_ == 0; }
  // Sends everything and empties the batch.
  Outcome Send(int fd, sockaddr_in& to);

 private:
  static constexpr size_t kMessages = 64;
  static constexpr size_t kSegmentedMessages = 20;  // 1.2 MB: one burst at 10 Gb/s
  static constexpr size_t kSegments = 64;           // the kernel's UDP_MAX_SEGMENTS
  static constexpr size_t kSegmentedBytes = 65507;  // the largest UDP payload
  static constexpr size_t kDatagrams = kSegmentedMessages * kSegments;

  struct Message {
    size_t firstIovec;
    size_t iovecs;
    size_t segmentBytes;
    size_t bytes;
    size_t segments;
    bool closed;
  };

  bool segmented_;
  size_t messages_ = 0;
  size_t datagrams_ = 0;
  size_t iovecs_ = 0;
  std::array<Message, kMessages> message_;
  std::array<std::array<uint8_t, kHeaderBytes>, kDatagrams> header_;
  std::array<iovec, kDatagrams*(kPieces + 1)> iov_;
#ifdef __linux__
  struct Control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
  };
  std::array<mmsghdr, kMessages> out_;
  std::array<Control, kMessages> control_;
#endif
};

}  // namespace appulse
