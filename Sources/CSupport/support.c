#include "support.h"
#include <malloc.h>
#include <signal.h>

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
}

void nnrepl_keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

size_t nnrepl_live_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
