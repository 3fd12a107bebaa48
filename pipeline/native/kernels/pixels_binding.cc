// Shared memory comes as typed arrays: Node 20 refuses a SharedArrayBuffer itself (napi_invalid_arg).
#include "../bindings.h"
#include "arguments.h"
#include "color.h"
#include "ones_sum.h"
#include "reduce.h"
#include "statistics.h"
#include "unpack.h"

namespace appulse {
namespace {

// unpack16(payload, packing, bits, depth, firstPixel, count, out, outOffset)
void JsUnpack16(const Napi::CallbackInfo& info) {
  const auto payload = info[0].As<Napi::Uint8Array>();
  const auto packing = static_cast<Packing>(info[1].As<Napi::Number>().Uint32Value());
  const uint32_t bits = info[2].As<Napi::Number>().Uint32Value();
  const uint32_t depth = info[3].As<Napi::Number>().Uint32Value();
  const uint64_t first = Unsigned(info[4]), count = Unsigned(info[5]);
  auto out = info[6].As<Napi::Uint16Array>();
  const uint64_t out_offset = Unsigned(info[7]);
  if (!KnownPacking(packing, bits)) return Refuse(info.Env(), "unpack16: unknown packing");
  if (packing == Packing::kGigePacked && depth != 10 && depth != 12) return Refuse(info.Env(), "unpack16: unknown depth");
  if (PackedBytes(bits, first + count) > payload.ByteLength() || !Holds(out, out_offset, count)) {
    return Refuse(info.Env(), "unpack16: buffers too short");
  }
  Unpack16(payload.Data(), packing, bits, depth, first, count, out.Data() + out_offset);
}

// statistics(pixels, first, count, saturation, into): `pixels` Uint16Array or Uint32Array; `into` six values
void JsStatistics(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::TypedArray>();
  const uint64_t first = Unsigned(info[1]), count = Unsigned(info[2]);
  const uint32_t saturation = info[3].As<Napi::Number>().Uint32Value();
  auto into = info[4].As<Napi::BigUint64Array>();
  if (!Holds(pixels, first, count) || into.ElementLength() < 6) {
    return Refuse(info.Env(), "statistics: buffers too short");
  }
  const Statistics s = pixels.TypedArrayType() == napi_uint32_array
                           ? Statistics32(pixels.As<Napi::Uint32Array>().Data() + first, count, saturation)
                           : Statistics16(pixels.As<Napi::Uint16Array>().Data() + first, count, saturation);
  uint64_t* values = into.Data();
  if (s.minimum < values[0]) values[0] = s.minimum;
  if (s.maximum > values[1]) values[1] = s.maximum;
  values[2] += s.sum;
  values[3] += s.squares;
  values[4] += s.saturated;
  values[5] += s.squares_high + (values[3] < s.squares);
}

// addHistogram(pixels, first, count, shift, lanes, next)
void JsAddHistogram(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint16Array>();
  const uint64_t first = Unsigned(info[1]), count = Unsigned(info[2]);
  const uint32_t shift = info[3].As<Napi::Number>().Uint32Value();
  auto lanes = info[4].As<Napi::Uint32Array>();
  const size_t bins = lanes.ElementLength() / kHistogramLanes;
  if (!Holds(pixels, first, count) || bins < 1 || shift > 16) {
    return Refuse(info.Env(), "addHistogram: buffers too short");
  }
  // Only a hint: what is not there is not fetched.
  const uint64_t next = Unsigned(info[5]);
  const uint16_t* ahead = next > first && Holds(pixels, next, count) ? pixels.Data() + next : nullptr;
  AddHistogram(pixels.Data() + first, count, shift, static_cast<uint32_t>(bins), lanes.Data(), ahead);
}

// mergeHistogram(lanes, bins)
void JsMergeHistogram(const Napi::CallbackInfo& info) {
  const auto lanes = info[0].As<Napi::Uint32Array>();
  auto bins = info[1].As<Napi::Uint32Array>();
  const size_t count = bins.ElementLength(), each = count * kHistogramLanes;
  if (count < 1 || lanes.ElementLength() % each != 0) return Refuse(info.Env(), "mergeHistogram: lengths do not fit");
  MergeHistogram(lanes.Data(), lanes.ElementLength() / each, static_cast<uint32_t>(count), bins.Data());
}

// bin16(pixels, first, width, rows, factor, mean, out, scratch): `out` Uint16Array, for sums also Uint32Array
void JsBin16(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint16Array>();
  const uint64_t first = Unsigned(info[1]), width = Unsigned(info[2]), rows = Unsigned(info[3]);
  const uint32_t factor = info[4].As<Napi::Number>().Uint32Value();
  const bool mean = info[5].As<Napi::Boolean>().Value();
  const auto out = info[6].As<Napi::TypedArray>();
  auto scratch = info[7].As<Napi::Uint32Array>();
  if (factor < 2 || factor > 4 || !Holds(pixels, first, width * rows) || scratch.ElementLength() < width ||
      !Holds(out, 0, (width / factor) * (rows / factor))) {
    return Refuse(info.Env(), "bin16: buffers too short");
  }
  const uint16_t* at = pixels.Data() + first;
  if (out.TypedArrayType() == napi_uint32_array) {
    BinSum16(at, width, rows, factor, out.As<Napi::Uint32Array>().Data(), scratch.Data());
  } else if (!mean) {
    BinSum16(at, width, rows, factor, out.As<Napi::Uint16Array>().Data(), scratch.Data());
  } else {
    BinMean16(at, width, rows, factor, out.As<Napi::Uint16Array>().Data(), scratch.Data());
  }
}

// previewFold(pixels, first, width, rows, sums, maxima)
void JsPreviewFold(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint16Array>();
  const uint64_t first = Unsigned(info[1]), width = Unsigned(info[2]), rows = Unsigned(info[3]);
  auto sums = info[4].As<Napi::Uint32Array>();
  auto maxima = info[5].As<Napi::Uint16Array>();
  if (!Holds(pixels, first, width * rows) || sums.ElementLength() < width || maxima.ElementLength() < width) {
    return Refuse(info.Env(), "previewFold: buffers too short");
  }
  PreviewFold(pixels.Data() + first, width, rows, sums.Data(), maxima.Data());
}

// previewReduce(sums, maxima, width, rows, outWidth, mean, maximum, outOffset)
void JsPreviewReduce(const Napi::CallbackInfo& info) {
  auto sums = info[0].As<Napi::Uint32Array>();
  auto maxima = info[1].As<Napi::Uint16Array>();
  const uint64_t width = Unsigned(info[2]), rows = Unsigned(info[3]), out_width = Unsigned(info[4]);
  auto mean = info[5].As<Napi::Uint16Array>(), maximum = info[6].As<Napi::Uint16Array>();
  const uint64_t out_offset = Unsigned(info[7]);
  if (sums.ElementLength() < width || maxima.ElementLength() < width || rows < 1 || out_width < 1 ||
      out_width > width || !Holds(mean, out_offset, out_width) || !Holds(maximum, out_offset, out_width)) {
    return Refuse(info.Env(), "previewReduce: buffers too short");
  }
  PreviewReduce(sums.Data(), maxima.Data(), width, rows, out_width, mean.Data() + out_offset,
                maximum.Data() + out_offset);
}

// encodeFits16(pixels, count, out, outOffset)
void JsEncodeFits16(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint16Array>();
  const uint64_t count = Unsigned(info[1]);
  auto out = info[2].As<Napi::Uint8Array>();
  const uint64_t offset = Unsigned(info[3]);
  if (!Holds(pixels, 0, count) || !Holds(out, offset, count * 2)) {
    return Refuse(info.Env(), "encodeFits16: buffers too short");
  }
  EncodeFits16(pixels.Data(), count, out.Data() + offset);
}

// encodeFits32(pixels, count, out, outOffset)
void JsEncodeFits32(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint32Array>();
  const uint64_t count = Unsigned(info[1]);
  auto out = info[2].As<Napi::Uint8Array>();
  const uint64_t offset = Unsigned(info[3]);
  if (!Holds(pixels, 0, count) || !Holds(out, offset, count * 4)) {
    return Refuse(info.Env(), "encodeFits32: buffers too short");
  }
  EncodeFits32(pixels.Data(), count, out.Data() + offset);
}

// shiftTo16(values, count, shift, out)
void JsShiftTo16(const Napi::CallbackInfo& info) {
  const auto values = info[0].As<Napi::Uint32Array>();
  const uint64_t count = Unsigned(info[1]);
  const uint32_t shift = info[2].As<Napi::Number>().Uint32Value();
  auto out = info[3].As<Napi::Uint16Array>();
  if (!Holds(values, 0, count) || !Holds(out, 0, count) || shift > 31) {
    return Refuse(info.Env(), "shiftTo16: buffers too short");
  }
  ShiftTo16(values.Data(), count, shift, out.Data());
}

// colorPlane(pixels, sample, firstPixel, count, bytes, values)
void JsColorPlane(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint8Array>();
  const uint64_t sample = Unsigned(info[1]), first = Unsigned(info[2]), count = Unsigned(info[3]);
  auto bytes = info[4].As<Napi::Uint8Array>();
  auto values = info[5].As<Napi::Uint16Array>();
  if (sample > 2 || !Holds(pixels, 3 * first, 3 * count) || !Holds(bytes, 0, count) || !Holds(values, 0, count)) {
    return Refuse(info.Env(), "colorPlane: buffers too short");
  }
  ColorPlane(pixels.Data() + 3 * first, sample, count, bytes.Data(), values.Data());
}

// colorMean(pixels, firstPixel, count, mean)
void JsColorMean(const Napi::CallbackInfo& info) {
  const auto pixels = info[0].As<Napi::Uint8Array>();
  const uint64_t first = Unsigned(info[1]), count = Unsigned(info[2]);
  auto mean = info[3].As<Napi::Uint16Array>();
  if (!Holds(pixels, 3 * first, 3 * count) || !Holds(mean, 0, count)) {
    return Refuse(info.Env(), "colorMean: buffers too short");
  }
  ColorMean(pixels.Data() + 3 * first, count, mean.Data());
}

// onesSum(bytes, offset, length): number
Napi::Value JsOnesSum(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  const uint64_t offset = Unsigned(info[1]), length = Unsigned(info[2]);
  if (!Holds(bytes, offset, length)) {
    Refuse(info.Env(), "onesSum: buffer too short");
    return info.Env().Undefined();
  }
  return Napi::Number::New(info.Env(), OnesSum(bytes.Data() + offset, length));
}

}  // namespace

void InitPixels(Napi::Env env, Napi::Object exports) {
  exports.Set("unpack16", Napi::Function::New(env, JsUnpack16));
  exports.Set("statistics", Napi::Function::New(env, JsStatistics));
  exports.Set("addHistogram", Napi::Function::New(env, JsAddHistogram));
  exports.Set("mergeHistogram", Napi::Function::New(env, JsMergeHistogram));
  exports.Set("bin16", Napi::Function::New(env, JsBin16));
  exports.Set("previewFold", Napi::Function::New(env, JsPreviewFold));
  exports.Set("previewReduce", Napi::Function::New(env, JsPreviewReduce));
  exports.Set("encodeFits16", Napi::Function::New(env, JsEncodeFits16));
  exports.Set("encodeFits32", Napi::Function::New(env, JsEncodeFits32));
  exports.Set("shiftTo16", Napi::Function::New(env, JsShiftTo16));
  exports.Set("colorPlane", Napi::Function::New(env, JsColorPlane));
  exports.Set("colorMean", Napi::Function::New(env, JsColorMean));
  exports.Set("onesSum", Napi::Function::New(env, JsOnesSum));
}

}  // namespace appulse
