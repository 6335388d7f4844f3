// For dl_iterate_phdr.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#endif
#if defined(__APPLE__)
#include <mach/mach.h>
#endif

#include "CSystem.h"

#if defined(__linux__)
static int statm = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void open_statm(void) { statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC); }

// A number of /proc/self/statm in bytes; 0 where it cannot be read. The file stays open: whoever watches a bound asks often.
static long statm_bytes(int place) {
  char text[128];
  pthread_once(&once, open_statm);
  ssize_t count = statm < 0 ? 0 : pread(statm, text, sizeof text - 1, 0);
  if (count <= 0) return 0;
  text[count] = 0;
  char *next = text;
  long pages = 0;
  for (int i = 0; i <= place; i++) pages = strtol(next, &next, 10);
  return pages * sysconf(_SC_PAGESIZE);
}
#endif

long inkling_resident_bytes(void) {
#if defined(__linux__)
  return statm_bytes(1);
#elif defined(__APPLE__)
  struct mach_task_basic_info info;
  mach_msg_type_number_t size = MACH_TASK_BASIC_INFO_COUNT;
  if (task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&info, &size) != KERN_SUCCESS) return 0;
  return (long)info.resident_size;
#else
  return 0;
#endif
}

long inkling_resident_file_bytes(void) {
#if defined(__linux__)
  return statm_bytes(2);
#else
  return 0;
#endif
}

#if defined(__GLIBC__)
// Parts of the program that nobody needs now come back from its file with their next use. They were never written to, so
// nothing is lost with them.
static int let_go_of_program(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  (void)context;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || header->p_flags & PF_W) continue;
    uintptr_t start = (info->dlpi_addr + header->p_vaddr) & ~(page - 1);
    madvise((void *)start, info->dlpi_addr + header->p_vaddr + header->p_memsz - start, MADV_DONTNEED);
  }
  // The first one is the program itself.
  return 1;
}
#endif

void inkling_return_free_memory(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
  dl_iterate_phdr(let_go_of_program, NULL);
#endif
}

void inkling_return_large_memory(void) {
#if defined(__GLIBC__)
  // Otherwise the limit rises to the largest block that was ever freed, and what is below stays with the heap.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

void inkling_use_one_heap(void) {
#if defined(__GLIBC__)
  mallopt(M_ARENA_MAX, 1);
#endif
}
