#define _GNU_SOURCE
#include <unistd.h>

#include "CSystem.h"

int64_t inkling_hole_bytes(int descriptor, int64_t size) {
#if defined(SEEK_HOLE) && defined(SEEK_DATA)
  int64_t holes = 0, place = 0;
  for (int count = 0; count < 1000 && place < size; count++) {
    int64_t hole = lseek(descriptor, place, SEEK_HOLE);
    if (hole < place || hole >= size) break;
    int64_t data = lseek(descriptor, hole, SEEK_DATA);
    place = data > hole && data < size ? data : size;
    holes += place - hole;
  }
  return holes;
#else
  (void)descriptor;
  (void)size;
  return 0;
#endif
}
