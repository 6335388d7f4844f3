#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer over `callback` with a program's arguments (FuzzerInterface.h of compiler-rt).
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t count));
