// The kernels for x86 processors with AVX2 and FMA.
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "internal.h"

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE TARGET static inline __attribute__((always_inline))

// MARK: Products

// sums += weights * quanta, four columns of eight rows.
//
// The product of unsigned by signed bytes adds pairs in 16 bits with saturation. Taking the quanta's magnitudes as the
// unsigned side and giving their signs to the weights bounds a pair by 2 * 127 * 127 = 32258, so that it is exact.
INLINE __m256i multiply(__m256i sums, const uint8_t *weights, __m256i quanta, __m256i magnitudes) {
  __m256i centred = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)weights), _mm256_set1_epi8((char)0x80));
  __m256i pairs = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(centred, quanta));
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

INLINE __m256i quanta4(const int8_t *quanta) {
  int32_t four;
  memcpy(&four, quanta, sizeof four);
  return _mm256_set1_epi32(four);
}

INLINE void store_rows(__m256i products, const float *scales, const float *base, float x_scale, float *out) {
  __m256 scale = _mm256_mul_ps(_mm256_loadu_ps(scales), _mm256_set1_ps(x_scale));
  __m256 start = base ? _mm256_loadu_ps(base) : _mm256_setzero_ps();
  _mm256_storeu_ps(out, _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(products), start));
}

// One block of 16 rows by vectors (at most 4) vectors.
INLINE void tile(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x, size_t block,
                 const size_t vectors, float *out, size_t stride) {
  size_t columns = matrix->column_count;
  const uint8_t *weights = matrix->weights + block * columns * 16;
  __m256i sums[4][2];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < vectors; t++) sums[t][0] = sums[t][1] = _mm256_setzero_si256();
  for (size_t column = 0; column < columns; column += 4, weights += 64) {
#pragma clang loop unroll(full)
    for (size_t t = 0; t < vectors; t++) {
      __m256i quanta = quanta4(x[t].quanta + column);
      __m256i magnitudes = _mm256_abs_epi8(quanta);
      sums[t][0] = multiply(sums[t][0], weights, quanta, magnitudes);
      sums[t][1] = multiply(sums[t][1], weights + 32, quanta, magnitudes);
    }
  }
  const float *scales = matrix->scales + block * 16;
#pragma clang loop unroll(full)
  for (size_t t = 0; t < vectors; t++) {
    store_rows(sums[t][0], scales, base, x[t].scale, out + t * stride);
    store_rows(sums[t][1], scales + 8, base ? base + 8 : NULL, x[t].scale, out + t * stride + 8);
  }
}

TARGET static void matvec_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                               size_t first, size_t count, float *out) {
  for (size_t b = 0; b < count; b++) tile(matrix, base ? base + b * 16 : NULL, x, first + b, 1, out + b * 16, 0);
}

TARGET static void matmul_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                               size_t batch, size_t first, size_t count, float *out, size_t stride) {
  for (size_t b = 0; b < count; b++) {
    const float *start = base ? base + b * 16 : NULL;
    size_t t = 0;
    for (; t + 4 <= batch; t += 4) tile(matrix, start, x + t, first + b, 4, out + t * stride + b * 16, stride);
    for (; t < batch; t++) tile(matrix, start, x + t, first + b, 1, out + t * stride + b * 16, stride);
  }
}

TARGET static void matvec_float(const inkling_float_matrix *matrix, const float *base, const float *x, size_t first,
                                size_t count, float *out) {
  size_t columns = matrix->column_count;
  const float *weights = matrix->weights + first * columns * 16;
  for (size_t block = 0; block < count; block++, out += 16) {
    __m256 low = base ? _mm256_loadu_ps(base + block * 16) : _mm256_setzero_ps();
    __m256 high = base ? _mm256_loadu_ps(base + block * 16 + 8) : _mm256_setzero_ps();
    __m256 low2 = _mm256_setzero_ps(), high2 = low2;
    size_t column = 0;
    for (; column + 2 <= columns; column += 2, weights += 32) {
      __m256 even = _mm256_set1_ps(x[column]), odd = _mm256_set1_ps(x[column + 1]);
      low = _mm256_fmadd_ps(_mm256_loadu_ps(weights), even, low);
      high = _mm256_fmadd_ps(_mm256_loadu_ps(weights + 8), even, high);
      low2 = _mm256_fmadd_ps(_mm256_loadu_ps(weights + 16), odd, low2);
      high2 = _mm256_fmadd_ps(_mm256_loadu_ps(weights + 24), odd, high2);
    }
    if (column < columns) {
      __m256 last = _mm256_set1_ps(x[column]);
      low = _mm256_fmadd_ps(_mm256_loadu_ps(weights), last, low);
      high = _mm256_fmadd_ps(_mm256_loadu_ps(weights + 8), last, high);
      weights += 16;
    }
    _mm256_storeu_ps(out, _mm256_add_ps(low, low2));
    _mm256_storeu_ps(out + 8, _mm256_add_ps(high, high2));
  }
}

TARGET static inkling_quantised quantise(const float *x, size_t count, size_t padded, int8_t *quanta) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  __m256 largest = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    largest = _mm256_max_ps(_mm256_andnot_ps(sign, _mm256_loadu_ps(x + i)), largest);
  }
  float lanes[8], magnitude = 0;
  _mm256_storeu_ps(lanes, largest);
  for (size_t j = 0; j < 8; j++) magnitude = lanes[j] > magnitude ? lanes[j] : magnitude;
  for (; i < count; i++) magnitude = fabsf(x[i]) > magnitude ? fabsf(x[i]) : magnitude;
  inkling_quantised result = {quanta, 0, 0};
  float inverse = 0;
  if (magnitude >= 1e-30f && magnitude <= 1e30f) {
    result.scale = magnitude / 127.0f;
    inverse = 127.0f / magnitude;
  }
  __m256i sum = _mm256_setzero_si256();
  for (i = 0; i < padded; i += 8) {
    __m256 values;
    if (i + 8 <= count) {
      values = _mm256_loadu_ps(x + i);
    } else {
      for (size_t j = 0; j < 8; j++) lanes[j] = i + j < count ? x[i + j] : 0;
      values = _mm256_loadu_ps(lanes);
    }
    // The order of the operands makes the bound win over what is no number.
    values = _mm256_mul_ps(values, _mm256_set1_ps(inverse));
    values = _mm256_min_ps(_mm256_max_ps(values, _mm256_set1_ps(-127)), _mm256_set1_ps(127));
    __m256i q = _mm256_cvtps_epi32(values);
    sum = _mm256_add_epi32(sum, q);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
    _mm_storel_epi64((__m128i *)(quanta + i), _mm_packs_epi16(words, words));
  }
  int32_t sums[8];
  _mm256_storeu_si256((__m256i *)sums, sum);
  for (size_t j = 0; j < 8; j++) result.sum += sums[j];
  return result;
}

// MARK: Activations

// As in avx512.c, with the power of two made from the exponent's bits: results stay in the range of normal numbers.
INLINE __m256 exponential(__m256 x) {
  x = _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-87.0f)), _mm256_set1_ps(88.0f));
  __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                             _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0x1.62e4p-1f), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0x1.7f7d1cp-20f), r);
  __m256 p = _mm256_set1_ps(1.0f / 5040);
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 720));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 120));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 24));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 6));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1));
  __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_mul_ps(p, _mm256_castsi256_ps(power));
}

INLINE __m256 sigmoid(__m256 x) {
  __m256 e = exponential(_mm256_sub_ps(_mm256_setzero_ps(), x));
  return _mm256_div_ps(_mm256_set1_ps(1), _mm256_add_ps(_mm256_set1_ps(1), e));
}

INLINE __m256 hyperbolic_tangent(__m256 x) {
  __m256 e = exponential(_mm256_add_ps(x, x));
  return _mm256_sub_ps(_mm256_set1_ps(1), _mm256_div_ps(_mm256_set1_ps(2), _mm256_add_ps(_mm256_set1_ps(1), e)));
}

// The first `remaining` of eight lanes.
INLINE __m256i lanes_below(size_t remaining) {
  int limit = remaining < 8 ? (int)remaining : 8;
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

TARGET static void lstm_gates(const float *gates, float *c, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 8) {
    __m256i mask = lanes_below(size - j);
    __m256 in = sigmoid(_mm256_maskload_ps(gates + j, mask));
    __m256 forget = sigmoid(_mm256_maskload_ps(gates + size + j, mask));
    __m256 candidate = hyperbolic_tangent(_mm256_maskload_ps(gates + 2 * size + j, mask));
    __m256 out = sigmoid(_mm256_maskload_ps(gates + 3 * size + j, mask));
    __m256 cell = _mm256_fmadd_ps(forget, _mm256_maskload_ps(c + j, mask), _mm256_mul_ps(in, candidate));
    _mm256_maskstore_ps(c + j, mask, cell);
    _mm256_maskstore_ps(h + j, mask, _mm256_mul_ps(out, hyperbolic_tangent(cell)));
  }
}

TARGET static void gru_gates(const float *input, const float *hidden, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 8) {
    __m256i mask = lanes_below(size - j);
    __m256 reset = sigmoid(_mm256_add_ps(_mm256_maskload_ps(input + j, mask), _mm256_maskload_ps(hidden + j, mask)));
    __m256 update = sigmoid(
        _mm256_add_ps(_mm256_maskload_ps(input + size + j, mask), _mm256_maskload_ps(hidden + size + j, mask)));
    __m256 candidate = hyperbolic_tangent(_mm256_fmadd_ps(reset, _mm256_maskload_ps(hidden + 2 * size + j, mask),
                                                          _mm256_maskload_ps(input + 2 * size + j, mask)));
    __m256 before = _mm256_maskload_ps(h + j, mask);
    _mm256_maskstore_ps(h + j, mask, _mm256_fmadd_ps(update, _mm256_sub_ps(before, candidate), candidate));
  }
}

TARGET static void tanh_gates(const float *x, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 8) {
    __m256i mask = lanes_below(size - j);
    _mm256_maskstore_ps(h + j, mask, hyperbolic_tangent(_mm256_maskload_ps(x + j, mask)));
  }
}

TARGET static void add(const float *x, float *out, size_t size) {
  for (size_t j = 0; j < size; j++) out[j] += x[j];
}

// MARK: Softmax

INLINE float largest_lane(__m256 values) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_shuffle_ps(four, four, 1)));
}

INLINE float lane_sum(__m256 values) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
}

// exp of what is at most 0, for sums: 2^t with t = n + f, n read off the bits of t + 1.5 * 2^23, and 2^f by the polynomial
// of degree 5 of least relative error on -1/2...1/2, 2e-7 in single precision. Below -87 it gives some 1e-38.
INLINE __m256 exponential_of_negative(__m256 x) {
  const __m256 shift = _mm256_set1_ps(0x1.8p23f);
  __m256 t = _mm256_max_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _mm256_set1_ps(-126));
  __m256 n = _mm256_add_ps(t, shift), f = _mm256_sub_ps(t, _mm256_sub_ps(n, shift));
  __m256 p = _mm256_set1_ps(0.001327647129f);
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.009675540961f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.05550713092f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.2402212024f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.6931469440f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(1));
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(n), 23)));
}

// Puts those of the eight logits at `at` among the best that belong there, bit by bit of `above`; gives the new threshold.
static __attribute__((noinline)) float insert_best(const float *logits, size_t at, unsigned above, int32_t first_id,
                                                   inkling_best *best) {
  for (; above != 0; above &= above - 1) {
    size_t i = at + (size_t)__builtin_ctz(above);
    if (logits[i] >= inkling_best_threshold(best)) inkling_best_insert(best, logits[i], first_id + (int32_t)i);
  }
  return inkling_best_threshold(best);
}

TARGET static void softmax_best(const float *logits, size_t count, int32_t first_id, inkling_best *best) {
  const __m256 lowest = _mm256_set1_ps(INKLING_LOWEST);
  __m256 threshold = _mm256_set1_ps(inkling_best_threshold(best));
  for (size_t start = 0; start < count; start += INKLING_SOFTMAX_PIECE) {
    size_t end = start + INKLING_SOFTMAX_PIECE < count ? start + INKLING_SOFTMAX_PIECE : count;
    // The last piece may end within a vector: those lanes are masked, the others cost no mask.
    size_t whole = end - (end - start) % 8;
    __m256 tail = _mm256_castsi256_ps(lanes_below(end - whole));
    __m256 largest = lowest;
    for (size_t i = start; i < whole; i += 8) {
      __m256 values = _mm256_loadu_ps(logits + i);
      largest = _mm256_max_ps(values, largest);
      unsigned above = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(values, threshold, _CMP_GE_OQ));
      if (__builtin_expect(above != 0, 0)) threshold = _mm256_set1_ps(insert_best(logits, i, above, first_id, best));
    }
    if (whole < end) {
      __m256 values = _mm256_maskload_ps(logits + whole, _mm256_castps_si256(tail));
      largest = _mm256_max_ps(_mm256_blendv_ps(lowest, values, tail), largest);
      __m256 reached = _mm256_and_ps(_mm256_cmp_ps(values, threshold, _CMP_GE_OQ), tail);
      unsigned above = (unsigned)_mm256_movemask_ps(reached);
      if (above != 0) threshold = _mm256_set1_ps(insert_best(logits, whole, above, first_id, best));
    }
    inkling_best_raise(best, largest_lane(largest));
    // Two sums, as additions wait for each other.
    __m256 maximum = _mm256_set1_ps(best->maximum), sum = _mm256_setzero_ps(), other = _mm256_setzero_ps();
    size_t i = start;
    for (; i + 16 <= whole; i += 16) {
      sum = _mm256_add_ps(sum, exponential_of_negative(_mm256_sub_ps(_mm256_loadu_ps(logits + i), maximum)));
      other = _mm256_add_ps(other, exponential_of_negative(_mm256_sub_ps(_mm256_loadu_ps(logits + i + 8), maximum)));
    }
    if (i < whole) sum = _mm256_add_ps(sum, exponential_of_negative(_mm256_sub_ps(_mm256_loadu_ps(logits + i), maximum)));
    if (whole < end) {
      __m256 values = _mm256_maskload_ps(logits + whole, _mm256_castps_si256(tail));
      other = _mm256_add_ps(other, _mm256_and_ps(exponential_of_negative(_mm256_sub_ps(values, maximum)), tail));
    }
    best->sum += lane_sum(_mm256_add_ps(sum, other));
  }
}

static void logits_best_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                             size_t first, size_t count, size_t row_count, float *out, inkling_best *best) {
  inkling_logits_best_int8(&inkling_avx2_kernels, matrix, base, x, first, count, row_count, out, best);
}

const inkling_kernels inkling_avx2_kernels = {
    "avx2",     matvec_int8, matmul_int8, matvec_float, quantise,
    lstm_gates, gru_gates,   tanh_gates,  add, softmax_best,
    logits_best_int8, NULL, NULL,
};
#endif
