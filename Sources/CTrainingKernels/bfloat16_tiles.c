// Blocks of a bfloat16 product by the tile registers of AMX.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>
#include <string.h>

#include "bfloat16.h"

#pragma clang attribute push(                                                                            \
  __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma,amx-tile,amx-bf16"))), \
  apply_to = function)

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_configuration;

static void configure(void) {
  tile_configuration configuration __attribute__((aligned(64)));
  memset(&configuration, 0, sizeof configuration);
  configuration.palette = 1;
  for (int i = 0; i < 8; i++) configuration.row_bytes[i] = 64, configuration.rows[i] = 16;
  _tile_loadconfig(&configuration);
}

// A tile of sums to the edge of C.
static inline __attribute__((always_inline)) void put_edge(
  const float *sums, int64_t rows, int64_t columns, bool accumulate, float *c, int64_t ldc) {
  const __mmask16 mask = columns >= 16 ? 0xffff : (__mmask16)((1u << columns) - 1);
  if (rows > 16) rows = 16;
  for (int64_t i = 0; i < rows; i++) {
    __m512 x = _mm512_load_ps(sums + 16 * i);
    if (accumulate) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(mask, c + i * ldc));
    _mm512_mask_storeu_ps(c + i * ldc, mask, x);
  }
}

// Register T holds rows from 16 I and columns from 16 J of the block; what is beyond the matrix is in no memory of C.
#define IS_WHOLE(I, J) (m - 16 * (I) >= 16 && n - 16 * (J) >= 16)
#define BEGIN(T, I, J)                                                                       \
  do {                                                                                       \
    if (accumulate && IS_WHOLE(I, J)) _tile_loadd(T, c + 16 * (I) * ldc + 16 * (J), stride); \
    else _tile_zero(T);                                                                      \
  } while (0)
#define END(T, I, J)                                                                                \
  do {                                                                                              \
    float *at = c + 16 * (I) * ldc + 16 * (J);                                                      \
    if (IS_WHOLE(I, J)) _tile_stored(T, at, stride);                                                \
    else _tile_stored(T, sums, 64), put_edge(sums, m - 16 * (I), n - 16 * (J), accumulate, at, ldc); \
  } while (0)
#define BLOCK(name)                                                                                             \
  static void name(                                                                                             \
    int64_t m, int64_t n, int64_t tile_count, const uint16_t *a, int64_t a_tiles, const uint16_t *b, int64_t b_tiles, \
    bool accumulate, float *c, int64_t ldc)

// More than 16 rows and 16 columns.
BLOCK(block_2_2) {
  float sums[256] __attribute__((aligned(64)));
  const size_t stride = (size_t)ldc * sizeof(float);
  const uint16_t *a1 = a + a_tiles * TILE_ELEMENTS, *b1 = b + b_tiles * TILE_ELEMENTS;
  BEGIN(0, 0, 0);
  BEGIN(1, 0, 1);
  BEGIN(2, 1, 0);
  BEGIN(3, 1, 1);
  for (int64_t p = 0; p < tile_count; p++) {
    _tile_loadd(4, a + p * TILE_ELEMENTS, 64);
    _tile_loadd(6, b + p * TILE_ELEMENTS, 64);
    _tile_loadd(7, b1 + p * TILE_ELEMENTS, 64);
    _tile_loadd(5, a1 + p * TILE_ELEMENTS, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  END(0, 0, 0);
  END(1, 0, 1);
  END(2, 1, 0);
  END(3, 1, 1);
}

// At most 16 rows, more than 48 columns: the step of a recurrent layer.
BLOCK(block_1_4) {
  float sums[256] __attribute__((aligned(64)));
  const size_t stride = (size_t)ldc * sizeof(float);
  const uint16_t *b1 = b + b_tiles * TILE_ELEMENTS, *b2 = b1 + b_tiles * TILE_ELEMENTS, *b3 = b2 + b_tiles * TILE_ELEMENTS;
  (void)a_tiles;
  BEGIN(0, 0, 0);
  BEGIN(1, 0, 1);
  BEGIN(2, 0, 2);
  BEGIN(3, 0, 3);
  for (int64_t p = 0; p < tile_count; p++) {
    _tile_loadd(4, a + p * TILE_ELEMENTS, 64);
    _tile_loadd(5, b + p * TILE_ELEMENTS, 64);
    _tile_dpbf16ps(0, 4, 5);
    _tile_loadd(6, b1 + p * TILE_ELEMENTS, 64);
    _tile_dpbf16ps(1, 4, 6);
    _tile_loadd(7, b2 + p * TILE_ELEMENTS, 64);
    _tile_dpbf16ps(2, 4, 7);
    _tile_loadd(5, b3 + p * TILE_ELEMENTS, 64);
    _tile_dpbf16ps(3, 4, 5);
  }
  END(0, 0, 0);
  END(1, 0, 1);
  END(2, 0, 2);
  END(3, 0, 3);
}

// More than 16 rows, at most 16 columns.
BLOCK(block_2_1) {
  float sums[256] __attribute__((aligned(64)));
  const size_t stride = (size_t)ldc * sizeof(float);
  const uint16_t *a1 = a + a_tiles * TILE_ELEMENTS;
  (void)b_tiles;
  BEGIN(0, 0, 0);
  BEGIN(2, 1, 0);
  for (int64_t p = 0; p < tile_count; p++) {
    _tile_loadd(4, a + p * TILE_ELEMENTS, 64);
    _tile_loadd(6, b + p * TILE_ELEMENTS, 64);
    _tile_loadd(5, a1 + p * TILE_ELEMENTS, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
  }
  END(0, 0, 0);
  END(2, 1, 0);
}

BLOCK(block_1_1) {
  float sums[256] __attribute__((aligned(64)));
  const size_t stride = (size_t)ldc * sizeof(float);
  (void)a_tiles, (void)b_tiles;
  BEGIN(0, 0, 0);
  for (int64_t p = 0; p < tile_count; p++) {
    _tile_loadd(4, a + p * TILE_ELEMENTS, 64);
    _tile_loadd(5, b + p * TILE_ELEMENTS, 64);
    _tile_dpbf16ps(0, 4, 5);
  }
  END(0, 0, 0);
}

void tk_bfloat16_blocks(
  int64_t m, int64_t n, int64_t tile_count, const uint16_t *a, int64_t a_tiles, const uint16_t *b, int64_t b_tiles,
  bool accumulate, float *c, int64_t ldc) {
  const int64_t a_group = a_tiles * TILE_ELEMENTS, b_group = b_tiles * TILE_ELEMENTS;
  configure();
  for (int64_t j = 0; j < n;) {
    const uint16_t *bj = b + j / 16 * b_group;
    const int64_t columns = n - j;
    if (m <= 16) {
      const bool is_wide = columns > 48;
      (is_wide ? block_1_4 : block_1_1)(m, columns, tile_count, a, a_tiles, bj, b_tiles, accumulate, c + j, ldc);
      j += is_wide ? 64 : 16;
      continue;
    }
    for (int64_t i = 0; i < m; i += 32) {
      const uint16_t *ai = a + i / 16 * a_group;
      const int64_t rows = m - i;
      float *block = c + i * ldc + j;
      if (rows > 16) {
        (columns > 16 ? block_2_2 : block_2_1)(rows, columns, tile_count, ai, a_tiles, bj, b_tiles, accumulate, block, ldc);
        continue;
      }
      block_1_1(rows, columns, tile_count, ai, a_tiles, bj, b_tiles, accumulate, block, ldc);
      if (columns > 16)
        block_1_1(rows, columns - 16, tile_count, ai, a_tiles, bj + b_group, b_tiles, accumulate, block + 16, ldc);
    }
    j += 32;
  }
  // A thread that keeps tile registers in use costs 8 kB at every switch.
  _tile_release();
}

#pragma clang attribute pop
#endif
