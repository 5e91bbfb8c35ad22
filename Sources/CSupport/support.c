#include "support.h"
#include <fcntl.h>
#include <malloc.h>
#include <sha2.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted = 0;

int nnrepl_take_interrupt(void) {
  int was = interrupted;
  if (was) interrupted = 0;
  return was;
}

void nnrepl_interrupt(void) { interrupted = 1; }

static void on_interrupt(int signal) {
  (void)signal;
  nnrepl_interrupt();
}

void nnrepl_catch_interrupt(void) {
  struct sigaction action = {0};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, NULL);
  // Whoever started the program may have had them blocked.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
}

size_t *nnrepl_stack_limit(void) {
  static _Thread_local size_t limit = 0;
  return &limit;
}

void nnrepl_keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MXFAST, 0);
}

void nnrepl_sha256(const unsigned char *bytes, size_t size, unsigned char digest[32]) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, bytes, size);
  SHA256Final(digest, &context);
}
