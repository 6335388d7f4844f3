// Which kernels this processor can run.
#include "internal.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
static bool has_dotprod(void) { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }
#elif defined(__aarch64__) && defined(__APPLE__)
static bool has_dotprod(void) { return true; }
#elif defined(__aarch64__)
static bool has_dotprod(void) { return false; }
#endif

const inkling_kernels *inkling_kernels_for(inkling_isa isa) {
  switch (isa) {
    case INKLING_ISA_SCALAR: return &inkling_scalar_kernels;
#if defined(__x86_64__)
    case INKLING_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &inkling_avx2_kernels : NULL;
    case INKLING_ISA_AVX512_VNNI:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vnni")
                 ? &inkling_avx512_kernels
                 : NULL;
#endif
#if defined(__aarch64__)
    case INKLING_ISA_NEON: return &inkling_neon_kernels;
    case INKLING_ISA_NEON_DOTPROD: return has_dotprod() ? &inkling_neon_dotprod_kernels : NULL;
#endif
    default: return NULL;
  }
}

const inkling_kernels *inkling_kernels_best(void) {
  for (int isa = INKLING_ISA_COUNT - 1; isa > INKLING_ISA_SCALAR; isa--) {
    const inkling_kernels *kernels = inkling_kernels_for((inkling_isa)isa);
    if (kernels) return kernels;
  }
  return &inkling_scalar_kernels;
}
