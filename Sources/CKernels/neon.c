// The kernels for AArch64, with and without the 8-bit dot product.
#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "internal.h"

#define INLINE static inline __attribute__((always_inline))

// MARK: Products

INLINE int8x16_t quanta4(const int8_t *quanta) {
  int32_t four;
  memcpy(&four, quanta, sizeof four);
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

INLINE int8x16_t centred(const uint8_t *weights) {
  return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(weights), vdupq_n_u8(0x80)));
}

// Four columns of four rows: products of 8 bits in 16, added in pairs in 32.
INLINE int32x4_t multiply(int32x4_t sums, int8x16_t weights, int8x16_t quanta) {
  int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(weights), vget_low_s8(quanta)));
  int32x4_t high = vpaddlq_s16(vmull_high_s8(weights, quanta));
  return vaddq_s32(sums, vpaddq_s32(low, high));
}

__attribute__((target("dotprod"))) INLINE int32x4_t multiply_dotprod(int32x4_t sums, int8x16_t weights,
                                                                      int8x16_t quanta) {
  return vdotq_s32(sums, weights, quanta);
}

INLINE void store_rows(int32x4_t products, const float *scales, const float *base, float x_scale, float *out) {
  float32x4_t scale = vmulq_n_f32(vld1q_f32(scales), x_scale);
  float32x4_t start = base ? vld1q_f32(base) : vdupq_n_f32(0);
  vst1q_f32(out, vfmaq_f32(start, scale, vcvtq_f32_s32(products)));
}

// One block of 16 rows by one vector; the two functions differ in the product alone.
#define DEFINE_PRODUCTS(suffix, attribute, product)                                                                   \
  attribute static void matvec_int8##suffix(const inkling_int8_matrix *matrix, const float *base,                    \
                                            const inkling_quantised *x, size_t first, size_t count, float *out) {    \
    size_t columns = matrix->column_count;                                                                            \
    const uint8_t *weights = matrix->weights + first * columns * 16;                                                  \
    const float *scales = matrix->scales + first * 16;                                                                \
    for (size_t block = 0; block < count; block++) {                                                                  \
      int32x4_t sum0 = vdupq_n_s32(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;                                         \
      for (size_t column = 0; column < columns; column += 4, weights += 64) {                                         \
        int8x16_t quanta = quanta4(x->quanta + column);                                                               \
        sum0 = product(sum0, centred(weights), quanta);                                                               \
        sum1 = product(sum1, centred(weights + 16), quanta);                                                          \
        sum2 = product(sum2, centred(weights + 32), quanta);                                                          \
        sum3 = product(sum3, centred(weights + 48), quanta);                                                          \
      }                                                                                                               \
      int32x4_t sums[4] = {sum0, sum1, sum2, sum3};                                                                   \
      for (size_t q = 0; q < 4; q++) {                                                                                \
        size_t at = block * 16 + q * 4;                                                                               \
        store_rows(sums[q], scales + at, base ? base + at : NULL, x->scale, out + at);                                \
      }                                                                                                               \
    }                                                                                                                 \
  }                                                                                                                   \
  attribute static void matmul_int8##suffix(const inkling_int8_matrix *matrix, const float *base,                    \
                                            const inkling_quantised *x, size_t batch, size_t first, size_t count,    \
                                            float *out, size_t stride) {                                              \
    for (size_t block = 0; block < count; block++) { /* its weights stay in the first cache for all vectors */        \
      for (size_t t = 0; t < batch; t++) {                                                                            \
        matvec_int8##suffix(matrix, base ? base + block * 16 : NULL, x + t, first + block, 1,                         \
                            out + t * stride + block * 16);                                                           \
      }                                                                                                               \
    }                                                                                                                 \
  }

DEFINE_PRODUCTS(, , multiply)
DEFINE_PRODUCTS(_dotprod, __attribute__((target("dotprod"))), multiply_dotprod)

static void matvec_float(const inkling_float_matrix *matrix, const float *base, const float *x, size_t first,
                         size_t count, float *out) {
  size_t columns = matrix->column_count;
  const float *weights = matrix->weights + first * columns * 16;
  for (size_t block = 0; block < count; block++, out += 16) {
    float32x4_t sums[4];
    for (size_t q = 0; q < 4; q++) sums[q] = base ? vld1q_f32(base + block * 16 + q * 4) : vdupq_n_f32(0);
    for (size_t column = 0; column < columns; column++, weights += 16) {
      for (size_t q = 0; q < 4; q++) sums[q] = vfmaq_n_f32(sums[q], vld1q_f32(weights + q * 4), x[column]);
    }
    for (size_t q = 0; q < 4; q++) vst1q_f32(out + q * 4, sums[q]);
  }
}

static inkling_quantised quantise(const float *x, size_t count, size_t padded, int8_t *quanta) {
  float magnitude = 0;
  size_t i = 0;
  float32x4_t largest = vdupq_n_f32(0);
  for (; i + 4 <= count; i += 4) largest = vmaxnmq_f32(largest, vabsq_f32(vld1q_f32(x + i)));
  magnitude = vmaxnmvq_f32(largest);
  for (; i < count; i++) magnitude = fabsf(x[i]) > magnitude ? fabsf(x[i]) : magnitude;
  inkling_quantised result = {quanta, 0, 0};
  float inverse = 0;
  if (magnitude >= 1e-30f && magnitude <= 1e30f) {
    result.scale = magnitude / 127.0f;
    inverse = 127.0f / magnitude;
  }
  int32x4_t sum = vdupq_n_s32(0);
  for (i = 0; i < padded; i += 4) {
    float lanes[4];
    for (size_t j = 0; j < 4; j++) lanes[j] = i + j < count ? x[i + j] : 0;
    float32x4_t values = vmulq_n_f32(vld1q_f32(lanes), inverse);
    // maxnm prefers the bound to what is no number.
    values = vminnmq_f32(vmaxnmq_f32(values, vdupq_n_f32(-127)), vdupq_n_f32(127));
    int32x4_t q = vcvtnq_s32_f32(values);
    sum = vaddq_s32(sum, q);
    int32_t four[4];
    vst1q_s32(four, q);
    for (size_t j = 0; j < 4; j++) quanta[i + j] = (int8_t)four[j];
  }
  result.sum = vaddvq_s32(sum);
  return result;
}

// MARK: Activations

// As in avx512.c, with the power of two made from the exponent's bits: results stay in the range of normal numbers.
INLINE float32x4_t exponential(float32x4_t x) {
  x = vminnmq_f32(vmaxnmq_f32(x, vdupq_n_f32(-87.0f)), vdupq_n_f32(88.0f));
  float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504f));
  float32x4_t r = vfmsq_n_f32(x, n, 0x1.62e4p-1f);
  r = vfmsq_n_f32(r, n, 0x1.7f7d1cp-20f);
  float32x4_t p = vdupq_n_f32(1.0f / 5040);
  p = vfmaq_f32(vdupq_n_f32(1.0f / 720), p, r);
  p = vfmaq_f32(vdupq_n_f32(1.0f / 120), p, r);
  p = vfmaq_f32(vdupq_n_f32(1.0f / 24), p, r);
  p = vfmaq_f32(vdupq_n_f32(1.0f / 6), p, r);
  p = vfmaq_f32(vdupq_n_f32(0.5f), p, r);
  p = vfmaq_f32(vdupq_n_f32(1), p, r);
  p = vfmaq_f32(vdupq_n_f32(1), p, r);
  int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
  return vmulq_f32(p, vreinterpretq_f32_s32(power));
}

INLINE float32x4_t sigmoid(float32x4_t x) {
  float32x4_t one = vdupq_n_f32(1);
  return vdivq_f32(one, vaddq_f32(one, exponential(vnegq_f32(x))));
}

INLINE float32x4_t hyperbolic_tangent(float32x4_t x) {
  float32x4_t one = vdupq_n_f32(1);
  return vsubq_f32(one, vdivq_f32(vdupq_n_f32(2), vaddq_f32(one, exponential(vaddq_f32(x, x)))));
}

// Four values, zeros beyond `remaining` of them.
INLINE float32x4_t load(const float *values, size_t remaining) {
  if (remaining >= 4) return vld1q_f32(values);
  float lanes[4] = {0, 0, 0, 0};
  memcpy(lanes, values, remaining * sizeof(float));
  return vld1q_f32(lanes);
}

INLINE void store(float *out, float32x4_t values, size_t remaining) {
  float lanes[4];
  vst1q_f32(lanes, values);
  memcpy(out, lanes, (remaining < 4 ? remaining : 4) * sizeof(float));
}

static void lstm_gates(const float *gates, float *c, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 4) {
    size_t left = size - j;
    float32x4_t in = sigmoid(load(gates + j, left)), forget = sigmoid(load(gates + size + j, left));
    float32x4_t candidate = hyperbolic_tangent(load(gates + 2 * size + j, left));
    float32x4_t out = sigmoid(load(gates + 3 * size + j, left));
    float32x4_t cell = vfmaq_f32(vmulq_f32(in, candidate), forget, load(c + j, left));
    store(c + j, cell, left);
    store(h + j, vmulq_f32(out, hyperbolic_tangent(cell)), left);
  }
}

static void gru_gates(const float *input, const float *hidden, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 4) {
    size_t left = size - j;
    float32x4_t reset = sigmoid(vaddq_f32(load(input + j, left), load(hidden + j, left)));
    float32x4_t update = sigmoid(vaddq_f32(load(input + size + j, left), load(hidden + size + j, left)));
    float32x4_t candidate = hyperbolic_tangent(
        vfmaq_f32(load(input + 2 * size + j, left), reset, load(hidden + 2 * size + j, left)));
    store(h + j, vfmaq_f32(candidate, update, vsubq_f32(load(h + j, left), candidate)), left);
  }
}

static void tanh_gates(const float *x, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 4) store(h + j, hyperbolic_tangent(load(x + j, size - j)), size - j);
}

static void sum_windows(const inkling_windows *windows, float *out) { inkling_sum_windows(windows, out); }

// MARK: Softmax

static void softmax_best(const float *logits, size_t count, int32_t first_id, inkling_best *best) {
  float threshold = inkling_best_threshold(best);
  for (size_t start = 0; start < count; start += INKLING_SOFTMAX_PIECE) {
    size_t end = start + INKLING_SOFTMAX_PIECE < count ? start + INKLING_SOFTMAX_PIECE : count;
    float largest = INKLING_LOWEST;
    for (size_t i = start; i < end; i += 4) {
      size_t lanes = end - i < 4 ? end - i : 4;
      float piece = INKLING_LOWEST;
      if (lanes == 4) {
        piece = vmaxnmvq_f32(vld1q_f32(logits + i));
      } else {
        for (size_t j = 0; j < lanes; j++) piece = logits[i + j] > piece ? logits[i + j] : piece;
      }
      largest = piece > largest ? piece : largest;
      if (__builtin_expect(piece >= threshold, 0)) {
        for (size_t j = 0; j < lanes; j++) {
          if (logits[i + j] >= threshold) inkling_best_insert(best, logits[i + j], first_id + (int32_t)(i + j));
          threshold = inkling_best_threshold(best);
        }
      }
    }
    inkling_best_raise(best, largest);
    float32x4_t maximum = vdupq_n_f32(best->maximum), sum = vdupq_n_f32(0);
    size_t i = start;
    for (; i + 4 <= end; i += 4) sum = vaddq_f32(sum, exponential(vsubq_f32(vld1q_f32(logits + i), maximum)));
    best->sum += vaddvq_f32(sum);
    for (; i < end; i++) best->sum += expf(logits[i] - best->maximum);
  }
}

static void logits_best_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                             size_t first, size_t count, size_t row_count, float *out, inkling_best *best) {
  inkling_logits_best_int8(&inkling_neon_kernels, matrix, base, x, first, count, row_count, out, best);
}

const inkling_kernels inkling_neon_kernels = {
    "neon",     matvec_int8, matmul_int8, matvec_float, quantise,
    lstm_gates, gru_gates,   tanh_gates,  sum_windows, softmax_best,
    logits_best_int8, NULL, NULL,
};
static void logits_best_int8_dotprod(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                             size_t first, size_t count, size_t row_count, float *out, inkling_best *best) {
  inkling_logits_best_int8(&inkling_neon_dotprod_kernels, matrix, base, x, first, count, row_count, out, best);
}

const inkling_kernels inkling_neon_dotprod_kernels = {
    "neon-dotprod", matvec_int8_dotprod, matmul_int8_dotprod, matvec_float, quantise,
    lstm_gates,     gru_gates,           tanh_gates,          sum_windows, softmax_best,
    logits_best_int8_dotprod, NULL, NULL,
};
#endif
