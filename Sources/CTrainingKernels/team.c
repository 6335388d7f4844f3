#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "CTrainingKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define PAUSE() _mm_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

// How often a waiter looks before it sleeps: some tens of microseconds, the length of a short kernel.
enum { spins = 2000 };

struct member {
  struct tk_team *team;
  pthread_t thread;
  int index;
};

struct tk_team {
  int count;
  struct member *members;
  void (*thread_start)(void);
  void (*function)(void *, int);
  void *context;
  atomic_uint generation;
  atomic_int pending;
  atomic_bool stop;
  pthread_mutex_t mutex;
  pthread_cond_t work, done;
};

static void *member_main(void *argument) {
  struct member *self = argument;
  struct tk_team *team = self->team;
  if (team->thread_start) team->thread_start();
  unsigned seen = 0;
  for (;;) {
    for (int i = 0; i < spins && atomic_load_explicit(&team->generation, memory_order_acquire) == seen; i++) PAUSE();
    if (atomic_load(&team->generation) == seen) {
      pthread_mutex_lock(&team->mutex);
      while (atomic_load(&team->generation) == seen) pthread_cond_wait(&team->work, &team->mutex);
      pthread_mutex_unlock(&team->mutex);
    }
    seen = atomic_load(&team->generation);
    if (atomic_load(&team->stop)) return NULL;
    team->function(team->context, self->index);
    if (atomic_fetch_sub(&team->pending, 1) == 1) {
      pthread_mutex_lock(&team->mutex);
      pthread_cond_signal(&team->done);
      pthread_mutex_unlock(&team->mutex);
    }
  }
}

static void wake(tk_team *team) {
  pthread_mutex_lock(&team->mutex);
  atomic_fetch_add(&team->generation, 1);
  pthread_cond_broadcast(&team->work);
  pthread_mutex_unlock(&team->mutex);
}

tk_team *tk_team_create(int count, void (*thread_start)(void)) {
  tk_team *team = calloc(1, sizeof *team);
  if (!team) return NULL;
  team->members = calloc((size_t)(count > 1 ? count : 1), sizeof *team->members);
  if (!team->members) {
    free(team);
    return NULL;
  }
  team->count = 1;
  team->thread_start = thread_start;
  pthread_mutex_init(&team->mutex, NULL);
  pthread_cond_init(&team->work, NULL);
  pthread_cond_init(&team->done, NULL);
  for (int i = 1; i < count; i++) {
    team->members[i] = (struct member){.team = team, .index = i};
    if (pthread_create(&team->members[i].thread, NULL, member_main, &team->members[i]) != 0) {
      tk_team_destroy(team);
      return NULL;
    }
    team->count++;
  }
  return team;
}

void tk_team_run(tk_team *team, void (*function)(void *, int), void *context) {
  if (team->count == 1) {
    function(context, 0);
    return;
  }
  team->function = function;
  team->context = context;
  atomic_store(&team->pending, team->count - 1);
  wake(team);
  function(context, 0);
  for (int i = 0; i < spins && atomic_load_explicit(&team->pending, memory_order_acquire) > 0; i++) PAUSE();
  if (atomic_load(&team->pending) > 0) {
    pthread_mutex_lock(&team->mutex);
    while (atomic_load(&team->pending) > 0) pthread_cond_wait(&team->done, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
  }
}

void tk_team_destroy(tk_team *team) {
  if (!team) return;
  atomic_store(&team->stop, true);
  wake(team);
  for (int i = 1; i < team->count; i++) pthread_join(team->members[i].thread, NULL);
  pthread_mutex_destroy(&team->mutex);
  pthread_cond_destroy(&team->work);
  pthread_cond_destroy(&team->done);
  free(team->members);
  free(team);
}

int tk_processor_count(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}
