// The receiver area for Node: the assembler alone (for the corpus), the stream receiver, the held port.
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "assembler.h"
#include "bindings.h"
#include "ring.h"
#ifdef __linux__
#include "receiver.h"
#include "udp_port.h"
#endif

namespace appulse {

namespace {

std::string Text(const Napi::Object& from, const char* key) {
  const Napi::Value value = from.Get(key);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
}

double Number(const Napi::Object& from, const char* key) {
  const Napi::Value value = from.Get(key);
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
}

AssemblerOptions ReadAssemblerOptions(const Napi::Object& from) {
  AssemblerOptions options;
  const Napi::Value extended = from.Get("extendedIds");
  options.extendedIds = extended.IsBoolean() ? (extended.As<Napi::Boolean>().Value() ? 1 : 0) : -1;
  options.payloadBytes = uint64_t(Number(from, "payloadBytes"));
  options.packetDataBytes = uint32_t(Number(from, "packetDataBytes"));
  const Napi::Object policy = from.Get("policy").As<Napi::Object>();
  options.policy.resend = policy.Get("resend").ToBoolean().Value();
  options.policy.firstRequestNs = int64_t(Number(policy, "firstRequestNs"));
  options.policy.repeatRequestNs = int64_t(Number(policy, "repeatRequestNs"));
  options.policy.requestRatio = Number(policy, "requestRatio");
  options.policy.retentionNs = int64_t(Number(policy, "retentionNs"));
  options.policy.holdNs = int64_t(Number(policy, "holdNs"));
  return options;
}

// A ring's views, and references that keep their memory while native code uses it.
struct HeldRing {
  RingMemory memory;
  std::vector<Napi::ObjectReference> references;

  // `control` and `blocks` are Uint8Arrays: N-API of Node 20 has no access to a SharedArrayBuffer itself.
  const char* Attach(const Napi::Value& control, const Napi::Value& blocks) {
    if (!control.IsTypedArray() || !blocks.IsArray()) return "a ring is a Uint8Array and an array of them";
    std::vector<RingMemory::Block> views;
    const Napi::Array list = blocks.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) {
      const Napi::Value entry = list.Get(i);
      if (!entry.IsTypedArray()) return "a ring's block must be a Uint8Array";
      views.push_back(View(entry));
    }
    const RingMemory::Block head = View(control);
    return memory.Attach(head.base, head.bytes, views);
  }

 private:
  RingMemory::Block View(const Napi::Value& value) {
    void* data = nullptr;
    size_t length = 0;
    napi_get_typedarray_info(value.Env(), value, nullptr, &length, &data, nullptr, nullptr);
    references.push_back(Napi::Persistent(value.As<Napi::Object>()));
    return {static_cast<uint8_t*>(data), length};
  }
};

struct Bytes {
  const uint8_t* data;
  uint32_t length;
  explicit Bytes(const Napi::Value& value) : data(nullptr), length(0) {
    void* at = nullptr;
    size_t count = 0;
    if (value.IsTypedArray()) napi_get_typedarray_info(value.Env(), value, nullptr, &count, &at, nullptr, nullptr);
    data = static_cast<const uint8_t*>(at);
    length = uint32_t(count);
  }
};

// The assembler without a socket: new NativeAssembler(control, blocks, options).
class NativeAssembler : public Napi::ObjectWrap<NativeAssembler> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeAssembler",
                       {InstanceMethod("push", &NativeAssembler::Push), InstanceMethod("tick", &NativeAssembler::Tick),
                        InstanceMethod("end", &NativeAssembler::End),
                        InstanceMethod("restsUntilNs", &NativeAssembler::RestsUntilNs),
                        InstanceMethod("takeRequests", &NativeAssembler::TakeRequests)});
  }

  explicit NativeAssembler(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeAssembler>(info) {
    if (const char* problem = ring_.Attach(info[0], info[1])) {
      Napi::Error::New(info.Env(), problem).ThrowAsJavaScriptException();
      return;
    }
    assembler_ = std::make_unique<Assembler>(ring_.memory, ReadAssemblerOptions(info[2].As<Napi::Object>()));
  }

 private:
  // push(packet, nowNs, utcNs: bigint)
  void Push(const Napi::CallbackInfo& info) {
    const Bytes packet(info[0]);
    bool lossless;
    assembler_->PushWhole(packet.data, packet.length, info[1].As<Napi::Number>().Int64Value(),
                          info[2].As<Napi::BigInt>().Int64Value(&lossless));
  }
  void Tick(const Napi::CallbackInfo& info) { assembler_->Tick(info[0].As<Napi::Number>().Int64Value()); }
  void End(const Napi::CallbackInfo&) { assembler_->End(); }
  Napi::Value RestsUntilNs(const Napi::CallbackInfo& info) {
    const int64_t until = assembler_->RestsUntilNs();
    return Napi::Number::New(info.Env(), until == kNever ? std::numeric_limits<double>::infinity() : double(until));
  }
  // Flat: wire block id, first packet, last packet, ...
  Napi::Value TakeRequests(const Napi::CallbackInfo& info) {
    Napi::Array out = Napi::Array::New(info.Env());
    uint32_t at = 0;
    for (const ResendRequest& request : assembler_->requests) {
      out.Set(at++, double(request.wireBlockId));
      out.Set(at++, request.firstPacket);
      out.Set(at++, request.lastPacket);
    }
    assembler_->requests.clear();
    return out;
  }

  HeldRing ring_;
  std::unique_ptr<Assembler> assembler_;
};

// Offsets as layout.ts names them, for the test that holds the two tables equal.
Napi::Value RingLayout(const Napi::CallbackInfo& info) {
  using namespace ring;
  Napi::Object out = Napi::Object::New(info.Env());
  const std::pair<const char*, uint32_t> values[] = {
      {"control.magic", kMagic},
      {"control.version", kVersion},
      {"control.bytes", kControlBytes},
      {"header.magic", kHeaderMagic},
      {"header.version", kHeaderVersion},
      {"header.slots", kHeaderSlots},
      {"header.maxPayloadPackets", kHeaderMaxPayloadPackets},
      {"header.strideBytes", kHeaderStrideBytes},
      {"header.payloadBytes", kHeaderPayloadBytes},
      {"header.queueCapacity", kHeaderQueueCapacity},
      {"header.queueOffset", kHeaderQueueOffset},
      {"header.slotsOffset", kHeaderSlotsOffset},
      {"header.bitmapsOffset", kHeaderBitmapsOffset},
      {"header.bitmapBytes", kHeaderBitmapBytes},
      {"header.slotsPerBlock", kHeaderSlotsPerBlock},
      {"header.queueHead", kHeaderQueueHead},
      {"header.queueTail", kHeaderQueueTail},
      {"header.slotsInUse", kHeaderSlotsInUse},
      {"header.highWater", kHeaderHighWater},
      {"header.counters", kHeaderCounters},
      {"entry.bytes", kEntryBytes},
      {"entry.type", kEntryType},
      {"entry.slot", kEntrySlot},
      {"entry.blockId", kEntryBlockId},
      {"entry.count", kEntryCount},
      {"entry.timeNs", kEntryTimeNs},
      {"slot.bytes", kSlotBytes},
#define APPULSE_FIELD(name) {"slot." #name, uint32_t(offsetof(SlotHeader, name))}
      APPULSE_FIELD(state),           APPULSE_FIELD(flags),         APPULSE_FIELD(blockId),
      APPULSE_FIELD(cameraTimestamp), APPULSE_FIELD(firstPacketNs), APPULSE_FIELD(lastPacketNs),
      APPULSE_FIELD(payloadBytes),    APPULSE_FIELD(receivedBytes), APPULSE_FIELD(payloadPackets),
      APPULSE_FIELD(packetsMissing),  APPULSE_FIELD(pixelFormat),   APPULSE_FIELD(width),
      APPULSE_FIELD(height),          APPULSE_FIELD(offsetX),       APPULSE_FIELD(offsetY),
      APPULSE_FIELD(paddingX),        APPULSE_FIELD(paddingY),      APPULSE_FIELD(payloadType),
      APPULSE_FIELD(packetDataBytes), APPULSE_FIELD(chunkBytes),    APPULSE_FIELD(chunkLayoutId),
      APPULSE_FIELD(packetsResent),   APPULSE_FIELD(generation),    APPULSE_FIELD(owner),
#undef APPULSE_FIELD
  };
  for (const auto& [name, value] : values) out.Set(name, value);
  out.Set("counters", uint32_t(kCounters));
  return out;
}

#ifdef __linux__

Napi::Error Failure(Napi::Env env, const std::string& message, int error) {
  Napi::Error failure = Napi::Error::New(env, message);
  failure.Set("errno", Napi::Number::New(env, error));
  return failure;
}

// new NativeReceiver(control, blocks, options, onReady): receives until stop() or until its thread of Node ends.
class NativeReceiver : public Napi::ObjectWrap<NativeReceiver> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeReceiver",
                       {InstanceMethod("stop", &NativeReceiver::StopFromScript),
                        InstanceAccessor<&NativeReceiver::Port>("port"),
                        InstanceAccessor<&NativeReceiver::SocketBuffer>("socketBufferBytes"),
                        InstanceAccessor<&NativeReceiver::Gro>("gro"),
                        InstanceAccessor<&NativeReceiver::CpuError>("cpuError"),
                        InstanceAccessor<&NativeReceiver::RealtimeError>("realtimeError")});
  }

  explicit NativeReceiver(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeReceiver>(info), env_(info.Env()) {
    const Napi::Object options = info[2].As<Napi::Object>();
    if (const char* problem = ring_.Attach(info[0], info[1])) {
      Failure(env_, problem, 0).ThrowAsJavaScriptException();
      return;
    }
    ReceiverConfig config;
    config.assembly = ReadAssemblerOptions(options);
    config.bindAddress = Text(options, "bindAddress");
    config.deviceAddress = Text(options, "deviceAddress");
    config.port = uint32_t(Number(options, "port"));
    config.gvcpPort = uint32_t(Number(options, "gvcpPort"));
    config.streamChannel = uint32_t(Number(options, "streamChannel"));
    config.socketBufferBytes = uint64_t(Number(options, "socketBufferBytes"));
    const Napi::Value gro = options.Get("useGro");
    const Napi::Value cpu = options.Get("receiveCpu");
    config.cpu = cpu.IsNumber() ? cpu.As<Napi::Number>().Int32Value() : -1;
    config.realtimePriority = int(Number(options, "realtimePriority"));
    config.useGro = !gro.IsBoolean() || gro.As<Napi::Boolean>().Value();

    // One call may wait at a time: whatever happens before it runs, it tells of.
    ready_ = Napi::ThreadSafeFunction::New(env_, info[3].As<Napi::Function>(), "appulse receiver", 1, 1);
    auto told = std::make_shared<std::atomic<bool>>(false);
    receiver_ = std::make_unique<StreamReceiver>(ring_.memory, config, [this, told] {
      if (told->exchange(true)) return;
      const auto call = [told](Napi::Env, Napi::Function onReady) {
        *told = false;
        onReady.Call({});
      };
      if (ready_.NonBlockingCall(call) != napi_ok) *told = false;
    });
    const std::string problem = receiver_->Start();
    if (!problem.empty()) {
      const int error = receiver_->failedWith;
      receiver_.reset();
      ready_.Release();
      Failure(env_, problem, error).ThrowAsJavaScriptException();
      return;
    }
    running_ = true;
    // The views are referenced, and so is this object: nothing of it may go while the thread writes.
    Ref();
    napi_add_env_cleanup_hook(env_, AtExit, this);
  }

 private:
  static void AtExit(void* self) {
    NativeReceiver* receiver = static_cast<NativeReceiver*>(self);
    receiver->running_ = false;
    receiver->receiver_->Stop();
    receiver->ready_.Abort();
  }

  void StopFromScript(const Napi::CallbackInfo&) {
    if (!running_) return;
    running_ = false;
    napi_remove_env_cleanup_hook(env_, AtExit, this);
    receiver_->Stop();
    ready_.Release();
    Unref();
  }

  Napi::Value Port(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), receiver_->port); }
  Napi::Value SocketBuffer(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), double(receiver_->socketBufferBytes));
  }
  Napi::Value Gro(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), receiver_->gro); }
  Napi::Value CpuError(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), receiver_->cpuError); }
  Napi::Value RealtimeError(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), receiver_->realtimeError);
  }

  Napi::Env env_;
  HeldRing ring_;
  Napi::ThreadSafeFunction ready_;
  std::unique_ptr<StreamReceiver> receiver_;
  bool running_ = false;
};

// new HeldPort(address, port)
class HeldPortObject : public Napi::ObjectWrap<HeldPortObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "HeldPort",
                       {InstanceMethod("send", &HeldPortObject::Send), InstanceMethod("close", &HeldPortObject::Close),
                        InstanceAccessor<&HeldPortObject::Port>("port")});
  }
  explicit HeldPortObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<HeldPortObject>(info) {
    const std::string problem =
        port_.Open(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Uint32Value());
    if (!problem.empty()) Failure(info.Env(), problem, port_.failedWith).ThrowAsJavaScriptException();
  }

 private:
  // send(bytes, address, port)
  Napi::Value Send(const Napi::CallbackInfo& info) {
    const Bytes bytes(info[0]);
    return Napi::Boolean::New(info.Env(), port_.Send(info[1].As<Napi::String>().Utf8Value(),
                                                     info[2].As<Napi::Number>().Uint32Value(), bytes.data,
                                                     bytes.length));
  }
  void Close(const Napi::CallbackInfo&) { port_.Close(); }
  Napi::Value Port(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), port_.port); }

  HeldPort port_;
};

#endif

}  // namespace

void InitReceiver(Napi::Env env, Napi::Object exports) {
  exports.Set("ringLayout", Napi::Function::New(env, RingLayout));
  exports.Set("NativeAssembler", NativeAssembler::Define(env));
#ifdef __linux__
  exports.Set("NativeReceiver", NativeReceiver::Define(env));
  exports.Set("HeldPort", HeldPortObject::Define(env));
#endif
}

}  // namespace appulse
