#include "json_events.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

// A text of any kind is refused, never a reason to end.
#define RAPIDJSON_ASSERT(condition) ((void)0)
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace {

// Whoever makes strings of the bytes sees whether they are UTF-8.
// Numbers come as they are written: of release 1.1 the conversion leaves its tables where there are hundreds of zeros. Nor is
// RAPIDJSON_SSE2 defined, with which it takes some control characters for text.
constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;

/// The value of a number as JSON writes it, whatever sign the process's locale has between a number and its fraction.
double real(const char *bytes, char **end) {
  static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  return strtod_l(bytes, end, locale);
}

/// Appends an event for each of RapidJSON's, until a limit is reached.
class Handler {
 public:
  Handler(const char *text, const inkling_json_limits &limits) : text_(text), limits_(limits) {}

  inkling_json_event *events() const { return events_; }
  size_t count() const { return count_; }
  inkling_json_refusal refusal() const { return refusal_; }

  bool Null() { return append(INKLING_JSON_NULL) != nullptr; }
  bool Bool(bool value) { return append(value ? INKLING_JSON_TRUE : INKLING_JSON_FALSE) != nullptr; }
  // Never called: see `flags`.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  /// Of `01` the number is `0`, and what goes on behind it shows in the value read.
  bool RawNumber(const char *bytes, rapidjson::SizeType count, bool) {
    bool isReal = memchr(bytes, '.', count) || memchr(bytes, 'e', count) || memchr(bytes, 'E', count);
    char *end = nullptr;
    if (!isReal) {
      errno = 0;
      long long value = strtoll(bytes, &end, 10);
      if (end != bytes + count) return refuse(INKLING_JSON_SYNTAX);
      if (errno != ERANGE) return integer(value);
      if (!limits_.rounds_large_integers) return refuse(INKLING_JSON_INTEGER_TOO_LARGE);
    }
    double value = real(bytes, &end);
    if (end != bytes + count) return refuse(INKLING_JSON_SYNTAX);
    if (!isfinite(value)) return refuse(INKLING_JSON_REAL_TOO_LARGE);
    return number(value);
  }

  bool String(const char *bytes, rapidjson::SizeType count, bool) {
    if (!limits_.allows_nul && memchr(bytes, 0, count)) return refuse(INKLING_JSON_NUL);
    return string(INKLING_JSON_STRING, bytes, count);
  }

  bool Key(const char *bytes, rapidjson::SizeType count, bool) {
    if (memchr(bytes, 0, count)) return refuse(INKLING_JSON_NUL);
    return string(INKLING_JSON_KEY, bytes, count);
  }

  bool StartObject() { return start(INKLING_JSON_OBJECT); }
  bool EndObject(rapidjson::SizeType count) { return end(count); }
  bool StartArray() { return start(INKLING_JSON_ARRAY); }
  bool EndArray(rapidjson::SizeType count) { return end(count); }

 private:
  static constexpr size_t greatestDepth = 1024;

  const char *text_;
  const inkling_json_limits limits_;
  inkling_json_event *events_ = nullptr;
  size_t count_ = 0;
  size_t capacity_ = 0;
  size_t valueCount_ = 0;
  size_t depth_ = 0;
  /// The events of the arrays and objects that are open.
  size_t open_[greatestDepth];
  inkling_json_refusal refusal_ = INKLING_JSON_ACCEPTED;

  bool refuse(inkling_json_refusal refusal) {
    refusal_ = refusal;
    return false;
  }

  inkling_json_event *append(inkling_json_kind kind) {
    if (kind != INKLING_JSON_KEY && ++valueCount_ > limits_.value_count) {
      refuse(INKLING_JSON_TOO_MANY_VALUES);
      return nullptr;
    }
    if (count_ == capacity_) {
      size_t capacity = capacity_ ? 2 * capacity_ : 64;
      void *grown = realloc(events_, capacity * sizeof(inkling_json_event));
      if (!grown) {
        refuse(INKLING_JSON_OUT_OF_MEMORY);
        return nullptr;
      }
      events_ = static_cast<inkling_json_event *>(grown);
      capacity_ = capacity;
    }
    inkling_json_event *event = &events_[count_++];
    event->kind = kind;
    event->count = 0;
    event->value.integer = 0;
    return event;
  }

  bool integer(int64_t value) {
    inkling_json_event *event = append(INKLING_JSON_INTEGER);
    if (event) event->value.integer = value;
    return event;
  }

  bool number(double value) {
    inkling_json_event *event = append(INKLING_JSON_DOUBLE);
    if (event) event->value.number = value;
    return event;
  }

  bool string(inkling_json_kind kind, const char *bytes, rapidjson::SizeType count) {
    inkling_json_event *event = append(kind);
    if (!event) return false;
    event->count = count;
    event->value.offset = static_cast<uint64_t>(bytes - text_);
    return true;
  }

  bool start(inkling_json_kind kind) {
    if (depth_ == limits_.depth || depth_ == greatestDepth) return refuse(INKLING_JSON_TOO_DEEP);
    if (!append(kind)) return false;
    open_[depth_++] = count_ - 1;
    return true;
  }

  bool end(rapidjson::SizeType count) {
    events_[open_[--depth_]].count = count;
    return true;
  }
};

}  // namespace

inkling_json_result inkling_json_read(char *text, size_t count, inkling_json_limits limits) {
  rapidjson::InsituStringStream stream(text);
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
  Handler handler(text, limits);
  rapidjson::ParseResult outcome = reader.Parse<flags>(stream, handler);
  inkling_json_result result = {handler.events(), handler.count(), handler.refusal(), 0, ""};
  if (outcome.IsError()) {
    result.offset = outcome.Offset();
    result.reason = result.refusal == INKLING_JSON_SYNTAX ? "This is no number."
                                                          : rapidjson::GetParseError_En(outcome.Code());
    if (result.refusal == INKLING_JSON_ACCEPTED) result.refusal = INKLING_JSON_SYNTAX;
  } else if (stream.Tell() != count) {
    // RapidJSON takes a zero for the end.
    result = {handler.events(), handler.count(), INKLING_JSON_SYNTAX, stream.Tell(), "There is a NUL character."};
  }
  return result;
}

void inkling_json_free(inkling_json_event *events) { free(events); }
