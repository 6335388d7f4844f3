#include "COneDNN.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

// The part of oneDNN's C interface that is used here, as its header <oneapi/dnnl/dnnl.h> declares it.
typedef int (*sgemm_function)(
  char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t, float, float *, int64_t);
typedef struct {
  int major, minor, patch;
} version_record;
typedef const version_record *(*version_function)(void);
typedef void (*set_threads_function)(int);

static struct {
  sgemm_function sgemm;
  set_threads_function set_threads;
  char version[48];
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
#if defined(__APPLE__)
  static const char *const names[] = {
    "libdnnl.3.dylib", "/opt/homebrew/lib/libdnnl.3.dylib", "/usr/local/lib/libdnnl.3.dylib", "libdnnl.dylib"};
#else
  static const char *const names[] = {"libdnnl.so.3", "libdnnl.so.2"};
#endif
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!handle) continue;
    sgemm_function sgemm = (sgemm_function)dlsym(handle, "dnnl_sgemm");
    version_function version = (version_function)dlsym(handle, "dnnl_version");
    if (!sgemm || !version) {
      dlclose(handle);
      continue;
    }
    const version_record *record = version();
    snprintf(library.version, sizeof library.version, "%d.%d.%d", record->major, record->minor, record->patch);
    // A library dlsym'd by its handle is searched with what it depends on: libgomp, libomp, or nothing (sequential, TBB).
    library.set_threads = (set_threads_function)dlsym(handle, "omp_set_num_threads");
    library.sgemm = sgemm;
    return;
  }
}

bool inkling_onednn_open(void) {
  pthread_once(&once, load);
  return library.sgemm != NULL;
}

const char *inkling_onednn_version(void) { return library.version; }

void inkling_onednn_use_one_thread(void) {
  if (library.set_threads) library.set_threads(1);
}

bool inkling_onednn_sgemm(
  bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
  int64_t ldb, float beta, float *c, int64_t ldc) {
  if (!library.sgemm) return false;
  return library.sgemm(
           transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc) == 0;
}
