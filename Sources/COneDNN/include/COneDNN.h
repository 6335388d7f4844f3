#ifndef INKLING_ONEDNN_H
#define INKLING_ONEDNN_H

#include <stdbool.h>
#include <stdint.h>

// oneDNN, loaded when it is asked for: programs start without it. Its functions run on the calling thread alone
// once that thread has called inkling_onednn_use_one_thread; threads are the caller's business.

// Loads the library, once. False if it is not on this machine.
bool inkling_onednn_open(void);
// The library's version as in "2.6.3"; empty before inkling_onednn_open has succeeded.
const char *_Nonnull inkling_onednn_version(void);
// Keeps oneDNN's OpenMP from starting threads for calls from this thread.
void inkling_onednn_use_one_thread(void);
// C (m x n) = op(A) op(B) + beta C, row-major, single precision. False if oneDNN refuses the arguments or is not loaded.
bool inkling_onednn_sgemm(
  bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *_Nonnull a, int64_t lda,
  const float *_Nonnull b, int64_t ldb, float beta, float *_Nonnull c, int64_t ldc);

#endif
