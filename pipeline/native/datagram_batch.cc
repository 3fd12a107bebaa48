#include "datagram_batch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#endif

namespace appulse {

bool DatagramBatch::Add(const uint8_t* header, size_t headerBytes, const iovec* pieces, size_t count, bool alone) {
  if (datagrams_ == kDatagrams) return false;
  size_t bytes = headerBytes;
  for (size_t i = 0; i < count; ++i) bytes += pieces[i].iov_len;
  Message* message = messages_ > 0 ? &message_[messages_ - 1] : nullptr;
  const bool join = segmented_ && !alone && message && !message->closed && bytes <= message->segmentBytes &&
                    message->bytes + bytes <= kSegmentedBytes && message->segments < kSegments;
  if (!join) {
    if (messages_ == (segmented_ ? kSegmentedMessages : kMessages)) return false;
    message = &message_[messages_++];
    *message = Message{iovecs_, 0, bytes, 0, 0, alone};
  }
  message->closed = message->closed || bytes < message->segmentBytes;  // a shorter datagram ends a segmented message
  message->bytes += bytes;
  ++message->segments;
  uint8_t* kept = header_[datagrams_++].data();
  memcpy(kept, header, headerBytes);
  iov_[iovecs_++] = {kept, headerBytes};
  for (size_t i = 0; i < count; ++i) {
    if (pieces[i].iov_len > 0) iov_[iovecs_++] = pieces[i];
  }
  message->iovecs = iovecs_ - message->firstIovec;
  return true;
}

DatagramBatch::Outcome DatagramBatch::Send(int fd, sockaddr_in& to) {
  Outcome outcome;
  size_t done = 0;
#ifdef __linux__
  for (size_t i = 0; i < messages_; ++i) {
    const Message& message = message_[i];
    msghdr& out = out_[i].msg_hdr;
    out = msghdr{};
    out.msg_name = &to;
    out.msg_namelen = sizeof to;
    out.msg_iov = &iov_[message.firstIovec];
    out.msg_iovlen = message.iovecs;
    if (message.segments > 1) {
      out.msg_control = control_[i].bytes;
      out.msg_controllen = sizeof control_[i].bytes;
      cmsghdr* control = CMSG_FIRSTHDR(&out);
      control->cmsg_level = SOL_UDP;
      control->cmsg_type = UDP_SEGMENT;
      control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      const uint16_t segment = static_cast<uint16_t>(message.segmentBytes);
      memcpy(CMSG_DATA(control), &segment, sizeof segment);
    }
  }
  int busy = 0;
  while (done < messages_) {
    const int n = sendmmsg(fd, &out_[done], static_cast<unsigned>(messages_ - done), 0);
    if (n > 0) {
      for (int i = 0; i < n; ++i) outcome.sent += message_[done + static_cast<size_t>(i)].segments;
      done += static_cast<size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    if ((errno == EAGAIN || errno == ENOBUFS) && ++busy < 1000) {
      usleep(200);
      continue;
    }
    outcome.refused += message_[done].segments;
    ++done;
  }
#else
  for (; done < messages_; ++done) {
    const Message& message = message_[done];
    msghdr out{};
    out.msg_name = &to;
    out.msg_namelen = sizeof to;
    out.msg_iov = &iov_[message.firstIovec];
    out.msg_iovlen = static_cast<int>(message.iovecs);
    (sendmsg(fd, &out, 0) >= 0 ? outcome.sent : outcome.refused) += message.segments;
  }
#endif
  messages_ = 0;
  datagrams_ = 0;
  iovecs_ = 0;
  return outcome;
}

}  // namespace appulse
