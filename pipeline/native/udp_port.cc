#include "udp_port.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace appulse {

std::string BindUdp(const std::string& address, uint32_t port, int* socketOut, uint32_t* portOut, int* error) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(uint16_t(port));
  if (inet_pton(AF_INET, address.c_str(), &local.sin_addr) != 1) return address + " is no IPv4 address";
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    *error = errno;
    return std::string("no UDP socket: ") + strerror(errno);
  }
  *socketOut = fd;
  if (bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) {
    *error = errno;
    return "cannot bind UDP " + address + ":" + std::to_string(port) + ": " + strerror(errno);
  }
  socklen_t length = sizeof local;
  getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length);
  *portOut = ntohs(local.sin_port);
  return "";
}

std::string HeldPort::Open(const std::string& address, uint32_t wanted) {
  std::string problem = BindUdp(address, wanted, &socket_, &port, &failedWith);
  if (!problem.empty()) {
    Close();
    return problem;
  }
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  setsockopt(socket_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  return "";
}

bool HeldPort::Send(const std::string& address, uint32_t to, const uint8_t* bytes, size_t length) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(uint16_t(to));
  if (socket_ < 0 || inet_pton(AF_INET, address.c_str(), &target.sin_addr) != 1) return false;
  return sendto(socket_, bytes, length, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&target), sizeof target) ==
         ssize_t(length);
}

void HeldPort::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace appulse

#endif
