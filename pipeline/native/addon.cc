// Entry of the native addon: each area registers its own functions.
#include <napi.h>

#include "bindings.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  appulse::InitReceiver(env, exports);
  appulse::InitSender(env, exports);
  appulse::InitPixels(env, exports);
  appulse::InitStack(env, exports);
  appulse::InitRice(env, exports);
  appulse::InitFile(env, exports);
  appulse::InitMemory(env, exports);
  appulse::InitClock(env, exports);
  return exports;
}

NODE_API_MODULE(appulse, Init)
