// The kernels in plain C: what the others are held against, and what runs where there is nothing better.
#include <math.h>

#include "internal.h"

static void matvec_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                        size_t first, size_t count, float *out) {
  size_t columns = matrix->column_count;
  for (size_t block = 0; block < count; block++) {
    const uint8_t *weights = matrix->weights + (first + block) * columns * 16;
    const float *scales = matrix->scales + (first + block) * 16;
    for (size_t row = 0; row < 16; row++) {
      int32_t sum = 0;
      for (size_t column = 0; column < columns; column++) {
        int32_t weight = (int32_t)weights[(column / 4 * 16 + row) * 4 + column % 4] - 128;
        sum += weight * x->quanta[column];
      }
      size_t at = block * 16 + row;
      out[at] = (base ? base[at] : 0) + scales[row] * x->scale * (float)sum;
    }
  }
}

// The quanta of 32 columns of a row, 128 too large, from where its bytes of them start.
static void unpack_int5(const uint8_t *from, uint8_t quanta[32]) {
  for (size_t j = 0; j < 4; j++) {
    uint8_t a = from[j], b = from[64 + j], c = from[128 + j], d = from[192 + j], e = from[256 + j];
    quanta[j] = a;
    quanta[4 + j] = b;
    quanta[8 + j] = c;
    quanta[12 + j] = d;
    quanta[16 + j] = e;
    quanta[20 + j] = (uint8_t)((a & 7) << 5 | (d & 3) << 3 | 4);
    quanta[24 + j] = (uint8_t)((b & 7) << 5 | (e & 3) << 3 | 4);
    quanta[28 + j] = (uint8_t)((c & 7) << 5 | (d >> 2 & 1) << 4 | (e >> 2 & 1) << 3 | 4);
  }
}

static void matvec_int5(const inkling_int5_matrix *matrix, const float *base, const inkling_quantised *x,
                        size_t first, size_t count, float *out) {
  size_t columns = matrix->column_count;
  for (size_t at = 0; at < count * 16; at++) {
    const uint8_t *weights = matrix->weights + (first + at / 16) * columns * 10 + at % 16 * 4;
    int32_t sum = 0;
    for (size_t column = 0; column < columns; column += 32) {
      uint8_t quanta[32];
      unpack_int5(weights + column * 10, quanta);
      for (size_t j = 0; j < 32; j++) sum += ((int32_t)quanta[j] - 128) * x->quanta[column + j];
    }
    out[at] = (base ? base[at] : 0) + matrix->scales[first * 16 + at] * x->scale * (float)sum;
  }
}

static void matmul_int5(const inkling_int5_matrix *matrix, const float *base, const inkling_quantised *x,
                        size_t batch, size_t first, size_t count, float *out, size_t stride) {
  for (size_t t = 0; t < batch; t++) matvec_int5(matrix, base, x + t, first, count, out + t * stride);
}

static void matmul_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                        size_t batch, size_t first, size_t count, float *out, size_t stride) {
  for (size_t t = 0; t < batch; t++) matvec_int8(matrix, base, x + t, first, count, out + t * stride);
}

static void matvec_float(const inkling_float_matrix *matrix, const float *base, const float *x, size_t first,
                         size_t count, float *out) {
  size_t columns = matrix->column_count;
  for (size_t block = 0; block < count; block++) {
    const float *weights = matrix->weights + (first + block) * columns * 16;
    for (size_t row = 0; row < 16; row++) {
      size_t at = block * 16 + row;
      float sum = 0;
      for (size_t column = 0; column < columns; column++) sum += weights[column * 16 + row] * x[column];
      out[at] = (base ? base[at] : 0) + sum;
    }
  }
}

static inkling_quantised quantise(const float *x, size_t count, size_t padded, int8_t *quanta) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) {
    float magnitude = fabsf(x[i]);
    if (magnitude > largest) largest = magnitude;
  }
  inkling_quantised result = {quanta, 0, 0};
  float inverse = 0;
  if (largest >= 1e-30f && largest <= 1e30f) {
    result.scale = largest / 127.0f;
    inverse = 127.0f / largest;
  }
  for (size_t i = 0; i < count; i++) {
    float scaled = nearbyintf(x[i] * inverse);
    int32_t quantum = scaled >= -127 ? (scaled <= 127 ? (int32_t)scaled : 127) : -127;
    quanta[i] = (int8_t)quantum;
    result.sum += quantum;
  }
  for (size_t i = count; i < padded; i++) quanta[i] = 0;
  return result;
}

static inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

static void lstm_gates(const float *gates, float *c, float *h, size_t size) {
  for (size_t j = 0; j < size; j++) {
    float in = sigmoid(gates[j]), forget = sigmoid(gates[size + j]);
    float candidate = tanhf(gates[2 * size + j]), out = sigmoid(gates[3 * size + j]);
    c[j] = forget * c[j] + in * candidate;
    h[j] = out * tanhf(c[j]);
  }
}

static void gru_gates(const float *input, const float *hidden, float *h, size_t size) {
  for (size_t j = 0; j < size; j++) {
    float reset = sigmoid(input[j] + hidden[j]), update = sigmoid(input[size + j] + hidden[size + j]);
    float candidate = tanhf(input[2 * size + j] + reset * hidden[2 * size + j]);
    h[j] = (1 - update) * candidate + update * h[j];
  }
}

static void tanh_gates(const float *x, float *h, size_t size) {
  for (size_t j = 0; j < size; j++) h[j] = tanhf(x[j]);
}

static void sum_windows(const inkling_windows *windows, float *out) { inkling_sum_windows(windows, out); }

static void softmax_best(const float *logits, size_t count, int32_t first_id, inkling_best *best) {
  for (size_t start = 0; start < count; start += INKLING_SOFTMAX_PIECE) {
    size_t end = start + INKLING_SOFTMAX_PIECE < count ? start + INKLING_SOFTMAX_PIECE : count;
    float largest = logits[start];
    for (size_t i = start; i < end; i++) {
      if (logits[i] > largest) largest = logits[i];
      if (logits[i] >= inkling_best_threshold(best)) inkling_best_insert(best, logits[i], first_id + (int32_t)i);
    }
    inkling_best_raise(best, largest);
    float sum = 0;
    for (size_t i = start; i < end; i++) sum += expf(logits[i] - best->maximum);
    best->sum += sum;
  }
}

static void logits_best_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                             size_t first, size_t count, size_t row_count, float *out, inkling_best *best) {
  inkling_logits_best_int8(&inkling_scalar_kernels, matrix, base, x, first, count, row_count, out, best);
}

static void logits_best_int5(const inkling_int5_matrix *matrix, const float *base, const inkling_quantised *x,
                             size_t first, size_t count, size_t row_count, float *out, inkling_best *best) {
  if (count == 0) return;
  size_t row = first * 16, end = row + count * 16;
  matvec_int5(matrix, base ? base + row : NULL, x, first, count, out + row);
  if (row < row_count) softmax_best(out + row, (end < row_count ? end : row_count) - row, (int32_t)row, best);
}

const inkling_kernels inkling_scalar_kernels = {
    "scalar",   matvec_int8, matmul_int8, matvec_float, quantise,
    lstm_gates, gru_gates,   tanh_gates,  sum_windows, softmax_best,
    logits_best_int8, matmul_int5, logits_best_int5,
};
