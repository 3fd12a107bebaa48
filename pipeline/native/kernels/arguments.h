// What the kernels' bindings share in reading arguments.
#pragma once

#include <napi.h>

#include <cstdint>

namespace appulse {

// A whole number that is not negative, of up to 53 bits; 0 for others.
inline uint64_t Unsigned(const Napi::Value& value) {
  const double number = value.As<Napi::Number>().DoubleValue();
  return number > 0 ? static_cast<uint64_t>(number) : 0;
}

inline void Refuse(Napi::Env env, const char* message) { Napi::RangeError::New(env, message).ThrowAsJavaScriptException(); }

// Whether `count` elements from `first` on lie within `array`.
inline bool Holds(const Napi::TypedArray& array, uint64_t first, uint64_t count) {
  return first <= array.ElementLength() && count <= array.ElementLength() - first;
}

}  // namespace appulse
