#include <cstddef>
#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "bindings.h"

namespace appulse {
namespace {

constexpr size_t kPageBytes = 4096;

// Touches pages in a thread of the pool, while the event loop goes on. Keeps the view alive meanwhile.
class Prefault : public Napi::AsyncWorker {
 public:
  Prefault(Napi::Env env, Napi::Uint8Array bytes)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        view_(Napi::Persistent(bytes.As<Napi::Object>())),
        data_(bytes.Data()),
        size_(bytes.ByteLength()) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

  void Execute() override {
#ifdef __linux__
    // 512 times fewer faults and a longer reach of the TLB; refused without harm where huge pages are switched off.
    const auto first = (reinterpret_cast<uintptr_t>(data_) + kPageBytes - 1) & ~(kPageBytes - 1);
    const auto last = (reinterpret_cast<uintptr_t>(data_) + size_) & ~(kPageBytes - 1);
    if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
    // Read and written back: the memory may hold something already.
    for (size_t at = 0; at < size_; at += kPageBytes) {
      volatile uint8_t* byte = data_ + at;
      *byte = *byte;
    }
  }

  void OnOK() override { deferred_.Resolve(Env().Undefined()); }

 private:
  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference view_;
  uint8_t* data_;
  size_t size_;
};

Napi::Value JsPrefault(const Napi::CallbackInfo& info) {
  auto* worker = new Prefault(info.Env(), info[0].As<Napi::Uint8Array>());
  const Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}

}  // namespace

void InitMemory(Napi::Env env, Napi::Object exports) { exports.Set("prefault", Napi::Function::New(env, JsPrefault)); }

}  // namespace appulse
