// What Node's fs lacks.
#include <cerrno>
#include <cstdint>

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

}  // namespace

void InitFile(Napi::Env env, Napi::Object exports) {
  exports.Set("preallocate", Napi::Function::New(env, JsPreallocate));
}

}  // namespace appulse
