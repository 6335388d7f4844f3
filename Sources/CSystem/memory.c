#include <stdio.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__APPLE__)
#include <mach/mach.h>
#endif

#include "CSystem.h"

long inkling_resident_bytes(void) {
#if defined(__linux__)
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return 0;
  long total, resident;
  int count = fscanf(file, "%ld %ld", &total, &resident);
  fclose(file);
  return count == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
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
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return 0;
  long shared;
  int count = fscanf(file, "%*d %*d %ld", &shared);
  fclose(file);
  return count == 1 ? shared * sysconf(_SC_PAGESIZE) : 0;
#else
  return 0;
#endif
}

void inkling_return_free_memory(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

void inkling_use_one_heap(void) {
#if defined(__GLIBC__)
  mallopt(M_ARENA_MAX, 1);
#endif
}
