// What RapidJSON reads, event by event, in one array.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum inkling_json_kind {
  INKLING_JSON_NULL,
  INKLING_JSON_FALSE,
  INKLING_JSON_TRUE,
  INKLING_JSON_INTEGER,
  INKLING_JSON_DOUBLE,
  INKLING_JSON_STRING,
  // A member's name; its value follows.
  INKLING_JSON_KEY,
  // `count` elements follow, each with all that is in it.
  INKLING_JSON_ARRAY,
  // `count` members follow, each a key and a value.
  INKLING_JSON_OBJECT,
};

typedef struct {
  uint32_t kind;
  // Of an array or object its elements or members, of a string its bytes.
  uint32_t count;
  union {
    int64_t integer;
    double number;
    // Where a string's bytes are in the text that was read, which has been decoded in place.
    uint64_t offset;
  } value;
} inkling_json_event;

enum inkling_json_refusal {
  INKLING_JSON_ACCEPTED,
  // See `reason`.
  INKLING_JSON_SYNTAX,
  INKLING_JSON_TOO_DEEP,
  INKLING_JSON_TOO_MANY_VALUES,
  INKLING_JSON_INTEGER_TOO_LARGE,
  // Of a number with a fraction or an exponent.
  INKLING_JSON_REAL_TOO_LARGE,
  INKLING_JSON_NUL,
  INKLING_JSON_OUT_OF_MEMORY,
};

typedef struct {
  size_t depth;
  size_t value_count;
  bool allows_nul;
  bool rounds_large_integers;
} inkling_json_limits;

typedef struct {
  // To be given to `inkling_json_free`.
  inkling_json_event *events;
  size_t count;
  enum inkling_json_refusal refusal;
  // Of what was refused, in bytes.
  size_t offset;
  // What RapidJSON says of it; of static duration.
  const char *reason;
} inkling_json_result;

// Reads `count` bytes at `text`, behind which a zero stands, and decodes its strings in place.
inkling_json_result inkling_json_read(char *text, size_t count, inkling_json_limits limits);
void inkling_json_free(inkling_json_event *events);

#ifdef __cplusplus
}
#endif
