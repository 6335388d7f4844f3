// System calls that Swift's importer cannot see: variadic, or hidden behind feature macros.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// Asks for the memory at an address to be fetched; does nothing where there is nothing to fetch.
static inline void inkling_prefetch(const void *address) { __builtin_prefetch(address); }

// Exchanges two paths atomically (renameat2 with RENAME_EXCHANGE, renamex_np with RENAME_SWAP).
// False where the system or the file system cannot.
bool inkling_exchange_paths(const char *first, const char *second);

// Starts a detached thread that runs body(context) on a stack of its own size. 0, or an error number.
int inkling_start_thread(size_t stack_size, void (*body)(void *), void *context);

// Returns when the process has ended, at once if there is none. Sleeps in the kernel where it can, else looks
// every three seconds.
void inkling_wait_for_process_end(int process);

// The memory of this process that is in the machine now, in bytes; 0 where the system does not say.
long inkling_resident_bytes(void);

// Gives memory that was freed back to the system where the C library would keep it.
void inkling_return_free_memory(void);

// Starts a program with the lowest priority, its standard output on a descriptor, the other two on /dev/null.
// The process's number, or -1.
int inkling_spawn_at_low_priority(const char *path, char *const arguments[], int output);
