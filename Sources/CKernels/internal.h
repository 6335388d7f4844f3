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
// Eight numbers at once, in as many registers as the instruction set needs for them.
typedef float inkling_lanes __attribute__((ext_vector_type(8), aligned(4)));

// One window's numbers from `at` on, registers * 8 of them: `count` steps, the first of which has place `place`.
static inline __attribute__((always_inline)) void inkling_sum_window(const inkling_windows *windows, const float *const *steps,
                                                                     size_t count, size_t place, size_t at,
                                                                     const size_t registers, float *out) {
  inkling_lanes sums[4];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < registers; r++) sums[r] = *(const inkling_lanes *)(windows->base + at + r * 8);
  for (size_t step = 0; step < count; step++) {
    if (steps[step] == NULL) continue;
    const float *from = steps[step] + (place + step) * windows->place_size + at;
#pragma clang loop unroll(full)
    for (size_t r = 0; r < registers; r++) sums[r] += *(const inkling_lanes *)(from + r * 8);
  }
  const inkling_lanes floors = windows->floor;
#pragma clang loop unroll(full)
  for (size_t r = 0; r < registers; r++) *(inkling_lanes *)(out + at + r * 8) = floors > sums[r] ? floors : sums[r];
}

// sum_windows for any instruction set, by whose registers the caller is compiled.
static inline __attribute__((always_inline)) void inkling_sum_windows(const inkling_windows *windows, float *out) {
  const size_t size = windows->size, width = windows->width, before = windows->before;
  for (size_t t = 0; t < windows->count; t++, out += size) {
    // Where place 0 lies, counted from as many steps before the first as are missing there.
    const size_t start = t * windows->stride, end = windows->step_count + before;
    size_t first = start < before ? before - start : 0, last = end > start ? end - start : 0;
    if (last > width) last = width;
    const size_t count = last > first ? last - first : 0;
    // A step's product is read over `width` windows, a part each: no processor sees that it will be read to its end.
    const size_t coming = start + width + 1 < end ? start + width + 1 : before;
    if (coming > before && windows->products[coming - before] != NULL) {
      inkling_fetch(windows->products[coming - before], width * windows->place_size);
    }
    const float *const *steps = count > 0 ? windows->products + (start + first - before) : NULL;
    size_t at = 0;
    for (; at + 32 <= size; at += 32) inkling_sum_window(windows, steps, count, first, at, 4, out);
    for (; at + 8 <= size; at += 8) inkling_sum_window(windows, steps, count, first, at, 1, out);
    for (; at < size; at++) {
      float sum = windows->base[at];
      for (size_t step = 0; step < count; step++) {
        if (steps[step] != NULL) sum += steps[step][(first + step) * windows->place_size + at];
      }
      out[at] = windows->floor > sum ? windows->floor : sum;
    }
  }
}

// Makes maximum at least value, scaling the sum.
void inkling_best_raise(inkling_best *best, float value);

static inline float inkling_best_threshold(const inkling_best *best) {
  if (best->capacity == 0) return __builtin_inff();
  return best->count < best->capacity ? -__builtin_inff() : best->values[best->count - 1];
}
