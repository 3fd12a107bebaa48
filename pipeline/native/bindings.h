// The areas of the addon; each *_binding.cc file defines one. The code behind them knows nothing of Node.
#pragma once
#include <napi.h>

namespace appulse {

void InitReceiver(Napi::Env env, Napi::Object exports);
void InitSender(Napi::Env env, Napi::Object exports);
void InitPixels(Napi::Env env, Napi::Object exports);
void InitStack(Napi::Env env, Napi::Object exports);
void InitRice(Napi::Env env, Napi::Object exports);
void InitFile(Napi::Env env, Napi::Object exports);
void InitMemory(Napi::Env env, Napi::Object exports);
void InitClock(Napi::Env env, Napi::Object exports);

}  // namespace appulse
