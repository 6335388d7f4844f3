// The kernels for x86 processors with AVX-512 and VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "internal.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")))
#define INLINE TARGET static inline __attribute__((always_inline))

// MARK: Products

// Four quanta, broadcast.
INLINE __m512i quanta4(const int8_t *quanta) {
  int32_t four;
  memcpy(&four, quanta, sizeof four);
  return _mm512_set1_epi32(four);
}

// base + scales * x.scale * (products - 128 * x.sum): the weights are stored as unsigned bytes 128 too large.
INLINE __m512 finish_rows(__m512i products, const float *scales, const float *base, const inkling_quantised *x) {
  __m512 sum = _mm512_cvtepi32_ps(_mm512_sub_epi32(products, _mm512_set1_epi32(128 * x->sum)));
  __m512 scale = _mm512_mul_ps(_mm512_loadu_ps(scales), _mm512_set1_ps(x->scale));
  __m512 start = base ? _mm512_loadu_ps(base) : _mm512_setzero_ps();
  return _mm512_fmadd_ps(scale, sum, start);
}

// The products of one block of 16 rows. Four sums hide the instruction's latency.
INLINE __m512i block_products(const uint8_t *weights, const int8_t *quanta, size_t columns) {
  __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (size_t column = 0; column < columns; column += 16, weights += 256, quanta += 16) {
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_loadu_si512(weights), quanta4(quanta));
    sum1 = _mm512_dpbusd_epi32(sum1, _mm512_loadu_si512(weights + 64), quanta4(quanta + 4));
    sum2 = _mm512_dpbusd_epi32(sum2, _mm512_loadu_si512(weights + 128), quanta4(quanta + 8));
    sum3 = _mm512_dpbusd_epi32(sum3, _mm512_loadu_si512(weights + 192), quanta4(quanta + 12));
  }
  return _mm512_add_epi32(_mm512_add_epi32(sum0, sum1), _mm512_add_epi32(sum2, sum3));
}

// 32 columns of one block of int5 weights as eight registers of int8 weights; the order is that of the columns.
INLINE void unpack_int5(const uint8_t *weights, __m512i rows[8]) {
  const __m512i upper3 = _mm512_set1_epi8((char)0xE0), upper5 = _mm512_set1_epi8((char)0xF8);
  const __m512i bit4 = _mm512_set1_epi8(0x10), middle = _mm512_set1_epi8(4);
  for (size_t i = 0; i < 5; i++) rows[i] = _mm512_loadu_si512(weights + i * 64);
  __m512i d = rows[3], e = rows[4];
  // What a shift of 16 bits brings over from the neighbouring byte is masked away. 0xCA is (mask ? second : third),
  // 0xEA (first & second | third).
  __m512i lower[3] = {_mm512_slli_epi16(d, 3), _mm512_slli_epi16(e, 3),
                      _mm512_ternarylogic_epi32(bit4, _mm512_slli_epi16(d, 2), _mm512_slli_epi16(e, 1), 0xCA)};
  for (size_t i = 0; i < 3; i++) {
    __m512i joined = _mm512_ternarylogic_epi32(upper3, _mm512_slli_epi16(rows[i], 5), lower[i], 0xCA);
    rows[5 + i] = _mm512_ternarylogic_epi32(joined, upper5, middle, 0xEA);
  }
}

// As block_products, for int5 weights.
INLINE __m512i block_products_int5(const uint8_t *weights, const int8_t *quanta, size_t columns) {
  __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
  for (size_t column = 0; column < columns; column += 32, weights += 320, quanta += 32) {
    __m512i rows[8];
    unpack_int5(weights, rows);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i++) sums[i % 4] = _mm512_dpbusd_epi32(sums[i % 4], rows[i], quanta4(quanta + i * 4));
  }
  return _mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3]));
}

// One block after the other: a single stream of weights, which the prefetchers follow best.
TARGET static void matvec_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                               size_t first, size_t count, float *out) {
  size_t columns = matrix->column_count;
  const uint8_t *weights = matrix->weights + first * columns * 16;
  const float *scales = matrix->scales + first * 16;
  for (size_t block = 0; block < count; block++) {
    __m512i products = block_products(weights + block * columns * 16, x->quanta, columns);
    const float *start = base ? base + block * 16 : NULL;
    _mm512_storeu_ps(out + block * 16, finish_rows(products, scales + block * 16, start, x));
  }
}

// blocks (at most 4) x vectors (at most 4) sums in registers.
INLINE void tile(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x, size_t first,
                 const size_t blocks, const size_t vectors, float *out, size_t stride) {
  size_t columns = matrix->column_count;
  const uint8_t *weights = matrix->weights + first * columns * 16;
  __m512i sums[4][4];
#pragma clang loop unroll(full)
  for (size_t b = 0; b < blocks; b++) {
#pragma clang loop unroll(full)
    for (size_t t = 0; t < vectors; t++) sums[b][t] = _mm512_setzero_si512();
  }
  for (size_t column = 0; column < columns; column += 4) {
    __m512i rows[4];
#pragma clang loop unroll(full)
    for (size_t b = 0; b < blocks; b++) rows[b] = _mm512_loadu_si512(weights + b * columns * 16 + column * 16);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < vectors; t++) {
      __m512i four = quanta4(x[t].quanta + column);
#pragma clang loop unroll(full)
      for (size_t b = 0; b < blocks; b++) sums[b][t] = _mm512_dpbusd_epi32(sums[b][t], rows[b], four);
    }
  }
#pragma clang loop unroll(full)
  for (size_t b = 0; b < blocks; b++) {
#pragma clang loop unroll(full)
    for (size_t t = 0; t < vectors; t++) {
      const float *start = base ? base + b * 16 : NULL;
      _mm512_storeu_ps(out + t * stride + b * 16,
                       finish_rows(sums[b][t], matrix->scales + (first + b) * 16, start, x + t));
    }
  }
}

INLINE void tile_row(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x, size_t batch,
                     size_t first, const size_t blocks, float *out, size_t stride) {
  size_t t = 0;
  for (; t + 4 <= batch; t += 4) tile(matrix, base, x + t, first, blocks, 4, out + t * stride, stride);
  for (; t < batch; t++) tile(matrix, base, x + t, first, blocks, 1, out + t * stride, stride);
}

TARGET static void matmul_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                               size_t batch, size_t first, size_t count, float *out, size_t stride) {
  size_t b = 0;
  for (; b + 4 <= count; b += 4) {
    tile_row(matrix, base ? base + b * 16 : NULL, x, batch, first + b, 4, out + b * 16, stride);
  }
  for (; b < count; b++) {
    tile_row(matrix, base ? base + b * 16 : NULL, x, batch, first + b, 1, out + b * 16, stride);
  }
}

// Four blocks at a time are unpacked for the whole batch.
TARGET static void matmul_int5(const inkling_int5_matrix *matrix, const float *base, const inkling_quantised *x,
                               size_t batch, size_t first, size_t count, float *out, size_t stride) {
  _Alignas(64) uint8_t unpacked[4 * 16 * INKLING_INT5_MAXIMUM_COLUMNS];
  size_t columns = matrix->column_count;
  for (size_t b = 0; b < count; b += 4) {
    size_t blocks = count - b < 4 ? count - b : 4;
    const uint8_t *weights = matrix->weights + (first + b) * columns * 10;
    for (size_t group = 0; group < blocks * columns / 32; group++) {
      __m512i rows[8];
      unpack_int5(weights + group * 320, rows);
      for (size_t i = 0; i < 8; i++) _mm512_store_si512(unpacked + group * 512 + i * 64, rows[i]);
    }
    inkling_int8_matrix four = {unpacked, matrix->scales + (first + b) * 16, blocks, columns, columns};
    matmul_int8(&four, base ? base + b * 16 : NULL, x, batch, 0, blocks, out + b * 16, stride);
  }
}

TARGET static void matvec_float(const inkling_float_matrix *matrix, const float *base, const float *x, size_t first,
                                size_t count, float *out) {
  size_t columns = matrix->column_count;
  const float *weights = matrix->weights + first * columns * 16;
  for (size_t block = 0; block < count; block++) {
    __m512 sum0 = base ? _mm512_loadu_ps(base + block * 16) : _mm512_setzero_ps();
    __m512 sum1 = _mm512_setzero_ps(), sum2 = sum1, sum3 = sum1;
    size_t column = 0;
    for (; column + 4 <= columns; column += 4, weights += 64) {
      sum0 = _mm512_fmadd_ps(_mm512_loadu_ps(weights), _mm512_set1_ps(x[column]), sum0);
      sum1 = _mm512_fmadd_ps(_mm512_loadu_ps(weights + 16), _mm512_set1_ps(x[column + 1]), sum1);
      sum2 = _mm512_fmadd_ps(_mm512_loadu_ps(weights + 32), _mm512_set1_ps(x[column + 2]), sum2);
      sum3 = _mm512_fmadd_ps(_mm512_loadu_ps(weights + 48), _mm512_set1_ps(x[column + 3]), sum3);
    }
    for (; column < columns; column++, weights += 16) {
      sum0 = _mm512_fmadd_ps(_mm512_loadu_ps(weights), _mm512_set1_ps(x[column]), sum0);
    }
    _mm512_storeu_ps(out + block * 16, _mm512_add_ps(_mm512_add_ps(sum0, sum1), _mm512_add_ps(sum2, sum3)));
  }
}

TARGET static inkling_quantised quantise(const float *x, size_t count, size_t padded, int8_t *quanta) {
  __m512 largest = _mm512_setzero_ps();
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = count - i >= 16 ? 0xFFFF : (__mmask16)((1u << (count - i)) - 1);
    largest = _mm512_max_ps(_mm512_abs_ps(_mm512_maskz_loadu_ps(mask, x + i)), largest);
  }
  float magnitude = _mm512_reduce_max_ps(largest);
  inkling_quantised result = {quanta, 0, 0};
  float inverse = 0;
  if (magnitude >= 1e-30f && magnitude <= 1e30f) {
    result.scale = magnitude / 127.0f;
    inverse = 127.0f / magnitude;
  }
  __m512i sum = _mm512_setzero_si512();
  for (size_t i = 0; i < padded; i += 16) {
    __mmask16 mask = i >= count ? 0 : count - i >= 16 ? 0xFFFF : (__mmask16)((1u << (count - i)) - 1);
    __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), _mm512_set1_ps(inverse));
    // The order of the operands makes the bound win over what is no number.
    scaled = _mm512_min_ps(_mm512_max_ps(scaled, _mm512_set1_ps(-127)), _mm512_set1_ps(127));
    __m512i q = _mm512_cvtps_epi32(scaled);
    sum = _mm512_add_epi32(sum, q);
    _mm_storeu_si128((__m128i *)(quanta + i), _mm512_cvtepi32_epi8(q));
  }
  result.sum = _mm512_reduce_add_epi32(sum);
  return result;
}

// MARK: Activations

// e^x: x = n ln 2 + r with |r| <= ln(2)/2, and the Taylor series of e^r up to r^7 (error below 6e-9 of e^r).
INLINE __m512 exponential(__m512 x) {
  x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-104)), _mm512_set1_ps(104));
  __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 8);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0x1.62e4p-1f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0x1.7f7d1cp-20f), r);
  __m512 p = _mm512_set1_ps(1.0f / 5040);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 720));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
  return _mm512_scalef_ps(p, n);
}

INLINE __m512 sigmoid(__m512 x) {
  __m512 e = exponential(_mm512_sub_ps(_mm512_setzero_ps(), x));
  return _mm512_div_ps(_mm512_set1_ps(1), _mm512_add_ps(_mm512_set1_ps(1), e));
}

INLINE __m512 hyperbolic_tangent(__m512 x) {
  __m512 e = exponential(_mm512_add_ps(x, x));
  return _mm512_sub_ps(_mm512_set1_ps(1), _mm512_div_ps(_mm512_set1_ps(2), _mm512_add_ps(_mm512_set1_ps(1), e)));
}

INLINE __mmask16 tail_mask(size_t remaining) {
  return remaining >= 16 ? 0xFFFF : (__mmask16)((1u << remaining) - 1);
}

TARGET static void lstm_gates(const float *gates, float *c, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 16) {
    __mmask16 mask = tail_mask(size - j);
    __m512 in = sigmoid(_mm512_maskz_loadu_ps(mask, gates + j));
    __m512 forget = sigmoid(_mm512_maskz_loadu_ps(mask, gates + size + j));
    __m512 candidate = hyperbolic_tangent(_mm512_maskz_loadu_ps(mask, gates + 2 * size + j));
    __m512 out = sigmoid(_mm512_maskz_loadu_ps(mask, gates + 3 * size + j));
    __m512 cell = _mm512_fmadd_ps(forget, _mm512_maskz_loadu_ps(mask, c + j), _mm512_mul_ps(in, candidate));
    _mm512_mask_storeu_ps(c + j, mask, cell);
    _mm512_mask_storeu_ps(h + j, mask, _mm512_mul_ps(out, hyperbolic_tangent(cell)));
  }
}

TARGET static void gru_gates(const float *input, const float *hidden, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 16) {
    __mmask16 mask = tail_mask(size - j);
    __m512 reset = sigmoid(
        _mm512_add_ps(_mm512_maskz_loadu_ps(mask, input + j), _mm512_maskz_loadu_ps(mask, hidden + j)));
    __m512 update = sigmoid(_mm512_add_ps(_mm512_maskz_loadu_ps(mask, input + size + j),
                                          _mm512_maskz_loadu_ps(mask, hidden + size + j)));
    __m512 candidate = hyperbolic_tangent(_mm512_fmadd_ps(reset, _mm512_maskz_loadu_ps(mask, hidden + 2 * size + j),
                                                          _mm512_maskz_loadu_ps(mask, input + 2 * size + j)));
    __m512 before = _mm512_maskz_loadu_ps(mask, h + j);
    _mm512_mask_storeu_ps(h + j, mask, _mm512_fmadd_ps(update, _mm512_sub_ps(before, candidate), candidate));
  }
}

TARGET static void tanh_gates(const float *x, float *h, size_t size) {
  for (size_t j = 0; j < size; j += 16) {
    __mmask16 mask = tail_mask(size - j);
    _mm512_mask_storeu_ps(h + j, mask, hyperbolic_tangent(_mm512_maskz_loadu_ps(mask, x + j)));
  }
}

TARGET static void sum_windows(const inkling_windows *windows, float *out) { inkling_sum_windows(windows, out); }

// MARK: Softmax

TARGET static void softmax_best(const float *logits, size_t count, int32_t first_id, inkling_best *best) {
  const __m512 lowest = _mm512_set1_ps(INKLING_LOWEST);
  __m512 threshold = _mm512_set1_ps(inkling_best_threshold(best));
  for (size_t start = 0; start < count; start += INKLING_SOFTMAX_PIECE) {
    size_t end = start + INKLING_SOFTMAX_PIECE < count ? start + INKLING_SOFTMAX_PIECE : count;
    __m512 largest = lowest;
    for (size_t i = start; i < end; i += 16) {
      __mmask16 tail = tail_mask(end - i);
      __m512 values = _mm512_mask_loadu_ps(lowest, tail, logits + i);
      largest = _mm512_max_ps(values, largest);
      __mmask16 above = _mm512_mask_cmp_ps_mask(tail, values, threshold, _CMP_GE_OQ);
      if (__builtin_expect(above != 0, 0)) {
        for (unsigned bits = above; bits != 0; bits &= bits - 1) {
          size_t at = i + (size_t)__builtin_ctz(bits);
          if (logits[at] >= inkling_best_threshold(best)) {
            inkling_best_insert(best, logits[at], first_id + (int32_t)at);
          }
        }
        threshold = _mm512_set1_ps(inkling_best_threshold(best));
      }
    }
    inkling_best_raise(best, _mm512_reduce_max_ps(largest));
    __m512 maximum = _mm512_set1_ps(best->maximum), sum = _mm512_setzero_ps();
    for (size_t i = start; i < end; i += 16) {
      __mmask16 tail = tail_mask(end - i);
      __m512 values = _mm512_maskz_loadu_ps(tail, logits + i);
      sum = _mm512_mask_add_ps(sum, tail, sum, exponential(_mm512_sub_ps(values, maximum)));
    }
    best->sum += _mm512_reduce_add_ps(sum);
  }
}

// At most 16 of the best, in registers.
typedef struct {
  __m512 values;
  __m512i ids;
  __m512 threshold;
  int32_t count;
} register_best;

INLINE void insert(register_best *best, float value, int32_t id, __m512i last) {
  __m512 x = _mm512_set1_ps(value);
  __m512i n = _mm512_set1_epi32(id);
  __mmask16 before = _mm512_cmp_ps_mask(best->values, x, _CMP_GT_OQ) |
                     (_mm512_cmp_ps_mask(best->values, x, _CMP_EQ_OQ) & _mm512_cmplt_epi32_mask(best->ids, n));
  // Those before stay, the others move up by one, and the gap takes the new one.
  __mmask16 kept = (__mmask16)~(before + 1u);
  kept |= before;
  best->values = _mm512_mask_expand_ps(x, kept, best->values);
  best->ids = _mm512_mask_expand_epi32(n, kept, best->ids);
  best->threshold = _mm512_permutexvar_ps(last, best->values);
  best->count++;
}

// A pass over int8 weights, or int5 ones, for a list of at most 16. The exponentials and the comparisons of a block run
// while the next block's weights come from memory.
INLINE void logits_best(const uint8_t *weights, const bool is_int5, const float *scales, size_t columns,
                        const float *base, const inkling_quantised *x, size_t first, size_t count, size_t row_count,
                        float *out, inkling_best *best) {
  const __m512i last = _mm512_set1_epi32(best->capacity > 0 ? best->capacity - 1 : 0);
  const __mmask16 filled = tail_mask((size_t)best->count);
  register_best list = {
      _mm512_mask_loadu_ps(_mm512_set1_ps(-__builtin_inff()), filled, best->values),
      _mm512_mask_loadu_epi32(_mm512_set1_epi32(INT32_MAX), filled, best->ids), _mm512_setzero_ps(), best->count};
  list.threshold =
      best->capacity > 0 ? _mm512_permutexvar_ps(last, list.values) : _mm512_set1_ps(__builtin_inff());
  __m512 maximum = _mm512_set1_ps(best->maximum), sum = _mm512_setzero_ps();
  for (size_t block = first; block < first + count; block++) {
    size_t row = block * 16;
    __m512i products = is_int5 ? block_products_int5(weights + block * columns * 10, x->quanta, columns)
                               : block_products(weights + row * columns, x->quanta, columns);
    __m512 logits = finish_rows(products, scales + row, base ? base + row : NULL, x);
    _mm512_storeu_ps(out + row, logits);
    __mmask16 valid = row >= row_count ? 0 : tail_mask(row_count - row);
    __mmask16 raised = _mm512_mask_cmp_ps_mask(valid, logits, maximum, _CMP_GT_OQ);
    if (__builtin_expect(raised != 0, 0)) {
      __m512 larger = _mm512_set1_ps(_mm512_mask_reduce_max_ps(raised, logits));
      sum = _mm512_mul_ps(sum, exponential(_mm512_sub_ps(maximum, larger)));
      maximum = larger;
    }
    sum = _mm512_mask_add_ps(sum, valid, sum, exponential(_mm512_sub_ps(logits, maximum)));
    unsigned above = _mm512_mask_cmp_ps_mask(valid, logits, list.threshold, _CMP_GE_OQ);
    if (__builtin_expect(above != 0, 0)) {
      for (; above != 0; above &= above - 1) {
        int32_t at = (int32_t)row + __builtin_ctz(above);
        insert(&list, out[at], at, last);
      }
    }
  }
  float largest = _mm512_cvtss_f32(maximum);
  inkling_best_raise(best, largest);
  best->sum += _mm512_reduce_add_ps(sum);
  best->count = list.count < best->capacity ? list.count : best->capacity;
  const __mmask16 kept = tail_mask((size_t)best->count);
  _mm512_mask_storeu_ps(best->values, kept, list.values);
  _mm512_mask_storeu_epi32(best->ids, kept, list.ids);
}

TARGET static void logits_best_int8(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                                    size_t first, size_t count, size_t row_count, float *out, inkling_best *best) {
  if (best->capacity > 16) {
    inkling_logits_best_int8(&inkling_avx512_kernels, matrix, base, x, first, count, row_count, out, best);
  } else {
    logits_best(matrix->weights, false, matrix->scales, matrix->column_count, base, x, first, count, row_count, out,
                best);
  }
}

TARGET static void logits_best_int5(const inkling_int5_matrix *matrix, const float *base, const inkling_quantised *x,
                                    size_t first, size_t count, size_t row_count, float *out, inkling_best *best) {
  if (best->capacity > 16) {
    size_t row = first * 16, rows = count * 16;
    matmul_int5(matrix, base ? base + row : NULL, x, 1, first, count, out + row, 0);
    if (row >= row_count) return;
    softmax_best(out + row, row_count - row < rows ? row_count - row : rows, (int32_t)row, best);
  } else {
    logits_best(matrix->weights, true, matrix->scales, matrix->column_count, base, x, first, count, row_count, out,
                best);
  }
}

const inkling_kernels inkling_avx512_kernels = {
    "avx512-vnni", matvec_int8, matmul_int8, matvec_float, quantise,
    lstm_gates,    gru_gates,   tanh_gates,  sum_windows, softmax_best,
    logits_best_int8, matmul_int5, logits_best_int5,
};
#endif
