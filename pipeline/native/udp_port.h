// UDP sockets: bound for a receiver, or held so that a port stays silent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace appulse {

// Binds a non-blocking UDP socket; port 0 takes any free one. Empty on success, else what went wrong, with errno in `error`.
std::string BindUdp(const std::string& address, uint32_t port, int* socketOut, uint32_t* portOut, int* error);

// A UDP port that is held so that the kernel does not answer "unreachable", while all that arrives is dropped unseen.
// Requests are sent from it.
class HeldPort {
 public:
  ~HeldPort() { Close(); }
  std::string Open(const std::string& address, uint32_t port);
  bool Send(const std::string& address, uint32_t port, const uint8_t* bytes, size_t length);
  void Close();
  uint32_t port = 0;
  int failedWith = 0;

 private:
  int socket_ = -1;
};

}  // namespace appulse
