// Quantising and packing weights, and the memory that holds them.
#define _GNU_SOURCE  // mmap flags and posix_memalign under strict C11 too
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

size_t inkling_packed_columns(size_t columns) {
  return (columns + INKLING_COLUMN_MULTIPLE - 1) / INKLING_COLUMN_MULTIPLE * INKLING_COLUMN_MULTIPLE;
}

size_t inkling_packed_blocks(size_t rows) { return (rows + INKLING_BLOCK_ROWS - 1) / INKLING_BLOCK_ROWS; }

// The largest magnitude, or infinity if a value is not finite.
static float largest_magnitude(const float *source, size_t count) {
  // Magnitudes compare like their bit patterns; infinities and NaNs are above all finite ones.
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, source + i, sizeof bits);
    bits &= 0x7FFFFFFF;
    largest = bits > largest ? bits : largest;
  }
  if (largest >= 0x7F800000) return INFINITY;
  float value;
  memcpy(&value, &largest, sizeof value);
  return value;
}

// The scale of a row, and its inverse; rows of zeros (and of what is as good as that) have the scale 0.
static float row_scale(float magnitude, float *inverse) {
  if (magnitude < 1e-30f) {
    *inverse = 0;
    return 0;
  }
  *inverse = 127.0f / magnitude;
  return magnitude / 127.0f;
}

static inline int32_t quantum(float value, float inverse) {
  float scaled = value * inverse;
  int32_t rounded = (int32_t)(scaled + (scaled < 0 ? -0.5f : 0.5f));
  return rounded < -127 ? -127 : rounded > 127 ? 127 : rounded;
}

bool inkling_pack_int8_row(uint8_t *weights, float *scales, size_t padded_columns, size_t row, const float *source,
                           size_t columns) {
  float magnitude = largest_magnitude(source, columns);
  if (isinf(magnitude)) return false;
  float inverse;
  scales[row] = row_scale(magnitude, &inverse);
  uint8_t *base = weights + (row / 16 * (padded_columns / 4) * 16 + row % 16) * 4;
  size_t column = 0;
  for (; column + 4 <= columns; column += 4, base += 64) {
    for (size_t j = 0; j < 4; j++) base[j] = (uint8_t)(quantum(source[column + j], inverse) + 128);
  }
  for (size_t j = 0; column + j < columns; j++) base[j] = (uint8_t)(quantum(source[column + j], inverse) + 128);
  return true;
}

// The value among those with these lower three bits that is nearest to a weight, both 128 too large.
static inline uint8_t nearest_ending_in(float value, uint32_t bits) {
  int32_t upper = (int32_t)((value - (float)bits) * 0.125f + 0.5f);
  return (uint8_t)((uint32_t)(upper < 0 ? 0 : upper > 31 ? 31 : upper) << 3 | bits);
}

bool inkling_pack_int5_row(uint8_t *weights, float *scales, size_t padded_columns, size_t row, const float *source,
                           size_t columns) {
  float magnitude = largest_magnitude(source, columns);
  if (isinf(magnitude)) return false;
  float inverse;
  scales[row] = row_scale(magnitude, &inverse);
  uint8_t *base = weights + row / 16 * padded_columns * 10 + row % 16 * 4;
  for (size_t column = 0; column < padded_columns; column += 32, base += 320) {
    float shifted[32];
    for (size_t j = 0; j < 32; j++) shifted[j] = (column + j < columns ? source[column + j] * inverse : 0) + 128;
    for (size_t j = 0; j < 4; j++) {
      uint32_t f = nearest_ending_in(shifted[20 + j], 4) >> 3, g = nearest_ending_in(shifted[24 + j], 4) >> 3;
      uint32_t h = nearest_ending_in(shifted[28 + j], 4) >> 3;
      base[j] = nearest_ending_in(shifted[j], f >> 2);
      base[64 + j] = nearest_ending_in(shifted[4 + j], g >> 2);
      base[128 + j] = nearest_ending_in(shifted[8 + j], h >> 2);
      base[192 + j] = nearest_ending_in(shifted[12 + j], (h >> 1 & 1) << 2 | (f & 3));
      base[256 + j] = nearest_ending_in(shifted[16 + j], (h & 1) << 2 | (g & 3));
    }
  }
  return true;
}

bool inkling_pack_float_row(float *weights, size_t columns, size_t row, const float *source) {
  if (isinf(largest_magnitude(source, columns))) return false;
  float *base = weights + row / 16 * columns * 16 + row % 16;
  for (size_t column = 0; column < columns; column++) base[column * 16] = source[column];
  return true;
}

bool inkling_quantise_row(int8_t *quanta, float *scale, int32_t *sum, const float *source, size_t count) {
  float magnitude = largest_magnitude(source, count);
  if (isinf(magnitude)) return false;
  float inverse;
  *scale = row_scale(magnitude, &inverse);
  int32_t total = 0;
  for (size_t i = 0; i < count; i++) {
    int32_t q = quantum(source[i], inverse);
    quanta[i] = (int8_t)q;
    total += q;
  }
  *sum = total;
  return true;
}

// Below this a mapping of its own, rounded up to whole huge pages, wastes more than it saves.
#define HUGE_PAGE ((size_t)2 << 20)

// What is mapped for so many bytes: whole pages of any size that systems have.
static size_t rounded_length(size_t bytes) { return (bytes + 0xFFFF) / 0x10000 * 0x10000; }

void *inkling_allocate(size_t bytes) {
  if (bytes == 0 || bytes > SIZE_MAX / 2) return NULL;
  if (bytes < HUGE_PAGE) {
    size_t rounded = (bytes + 63) / 64 * 64;
    void *memory = NULL;
    if (posix_memalign(&memory, 64, rounded) != 0) return NULL;
    memset(memory, 0, rounded);
    return memory;
  }
  // Huge pages are whole and aligned: more is mapped than asked for, and what sticks out is given back.
  size_t length = rounded_length(bytes);
  char *mapping = mmap(NULL, length + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (mapping == MAP_FAILED) return NULL;
  size_t before = (HUGE_PAGE - (uintptr_t)mapping % HUGE_PAGE) % HUGE_PAGE;
  if (before > 0) munmap(mapping, before);
  munmap(mapping + before + length, HUGE_PAGE - before);
#if defined(MADV_HUGEPAGE)
  // The end that does not fill a huge page stays in small ones.
  madvise(mapping + before, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
  return mapping + before;
}

void inkling_free(void *memory, size_t bytes) {
  if (memory == NULL) return;
  if (bytes < HUGE_PAGE) {
    free(memory);
  } else {
    munmap(memory, rounded_length(bytes));
  }
}
