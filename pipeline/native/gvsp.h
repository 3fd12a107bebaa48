// Headers of the GigE Vision streaming protocol, read in place; the twin of receive/packet-header.ts.
#pragma once
#include <cstdint>
#include <cstddef>

namespace appulse {

inline uint32_t Be16(const uint8_t* at) { return uint32_t{at[0]} << 8 | at[1]; }
inline uint32_t Be32(const uint8_t* at) { return Be16(at) << 16 | Be16(at + 2); }
inline void PutBe16(uint8_t* at, uint32_t value) {
  at[0] = uint8_t(value >> 8);
  at[1] = uint8_t(value);
}
inline void PutBe32(uint8_t* at, uint32_t value) {
  PutBe16(at, value >> 16);
  PutBe16(at + 2, value);
}

namespace gvsp {

constexpr uint32_t kLeader = 1, kTrailer = 2, kPayload = 3;
constexpr uint32_t kHeaderBytes = 8, kExtendedHeaderBytes = 20;

constexpr uint32_t kSuccess = 0x0000, kPacketResend = 0x0100, kPacketUnavailable = 0x800c,
                   kPacketNotYetAvailable = 0x8010, kPacketAndPreviousRemoved = 0x8011, kPacketRemoved = 0x8012,
                   kPacketTemporarilyUnavailable = 0x8014;
constexpr uint32_t kFlagResend = 0x0001;
// Ids from 2^53 on are no ids a camera reaches, and TypeScript's numbers stay exact below.
constexpr uint32_t kBlockIdHighLimit = 1u << 21;

struct Header {
  uint32_t status, format, packetId, dataOffset;
  uint64_t blockId;  // as on the wire
  bool extended, resent;

  // False when the packet is too short or names an impossible block.
  bool Read(const uint8_t* packet, size_t bytes) {
    if (bytes < kHeaderBytes) return false;
    status = Be16(packet);
    format = packet[4] & 0x7f;
    extended = (packet[4] & 0x80) != 0;
    if (!extended) {
      dataOffset = kHeaderBytes;
      blockId = Be16(packet + 2);
      packetId = Be32(packet + 4) & 0x00ffffff;
      resent = status == kPacketResend;
      return blockId != 0;
    }
    if (bytes < kExtendedHeaderBytes) return false;
    dataOffset = kExtendedHeaderBytes;
    const uint32_t high = Be32(packet + 8);
    if (high >= kBlockIdHighLimit) return false;
    blockId = uint64_t{high} << 32 | Be32(packet + 12);
    packetId = Be32(packet + 16);
    resent = status == kPacketResend || (Be16(packet + 2) & kFlagResend) != 0;
    return blockId != 0;
  }
};

}  // namespace gvsp
}  // namespace appulse
