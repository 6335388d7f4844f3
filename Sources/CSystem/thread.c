#include <pthread.h>
#include <stdlib.h>

#include "CSystem.h"

struct start {
  void (*body)(void *);
  void *context;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  start.body(start.context);
  return NULL;
}

int inkling_start_thread(size_t stack_size, void (*body)(void *), void *context) {
  struct start *start = malloc(sizeof *start);
  if (!start) return -1;
  start->body = body;
  start->context = context;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_t thread;
  int outcome = pthread_create(&thread, &attributes, run, start);
  pthread_attr_destroy(&attributes);
  if (outcome != 0) free(start);
  return outcome;
}
