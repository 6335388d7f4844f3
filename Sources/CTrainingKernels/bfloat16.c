// Matrix products of single-precision matrices in bfloat16: packing, the order of blocks, and which processors have them.
#include "CTrainingKernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bfloat16.h"

#pragma clang attribute push(                                                            \
  __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

static int64_t tiles_of(int64_t depth) { return (depth + TILE_DEPTH - 1) / TILE_DEPTH; }

// 16 x 16 pairs, transposed: by pairs of rows, then of two, four and eight rows.
INLINE void transpose(__m512i r[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 8; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
  }
}

INLINE __mmask16 first_lanes(int64_t count) {
  return count >= 16 ? 0xffff : count > 0 ? (__mmask16)((1u << count) - 1) : 0;
}

// Up to 32 numbers side by side as 16 pairs.
INLINE __m512i pairs_along(const float *x, int64_t count) {
  return (__m512i)_mm512_cvtne2ps_pbh(
    _mm512_maskz_loadu_ps(first_lanes(count - 16), x + 16), _mm512_maskz_loadu_ps(first_lanes(count), x));
}

// Numbers of one row and of the next as pairs, lane by lane.
INLINE __m512i pairs_across(__m512 row, __m512 next) {
  const __m512i order = _mm512_set_epi16(
    31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(next, row));
}

// One tile: row i is vector i's pairs if `is_along`, the i-th pair of depth of all vectors if not.
INLINE void read_tile(__m512i r[16], const float *x, int64_t ld, int64_t width, int64_t depth, bool is_along) {
  const __mmask16 lanes = first_lanes(width);
  _Pragma("clang loop unroll(full)") for (int64_t i = 0; i < 16; i++) {
    if (is_along) {
      r[i] = i < width ? pairs_along(x + i * ld, depth) : _mm512_setzero_si512();
    } else {
      const __mmask16 row = 2 * i < depth ? lanes : 0, next = 2 * i + 1 < depth ? lanes : 0;
      r[i] = pairs_across(
        _mm512_maskz_loadu_ps(row, x + 2 * i * ld), _mm512_maskz_loadu_ps(next, x + (2 * i + 1) * ld));
    }
  }
}

static void pack(
  int64_t count, int64_t k, const float *x, int64_t ld, bool is_along, bool is_left, uint16_t *out) {
  for (int64_t v = 0; v < count; v += TILE_VECTORS) {
    for (int64_t p = 0; p < k; p += TILE_DEPTH, out += TILE_ELEMENTS) {
      __m512i r[16];
      const float *first = is_along ? x + v * ld + p : x + p * ld + v;
      const int64_t width = count - v, depth = k - p;
      if (width >= TILE_VECTORS && depth >= TILE_DEPTH) read_tile(r, first, ld, TILE_VECTORS, TILE_DEPTH, is_along);
      else read_tile(r, first, ld, width < TILE_VECTORS ? width : TILE_VECTORS, depth, is_along);
      if (is_along != is_left) transpose(r);
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) _mm512_store_si512(out + 32 * i, r[i]);
    }
  }
}

// The left side of a product with a packed matrix lies on the stack: so many rows and so deep a piece at a time.
enum { PACKED_ROWS = 32, PACKED_DEPTH = 512 };

static void multiply_packed(
  int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const uint16_t *packed,
  bool accumulate, float *c, int64_t ldc) {
  uint16_t left[PACKED_ROWS * PACKED_DEPTH] __attribute__((aligned(64)));
  const int64_t tiles = tiles_of(k);
  for (int64_t i = 0; i < m; i += PACKED_ROWS) {
    const int64_t rows = m - i < PACKED_ROWS ? m - i : PACKED_ROWS;
    for (int64_t p = 0; p < k; p += PACKED_DEPTH) {
      const int64_t depth = k - p < PACKED_DEPTH ? k - p : PACKED_DEPTH;
      pack(rows, depth, a + i * lda + p, lda, true, true, left);
      tk_bfloat16_blocks(
        rows, n, tiles_of(depth), left, tiles_of(depth), packed + p / TILE_DEPTH * TILE_ELEMENTS, tiles, accumulate || p > 0,
        c + i * ldc, ldc);
    }
  }
}

// A block of the right matrix (1 MB) and one of the left (0.5 MB) stay in a second-level cache of 2 MB.
enum { BLOCK_DEPTH = 1024, BLOCK_COLUMNS = 512, BLOCK_ROWS = 256 };
_Static_assert(
  TK_BFLOAT16_WORKSPACE == BLOCK_DEPTH * (BLOCK_COLUMNS + BLOCK_ROWS), "the workspace holds a block of each matrix");

static void multiply(
  bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
  int64_t ldb, bool accumulate, float *c, int64_t ldc, const uint16_t *packed_a, const uint16_t *packed_b,
  uint16_t *workspace) {
  uint16_t *right_block = workspace, *left_block = workspace + BLOCK_DEPTH * BLOCK_COLUMNS;
  for (int64_t p = 0; p < k; p += BLOCK_DEPTH) {
    const int64_t depth = k - p < BLOCK_DEPTH ? k - p : BLOCK_DEPTH, tiles = tiles_of(depth);
    const int64_t a_tiles = packed_a ? tiles_of(k) : tiles, b_tiles = packed_b ? tiles_of(k) : tiles;
    for (int64_t j = 0; j < n; j += BLOCK_COLUMNS) {
      const int64_t columns = n - j < BLOCK_COLUMNS ? n - j : BLOCK_COLUMNS;
      const uint16_t *right = right_block;
      if (packed_b) right = packed_b + (j / TILE_VECTORS * b_tiles + p / TILE_DEPTH) * TILE_ELEMENTS;
      else pack(columns, depth, transpose_b ? b + j * ldb + p : b + p * ldb + j, ldb, transpose_b, false, right_block);
      for (int64_t i = 0; i < m; i += BLOCK_ROWS) {
        const int64_t rows = m - i < BLOCK_ROWS ? m - i : BLOCK_ROWS;
        const uint16_t *left = left_block;
        if (packed_a) left = packed_a + (i / TILE_VECTORS * a_tiles + p / TILE_DEPTH) * TILE_ELEMENTS;
        else pack(rows, depth, transpose_a ? a + p * lda + i : a + i * lda + p, lda, !transpose_a, true, left_block);
        tk_bfloat16_blocks(
          rows, columns, tiles, left, a_tiles, right, b_tiles, accumulate || p > 0, c + i * ldc + j, ldc);
      }
    }
  }
}

#pragma clang attribute pop

static const tk_bfloat16_operations operations = {
  .processor = "AMX", .pack = pack, .gemm_packed = multiply_packed, .gemm = multiply};

static bool is_here = false;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void look(void) {
#if defined(__linux__)
  unsigned a, b, c, d, a1, b1, c1, d1;
  __builtin_cpu_init();
  const bool is_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
    && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (!is_wide || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || a < 1 || !__get_cpuid_count(7, 1, &a1, &b1, &c1, &d1)) return;
  const bool has_conversions = (a1 >> 5 & 1) != 0, has_tiles = (d >> 22 & 1) != 0 && (d >> 24 & 1) != 0;
  // The kernel gives a process tile registers when it asks for them (ARCH_REQ_XCOMP_PERM, feature 18), and refuses where it
  // does not know them.
  is_here = has_conversions && has_tiles && syscall(SYS_arch_prctl, 0x1023, 18) == 0;
#endif
}

const tk_bfloat16_operations *tk_operations_bf16(void) {
  pthread_once(&once, look);
  return is_here ? &operations : 0;
}
#else
const tk_bfloat16_operations *tk_operations_bf16(void) { return 0; }
#endif
