#include "../bindings.h"
#include "arguments.h"
#include "stack.h"

namespace appulse {
namespace {

// The tile that arguments 0 to 4 describe: mode, accumulators, pixels, firstPixel, count.
bool TileOf(const Napi::CallbackInfo& info, StackMode* mode, StackTile* tile) {
  *mode = info[0].As<Napi::Number>().Uint32Value() == 0 ? StackMode::kExact : StackMode::kRms;
  auto bytes = info[1].As<Napi::Uint8Array>();
  *tile = {bytes.Data(), Unsigned(info[2]), Unsigned(info[3]), Unsigned(info[4])};
  return tile->pixels * StackPixelBytes(*mode) <= bytes.ByteLength() && tile->first <= tile->pixels &&
         tile->count <= tile->pixels - tile->first && reinterpret_cast<uintptr_t>(tile->accumulators) % 8 == 0;
}

// stackAdd(mode, accumulators, pixels, firstPixel, count, frames, frameCount, firstFrame, shift, frameSums)
void JsStackAdd(const Napi::CallbackInfo& info) {
  StackMode mode;
  StackTile tile;
  if (!TileOf(info, &mode, &tile)) return Refuse(info.Env(), "stackAdd: accumulators too short");
  auto frames = info[5].As<Napi::Uint16Array>();
  const uint32_t frame_count = info[6].As<Napi::Number>().Uint32Value();
  const uint32_t first_frame = info[7].As<Napi::Number>().Uint32Value();
  const uint32_t shift = info[8].As<Napi::Number>().Uint32Value();
  auto sums = info[9].As<Napi::BigUint64Array>();
  if (frame_count < 1 || frame_count > kStackBatch || tile.count * frame_count > frames.ElementLength() ||
      sums.ElementLength() < frame_count || shift > 8) {
    return Refuse(info.Env(), "stackAdd: frames that do not fit");
  }
  if (mode == StackMode::kExact) StackAddExact(tile, frames.Data(), frame_count, first_frame, sums.Data());
  else StackAddRms(tile, frames.Data(), frame_count, first_frame, shift, sums.Data());
}

// stackFinish(mode, accumulators, pixels, firstPixel, count, frameCount, maximum, frameOfMaximum, average, deviation)
void JsStackFinish(const Napi::CallbackInfo& info) {
  StackMode mode;
  StackTile tile;
  if (!TileOf(info, &mode, &tile)) return Refuse(info.Env(), "stackFinish: accumulators too short");
  const uint32_t frame_count = info[5].As<Napi::Number>().Uint32Value();
  auto maximum = info[6].As<Napi::Uint16Array>(), frame = info[7].As<Napi::Uint16Array>();
  auto average = info[8].As<Napi::Float32Array>(), deviation = info[9].As<Napi::Float32Array>();
  if (maximum.ElementLength() < tile.count || frame.ElementLength() < tile.count ||
      average.ElementLength() < tile.count || deviation.ElementLength() < tile.count) {
    return Refuse(info.Env(), "stackFinish: planes too short");
  }
  const StackPlanes planes{maximum.Data(), frame.Data(), average.Data(), deviation.Data()};
  if (frame_count < (mode == StackMode::kExact ? 3u : 6u)) return Refuse(info.Env(), "stackFinish: too few frames");
  if (mode == StackMode::kExact) StackFinishExact(tile, frame_count, planes);
  else StackFinishRms(tile, frame_count, planes);
}

}  // namespace

void InitStack(Napi::Env env, Napi::Object exports) {
  exports.Set("stackAdd", Napi::Function::New(env, JsStackAdd));
  exports.Set("stackFinish", Napi::Function::New(env, JsStackFinish));
}

}  // namespace appulse
