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

// Renames where nothing is at the new path (renameat2 with RENAME_NOREPLACE, renamex_np with RENAME_EXCL). False, with
// errno, where something is, or where the system or the file system cannot.
bool inkling_rename_if_free(const char *old_path, const char *new_path);

// Whether a file system is mounted at the path; false also where the system does not say.
bool inkling_is_mount_point(const char *path);

// A file without a name, open for reading and writing, that is gone when it is closed. -1, with errno, where the system
// or the directory's file system has none.
int inkling_open_unnamed_file(const char *directory);

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

// From here on large blocks go back to the system as soon as they are freed.
void inkling_return_large_memory(void);

// To be called before there are other threads. The C library gives each a heap of its own otherwise, and never gives the last
// part of any of them back.
void inkling_use_one_heap(void);

// Starts a program with the lowest priority, its standard input and output on two descriptors, its standard error on
// /dev/null, and one entry more in its environment. `kept`, unless it is negative, stays open in it as descriptor 3. The process's number, or -1.
int inkling_spawn_at_low_priority(const char *path, char *const arguments[], char *entry, int input, int output, int kept);

// Starts a program that shares this one's environment and standard error, its standard input and output on two descriptors. A
// path without a slash is looked for where the shell looks. The process's number, or -1 with errno.
int inkling_spawn_beside(const char *path, char *const arguments[], int input, int output);

// Makes a pipe that no program inherits, however soon another thread starts one: the end to read from, then the other.
bool inkling_make_pipe(int ends[2]);

// Takes a lock on an open file that lasts as long as any process has that opening of it. False if somebody else has one.
bool inkling_lock_file(int descriptor);

// Says that a part of memory is a file, mapped. If the file loses its end later, reading there gives zeros, where it would
// end the process with SIGBUS. A number for the calls below; -1 if there are too many, and then a fault ends the process.
int inkling_register_mapping(const void *start, size_t size, const char *path);

// Whether a read of the mapping had to be helped.
bool inkling_is_mapping_damaged(int mapping);

// To be called when nobody reads the mapping any more, before it goes.
void inkling_forget_mapping(int mapping);

// The path of the first mapping that was damaged in this process; NULL if none was.
const char *inkling_damaged_path(void);

// How many of a file's bytes were never written, as far as its first thousand holes go; 0 where the system cannot tell.
int64_t inkling_hole_bytes(int descriptor, int64_t size);

// What kind of file system an open file or folder lies in, as in linux/magic.h; 0 where the system does not say.
uint32_t inkling_file_system_type(int descriptor);

// Where the address space of the process is limited (ulimit -v): from here on an allocation that fails, which ends a program
// of Swift or C++ by a signal, ends it by a line on standard error and status 1.
void inkling_end_with_error_at_memory_limit(void);
