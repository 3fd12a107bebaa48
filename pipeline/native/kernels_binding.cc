// Shared memory comes as typed arrays: Node 20 refuses a SharedArrayBuffer itself (napi_invalid_arg).
#include "bindings.h"
#include "kernels.h"

namespace appulse {
namespace {

uint64_t Unsigned(const Napi::Value& value) {
  const double number = value.As<Napi::Number>().DoubleValue();
  return number > 0 ? static_cast<uint64_t>(number) : 0;
}

void Refuse(Napi::Env env, const char* message) { Napi::RangeError::New(env, message).ThrowAsJavaScriptException(); }

// unpack16(payload, packing, bits, depth, firstPixel, count, out)
void JsUnpack16(const Napi::CallbackInfo& info) {
  const auto payload = info[0].As<Napi::Uint8Array>();
  const auto packing = static_cast<Packing>(info[1].As<Napi::Number>().Uint32Value());
  const uint32_t bits = info[2].As<Napi::Number>().Uint32Value();
  const uint32_t depth = info[3].As<Napi::Number>().Uint32Value();
  const uint64_t first = Unsigned(info[4]), count = Unsigned(info[5]);
  auto out = info[6].As<Napi::Uint16Array>();
  if (!KnownPacking(packing, bits)) return Refuse(info.Env(), "unpack16: unknown packing");
  if (packing == Packing::kGigePacked && depth != 10 && depth != 12) return Refuse(info.Env(), "unpack16: unknown depth");
  if (PackedBytes(bits, first + count) > payload.ByteLength() || count > out.ElementLength()) {
    return Refuse(info.Env(), "unpack16: buffers too short");
  }
  Unpack16(payload.Data(), packing, bits, depth, first, count, out.Data());
}

// statistics16(pixels, first, count, saturation, into)
void JsStatistics16(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint16Array>();
  const uint64_t first = Unsigned(info[1]), count = Unsigned(info[2]);
  const uint32_t saturation = info[3].As<Napi::Number>().Uint32Value();
  auto into = info[4].As<Napi::Float64Array>();
  if (first + count > pixels.ElementLength() || into.ElementLength() < 4) {
    return Refuse(info.Env(), "statistics16: buffers too short");
  }
  const Statistics s = Statistics16(pixels.Data() + first, count, saturation);
  if (s.minimum < into[0]) into[0] = s.minimum;
  if (s.maximum > into[1]) into[1] = s.maximum;
  into[2] = into[2] + static_cast<double>(s.sum);
  into[3] = into[3] + static_cast<double>(s.saturated);
}

// encodeFits16(pixels, count, out, outOffset)
void JsEncodeFits16(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint16Array>();
  const uint64_t count = Unsigned(info[1]);
  auto out = info[2].As<Napi::Uint8Array>();
  const uint64_t offset = Unsigned(info[3]);
  if (count > pixels.ElementLength() || offset + count * 2 > out.ByteLength()) {
    return Refuse(info.Env(), "encodeFits16: buffers too short");
  }
  EncodeFits16(pixels.Data(), count, out.Data() + offset);
}

}  // namespace

void InitKernels(Napi::Env env, Napi::Object exports) {
  exports.Set("unpack16", Napi::Function::New(env, JsUnpack16));
  exports.Set("statistics16", Napi::Function::New(env, JsStatistics16));
  exports.Set("encodeFits16", Napi::Function::New(env, JsEncodeFits16));
}

}  // namespace appulse
