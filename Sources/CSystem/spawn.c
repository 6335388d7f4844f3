#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "CSystem.h"

extern char **environ;

// The environment of this process with one more entry; NULL if there is no memory for it.
static char **environment_with(char *entry) {
  size_t count = 0;
  while (environ && environ[count]) count++;
  char **result = malloc((count + 2) * sizeof *result);
  if (!result) return NULL;
  result[0] = entry;
  for (size_t place = 0; place < count; place++) result[place + 1] = environ[place];
  result[count + 1] = NULL;
  return result;
}

int inkling_spawn_at_low_priority(const char *path, char *const arguments[], char *entry, int input, int output, int kept) {
  char **environment = environment_with(entry);
  if (!environment) return -1;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions) != 0) {
    free(environment);
    return -1;
  }
  if (posix_spawnattr_init(&attributes) != 0) {
    free(environment);
    posix_spawn_file_actions_destroy(&actions);
    return -1;
  }
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // Last: the other descriptors may have this number here.
  if (kept >= 0) posix_spawn_file_actions_adddup2(&actions, kept, STDERR_FILENO + 1);
  // The server ignores SIGPIPE, and the thread that starts a program may let no signal through; its children get the usual.
  sigset_t usual, blocked;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGTERM);
  sigemptyset(&blocked);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  int outcome = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
  free(environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (outcome != 0) return -1;
  setpriority(PRIO_PROCESS, (id_t)child, 19);
  return child;
}

bool inkling_make_pipe(int ends[2]) {
#if defined(__linux__)
  return pipe2(ends, O_CLOEXEC) == 0;
#else
  if (pipe(ends) != 0) return false;
  for (int end = 0; end < 2; end++) fcntl(ends[end], F_SETFD, FD_CLOEXEC);
  return true;
#endif
}

bool inkling_lock_file(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB) == 0; }
