#include "../bindings.h"
#include "arguments.h"
#include "rice.h"

namespace appulse {
namespace {

// Bytes of a value of a typed array that Rice code exists for; 0 for others.
size_t ValueBytes(const Napi::TypedArray& values) {
  const size_t bytes = values.ElementSize();
  return bytes == 1 || bytes == 2 || bytes == 4 ? bytes : 0;
}

uint8_t* BytesOf(const Napi::TypedArray& values) {
  void* data = nullptr;
  napi_get_typedarray_info(values.Env(), values, nullptr, nullptr, &data, nullptr, nullptr);
  return static_cast<uint8_t*>(data);
}

// riceEncode(values, first, width, rows, flip, out, outOffset, rowBytes, rowBytesOffset, next, nextOffset, nextBytes): number
Napi::Value JsRiceEncode(const Napi::CallbackInfo& info) {
  const auto values = info[0].As<Napi::TypedArray>();
  const uint64_t first = Unsigned(info[1]), width = Unsigned(info[2]), rows = Unsigned(info[3]);
  const uint32_t flip = info[4].As<Napi::Number>().Uint32Value();
  auto out = info[5].As<Napi::Uint8Array>();
  const uint64_t out_offset = Unsigned(info[6]);
  auto row_bytes = info[7].As<Napi::Uint32Array>();
  const uint64_t row_offset = Unsigned(info[8]);
  const size_t size = ValueBytes(values);
  if (size == 0 || width < 1 || first + width * rows > values.ElementLength() ||
      row_offset + rows > row_bytes.ElementLength() || out_offset > out.ByteLength() ||
      rows * RiceBound(width, size) > out.ByteLength() - out_offset) {
    Refuse(info.Env(), "riceEncode: buffers too short");
    return info.Env().Undefined();
  }
  // Only a hint: what is not there is not fetched.
  ReadNext next;
  if (info[9].IsTypedArray()) {
    auto bytes = info[9].As<Napi::Uint8Array>();
    const uint64_t offset = Unsigned(info[10]), count = Unsigned(info[11]);
    if (Holds(bytes, offset, count)) next = {bytes.Data() + offset, bytes.Data() + offset + count};
  }
  const uint8_t* row = BytesOf(values) + first * size;
  uint8_t* at = out.Data() + out_offset;
  for (uint64_t r = 0; r < rows; r++, row += width * size) {
    size_t bytes = 0;
    if (size == 1) bytes = RiceEncode8(row, width, static_cast<uint8_t>(flip), at, &next);
    else if (size == 2) bytes = RiceEncode16(reinterpret_cast<const uint16_t*>(row), width, static_cast<uint16_t>(flip), at, &next);
    else bytes = RiceEncode32(reinterpret_cast<const uint32_t*>(row), width, flip, at);
    row_bytes.Data()[row_offset + r] = static_cast<uint32_t>(bytes);
    at += bytes;
  }
  return Napi::Number::New(info.Env(), static_cast<double>(at - out.Data() - out_offset));
}

// riceDecode(code, offset, length, width, flip, out, outOffset): boolean
Napi::Value JsRiceDecode(const Napi::CallbackInfo& info) {
  auto code = info[0].As<Napi::Uint8Array>();
  const uint64_t offset = Unsigned(info[1]), length = Unsigned(info[2]), width = Unsigned(info[3]);
  const uint32_t flip = info[4].As<Napi::Number>().Uint32Value();
  const auto out = info[5].As<Napi::TypedArray>();
  const uint64_t out_offset = Unsigned(info[6]);
  const size_t size = ValueBytes(out);
  if (size == 0 || offset + length > code.ByteLength() || out_offset + width > out.ElementLength()) {
    Refuse(info.Env(), "riceDecode: buffers too short");
    return info.Env().Undefined();
  }
  const uint8_t* in = code.Data() + offset;
  uint8_t* to = BytesOf(out) + out_offset * size;
  bool ok = false;
  if (size == 1) ok = RiceDecode8(in, length, width, static_cast<uint8_t>(flip), to);
  else if (size == 2) ok = RiceDecode16(in, length, width, static_cast<uint16_t>(flip), reinterpret_cast<uint16_t*>(to));
  else ok = RiceDecode32(in, length, width, flip, reinterpret_cast<uint32_t*>(to));
  return Napi::Boolean::New(info.Env(), ok);
}

// riceDecodeRows(data, rows, width, flip, heapOffset, out): number
Napi::Value JsRiceDecodeRows(const Napi::CallbackInfo& info) {
  const auto data = info[0].As<Napi::Uint8Array>();
  const uint64_t rows = Unsigned(info[1]), width = Unsigned(info[2]);
  const uint32_t flip = info[3].As<Napi::Number>().Uint32Value();
  const uint64_t heap_offset = Unsigned(info[4]);
  const auto out = info[5].As<Napi::TypedArray>();
  const size_t size = ValueBytes(out);
  if (size == 0 || rows > data.ByteLength() / 8 || heap_offset > data.ByteLength() ||
      (rows > 0 && width > out.ElementLength() / rows)) {
    Refuse(info.Env(), "riceDecodeRows: buffers too short");
    return info.Env().Undefined();
  }
  const uint8_t* heap = data.Data() + heap_offset;
  const size_t heap_bytes = data.ByteLength() - heap_offset;
  uint8_t* to = BytesOf(out);
  int64_t broken = 0;
  if (size == 1) broken = RiceDecodeRows(data.Data(), rows, heap, heap_bytes, width, static_cast<uint8_t>(flip), to);
  else if (size == 2) broken = RiceDecodeRows(data.Data(), rows, heap, heap_bytes, width, static_cast<uint16_t>(flip), reinterpret_cast<uint16_t*>(to));
  else broken = RiceDecodeRows(data.Data(), rows, heap, heap_bytes, width, flip, reinterpret_cast<uint32_t*>(to));
  return Napi::Number::New(info.Env(), static_cast<double>(broken));
}

}  // namespace

void InitRice(Napi::Env env, Napi::Object exports) {
  exports.Set("riceEncode", Napi::Function::New(env, JsRiceEncode));
  exports.Set("riceDecode", Napi::Function::New(env, JsRiceDecode));
  exports.Set("riceDecodeRows", Napi::Function::New(env, JsRiceDecodeRows));
}

}  // namespace appulse
