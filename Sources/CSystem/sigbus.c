#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CSystem.h"

// Parts of files that are mapped. The handler of SIGBUS reads the table on whichever thread a fault is, at any moment, so
// there is no lock: a slot counts while its `start` is not 0, and that is written last and cleared first.
struct mapping {
  _Atomic(uintptr_t) start;
  _Atomic(uintptr_t) end;
  _Atomic(bool) is_taken;
  _Atomic(bool) is_damaged;
  char *path;
};

enum { mapping_limit = 4096 };
static struct mapping mappings[mapping_limit];
// Slots from here on were never used.
static _Atomic(int) used_count;
static _Atomic(struct mapping *) first_damaged;
// What was to be done about SIGBUS before.
static struct sigaction earlier;
static uintptr_t page_size;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct mapping *find(uintptr_t address) {
  int count = atomic_load_explicit(&used_count, memory_order_acquire);
  for (int slot = 0; slot < count; slot++) {
    struct mapping *mapping = &mappings[slot];
    uintptr_t start = atomic_load_explicit(&mapping->start, memory_order_acquire);
    if (start == 0 || address < start) continue;
    uintptr_t end = atomic_load_explicit(&mapping->end, memory_order_acquire);
    // Another mapping may have come into the slot in between.
    if (address < end && atomic_load_explicit(&mapping->start, memory_order_acquire) == start) return mapping;
  }
  return NULL;
}

// Puts zeros where the file has no bytes any more, from the fault to the end of the mapping, so that whoever reads goes on.
static bool repair(uintptr_t address) {
  struct mapping *mapping = find(address);
  if (!mapping) return false;
  uintptr_t page = address & ~(page_size - 1);
  uintptr_t end = (atomic_load_explicit(&mapping->end, memory_order_acquire) + page_size - 1) & ~(page_size - 1);
  atomic_store_explicit(&mapping->is_damaged, true, memory_order_release);
  struct mapping *none = NULL;
  atomic_compare_exchange_strong(&first_damaged, &none, mapping);
  return mmap((void *)page, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static void handle(int number, siginfo_t *info, void *context) {
  int error = errno;
  bool is_repaired = info->si_code > 0 && repair((uintptr_t)info->si_addr);
  errno = error;
  if (is_repaired) return;
  if (earlier.sa_flags & SA_SIGINFO) {
    earlier.sa_sigaction(number, info, context);
    return;
  }
  if (earlier.sa_handler != SIG_DFL && earlier.sa_handler != SIG_IGN) {
    earlier.sa_handler(number);
    return;
  }
  // The access is tried again, or the signal sent again, and ends the process as it would have without us.
  signal(number, SIG_DFL);
  if (info->si_code <= 0) raise(number);
}

static void install(void) {
  page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &earlier);
}

int inkling_register_mapping(const void *start, size_t size, const char *path) {
  pthread_once(&once, install);
  for (int slot = 0; slot < mapping_limit; slot++) {
    struct mapping *mapping = &mappings[slot];
    bool no = false;
    if (!atomic_compare_exchange_strong(&mapping->is_taken, &no, true)) continue;
    mapping->path = strdup(path);
    atomic_store_explicit(&mapping->is_damaged, false, memory_order_relaxed);
    atomic_store_explicit(&mapping->end, (uintptr_t)start + size, memory_order_release);
    int count = atomic_load(&used_count);
    while (count <= slot && !atomic_compare_exchange_weak(&used_count, &count, slot + 1)) {}
    atomic_store_explicit(&mapping->start, (uintptr_t)start, memory_order_release);
    return slot;
  }
  return -1;
}

bool inkling_is_mapping_damaged(int slot) {
  return slot >= 0 && slot < mapping_limit && atomic_load_explicit(&mappings[slot].is_damaged, memory_order_acquire);
}

void inkling_forget_mapping(int slot) {
  if (slot < 0 || slot >= mapping_limit) return;
  struct mapping *mapping = &mappings[slot];
  atomic_store_explicit(&mapping->start, 0, memory_order_release);
  // The slot of the first damaged file keeps its name.
  if (atomic_load(&first_damaged) == mapping) return;
  free(mapping->path);
  mapping->path = NULL;
  atomic_store_explicit(&mapping->is_taken, false, memory_order_release);
}

const char *inkling_damaged_path(void) {
  struct mapping *mapping = atomic_load(&first_damaged);
  return mapping ? mapping->path : NULL;
}
