#define _GNU_SOURCE
#include <errno.h>
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

// Starts a program, its standard input and output on two descriptors, its standard error on /dev/null where that is wanted. A path
// without a slash is looked for where the shell looks. The process's number, or -1.
static pid_t spawn(const char *path, char *const arguments[], char **environment, int input, int output, bool is_quiet, int kept) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions) != 0) return -1;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return -1;
  }
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (is_quiet) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // Last: the other descriptors may have this number here.
  if (kept >= 0) posix_spawn_file_actions_adddup2(&actions, kept, STDERR_FILENO + 1);
  // The server ignores SIGPIPE, and the thread that starts a program may let no signal through; its children get the usual.
  sigset_t usual, blocked;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGXFSZ);
  sigaddset(&usual, SIGINT);
  sigaddset(&usual, SIGTERM);
  sigemptyset(&blocked);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  int outcome = posix_spawnp(&child, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (outcome != 0) {
    errno = outcome;
    return -1;
  }
  return child;
}

int inkling_spawn_at_low_priority(const char *path, char *const arguments[], char *entry, int input, int output, int kept) {
  char **environment = environment_with(entry);
  if (!environment) return -1;
  pid_t child = spawn(path, arguments, environment, input, output, true, kept);
  free(environment);
  if (child > 0) setpriority(PRIO_PROCESS, (id_t)child, 19);
  return child;
}

int inkling_spawn_beside(const char *path, char *const arguments[], int input, int output) {
  return spawn(path, arguments, environ, input, output, false, -1);
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
