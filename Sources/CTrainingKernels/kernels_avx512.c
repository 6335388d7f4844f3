// The kernels for processors with AVX-512.
#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "CTrainingKernels.h"

#define SUFFIX avx512
#define VECTOR_BYTES 64
#define TILE_ROWS 14
#define PROCESSOR "AVX-512"

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#include "functions.inc"
#pragma clang attribute pop

#endif
