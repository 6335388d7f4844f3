// System calls that Swift's importer cannot see: variadic, or hidden behind feature macros.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Asks for the memory at an address to be fetched; does nothing where there is nothing to fetch.
static inline void inkling_prefetch(const void *address) { __builtin_prefetch(address); }

// Which of 64 bytes separate tokens (NUL, tab, line feed, vertical tab, form feed, carriage return, space): bit i for byte i.
static inline uint64_t inkling_separator_mask(const void *bytes) {
  uint64_t mask = 0;
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(0x20), nul = _mm_setzero_si128(), tab = _mm_set1_epi8(9), span = _mm_set1_epi8(4);
  for (int part = 0; part < 4; part++) {
    __m128i chunk = _mm_loadu_si128((const __m128i *)bytes + part);
    __m128i from_tab = _mm_sub_epi8(chunk, tab);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(from_tab, span), from_tab);
    __m128i found = _mm_or_si128(control, _mm_or_si128(_mm_cmpeq_epi8(chunk, space), _mm_cmpeq_epi8(chunk, nul)));
    mask |= (uint64_t)(uint16_t)_mm_movemask_epi8(found) << (16 * part);
  }
#else
  const uint8_t *next = (const uint8_t *)bytes;
  for (int place = 0; place < 64; place++) {
    uint8_t byte = next[place];
    mask |= (uint64_t)(byte == 0x20 || byte == 0 || (uint8_t)(byte - 9) <= 4) << place;
  }
#endif
  return mask;
}

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

// How much of that is parts of files, mapped; 0 where the system does not say.
long inkling_resident_file_bytes(void);

// Gives memory that was freed back to the system where the C library would keep it.
void inkling_return_free_memory(void);

// Where the address space of the process is limited (ulimit -v): from here on an allocation that fails, which ends a program
// of Swift or C++ by a signal, ends it by a line on standard error and status 1.
void inkling_end_with_error_at_memory_limit(void);

// Starts a program with the lowest priority, its standard output on a descriptor, the other two on /dev/null.
// The process's number, or -1.
int inkling_spawn_at_low_priority(const char *path, char *const arguments[], int output);
