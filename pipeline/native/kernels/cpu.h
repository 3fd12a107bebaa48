// Which instructions the running machine has; kernels choose by it when they are called.
#pragma once

#include <cstdlib>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define APPULSE_X86 1
#include <immintrin.h>
// A function with this mark may use AVX2 and BMI, and must be called only where HasAvx2().
#define APPULSE_AVX2 __attribute__((target("avx2,bmi,bmi2")))
#else
#define APPULSE_X86 0
#define APPULSE_AVX2
#endif

namespace appulse {

// APPULSE_NO_AVX2=1 turns it off, so that tests can hold the portable code to the same corpus.
inline bool HasAvx2() {
#if APPULSE_X86
  static const bool has = [] {
    const char* off = std::getenv("APPULSE_NO_AVX2");
    if (off != nullptr && off[0] == '1') return false;
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  }();
  return has;
#else
  return false;
#endif
}

}  // namespace appulse
