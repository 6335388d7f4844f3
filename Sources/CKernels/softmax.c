// Keeping the best logits and the normaliser over pieces.
#include <math.h>

#include "internal.h"

void inkling_best_clear(inkling_best *best) {
  best->maximum = INKLING_LOWEST;
  best->sum = 0;
  best->count = 0;
}

void inkling_best_insert(inkling_best *best, float value, int32_t id) {
  if (best->capacity <= 0 || !(value > -INFINITY)) return;
  int32_t at = best->count;
  while (at > 0 && (best->values[at - 1] < value || (best->values[at - 1] == value && best->ids[at - 1] > id))) at--;
  if (at >= best->capacity) return;
  if (best->count < best->capacity) best->count++;
  for (int32_t i = best->count - 1; i > at; i--) {
    best->values[i] = best->values[i - 1];
    best->ids[i] = best->ids[i - 1];
  }
  best->values[at] = value;
  best->ids[at] = id;
}

void inkling_best_raise(inkling_best *best, float value) {
  if (!(value > best->maximum)) return;
  best->sum *= exp((double)best->maximum - (double)value);
  best->maximum = value;
}

void inkling_logits_best_int8(const inkling_kernels *kernels, const inkling_int8_matrix *matrix, const float *base,
                              const inkling_quantised *x, size_t first, size_t count, size_t row_count, float *out,
                              inkling_best *best) {
  const size_t step = INKLING_SOFTMAX_PIECE / 16;
  for (size_t done = 0; done < count; done += step) {
    size_t blocks = count - done < step ? count - done : step, row = (first + done) * 16;
    kernels->matvec_int8(matrix, base ? base + row : NULL, x, first + done, blocks, out + row);
    if (row >= row_count) return;
    size_t rows = row_count - row < blocks * 16 ? row_count - row : blocks * 16;
    kernels->softmax_best(out + row, rows, (int32_t)row, best);
  }
}

void inkling_best_merge(inkling_best *best, const inkling_best *other) {
  inkling_best_raise(best, other->maximum);
  best->sum += other->sum * exp((double)other->maximum - (double)best->maximum);
  for (int32_t i = 0; i < other->count; i++) inkling_best_insert(best, other->values[i], other->ids[i]);
}

float inkling_best_log_normaliser(const inkling_best *best) {
  return (float)((double)best->maximum + log(best->sum));
}
