// The sender as JavaScript sees it: the class NativeSender and clockPair(), declared in sender-addon.ts.
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "bindings.h"
#include "sender.h"

namespace appulse {

namespace {

struct Bytes {
  const uint8_t* data;
  size_t length;
};

Bytes BytesOf(const Napi::Value& value) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "a Uint8Array is expected");
  // The raw call accepts views of shared memory, which Napi::TypedArray::ArrayBuffer() does not.
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(value.Env(), value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw Napi::TypeError::New(value.Env(), "a Uint8Array is expected");
  }
  return {static_cast<const uint8_t*>(data), length};
}

double Number(const Napi::Object& object, const char* name) { return object.Get(name).ToNumber().DoubleValue(); }

uint32_t Unsigned(const Napi::Object& object, const char* name) {
  return object.Get(name).ToNumber().Uint32Value();
}

uint64_t Big(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsBigInt()) throw Napi::TypeError::New(object.Env(), std::string(name) + ": a bigint is expected");
  bool lossless = false;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

template <size_t N>
uint32_t CopyInto(std::array<uint8_t, N>& target, const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (value.IsNull() || value.IsUndefined()) return 0;
  const Bytes bytes = BytesOf(value);
  if (bytes.length > N) throw Napi::RangeError::New(object.Env(), std::string(name) + " is too long");
  std::memcpy(target.data(), bytes.data, bytes.length);
  return static_cast<uint32_t>(bytes.length);
}

class NativeSender : public Napi::ObjectWrap<NativeSender> {
 public:
  static void Define(Napi::Env env, Napi::Object exports) {
    exports.Set("NativeSender",
                DefineClass(env, "NativeSender",
                            {InstanceAccessor<&NativeSender::Port>("port"),
                             InstanceMethod<&NativeSender::SendOne>("sendOne"),
                             InstanceMethod<&NativeSender::Start>("start"),
                             InstanceMethod<&NativeSender::Submit>("submit"),
                             InstanceMethod<&NativeSender::Resend>("resend"),
                             InstanceMethod<&NativeSender::CancelQueued>("cancelQueued"),
                             InstanceMethod<&NativeSender::Stop>("stop"),
                             InstanceMethod<&NativeSender::Progress>("progress"),
                             InstanceMethod<&NativeSender::Close>("close")}));
  }

  explicit NativeSender(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeSender>(info), env_(info.Env()) {
    try {
      sender_ = std::make_unique<Sender>(info[0].ToString().Utf8Value(),
                                         static_cast<uint16_t>(info[1].ToNumber().Uint32Value()));
    } catch (const std::runtime_error& error) {
      throw Napi::Error::New(info.Env(), error.what());
    }
    // The thread must be gone before the environment is, finalizer or not.
    napi_add_env_cleanup_hook(env_, &NativeSender::OnEnvironmentEnd, this);
  }

  ~NativeSender() override { napi_remove_env_cleanup_hook(env_, &NativeSender::OnEnvironmentEnd, this); }

 private:
  static void OnEnvironmentEnd(void* self) { static_cast<NativeSender*>(self)->sender_.reset(); }

  Sender& Open(Napi::Env env) {
    if (!sender_) throw Napi::Error::New(env, "the sender is closed");
    return *sender_;
  }

  Napi::Value Port(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), Open(info.Env()).port()); }

  Napi::Value SendOne(const Napi::CallbackInfo& info) {
    const Bytes bytes = BytesOf(info[0]);
    const bool sent = Open(info.Env()).SendOne(bytes.data, bytes.length, info[1].ToString().Utf8Value(),
                                               static_cast<uint16_t>(info[2].ToNumber().Uint32Value()),
                                               info[3].ToBoolean().Value());
    return Napi::Boolean::New(info.Env(), sent);
  }

  void Start(const Napi::CallbackInfo& info) {
    const Napi::Object o = info[0].ToObject();
    StreamSettings settings;
    settings.address = o.Get("address").ToString().Utf8Value();
    settings.port = static_cast<uint16_t>(Unsigned(o, "port"));
    settings.packetDataBytes = Unsigned(o, "packetDataBytes");
    settings.extendedIds = o.Get("extendedIds").ToBoolean().Value();
    settings.segmented = o.Get("segmented").ToBoolean().Value();
    settings.dontFragment = o.Get("dontFragment").ToBoolean().Value();
    settings.historyFrames = Unsigned(o, "historyFrames");
    settings.resendLoss = Number(o, "resendLoss");
    settings.seed = Unsigned(o, "seed");
    if (settings.packetDataBytes == 0) throw Napi::RangeError::New(info.Env(), "packetDataBytes must be positive");
    const Bytes payloads = BytesOf(o.Get("payloads"));
    Open(info.Env()).Stop();
    payloads_ = payloads;
    payloadsRef_ = Napi::Persistent(o.Get("payloads").ToObject());
    try {
      Open(info.Env()).Start(settings);
    } catch (const std::runtime_error& error) {
      throw Napi::Error::New(info.Env(), error.what());
    }
  }

  void Submit(const Napi::CallbackInfo& info) {
    const Napi::Object o = info[0].ToObject();
    auto frame = std::make_unique<SenderFrame>();
    const double offset = Number(o, "payloadOffset");
    const double bytes = Number(o, "payloadBytes");
    if (!(offset >= 0 && bytes >= 0 && offset + bytes <= static_cast<double>(payloads_.length))) {
      throw Napi::RangeError::New(info.Env(), "the frame lies outside the prepared payloads");
    }
    frame->blockId = Big(o, "blockId");
    frame->payload = payloads_.data + static_cast<size_t>(offset);
    frame->payloadBytes = static_cast<uint64_t>(bytes);
    frame->headerBytes = CopyInto(frame->header, o, "header");
    frame->leaderBytes = CopyInto(frame->leader, o, "leader");
    frame->trailerBytes = CopyInto(frame->trailer, o, "trailer");
    frame->dueNs = static_cast<int64_t>(Big(o, "dueNs"));
    frame->packetIntervalNs = Number(o, "packetIntervalNs");
    const Napi::Value plan = o.Get("plan");
    if (plan.IsTypedArray()) {
      frame->planned = true;
      const auto words = plan.As<Napi::Uint32Array>();
      for (size_t i = 0; i + 3 < words.ElementLength(); i += 4) {
        frame->plan.push_back({words[i], words[i + 1], static_cast<SendMode>(words[i + 2]), words[i + 3]});
      }
    }
    Open(info.Env()).Submit(std::move(frame));
  }

  void Resend(const Napi::CallbackInfo& info) {
    bool lossless = false;
    Open(info.Env()).Resend(info[0].As<Napi::BigInt>().Uint64Value(&lossless), info[1].ToNumber().Uint32Value(),
                            info[2].ToNumber().Uint32Value());
  }

  Napi::Value CancelQueued(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), Open(info.Env()).CancelQueued());
  }

  void Stop(const Napi::CallbackInfo&) {
    if (sender_) sender_->Stop();
  }

  Napi::Value Progress(const Napi::CallbackInfo& info) {
    const SenderProgress p = Open(info.Env()).Progress();
    Napi::Object o = Napi::Object::New(info.Env());
    o.Set("framesSent", static_cast<double>(p.framesSent));
    o.Set("packetsSent", static_cast<double>(p.packetsSent));
    o.Set("packetsResent", static_cast<double>(p.packetsResent));
    o.Set("resendsRefused", static_cast<double>(p.resendsRefused));
    o.Set("sendErrors", static_cast<double>(p.sendErrors));
    o.Set("sending", p.sending);
    o.Set("planIndex", p.planIndex);
    o.Set("planPackets", p.planPackets);
    return o;
  }

  void Close(const Napi::CallbackInfo&) {
    sender_.reset();
    payloadsRef_.Reset();
  }

  Napi::Env env_;
  std::unique_ptr<Sender> sender_;
  Bytes payloads_{nullptr, 0};
  Napi::ObjectReference payloadsRef_;
};

Napi::Value ClockPair(const Napi::CallbackInfo& info) {
  int64_t realtime = 0;
  int64_t monotonic = 0;
  ReadClocks(&realtime, &monotonic);
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, Napi::BigInt::New(info.Env(), realtime));
  pair.Set(1u, Napi::BigInt::New(info.Env(), monotonic));
  return pair;
}

}  // namespace

void InitSender(Napi::Env env, Napi::Object exports) {
  NativeSender::Define(env, exports);
  exports.Set("clockPair", Napi::Function::New(env, ClockPair, "clockPair"));
}

}  // namespace appulse
