#if defined(__linux__)
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <stdio.h>
#include <sys/stdio.h>
#endif
#include "CSystem.h"

bool inkling_exchange_paths(const char *first, const char *second) {
#if defined(__linux__)
  const unsigned exchange = 2;  // RENAME_EXCHANGE, linux/fs.h
  return syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, exchange) == 0;
#elif defined(__APPLE__)
  return renamex_np(first, second, RENAME_SWAP) == 0;
#else
  (void)first;
  (void)second;
  return false;
#endif
}
