// Reference for `npm run bench -- receive`: what a small C program reaches on this machine with the same techniques as
// the native receiver (UDP_GRO or recvmmsg, payload scattered to its predicted final address, every header parsed, a
// bitmap of packets kept), and nothing else: no resend, no order of frames, no consumer.
//
//   cc -O3 -o receiver receiver.c
//   receiver gro|recvmmsg FRAME_BYTES PACKET_DATA_BYTES SLOTS
// prints its port as {"port":N}, receives until 500 ms after the last packet, prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { HEADER = 20, MOST = 64, DATAGRAM = 65536 };

static uint8_t headers[MOST][HEADER], spill[MOST][DATAGRAM], bounce[MOST * 2][DATAGRAM / 2];
static uint64_t frameBytes, stride, frames, packets, bytes, lost, duplicates;
static uint32_t dataBytes, perFrame, slots;
static uint8_t *ring;
static uint64_t *bitmap;
static uint64_t block, next = 1, inFrame;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
static uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }
static uint8_t *place(uint64_t b, uint64_t id) { return ring + b % slots * stride + (id - 1) * dataBytes; }

static void begin(uint64_t b) {
  if (block != 0) {
    lost += perFrame - inFrame;
    if (b > block + 1) lost += (b - block - 1) * perFrame;
  }
  memset(bitmap, 0, (perFrame + 2 + 63) / 64 * 8);
  block = b;
  inFrame = 0;
  next = 1;
}

// A packet whose header lies at `header` and whose data lie at `data`.
static void take(const uint8_t *header, const uint8_t *data, size_t length) {
  const int format = header[4] & 0x7f;
  const uint64_t b = (uint64_t)be32(header + 8) << 32 | be32(header + 12), id = be32(header + 16);
  packets++;
  if (b > block) begin(b);
  if (b != block || id > perFrame + 1) return;
  if (format == 2) frames++;
  if (format != 3 || id == 0 || length > dataBytes) return;
  if (bitmap[id / 64] >> id % 64 & 1) {
    duplicates++;
    return;
  }
  bitmap[id / 64] |= 1ull << id % 64;
  inFrame++;
  bytes += length;
  if (place(b, id) != data) memmove(place(b, id), data, length);
  next = id + 1;
}

static int foreseen(const uint8_t *header, uint64_t id) {
  return (header[4] & 0x7f) == 3 && be32(header + 16) == id && be32(header + 12) == (uint32_t)block;
}

static uint32_t lengthOf(uint64_t id) {
  const uint64_t offset = (id - 1) * dataBytes;
  return frameBytes - offset < dataBytes ? frameBytes - offset : dataBytes;
}

static uint32_t predict(void) {
  uint32_t count = 0;
  if (block == 0) return 0;
  while (count < MOST && next + count <= perFrame && !(bitmap[(next + count) / 64] >> (next + count) % 64 & 1)) count++;
  return count;
}

static size_t gather(const struct iovec *v, size_t n, size_t from, size_t to, uint8_t *out) {
  size_t at = 0, got = 0;
  for (size_t i = 0; i < n && at < to; i++) {
    const size_t end = at + v[i].iov_len < to ? at + v[i].iov_len : to, start = at > from ? at : from;
    if (end > start) {
      memcpy(out + got, (uint8_t *)v[i].iov_base + (start - at), end - start);
      got += end - start;
    }
    at += v[i].iov_len;
  }
  return got;
}

static int aggregate(int fd) {
  static struct iovec v[2 * MOST + 1];
  char control[256];
  uint32_t n = predict();
  if (n > DATAGRAM / (HEADER + dataBytes) + 1) n = DATAGRAM / (HEADER + dataBytes) + 1;
  const uint64_t first = next;
  for (uint32_t i = 0; i < n; i++) {
    v[2 * i] = (struct iovec){headers[i], HEADER};
    v[2 * i + 1] = (struct iovec){place(block, first + i), lengthOf(first + i)};
  }
  v[2 * n] = (struct iovec){spill[0], DATAGRAM};
  struct msghdr m = {.msg_iov = v, .msg_iovlen = 2 * n + 1, .msg_control = control, .msg_controllen = sizeof control};
  const ssize_t got = recvmsg(fd, &m, MSG_DONTWAIT);
  if (got < 0) return 0;
  size_t size = got, done = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      int s;
      memcpy(&s, CMSG_DATA(c), sizeof s);
      size = s;
    }
  }
  for (uint32_t i = 0; i < n && done < (size_t)got; i++) {
    const size_t length = size < got - done ? size : got - done;
    if (length != HEADER + v[2 * i + 1].iov_len || !foreseen(headers[i], first + i)) break;
    take(headers[i], v[2 * i + 1].iov_base, length - HEADER);
    done += length;
  }
  if (done == (size_t)got) return 1;
  const size_t rest = gather(v, 2 * n + 1, done, got, bounce[0]);
  for (size_t at = 0; at < rest; at += size) {
    const size_t length = size < rest - at ? size : rest - at;
    if (length >= HEADER) take(bounce[0] + at, bounce[0] + at + HEADER, length - HEADER);
  }
  return 1;
}

static int batch(int fd) {
  static struct iovec v[MOST][3];
  static struct mmsghdr m[MOST];
  const uint32_t n = predict(), most = n + 2 < MOST ? n + 2 : MOST;
  const uint64_t first = next;
  for (uint32_t i = 0; i < most; i++) {
    int k = 0;
    if (i < n) {
      v[i][k++] = (struct iovec){headers[i], HEADER};
      v[i][k++] = (struct iovec){place(block, first + i), lengthOf(first + i)};
    }
    v[i][k++] = (struct iovec){spill[i], DATAGRAM};
    m[i].msg_hdr = (struct msghdr){.msg_iov = v[i], .msg_iovlen = k};
  }
  const int got = recvmmsg(fd, m, most, MSG_DONTWAIT, NULL);
  if (got < 0) return 0;
  int i = 0;
  for (; i < got && (uint32_t)i < n; i++) {
    if (m[i].msg_len != HEADER + v[i][1].iov_len || !foreseen(headers[i], first + i)) break;
    take(headers[i], v[i][1].iov_base, m[i].msg_len - HEADER);
  }
  for (int k = i; k < got && (uint32_t)k < n; k++) gather(v[k], 3, 0, m[k].msg_len, bounce[k]);
  for (int k = i; k < got; k++) {
    const uint8_t *whole = (uint32_t)k < n ? bounce[k] : spill[k];
    if (m[k].msg_len >= HEADER) take(whole, whole + HEADER, m[k].msg_len - HEADER);
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "receiver gro|recvmmsg FRAME_BYTES PACKET_DATA_BYTES SLOTS\n"), 2;
  int gro = strcmp(argv[1], "gro") == 0, on = 1, buffer = 64 << 20;
  frameBytes = strtoull(argv[2], 0, 10);
  dataBytes = strtoul(argv[3], 0, 10);
  slots = strtoul(argv[4], 0, 10);
  perFrame = (frameBytes + dataBytes - 1) / dataBytes;
  stride = (frameBytes + 4095) / 4096 * 4096;
  ring = mmap(0, stride * slots, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  bitmap = calloc((perFrame + 2 + 63) / 64, 8);
  memset(spill, 1, sizeof spill);
  memset(bounce, 1, sizeof bounce);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof to;
  bind(fd, (struct sockaddr *)&to, sizeof to);
  getsockname(fd, (struct sockaddr *)&to, &length);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (gro && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0) return perror("UDP_GRO"), 1;
  printf("{\"port\":%d}\n", ntohs(to.sin_port));
  fflush(stdout);

  struct pollfd p = {fd, POLLIN, 0};
  poll(&p, 1, 30000);
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  const double began = now();
  double last = began;
  for (;;) {
    if (gro ? aggregate(fd) : batch(fd)) continue;
    last = now();
    if (poll(&p, 1, 500) == 0) break;
  }
  getrusage(RUSAGE_SELF, &after);
  if (block != 0) lost += perFrame - inFrame;
  const double cpu = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) + (after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                     1e-6 * (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec);
  printf("{\"gbps\":%.3f,\"frames\":%llu,\"packets\":%llu,\"lost\":%llu,\"cpuSeconds\":%.3f,\"bytes\":%llu}\n",
         bytes * 8e-9 / (last - began), (unsigned long long)frames, (unsigned long long)packets, (unsigned long long)lost,
         cpu, (unsigned long long)bytes);
  return 0;
}
