#include "CMPI.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// The part of MPI's C interface that is used here, as Open MPI's <mpi.h> declares it: what stands for communicators, types and
// operations are addresses of objects that the library exports.
typedef int (*init_function)(int *, char ***, int, int *);
typedef int (*size_function)(void *, int *);
typedef int (*sum_function)(const void *, void *, int, void *, void *, void *);
typedef int (*end_function)(void);
typedef int (*version_function)(char *, int *);

enum { thread_serialized = 2, version_length = 8192 };

static struct {
  sum_function sum;
  end_function finalize;
  void *world, *floats, *doubles, *addition;
  int index, count;
} library;

static bool is_open_mpi(void *handle) {
  version_function version = (version_function)dlsym(handle, "MPI_Get_library_version");
  char text[version_length] = "";
  int length = 0;
  // Asking is allowed before MPI is initialised.
  return version && version(text, &length) == 0 && strncmp(text, "Open MPI", 8) == 0;
}

inkling_mpi_status inkling_mpi_begin(void) {
  static const char *const names[] = {"libmpi.so.40", "libmpi.40.dylib", "/opt/homebrew/lib/libmpi.40.dylib"};
  void *handle = NULL;
  // Its plug-ins look for its symbols among those of the whole program.
  for (size_t i = 0; i < sizeof names / sizeof *names && !handle; i++) handle = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL);
  if (!handle) {
    // MPICH and its kin have an interface of their own under the same names.
    return dlopen("libmpi.so", RTLD_NOW) || dlopen("libmpi.so.12", RTLD_NOW) ? inkling_mpi_foreign : inkling_mpi_absent;
  }
  init_function init = (init_function)dlsym(handle, "MPI_Init_thread");
  size_function rank = (size_function)dlsym(handle, "MPI_Comm_rank");
  size_function size = (size_function)dlsym(handle, "MPI_Comm_size");
  library.sum = (sum_function)dlsym(handle, "MPI_Allreduce");
  library.finalize = (end_function)dlsym(handle, "MPI_Finalize");
  library.world = dlsym(handle, "ompi_mpi_comm_world");
  library.floats = dlsym(handle, "ompi_mpi_float");
  library.doubles = dlsym(handle, "ompi_mpi_double");
  library.addition = dlsym(handle, "ompi_mpi_op_sum");
  if (!init || !rank || !size || !library.sum || !library.finalize || !library.world || !library.floats || !library.doubles
      || !library.addition || !is_open_mpi(handle))
    return inkling_mpi_foreign;
  // Signals of faults are ours: files that are cut short while they are mapped are no end of a program.
  setenv("OMPI_MCA_opal_signal", "", 0);
  int provided = 0;
  if (init(NULL, NULL, thread_serialized, &provided) != 0) return inkling_mpi_failed;
  if (rank(library.world, &library.index) != 0 || size(library.world, &library.count) != 0) return inkling_mpi_failed;
  return inkling_mpi_ready;
}

void inkling_mpi_end(void) { library.finalize(); }

int32_t inkling_mpi_index(void) { return library.index; }

int32_t inkling_mpi_count(void) { return library.count; }

static bool sum(void *values, int64_t count, size_t size, void *type) {
  // Its counts are of 32 bits; and what it needs beside is as large as what it is given at once.
  const int64_t limit = 1 << 24;
  for (int64_t done = 0; done < count; done += limit) {
    int piece = (int)(count - done < limit ? count - done : limit);
    // MPI_IN_PLACE is the address 1.
    if (library.sum((void *)1, (char *)values + done * (int64_t)size, piece, type, library.addition, library.world) != 0)
      return false;
  }
  return true;
}

bool inkling_mpi_sum_floats(float *values, int64_t count) { return sum(values, count, sizeof *values, library.floats); }

bool inkling_mpi_sum_doubles(double *values, int64_t count) {
  return sum(values, count, sizeof *values, library.doubles);
}
