// The kernels for any processor: vectors of 16 bytes, which every 64-bit one has (SSE2, NEON).
#include <math.h>
#include <string.h>

#include "CTrainingKernels.h"

#define SUFFIX portable
#define VECTOR_BYTES 16
#define TILE_ROWS 6
#define PROCESSOR "portable"

#include "functions.inc"
