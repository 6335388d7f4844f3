// A helper thread for pieces of work of some microseconds: see CKernels.h.
#define _GNU_SOURCE  // mmap flags and posix_memalign under strict C11 too
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "internal.h"

#define MAXIMUM_HELPERS 15
// Looks for work before a helper sleeps: some 50 microseconds.
#define SPINS_BEFORE_SLEEP 4000
// Looks at the unfinished pieces before the caller lets others run: a helper may have been interrupted.
#define SPINS_BEFORE_YIELD 20000

// A thread's stretch of pieces: the run's number, its end and its next piece, in one word. A claim is one compare and
// exchange, and a helper that comes late can never take a piece of a run that it did not look at.
#define STRETCH(run, end, next) ((uint64_t)(run) << 32 | (uint64_t)(end) << 16 | (uint64_t)(next))
#define STRETCH_END(stretch) ((size_t)((stretch) >> 16 & 0xFFFF))
#define STRETCH_NEXT(stretch) ((size_t)((stretch) & 0xFFFF))

// On a cache line of its own: its owner claims without disturbing the others.
typedef struct {
  _Atomic uint64_t stretch;
  char padding[56];
} deal;

struct inkling_team {
  deal deals[MAXIMUM_HELPERS + 1];
  _Atomic size_t finished;
  char padding_2[56];
  _Atomic(inkling_task) task;
  _Atomic(void *) context;
  _Atomic bool is_running;
  _Atomic bool is_ending;
  _Atomic int sleeping;
  uint32_t run;
  size_t thread_count;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  size_t helper_count;
  pthread_t helpers[MAXIMUM_HELPERS];
};

typedef struct {
  inkling_team *team;
  size_t worker;
} helper_start;

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Does one piece of a thread's stretch if one is left.
static bool work_on(inkling_team *team, size_t worker, size_t owner) {
  _Atomic uint64_t *place = &team->deals[owner].stretch;
  uint64_t stretch = atomic_load_explicit(place, memory_order_acquire);
  while (STRETCH_NEXT(stretch) < STRETCH_END(stretch)) {
    if (atomic_compare_exchange_weak_explicit(place, &stretch, stretch + 1, memory_order_acq_rel,
                                              memory_order_acquire)) {
      // The run cannot end before this piece is finished, so that task and context are its.
      inkling_task task = atomic_load_explicit(&team->task, memory_order_relaxed);
      task(atomic_load_explicit(&team->context, memory_order_relaxed), worker, STRETCH_NEXT(stretch));
      atomic_fetch_add_explicit(&team->finished, 1, memory_order_release);
      return true;
    }
  }
  return false;
}

// Does one piece if there is one: of its own stretch first.
static bool work(inkling_team *team, size_t worker) {
  size_t threads = team->thread_count;
  for (size_t i = 0; i < threads; i++) {
    size_t owner = worker + i < threads ? worker + i : worker + i - threads;
    if (work_on(team, worker, owner)) return true;
  }
  return false;
}

static bool has_work(inkling_team *team) {
  for (size_t owner = 0; owner < team->thread_count; owner++) {
    uint64_t stretch = atomic_load_explicit(&team->deals[owner].stretch, memory_order_acquire);
    if (STRETCH_NEXT(stretch) < STRETCH_END(stretch)) return true;
  }
  return false;
}

static void *helper(void *argument) {
  helper_start start = *(helper_start *)argument;
  free(argument);
  inkling_team *team = start.team;
  int spins = 0;
  while (!atomic_load_explicit(&team->is_ending, memory_order_relaxed)) {
    if (work(team, start.worker)) {
      spins = 0;
    } else if (++spins < SPINS_BEFORE_SLEEP) {
      relax();
    } else {
      pthread_mutex_lock(&team->mutex);
      // Sequentially consistent against the caller's publishing of the stretches and then looking for sleepers.
      atomic_fetch_add(&team->sleeping, 1);
      while (!atomic_load(&team->is_ending) && !has_work(team)) pthread_cond_wait(&team->wake, &team->mutex);
      atomic_fetch_sub(&team->sleeping, 1);
      pthread_mutex_unlock(&team->mutex);
      spins = 0;
    }
  }
  return NULL;
}

inkling_team *inkling_team_create(size_t threads) {
  if (threads < 2 || threads > MAXIMUM_HELPERS + 1) return NULL;
  inkling_team *team = NULL;
  if (posix_memalign((void **)&team, 64, sizeof *team) != 0) return NULL;
  for (size_t i = 0; i <= MAXIMUM_HELPERS; i++) atomic_init(&team->deals[i].stretch, STRETCH(0, 0, 0));
  team->thread_count = threads;
  atomic_init(&team->finished, 0);
  atomic_init(&team->task, NULL);
  atomic_init(&team->context, NULL);
  atomic_init(&team->is_running, false);
  atomic_init(&team->is_ending, false);
  atomic_init(&team->sleeping, 0);
  team->run = 0;
  team->helper_count = 0;
  pthread_mutex_init(&team->mutex, NULL);
  pthread_cond_init(&team->wake, NULL);
  for (size_t i = 0; i + 1 < threads; i++) {
    helper_start *start = malloc(sizeof *start);
    if (start == NULL) break;
    *start = (helper_start){team, i + 1};
    if (pthread_create(&team->helpers[i], NULL, helper, start) != 0) {
      free(start);
      break;
    }
    team->helper_count++;
  }
  if (team->helper_count == 0) {
    inkling_team_destroy(team);
    return NULL;
  }
  return team;
}

void inkling_team_destroy(inkling_team *team) {
  if (team == NULL) return;
  pthread_mutex_lock(&team->mutex);
  atomic_store(&team->is_ending, true);
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->mutex);
  for (size_t i = 0; i < team->helper_count; i++) pthread_join(team->helpers[i], NULL);
  pthread_cond_destroy(&team->wake);
  pthread_mutex_destroy(&team->mutex);
  free(team);
}

void inkling_team_run(inkling_team *team, inkling_task task, void *context, size_t pieces) {
  bool expected = false;
  if (team == NULL || pieces < 2 || pieces > 0xFFFF ||
      !atomic_compare_exchange_strong_explicit(&team->is_running, &expected, true, memory_order_acquire,
                                               memory_order_relaxed)) {
    for (size_t piece = 0; piece < pieces; piece++) task(context, 0, piece);
    return;
  }
  atomic_store_explicit(&team->finished, 0, memory_order_relaxed);
  atomic_store_explicit(&team->task, task, memory_order_relaxed);
  atomic_store_explicit(&team->context, context, memory_order_relaxed);
  team->run++;
  for (size_t i = 0; i < team->thread_count; i++) {
    size_t start = pieces * i / team->thread_count, end = pieces * (i + 1) / team->thread_count;
    atomic_store(&team->deals[i].stretch, STRETCH(team->run, end, start));
  }
  if (atomic_load(&team->sleeping) > 0) {
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
  }
  while (work(team, 0)) {
  }
  for (int spins = 0; atomic_load_explicit(&team->finished, memory_order_acquire) < pieces; spins++) {
    if (spins < SPINS_BEFORE_YIELD) {
      relax();
    } else {
      sched_yield();
    }
  }
  atomic_store_explicit(&team->is_running, false, memory_order_release);
}
