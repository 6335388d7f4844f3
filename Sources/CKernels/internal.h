// Shared by the kernels' files; not part of the module's interface.
#pragma once
#include "CKernels.h"

extern const inkling_kernels inkling_scalar_kernels;
#if defined(__x86_64__)
extern const inkling_kernels inkling_avx2_kernels;
extern const inkling_kernels inkling_avx512_kernels;
#endif
#if defined(__aarch64__)
extern const inkling_kernels inkling_neon_kernels;
extern const inkling_kernels inkling_neon_dotprod_kernels;
#endif

// Logits taken together: their exponentials share one maximum.
#define INKLING_SOFTMAX_PIECE 256
// Stands for minus infinity where a difference must stay a number.
#define INKLING_LOWEST (-1e30f)

// Puts a logit among the best if it belongs there; the caller has checked value >= the last of a full list or
// that the list is not full.
void inkling_best_insert(inkling_best *best, float value, int32_t id);
// logits_best_int8 out of the two others, for kernels without one of their own.
void inkling_logits_best_int8(const inkling_kernels *kernels, const inkling_int8_matrix *matrix, const float *base,
                              const inkling_quantised *x, size_t first, size_t count, size_t row_count, float *out,
                              inkling_best *best);
// Makes maximum at least value, scaling the sum.
void inkling_best_raise(inkling_best *best, float value);

static inline float inkling_best_threshold(const inkling_best *best) {
  if (best->capacity == 0) return __builtin_inff();
  return best->count < best->capacity ? -__builtin_inff() : best->values[best->count - 1];
}
