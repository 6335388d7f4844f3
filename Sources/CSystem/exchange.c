#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <errno.h>
#include <stdio.h>
#include <sys/stdio.h>
#else
#include <errno.h>
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
  errno = ENOSYS;
  return false;
#endif
}

bool inkling_rename_if_free(const char *old_path, const char *new_path) {
#if defined(__linux__)
  const unsigned no_replace = 1;  // RENAME_NOREPLACE, linux/fs.h
  return syscall(SYS_renameat2, AT_FDCWD, old_path, AT_FDCWD, new_path, no_replace) == 0;
#elif defined(__APPLE__)
  return renamex_np(old_path, new_path, RENAME_EXCL) == 0;
#else
  (void)old_path;
  (void)new_path;
  errno = ENOSYS;
  return false;
#endif
}

bool inkling_is_mount_point(const char *path) {
#if defined(__linux__) && defined(STATX_TYPE)
  const unsigned long long mount_root = 0x2000;  // STATX_ATTR_MOUNT_ROOT, linux/stat.h
  struct statx status;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) != 0) return false;
  return (status.stx_attributes & status.stx_attributes_mask & mount_root) != 0;
#else
  (void)path;
  return false;
#endif
}

int inkling_open_unnamed_file(const char *directory) {
#if defined(__linux__) && defined(O_TMPFILE)
  return open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
#else
  (void)directory;
  errno = ENOTSUP;
  return -1;
#endif
}
