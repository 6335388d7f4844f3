#ifndef INKLING_BFLOAT16_H
#define INKLING_BFLOAT16_H

// What the kernels of bfloat16 products share.
//
// A packed operand is a row of groups of 16 vectors (rows of the left matrix, columns of the right one); a group is a row of
// tiles, one for every 32 numbers of depth; a tile is 16 x 16 pairs of bfloat16 numbers, 1 kB, as AMX's TDPBF16PS takes it:
// of the left matrix with a vector a row, of the right one with a pair of depth a row.

#include <stdbool.h>
#include <stdint.h>

enum { TILE_ELEMENTS = 512, TILE_VECTORS = 16, TILE_DEPTH = 32 };

// C (m x n) = A B, plus what C holds if `accumulate`: `tile_count` tiles of each group, which are `a_tiles` and `b_tiles` apart.
void tk_bfloat16_blocks(
  int64_t m, int64_t n, int64_t tile_count, const uint16_t *a, int64_t a_tiles, const uint16_t *b, int64_t b_tiles,
  bool accumulate, float *c, int64_t ldc);

#endif
