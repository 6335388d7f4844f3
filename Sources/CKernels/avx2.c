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

// Blocks (one or two) of 16 rows by vectors (at most 4) vectors; padding is not read.
INLINE void tile(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x, size_t block,
                 const size_t blocks, const size_t vectors, float *out, size_t stride) {
  const size_t step = matrix->column_count * 16, columns = matrix->used_count;
  const uint8_t *weights = matrix->weights + block * step;
  __m256i sums[4][4];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < vectors; t++) {
#pragma clang loop unroll(full)
    for (size_t half = 0; half < 2 * blocks; half++) sums[t][half] = _mm256_setzero_si256();
  }
  for (size_t column = 0; column < columns; column += 4, weights += 64) {
#pragma clang loop unroll(full)
    for (size_t t = 0; t < vectors; t++) {
      __m256i quanta = quanta4(x[t].quanta + column);
      __m256i magnitudes = _mm256_abs_epi8(quanta);
#pragma clang loop unroll(full)
      for (size_t b = 0; b < blocks; b++) {
        sums[t][2 * b] = multiply(sums[t][2 * b], weights + b * step, quanta, magnitudes);
        sums[t][2 * b + 1] = multiply(sums[t][2 * b + 1], weights + b * step + 32, quanta, magnitudes);
      }
    }
  }
  const float *scales = matrix->scales + block * 16;
#pragma clang loop unroll(full)
  for (size_t t = 0; t < vectors; t++) {
#pragma clang loop unroll(full)
    for (size_t half = 0; half < 2 * blocks; half++) {
      store_rows(sums[t][half], scales + half * 8, base ? base + half * 8 : NULL, x[t].scale, out + t * stride + half * 8);
    }
  }
}

TARGET static void matvec_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                               size_t first, size_t count, float *out) {
  size_t b = 0;
  for (; b + 2 <= count; b += 2) tile(matrix, base ? base + b * 16 : NULL, x, first + b, 2, 1, out + b * 16, 0);
  if (b < count) tile(matrix, base ? base + b * 16 : NULL, x, first + b, 1, 1, out + b * 16, 0);
}

TARGET static void matmul_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                               size_t batch, size_t first, size_t count, float *out, size_t stride) {
  for (size_t b = 0; b < count; b++) {
    const float *start = base ? base + b * 16 : NULL;
    size_t t = 0;
    for (; t + 4 <= batch; t += 4) tile(matrix, start, x + t, first + b, 1, 4, out + t * stride + b * 16, stride);
    for (; t < batch; t++) tile(matrix, start, x + t, first + b, 1, 1, out + t * stride + b * 16, stride);
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

// The first `remaining` of eight lanes.
INLINE __m256i lanes_below(size_t remaining) {
  int limit = remaining < 8 ? (int)remaining : 8;
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE float largest_lane(__m256 values) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_shuffle_ps(four, four, 1)));
}

// Eight numbers, or the first of them where fewer are left and zeros behind.
INLINE __m256 load(const float *from, size_t remaining) {
  return remaining >= 8 ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, lanes_below(remaining));
}

TARGET static inkling_quantised quantise(const float *x, size_t count, size_t padded, int8_t *quanta) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  __m256 largest = _mm256_setzero_ps();
  // The order of the operands passes over what is no number.
  for (size_t i = 0; i < count; i += 8) {
    largest = _mm256_max_ps(_mm256_andnot_ps(sign, load(x + i, count - i)), largest);
  }
  float magnitude = largest_lane(largest), inverse = 0;
  inkling_quantised result = {quanta, 0, 0};
  if (magnitude >= 1e-30f && magnitude <= 1e30f) {
    result.scale = magnitude / 127.0f;
    inverse = 127.0f / magnitude;
  }
  __m256i sum = _mm256_setzero_si256();
  size_t i = 0;
  for (; i < count; i += 8) {
    // The order of the operands makes the bound win over what is no number.
    __m256 values = _mm256_mul_ps(load(x + i, count - i), _mm256_set1_ps(inverse));
    values = _mm256_min_ps(_mm256_max_ps(values, _mm256_set1_ps(-127)), _mm256_set1_ps(127));
    __m256i q = _mm256_cvtps_epi32(values);
    sum = _mm256_add_epi32(sum, q);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
    _mm_storel_epi64((__m128i *)(quanta + i), _mm_packs_epi16(words, words));
  }
  for (; i < padded; i += 8) _mm_storel_epi64((__m128i *)(quanta + i), _mm_setzero_si128());
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  result.sum = _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
  return result;
}

// MARK: Activations

// 2^t for t of -126 to 126: 2^n times 2^f, n read off the bits of t + 1.5 * 2^23, and 2^f by the polynomial of degree 5 of least
// relative error on -1/2...1/2, 2e-7 in single precision.
INLINE __m256 power_of_two(__m256 t) {
  const __m256 shift = _mm256_set1_ps(0x1.8p23f);
  __m256 n = _mm256_add_ps(t, shift), f = _mm256_sub_ps(t, _mm256_sub_ps(n, shift));
  __m256 p = _mm256_set1_ps(0.001327647129f);
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.009675540961f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.05550713092f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.2402212024f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(0.6931469440f));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(1));
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(n), 23)));
}

// exp(factor * x), between 2^-42 and 2^42: three of them multiplied are a number, and 1 + the least of them is 1.
INLINE __m256 bounded_exponential(__m256 x, float factor) {
  __m256 t = _mm256_mul_ps(x, _mm256_set1_ps(1.44269504f * factor));
  return power_of_two(_mm256_min_ps(_mm256_max_ps(t, _mm256_set1_ps(-42)), _mm256_set1_ps(42)));
}

INLINE __m256 plus_one(__m256 x) { return _mm256_add_ps(x, _mm256_set1_ps(1)); }
INLINE __m256 one_minus(__m256 x) { return _mm256_sub_ps(_mm256_set1_ps(1), x); }

INLINE __m256 hyperbolic_tangent(__m256 x) {
  __m256 e = bounded_exponential(x, -2);
  return _mm256_div_ps(one_minus(e), plus_one(e));
}

// Storing by a mask takes a dozen cycles: only the last numbers are.
INLINE void store(float *to, __m256 values, size_t remaining) {
  if (remaining >= 8) {
    _mm256_storeu_ps(to, values);
  } else {
    _mm256_maskstore_ps(to, lanes_below(remaining), values);
  }
}

// With e_x = exp(-x), or exp(-2x) where a tangent is taken of x, s(x) is 1 / (1 + e_x) and tanh(x) is (1 - e_x) / (1 + e_x): the
// fractions are added up before one division, which takes as long as a whole exponential.
TARGET static void lstm_gates(const float *gates, float *c, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 8) {
    size_t left = size - j;
    __m256 in = bounded_exponential(load(gates + j, left), -1);
    __m256 forget = plus_one(bounded_exponential(load(gates + size + j, left), -1));
    __m256 candidate = bounded_exponential(load(gates + 2 * size + j, left), -2);
    __m256 out = bounded_exponential(load(gates + 3 * size + j, left), -1);
    __m256 below = _mm256_mul_ps(plus_one(in), plus_one(candidate));
    __m256 above = _mm256_fmadd_ps(load(c + j, left), below, _mm256_mul_ps(one_minus(candidate), forget));
    __m256 cell = _mm256_div_ps(above, _mm256_mul_ps(below, forget));
    store(c + j, cell, left);
    __m256 tangent = bounded_exponential(cell, -2);
    store(h + j, _mm256_div_ps(one_minus(tangent), _mm256_mul_ps(plus_one(tangent), plus_one(out))), left);
  }
}

TARGET static void gru_gates(const float *input, const float *hidden, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 8) {
    size_t left = size - j;
    __m256 reset = plus_one(bounded_exponential(_mm256_add_ps(load(input + j, left), load(hidden + j, left)), -1));
    __m256 update =
        bounded_exponential(_mm256_add_ps(load(input + size + j, left), load(hidden + size + j, left)), -1);
    __m256 from_hidden = _mm256_div_ps(load(hidden + 2 * size + j, left), reset);
    __m256 candidate = bounded_exponential(_mm256_add_ps(from_hidden, load(input + 2 * size + j, left)), -2);
    __m256 above = _mm256_fmadd_ps(load(h + j, left), plus_one(candidate), _mm256_mul_ps(update, one_minus(candidate)));
    store(h + j, _mm256_div_ps(above, _mm256_mul_ps(plus_one(candidate), plus_one(update))), left);
  }
}

TARGET static void tanh_gates(const float *x, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 8) store(h + j, hyperbolic_tangent(load(x + j, size - j)), size - j);
}

TARGET static void sum_windows(const inkling_windows *windows, float *out) { inkling_sum_windows(windows, out); }

// MARK: Softmax

INLINE float lane_sum(__m256 values) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
}

// exp of what is at most 0, for sums. Below -87 it gives some 1e-38.
INLINE __m256 exponential_of_negative(__m256 x) {
  return power_of_two(_mm256_max_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _mm256_set1_ps(-126)));
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
    lstm_gates, gru_gates,   tanh_gates,  sum_windows, softmax_best,
    logits_best_int8, NULL, NULL,
};
#endif
