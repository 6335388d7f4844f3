#if defined(__linux__)
#define _GNU_SOURCE
#include <poll.h>
#include <sys/syscall.h>
#elif defined(__APPLE__)
#include <sys/event.h>
#endif
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "CSystem.h"

static bool is_alive(int process) { return kill(process, 0) == 0 || errno == EPERM; }

#if defined(__linux__) && defined(SYS_pidfd_open)
// Returns false where the kernel is older than pidfd_open or forbids it.
static bool wait_in_kernel(int process) {
  int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
  if (descriptor < 0) return false;
  struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
  int ready;
  do ready = poll(&wanted, 1, -1);
  while (ready < 0 && errno == EINTR);
  close(descriptor);
  return ready == 1;
}
#elif defined(__APPLE__)
static bool wait_in_kernel(int process) {
  int queue = kqueue();
  if (queue < 0) return false;
  struct kevent wanted, got;
  EV_SET(&wanted, process, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, 0);
  int ready;
  do ready = kevent(queue, &wanted, 1, &got, 1, 0);
  while (ready < 0 && errno == EINTR);
  close(queue);
  return ready == 1;
}
#else
static bool wait_in_kernel(int process) {
  (void)process;
  return false;
}
#endif

void inkling_wait_for_process_end(int process) {
  if (!is_alive(process)) return;
  if (wait_in_kernel(process)) return;
  while (is_alive(process)) sleep(3);
}
