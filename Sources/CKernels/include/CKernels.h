// Matrix-vector products and activations for inference.
//
// Every kernel exists in plain C (the reference) and for the instruction sets of `inkling_isa`; a table of function
// pointers holds one set. The integer products are exact, so they are the same bit for bit in every set; the
// floating-point kernels agree within a few units in the last place of the largest term.
//
// Nothing here allocates except inkling_team_create. Pointers need no alignment, but 64 bytes is fastest.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Rows of a packed matrix come in blocks of this many; outputs are written in whole blocks.
#define INKLING_BLOCK_ROWS 16
// Columns of a packed integer matrix are padded with zeros to a multiple of this.
#define INKLING_COLUMN_MULTIPLE 32
// The most columns for which no 32-bit sum of products can overflow.
#define INKLING_MAXIMUM_COLUMNS 65536
// The most columns of an int5 matrix: its products over a batch unpack four blocks on the stack.
#define INKLING_INT5_MAXIMUM_COLUMNS 1024
// Vectors that matmul_int8 takes at once.
#define INKLING_BATCH 32

typedef enum {
  INKLING_ISA_SCALAR,
  INKLING_ISA_AVX2,          // AVX2 and FMA
  INKLING_ISA_AVX512_VNNI,   // AVX-512 F, BW, VL, DQ and VNNI
  INKLING_ISA_NEON,          // AArch64's Advanced SIMD
  INKLING_ISA_NEON_DOTPROD,  // and its 8-bit dot products
  INKLING_ISA_COUNT
} inkling_isa;

// A vector quantised to 8 bits: value = scale * quantum.
typedef struct {
  const int8_t *quanta;  // padded with zeros to the matrix's padded columns; all in -127...127
  int32_t sum;           // of the quanta
  float scale;
} inkling_quantised;

// rows x columns weights at 8 bits: weight = scales[row] * (byte - 128).
//
// Packed so that 16 rows fill one AVX-512 register: the byte of (row, column) is at
// ((row / 16 * columns / 4 + column / 4) * 16 + row % 16) * 4 + column % 4, columns being the padded number.
typedef struct {
  const uint8_t *weights;
  const float *scales;  // one a row, padded to whole blocks with zeros
  size_t block_count;   // of 16 rows
  size_t column_count;  // padded
  size_t used_count;    // of these columns, those that are no padding, rounded up to a multiple of 4
} inkling_int8_matrix;

// rows x columns weights at 5 bits, for matrices that do not fit into a second-level cache and are read at the speed of
// what lies behind it: 160 bytes stand for 16 rows x 16 columns instead of 256.
//
// Eight weights of a row, from eight groups of four columns, lie in five bytes. A byte whose upper five bits are right
// is a weight as good as one of 5 bits, whatever its lower three hold; so the lower three of five bytes hold the 5 bits
// of three more weights, and the five are rounded to the nearest values that end in these. They go into products as
// they are, at the speed of int8.
//
// In a block of 16 rows, 320 bytes stand for 32 columns: registers a b c d e of 64 bytes, laid out as those of int8, for
// columns 0..<4, 4..<8, ..., 16..<20; f, g and h for columns 20..<24, 24..<28 and 28..<32 are (bits from the highest):
//   f = a2 a1 a0 d1 d0 1 0 0    g = b2 b1 b0 e1 e0 1 0 0    h = c2 c1 c0 d2 e2 1 0 0
// weight = scales[row] * (byte - 128) for all eight.
typedef struct {
  const uint8_t *weights;
  const float *scales;  // one a row, padded to whole blocks with zeros
  size_t block_count;   // of 16 rows
  size_t column_count;  // padded
} inkling_int5_matrix;

// rows x columns weights in single precision: the weight of (row, column) is at (row / 16 * columns + column) * 16 + row % 16.
typedef struct {
  const float *weights;
  size_t block_count;
  size_t column_count;
} inkling_float_matrix;

// A convolution whose products are known: what every step's vector gives with the weights of every place of a window.
//
// out[t] = max(floor, base + the sum over j < width of place j of the product of step t * stride + j - before), for the steps
// that there are.
typedef struct {
  const float *const *products;  // one a step, null for a step that adds nothing; place j's numbers begin at j * place_size
  size_t step_count;
  size_t place_size;
  size_t width;
  size_t stride;
  size_t before;       // steps that are missing before the first
  size_t count;        // of windows
  size_t size;         // numbers of a window
  const float *base;   // as many
  float floor;         // -infinity for none
} inkling_windows;

// A softmax's normaliser and its largest logits, accumulated over any number of pieces.
typedef struct {
  float maximum;     // of the logits so far
  double sum;        // of exp(logit - maximum)
  int32_t count;     // of the best so far, at most capacity
  int32_t capacity;
  float *values;     // the best, descending; equal ones by ascending id
  int32_t *ids;
} inkling_best;

typedef struct {
  const char *name;
  // out[r] = base[r] + W x for the rows of blocks first..<first + count; base may be null (zeros) or out itself.
  // out and base start at the first of these rows.
  void (*matvec_int8)(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                      size_t first, size_t count, float *out);
  // The same for batch (at most INKLING_BATCH) vectors at once; vector t's rows go to out + t * stride.
  void (*matmul_int8)(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                      size_t batch, size_t first, size_t count, float *out, size_t stride);
  void (*matvec_float)(const inkling_float_matrix *matrix, const float *base, const float *x, size_t first,
                       size_t count, float *out);
  // Symmetric quantisation to -127...127 by the largest magnitude; a vector of zeros has the scale 0, what is not
  // finite counts as 0 or the end of the range. quanta[count..<padded] become 0.
  inkling_quantised (*quantise)(const float *x, size_t count, size_t padded, int8_t *quanta);
  // LSTM (gates: 4 x size, i f g o before their activations): c = s(f) c + s(i) tanh(g), h = s(o) tanh(c).
  void (*lstm_gates)(const float *gates, float *c, float *h, size_t size);
  // GRU (input and hidden: 3 x size, r z n, biases included): n = tanh(input_n + s(r) hidden_n), h = (1-s(z)) n + s(z) h.
  void (*gru_gates)(const float *input, const float *hidden, float *h, size_t size);
  // h = tanh(x).
  void (*tanh_gates)(const float *x, float *h, size_t size);
  // The windows of a convolution; see inkling_windows.
  void (*sum_windows)(const inkling_windows *windows, float *out);
  // Takes logits first_id..<first_id + count into the normaliser and the best. One pass over each 256 of them.
  void (*softmax_best)(const float *logits, size_t count, int32_t first_id, inkling_best *best);
  // matvec_int8 and softmax_best in one pass: the logits of blocks first..<first + count go to out, those of rows
  // below row_count into the normaliser and the best, their rows being their ids. base and out start at row 0.
  void (*logits_best_int8)(const inkling_int8_matrix *matrix, const float *base, const inkling_quantised *x,
                           size_t first, size_t count, size_t row_count, float *out, inkling_best *best);
  // The same two products with int5 weights; null in sets where unpacking costs more than reading less gains.
  void (*matmul_int5)(const inkling_int5_matrix *matrix, const float *base, const inkling_quantised *x,
                      size_t batch, size_t first, size_t count, float *out, size_t stride);
  void (*logits_best_int5)(const inkling_int5_matrix *matrix, const float *base, const inkling_quantised *x,
                           size_t first, size_t count, size_t row_count, float *out, inkling_best *best);
} inkling_kernels;

// The kernels for an instruction set; null where this processor or this build lacks it.
const inkling_kernels *inkling_kernels_for(inkling_isa isa);
// The fastest set that this processor has.
const inkling_kernels *inkling_kernels_best(void);

// Bytes of weights (and floats of scales: whole blocks of rows) that packing rows x columns takes.
size_t inkling_packed_columns(size_t columns);
size_t inkling_packed_blocks(size_t rows);

// Quantises and packs one row of an int8 matrix whose weights were set to 128 beforehand.
// False, and nothing is written, if a weight is not finite.
bool inkling_pack_int8_row(uint8_t *weights, float *scales, size_t padded_columns, size_t row, const float *source,
                           size_t columns);
// The same for an int5 matrix, whose weights need not be set beforehand; quanta of the padding are 0.
bool inkling_pack_int5_row(uint8_t *weights, float *scales, size_t padded_columns, size_t row, const float *source,
                           size_t columns);
// Packs one row of a float matrix. False if a weight is not finite.
bool inkling_pack_float_row(float *weights, size_t columns, size_t row, const float *source);
// Quantises one row without packing, as an embedding's. False if a weight is not finite.
bool inkling_quantise_row(int8_t *quanta, float *scale, int32_t *sum, const float *source, size_t count);

// Starts an accumulation; values and ids hold capacity elements.
void inkling_best_clear(inkling_best *best);
// Takes what other has accumulated over other ids into best.
void inkling_best_merge(inkling_best *best, const inkling_best *other);
// ln of the sum of exp(logit) over everything accumulated.
float inkling_best_log_normaliser(const inkling_best *best);

// Fetches numbers that will be read soon.
static inline void inkling_fetch(const float *numbers, size_t count) {
  for (size_t i = 0; i < count; i += 16) __builtin_prefetch(numbers + i);
}

// MARK: Threads

// A helper thread beside the caller, for pieces of work of some microseconds.
//
// Pieces are dealt in one stretch a thread, so that each reads memory in one stream; who is done with its own
// takes what is left of the others'. The helper spins for a short while after its last piece, so that a burst of steps finds it awake, and then sleeps:
// an idle program uses no processor time. The caller never waits for a helper to wake up: pieces that no helper has
// taken, the caller does itself.
typedef struct inkling_team inkling_team;
typedef void (*inkling_task)(void *context, size_t worker, size_t piece);

// A team of 2 to 16 threads, the caller among them; null if threads cannot be made.
inkling_team *inkling_team_create(size_t threads);
// Ends the helpers. No run may be under way.
void inkling_team_destroy(inkling_team *team);
// Calls task once for each of the pieces (at most 65535), worker 0 being the caller. When another run is under way,
// the caller does all of it alone.
void inkling_team_run(inkling_team *team, inkling_task task, void *context, size_t pieces);

// MARK: Memory

// Zeroed memory aligned to 64 bytes, in huge pages where the system has them and the size is worth it; null when
// there is none.
void *inkling_allocate(size_t bytes);
void inkling_free(void *memory, size_t bytes);
