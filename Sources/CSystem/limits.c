#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "CSystem.h"

// Set before any handler is, and only read by them.
static char message[160];
static size_t message_length;

static void append(const char *text) {
  size_t count = strlen(text);
  if (message_length + count > sizeof message) count = sizeof message - message_length;
  memcpy(message + message_length, text, count);
  message_length += count;
}

static void append_number(unsigned long long number) {
  char digits[24];
  char *start = digits + sizeof digits - 1;
  *start = 0;
  do {
    *--start = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  append(start);
}

static void end_with_error(int number) {
  (void)number;
  ssize_t written = write(STDERR_FILENO, message, message_length);
  (void)written;
  _exit(1);
}

// Without room for the stacks of a few threads nothing that follows can be told from a fault.
__attribute__((constructor)) static void end_without_room_for_threads(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const size_t byte_count = 3 * (8 << 20);
  void *room = mmap(NULL, byte_count, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room != MAP_FAILED) {
    munmap(room, byte_count);
    return;
  }
  inkling_end_with_error_at_memory_limit();
  end_with_error(0);
}

void inkling_end_with_error_at_memory_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
#if defined(__GLIBC__)
  // Each thread's own heap takes 128 MB of addresses; where it cannot be had it is asked for anew with every allocation.
  mallopt(M_ARENA_MAX, 1);
#endif
  append("inkling: memory: the limit of ");
  append_number((unsigned long long)limit.rlim_cur / 1024);
  append(" kB (ulimit -v) was probably met (raise it, or work on less at a time)\n");
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = end_with_error;
  sigemptyset(&action.sa_mask);
  // What the runtimes of Swift and C++ end with, and what follows from a null pointer of the C library.
  const int numbers[] = {SIGABRT, SIGTRAP, SIGILL, SIGSEGV};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}
