#include "CTrainingKernels.h"

extern const tk_operations tk_table_f32_portable, tk_table_f64_portable;
#if defined(__x86_64__)
extern const tk_operations tk_table_f32_avx2, tk_table_f64_avx2, tk_table_f32_avx512, tk_table_f64_avx512;
#endif

static int best_level(int level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return 2;
  if (level >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  (void)level;
  return 0;
}

const tk_operations *tk_operations_f32(int level) {
  switch (best_level(level)) {
#if defined(__x86_64__)
  case 2: return &tk_table_f32_avx512;
  case 1: return &tk_table_f32_avx2;
#endif
  default: return &tk_table_f32_portable;
  }
}

const tk_operations *tk_operations_f64(int level) {
  switch (best_level(level)) {
#if defined(__x86_64__)
  case 2: return &tk_table_f64_avx512;
  case 1: return &tk_table_f64_avx2;
#endif
  default: return &tk_table_f64_portable;
  }
}
