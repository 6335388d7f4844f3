// The kernels for processors with AVX2.
#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "CTrainingKernels.h"

#define SUFFIX avx2
#define VECTOR_BYTES 32
#define TILE_ROWS 6
#define PROCESSOR "AVX2"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "functions.inc"
#pragma clang attribute pop

#endif
