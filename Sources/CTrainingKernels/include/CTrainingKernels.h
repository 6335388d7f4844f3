#ifndef INKLING_TRAINING_KERNELS_H
#define INKLING_TRAINING_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Kernels of training: the elementwise parts of forward and backward passes, fused, and matrix products against
// packed weights. Every function exists for float and for double, and for each kind of processor; one table holds
// the functions for one scalar type on this machine. Pointers are to that scalar type unless they say otherwise;
// matrices are row-major, `ld` is the distance between rows in elements, and nothing needs alignment.

typedef struct tk_operations {
  // Columns of a packed panel; a packed matrix of n columns and k rows takes ceil(n / panel) * panel * k elements.
  int64_t panel_columns;
  const char *_Nonnull processor;

  // Packs op(B) (k x n) for gemm_packed. With `transposed`, B is stored as n x k.
  void (*_Nonnull pack)(int64_t n, int64_t k, const void *_Nonnull b, int64_t ldb, bool transposed, void *_Nonnull packed);
  // C (m x n) = A (m x k) B, plus what C holds if `accumulate`. A element (i, k) is a[i * row_stride + k * column_stride].
  void (*_Nonnull gemm_packed)(
    int64_t m, int64_t n, int64_t k, const void *_Nonnull a, int64_t row_stride, int64_t column_stride,
    const void *_Nonnull packed, bool accumulate, void *_Nonnull c, int64_t ldc);
  // The plain product, in the order of its definition: what the fast ones are held against.
  void (*_Nonnull gemm_reference)(
    bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const void *_Nonnull a, int64_t lda,
    const void *_Nonnull b, int64_t ldb, bool accumulate, void *_Nonnull c, int64_t ldc);

  // Gates i f g o (rows x 4h) in place from sums to activations; c, tanh(c) and h out (rows x h).
  void (*_Nonnull lstm_forward)(
    int64_t rows, int64_t h, void *_Nonnull gates, const void *_Nonnull c_previous, void *_Nonnull c,
    void *_Nonnull tanh_c, void *_Nonnull h_out);
  // Gates in place from activations to the gradients of their sums; dc in place to that of the previous step.
  void (*_Nonnull lstm_backward)(
    int64_t rows, int64_t h, void *_Nonnull gates, const void *_Nonnull c_previous, const void *_Nonnull tanh_c,
    const void *_Nonnull dh, void *_Nonnull dc);
  // Gates r z n: input sums (rows x 3h) in place to activations, recurrent sums (rows x 3h) untouched, h out.
  void (*_Nonnull gru_forward)(
    int64_t rows, int64_t h, void *_Nonnull input_gates, const void *_Nonnull recurrent_gates,
    const void *_Nonnull h_previous, void *_Nonnull h_out);
  // Both gate matrices in place to the gradients of their sums; dh in place to the direct part of the previous step's.
  void (*_Nonnull gru_backward)(
    int64_t rows, int64_t h, void *_Nonnull input_gates, void *_Nonnull recurrent_gates,
    const void *_Nonnull h_previous, void *_Nonnull dh);
  // out = tanh(sums); and d(sums) = dh (1 - out^2). In place is allowed.
  void (*_Nonnull tanh_forward)(int64_t count, const void *_Nonnull sums, void *_Nonnull out);
  void (*_Nonnull tanh_backward)(int64_t count, const void *_Nonnull out, const void *_Nonnull dh, void *_Nonnull dsums);

  // out = max(sums, 0); and d(sums) where out is above 0. In place is allowed, here and below.
  void (*_Nonnull relu_forward)(int64_t count, const void *_Nonnull sums, void *_Nonnull out);
  void (*_Nonnull relu_backward)(int64_t count, const void *_Nonnull out, const void *_Nonnull dh, void *_Nonnull dsums);
  // out = 1 / (1 + exp(-sums)); and d(sums) = dh out (1 - out).
  void (*_Nonnull sigmoid_forward)(int64_t count, const void *_Nonnull sums, void *_Nonnull out);
  void (*_Nonnull sigmoid_backward)(int64_t count, const void *_Nonnull out, const void *_Nonnull dh, void *_Nonnull dsums);
  // The largest of each column (rows >= 1) and the first row it is in; and its gradient added where it was.
  void (*_Nonnull column_maxima)(
    int64_t rows, int64_t columns, const void *_Nonnull x, int64_t ld, void *_Nonnull out, int32_t *_Nonnull places);
  void (*_Nonnull scatter_columns)(
    int64_t columns, const void *_Nonnull gradient, const int32_t *_Nonnull places, void *_Nonnull x, int64_t ld);

  // logits (rows x columns) += bias (may be null), then each row's running maximum and sum of exp(logit - maximum).
  void (*_Nonnull softmax_accumulate)(
    int64_t rows, int64_t columns, void *_Nonnull logits, int64_t ld, const void *_Nullable bias,
    void *_Nonnull maximum, void *_Nonnull sum);
  // logits in place to scale * (softmax - one-hot(target - first_column)); targets outside the columns are another block's.
  void (*_Nonnull softmax_gradient)(
    int64_t rows, int64_t columns, void *_Nonnull logits, int64_t ld, const void *_Nonnull log_normalizer,
    const int32_t *_Nonnull targets, int64_t first_column, double scale);
  // A row of sampled logits (Mnih and Teh 2012; Ji et al. 2016): scores[0] is the target's, the others the samples',
  // `keep` false for samples that equal the target. Scores in place to scale * gradient; returns the loss.
  double (*_Nonnull sampled_gradient)(
    int64_t count, void *_Nonnull scores, const void *_Nonnull log_noise, const uint8_t *_Nonnull keep,
    bool is_blackout, double scale);

  // Every row of out = row (added to what is there if `accumulate`); the second adds another row as well if not null.
  void (*_Nonnull broadcast_row)(
    int64_t rows, int64_t columns, const void *_Nonnull row, const void *_Nullable second, void *_Nonnull out, int64_t ld);
  // out (columns) += sums over rows.
  void (*_Nonnull column_sums)(int64_t rows, int64_t columns, const void *_Nonnull x, int64_t ld, void *_Nonnull out);
  // out = a * b, out += a * b, and out += factor * a, elementwise.
  void (*_Nonnull multiply)(int64_t count, const void *_Nonnull a, const void *_Nonnull b, void *_Nonnull out);
  void (*_Nonnull multiply_add)(int64_t count, const void *_Nonnull a, const void *_Nonnull b, void *_Nonnull out);
  void (*_Nonnull add_scaled)(int64_t count, double factor, const void *_Nonnull a, void *_Nonnull out);
  // out (columns) += the sum over i of factors[i] times row rows[i] of x; rows may overlap, with ld below columns.
  void (*_Nonnull add_rows)(
    int64_t count, const void *_Nonnull factors, const int32_t *_Nonnull rows, const void *_Nonnull x, int64_t ld,
    int64_t columns, void *_Nonnull out);
  double (*_Nonnull dot)(int64_t count, const void *_Nonnull a, const void *_Nonnull b);
  // Inverted dropout: element i is 1 / keep with probability keep, else 0, from a hash of (key, first + i).
  void (*_Nonnull dropout_mask)(int64_t count, uint64_t key, uint64_t first, double keep, void *_Nonnull mask);

  // Sum of squares of clamp(g); the clamp (by value) is written back if `limit` > 0. Not finite if any element is not.
  double (*_Nonnull clamp_and_square)(int64_t count, void *_Nonnull gradient, double limit);
  // g' = scale * g + decay * p; then the update. Gradients are left as they are.
  void (*_Nonnull adam)(
    int64_t count, void *_Nonnull p, const void *_Nonnull g, void *_Nonnull m, void *_Nonnull v, double rate,
    double beta1, double beta2, double epsilon, int64_t step, double scale, double decay);
  void (*_Nonnull sgd)(
    int64_t count, void *_Nonnull p, const void *_Nonnull g, void *_Nullable velocity, double rate, double momentum,
    double scale, double decay);
  // average += (p - average) * weight.
  void (*_Nonnull average)(int64_t count, const void *_Nonnull p, double weight, void *_Nonnull average);
} tk_operations;

// The fastest table for this machine; `level` 0 the portable one, 1 at most AVX2, 2 everything.
const tk_operations *_Nonnull tk_operations_f32(int level);
const tk_operations *_Nonnull tk_operations_f64(int level);

// Products of single-precision matrices whose numbers are rounded to bfloat16, to the nearest and even, on the way into a
// product; sums are kept in single precision. Three to five times as fast as single precision where the processor has
// tile registers.
enum { TK_BFLOAT16_WORKSPACE = 1024 * (512 + 256) };
typedef struct tk_bfloat16_operations {
  const char *_Nonnull processor;
  // Packs `count` vectors of depth k: the rows of a left matrix or the columns of a right one. Number p of vector v is
  // x[v * ld + p] if `is_along`, else x[p * ld + v]. Takes ceil(count / 16) * 16 * ceil(k / 32) * 32 numbers, aligned to
  // 64 bytes; what begins at a multiple of 16 vectors may be packed by itself.
  void (*_Nonnull pack)(
    int64_t count, int64_t k, const float *_Nonnull x, int64_t ld, bool is_along, bool is_left, uint16_t *_Nonnull packed);
  // C (m x n) = A (m x k) B, plus what C holds if `accumulate`.
  void (*_Nonnull gemm_packed)(
    int64_t m, int64_t n, int64_t k, const float *_Nonnull a, int64_t lda, const uint16_t *_Nonnull packed, bool accumulate,
    float *_Nonnull c, int64_t ldc);
  // C (m x n) = op(A) op(B), plus what C holds if `accumulate`; `workspace` of TK_BFLOAT16_WORKSPACE numbers, aligned
  // to 64 bytes. A side of which `packed_a` or `packed_b` is not null is read from there alone.
  void (*_Nonnull gemm)(
    bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *_Nonnull a, int64_t lda,
    const float *_Nonnull b, int64_t ldb, bool accumulate, float *_Nonnull c, int64_t ldc,
    const uint16_t *_Nullable packed_a, const uint16_t *_Nullable packed_b, uint16_t *_Nonnull workspace);
} tk_bfloat16_operations;

// Such products by the tile registers of AMX (Linux gives them to processes since 5.16). Null where there are none: AVX-512's
// own instructions for bfloat16 are half as fast as single precision on Intel's processors.
const tk_bfloat16_operations *_Nullable tk_operations_bf16(void);

// Zeroed memory, on large pages where it is large and the system has them: products that go down the columns of a matrix
// touch a page a row. Null when there is none left.
void *_Nullable tk_allocate(size_t byte_count);
void tk_free(void *_Nullable memory);

// Threads that wait for work: short waits spin, long ones sleep.
typedef struct tk_team tk_team;
tk_team *_Nullable tk_team_create(int count, void (*_Nullable thread_start)(void));
// Calls function(context, index) for every index below the count, index 0 on the caller, and returns when all are done.
void tk_team_run(tk_team *_Nonnull team, void (*_Nonnull function)(void *_Nullable, int), void *_Nullable context);
void tk_team_destroy(tk_team *_Nullable team);
// The processors this process may use.
int tk_processor_count(void);

#endif
