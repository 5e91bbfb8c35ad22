// The meter of a run, and the flag that Ctrl-C sets.
#include "meter.h"
#include <stddef.h>

volatile nnrepl_flag nnrepl_interrupted = 0;
_Thread_local nnrepl_meter *nnrepl_running_meter = NULL;

int nnrepl_take_interrupt(void) {
  int was = nnrepl_interrupted;
  if (was) nnrepl_interrupted = 0;
  return was;
}

void nnrepl_interrupt(void) { nnrepl_interrupted = 1; }

#ifndef __wasm__

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

#endif
