#include "CSystem.h"

#if defined(__linux__)
#include <sys/vfs.h>
#endif

uint32_t inkling_file_system_type(int descriptor) {
#if defined(__linux__)
  struct statfs status;
  return fstatfs(descriptor, &status) == 0 ? (uint32_t)status.f_type : 0;
#else
  (void)descriptor;
  return 0;
#endif
}
