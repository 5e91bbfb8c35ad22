#pragma once

#ifdef __wasm__
/// A page has no signals: the worker that runs too long is ended.
typedef int nnrepl_flag;
#else
#include <signal.h>
typedef sig_atomic_t nnrepl_flag;
#endif

/// What a run has left. Kept in C: a signal handler may not touch Swift's memory, and Swift has no variable of
/// a thread's own that costs as little.
typedef struct {
  /// Until the run looks at its budgets again; every loop turn takes one, and so do 16 numbers of a tensor.
  long fuel;
  /// What is left beyond that.
  long reserve;
} nnrepl_meter;

/// Set by Ctrl-C.
extern volatile nnrepl_flag nnrepl_interrupted;

/// That of the run on this thread; NULL if there is none. At a fixed place of the thread: ops look at it.
extern _Thread_local nnrepl_meter *nnrepl_running_meter __attribute__((tls_model("initial-exec")));

static inline nnrepl_meter *nnrepl_current_meter(void) { return nnrepl_running_meter; }

static inline void nnrepl_set_meter(nnrepl_meter *meter) { nnrepl_running_meter = meter; }

/// Takes the fuel for the work on so many numbers.
static inline void nnrepl_charge(long numbers) {
  if (nnrepl_running_meter) nnrepl_running_meter->fuel -= numbers >> 4;
}

/// Whether work that takes long should be broken off: after Ctrl-C, and when nothing is left.
static inline int nnrepl_must_stop(void) {
  const nnrepl_meter *meter = nnrepl_running_meter;
  return nnrepl_interrupted || (meter && meter->fuel + meter->reserve < 0);
}

/// Counts work, about as many numbers as are read, and looks now and then whether it should be broken off: whoever asked
/// for it looks afterwards, too. `left` begins as 0.
static inline int nnrepl_stops_after(long *left, long work) {
  if ((*left -= work) > 0) return 0;
  *left = 1 << 20;
  return nnrepl_must_stop();
}

/// Whether Ctrl-C was pressed since the last call.
int nnrepl_take_interrupt(void);

/// What Ctrl-C does.
void nnrepl_interrupt(void);

#ifndef __wasm__
/// Makes Ctrl-C set the flag instead of ending the process.
void nnrepl_catch_interrupt(void);
#endif
