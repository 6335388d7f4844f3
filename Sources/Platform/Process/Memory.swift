import CSystem

/// How much memory of this process is in the machine now, in bytes; nil where the system does not say.
package func residentByteCount() -> Int? {
  let count = inkling_resident_bytes()
  return count > 0 ? Int(count) : nil
}

/// How much of that holds parts of files: of the program, and of mapped files; nil where the system does not say.
package func residentFileByteCount() -> Int? {
  let count = inkling_resident_file_bytes()
  return count > 0 ? Int(count) : nil
}

/// Gives memory that was freed back to the system, which the C library keeps otherwise. Takes milliseconds; for the
/// moment after something large is gone.
package func returnFreeMemory() { inkling_return_free_memory() }

/// Has all threads allocate from one heap, whose freed memory can be given back as a whole; for the start of a program that
/// runs for days.
package func useOneHeap() { inkling_use_one_heap() }

/// Where the address space is limited (`ulimit -v`): from here on memory that cannot be had ends the process by a line on
/// standard error and status 1. Swift ends it by a trap, and C++ by an abort, wherever either allocates.
package func endWithErrorAtMemoryLimit() { inkling_end_with_error_at_memory_limit() }
