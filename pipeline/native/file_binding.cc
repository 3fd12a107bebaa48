// What Node's fs lacks.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <sys/mman.h>

#ifdef __linux__
#include <fcntl.h>
#endif

#include "bindings.h"

namespace appulse {
namespace {

// preallocate(fd, offset, bytes): 0 or errno
Napi::Value JsPreallocate(const Napi::CallbackInfo& info) {
  int error = ENOTSUP;
#ifdef __linux__
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int64_t offset = info[1].As<Napi::Number>().Int64Value(), bytes = info[2].As<Napi::Number>().Int64Value();
  do {
    error = fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, bytes) == 0 ? 0 : errno;
  } while (error == EINTR);
#endif
  return Napi::Number::New(info.Env(), error);
}

constexpr size_t kPageBytes = 4096;

// mapFile(fd, bytes): Uint8Array or null
Napi::Value JsMapFile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int64_t wanted = info[1].As<Napi::Number>().Int64Value();
  if (wanted <= 0) return env.Null();
  const auto bytes = static_cast<size_t>(wanted);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return env.Null();
  // What the kernel took away would have to be read from the disk again; refused without harm.
  mlock(memory, bytes);
  // Read and written back: pages that are only read would fault again at the first store.
  for (size_t at = 0; at < bytes; at += kPageBytes) {
    volatile uint8_t* byte = static_cast<uint8_t*>(memory) + at;
    *byte = *byte;
  }
  auto unmap = [bytes](Napi::Env, void* data) { munmap(data, bytes); };
  const auto buffer = Napi::ArrayBuffer::New(env, memory, bytes, unmap);
  return Napi::Uint8Array::New(env, bytes, buffer, 0);
}

// copyBytes(source, target, targetOffset): false where the target has no room
Napi::Value JsCopyBytes(const Napi::CallbackInfo& info) {
  const auto source = info[0].As<Napi::Uint8Array>();
  auto target = info[1].As<Napi::Uint8Array>();
  const int64_t offset = info[2].As<Napi::Number>().Int64Value();
  const size_t bytes = source.ByteLength();
  const bool fits = offset >= 0 && static_cast<size_t>(offset) <= target.ByteLength() &&
                    bytes <= target.ByteLength() - static_cast<size_t>(offset);
  if (fits) memmove(target.Data() + offset, source.Data(), bytes);
  return Napi::Boolean::New(info.Env(), fits);
}

}  // namespace

void InitFile(Napi::Env env, Napi::Object exports) {
  exports.Set("preallocate", Napi::Function::New(env, JsPreallocate));
  exports.Set("copyBytes", Napi::Function::New(env, JsCopyBytes));
  exports.Set("mapFile", Napi::Function::New(env, JsMapFile));
}

}  // namespace appulse
