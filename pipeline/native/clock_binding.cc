// The state of the kernel's clock, read without changing it.
#include "bindings.h"

#ifdef __linux__
#include <errno.h>
#include <sys/timex.h>

#include <cstring>
#endif

namespace appulse {

#ifdef __linux__

static Napi::Value JsKernelClock(const Napi::CallbackInfo& info) {
  timex state{};
  const int leap = adjtimex(&state);
  if (leap < 0) {
    const int error = errno;
    Napi::Error failure = Napi::Error::New(info.Env(), std::string("adjtimex: ") + std::strerror(error));
    failure.Set("errno", Napi::Number::New(info.Env(), error));
    failure.ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("synchronized", (state.status & STA_UNSYNC) == 0 && leap != TIME_ERROR);
  out.Set("estimatedErrorUs", double(state.esterror));
  out.Set("maximumErrorUs", double(state.maxerror));
  out.Set("leapSecond", leap == TIME_INS ? 1 : leap == TIME_DEL ? -1 : 0);
  return out;
}

#endif

void InitClock([[maybe_unused]] Napi::Env env, [[maybe_unused]] Napi::Object exports) {
#ifdef __linux__
  exports.Set("kernelClock", Napi::Function::New(env, JsKernelClock));
#endif
}

}  // namespace appulse
