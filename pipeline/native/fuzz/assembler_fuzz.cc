// Feeds the assembler with good, damaged and random packets under AddressSanitizer and UndefinedBehaviorSanitizer.
// Built and run by a test:  c++ -fsanitize=address,undefined, this file and the assembler's; ./a.out PACKETS SEED
// Every slot lies in an allocation of its own, so that one byte beside it is an error; the predictions that the receiver
// hands to the kernel are written to in full.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "../assembler.h"

using namespace appulse;

namespace {

struct TestRing {
  std::vector<std::unique_ptr<uint8_t[]>> slots;
  std::vector<uint64_t> control;
  RingMemory memory;

  TestRing(uint32_t count, uint64_t payloadBytes, uint32_t maxPackets) {
    const uint32_t queueCapacity = 256, bitmapBytes = ((maxPackets + 2 + 7) / 8 + 63) / 64 * 64;
    const uint32_t queueOffset = ring::kControlBytes, slotsOffset = queueOffset + queueCapacity * ring::kEntryBytes,
                   bitmapsOffset = slotsOffset + count * ring::kSlotBytes;
    const uint64_t bytes = bitmapsOffset + uint64_t{count} * bitmapBytes;
    control.assign(bytes / 8, 0);
    uint8_t* at = reinterpret_cast<uint8_t*>(control.data());
    auto put32 = [at](uint32_t offset, uint32_t value) { std::memcpy(at + offset, &value, 4); };
    auto put64 = [at](uint32_t offset, uint64_t value) { std::memcpy(at + offset, &value, 8); };
    put32(ring::kHeaderMagic, ring::kMagic);
    put32(ring::kHeaderVersion, ring::kVersion);
    put32(ring::kHeaderSlots, count);
    put32(ring::kHeaderMaxPayloadPackets, maxPackets);
    // No stride beyond the payload: the slot's end is the allocation's end.
    put64(ring::kHeaderStrideBytes, payloadBytes);
    put64(ring::kHeaderPayloadBytes, payloadBytes);
    put32(ring::kHeaderQueueCapacity, queueCapacity);
    put32(ring::kHeaderQueueOffset, queueOffset);
    put32(ring::kHeaderSlotsOffset, slotsOffset);
    put32(ring::kHeaderBitmapsOffset, bitmapsOffset);
    put32(ring::kHeaderBitmapBytes, bitmapBytes);
    put32(ring::kHeaderSlotsPerBlock, 1);
    std::vector<RingMemory::Block> blocks;
    for (uint32_t i = 0; i < count; i++) {
      slots.emplace_back(new uint8_t[payloadBytes]);
      std::memset(slots.back().get(), 0xee, payloadBytes);
      blocks.push_back({slots.back().get(), payloadBytes});
    }
    if (const char* problem = memory.Attach(at, bytes, blocks)) {
      std::fprintf(stderr, "%s\n", problem);
      std::exit(2);
    }
  }

  // The consumer: frees a ready slot and reads the frame whole.
  uint64_t Consume() {
    uint64_t sum = 0;
    uint8_t* at = reinterpret_cast<uint8_t*>(control.data());
    std::memcpy(at + ring::kHeaderQueueHead, at + ring::kHeaderQueueTail, 4);
    for (uint32_t i = 0; i < memory.slots; i++) {
      ring::SlotHeader* header = memory.Header(i);
      if (header->state.load() != ring::kReady) continue;
      if (header->payloadBytes > memory.payloadBytes || header->receivedBytes > header->payloadBytes) {
        std::fprintf(stderr, "slot %u claims %llu of %llu bytes\n", i, (unsigned long long)header->receivedBytes,
                     (unsigned long long)header->payloadBytes);
        std::exit(3);
      }
      for (uint64_t k = 0; k < header->payloadBytes; k++) sum += memory.Payload(i)[k];
      memory.SlotsInUse().fetch_sub(1);
      header->state.store(ring::kFree);
    }
    return sum;
  }
};

}  // namespace

int main(int count, char** arguments) {
  const uint64_t packets = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1000000;
  std::mt19937_64 random(count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1);
  auto below = [&random](uint64_t limit) { return random() % limit; };
  uint64_t fed = 0, sum = 0, frames = 0;
  while (fed < packets) {
    const uint32_t dataBytes = uint32_t(50 + below(300)), width = 32, height = uint32_t(8 + below(40));
    const uint64_t payloadBytes = uint64_t{width} * height;
    TestRing ring(uint32_t(3 + below(5)), payloadBytes + below(100), uint32_t(payloadBytes / 50 + 2));
    AssemblerOptions options;
    options.payloadBytes = below(3) == 0 ? 0 : payloadBytes + below(2) * 200;
    options.packetDataBytes = below(5) == 0 ? 0 : dataBytes;
    options.extendedIds = int(below(3)) - 1;
    options.policy.resend = below(2) == 0;
    Assembler assembler(ring.memory, options);
    const bool extended = options.extendedIds == 1 || (options.extendedIds < 0 && below(2) == 0);
    uint64_t block = below(2) == 0 ? 65500 : 1 + below(1000);
    int64_t now = 1000000000;
    for (uint32_t n = 0; n < 200 && fed < packets; n++) {
      const uint32_t payloadPackets = uint32_t((payloadBytes + dataBytes - 1) / dataBytes);
      for (uint32_t id = 0; id <= payloadPackets + 1; id++) {
        if (below(20) == 0) continue;
        // The packet's bytes end where their allocation ends.
        const uint32_t data = id == 0 ? 36
                              : id > payloadPackets ? 8
                                                    : uint32_t(std::min<uint64_t>(dataBytes, payloadBytes - uint64_t{id - 1} * dataBytes));
        const uint32_t head = extended ? 20 : 8;
        uint32_t bytes = head + data;
        std::vector<uint8_t> packet(bytes);
        for (uint8_t& byte : packet) byte = uint8_t(random());
        PutBe16(packet.data(), below(30) == 0 ? 0x8000 + uint32_t(below(24)) : below(10) == 0 ? 0x0100 : 0);
        PutBe16(packet.data() + 2, extended ? 0 : uint32_t(block % 65535 + 1));
        PutBe32(packet.data() + 4, id);
        packet[4] = uint8_t((extended ? 0x80 : 0) | (id == 0 ? 1 : id > payloadPackets ? 2 : 3));
        if (extended) {
          PutBe32(packet.data() + 8, 0);
          PutBe32(packet.data() + 12, uint32_t(block));
          PutBe32(packet.data() + 16, id);
        }
        if (id == 0) {
          PutBe16(packet.data() + head + 2, below(4) == 0 ? uint32_t(random()) & 0xffff : 1);
          PutBe32(packet.data() + head + 12, 0x01080001);
          PutBe32(packet.data() + head + 16, width);
          PutBe32(packet.data() + head + 20, height);
          PutBe32(packet.data() + head + 32, 0);
        }
        if (below(6) == 0) packet[below(std::min(bytes, 64u))] = uint8_t(random());
        if (below(20) == 0) {
          bytes = uint32_t(below(bytes + 1));
          packet.resize(bytes);
          packet.shrink_to_fit();
        }
        const Assembler::Prediction next = assembler.Predict(64);
        for (uint32_t i = 0; i < next.count; i++) {
          std::memset(next.frame->PlaceOf(next.firstPacket + i), 0xdd, next.frame->LengthOf(next.firstPacket + i));
        }
        if (next.count > 0) {
          const uint32_t last = next.firstPacket + next.count - 1, slot = uint32_t(next.frame->slot);
          assembler.producer.Touched(slot, uint64_t(next.frame->PlaceOf(last) - ring.memory.Payload(slot)) + next.frame->LengthOf(last));
        }
        assembler.PushWhole(packet.data(), bytes, now, now);
        if (below(20) == 0) assembler.PushWhole(packet.data(), bytes, now, now);
        fed++;
        now += int64_t(below(300000));
        if (below(50) == 0) now += int64_t(below(60000000));
        if (below(3) == 0) {
          assembler.Tick(now);
          assembler.requests.clear();
        }
        if (below(30) == 0) sum += ring.Consume();
      }
      block += below(30) == 0 ? below(300) : 1;
      if (below(100) == 0) block = 1 + below(60000);
    }
    assembler.End();
    sum += ring.Consume();
    frames += ring.memory.Counter(ring::kFramesComplete) + ring.memory.Counter(ring::kFramesIncomplete);
  }
  std::printf("{\"packets\":%llu,\"frames\":%llu,\"sum\":%llu}\n", (unsigned long long)fed, (unsigned long long)frames,
              (unsigned long long)sum);
  return frames > 0 ? 0 : 4;
}
