#ifndef INKLING_MPI_H
#define INKLING_MPI_H

#include <stdbool.h>
#include <stdint.h>

// Open MPI, loaded when it is asked for: programs start without it, and hold no network code of their own. All functions are for
// one thread at a time.

typedef enum {
  inkling_mpi_ready,
  // The library is not on this machine.
  inkling_mpi_absent,
  // It is there and lacks what Open MPI's have: another implementation, or another version of its interface.
  inkling_mpi_foreign,
  // It could not be initialised.
  inkling_mpi_failed,
} inkling_mpi_status;

// Loads the library and joins the other processes, once.
inkling_mpi_status inkling_mpi_begin(void);
// Leaves the other processes. No more calls after it.
void inkling_mpi_end(void);
// The place of this process among `inkling_mpi_count` ones.
int32_t inkling_mpi_index(void);
int32_t inkling_mpi_count(void);
// Replaces the numbers by their sums over all processes. False if the library says that it failed.
bool inkling_mpi_sum_floats(float *_Nonnull values, int64_t count);
bool inkling_mpi_sum_doubles(double *_Nonnull values, int64_t count);

#endif
