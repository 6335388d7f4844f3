// System calls that Swift's importer cannot see: variadic, or hidden behind feature macros.
#pragma once
#include <stdbool.h>

// Exchanges two paths atomically (renameat2 with RENAME_EXCHANGE, renamex_np with RENAME_SWAP).
// False where the system or the file system cannot.
bool inkling_exchange_paths(const char *first, const char *second);
