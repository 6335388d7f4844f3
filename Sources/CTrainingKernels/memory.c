#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "CTrainingKernels.h"

enum { cache_line = 64, large_page = 2 << 20 };

void *tk_allocate(size_t byte_count) {
  void *memory = NULL;
  size_t alignment = byte_count >= large_page ? large_page : cache_line;
  if (posix_memalign(&memory, alignment, byte_count ? byte_count : 1) != 0) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // A hint: where large pages are turned off, nothing changes.
  if (alignment == large_page) (void)madvise(memory, byte_count, MADV_HUGEPAGE);
#endif
  memset(memory, 0, byte_count);
  return memory;
}

void tk_free(void *memory) { free(memory); }
