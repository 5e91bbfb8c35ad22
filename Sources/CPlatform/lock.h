// A lock for a few instructions.
#pragma once
#include <sched.h>
#include <stdatomic.h>

static inline void take(atomic_flag *lock) {
    while (atomic_flag_test_and_set_explicit(lock, memory_order_acquire)) {
#ifndef __wasm__
        sched_yield();
#endif
    }
}

static inline void give(atomic_flag *lock) { atomic_flag_clear_explicit(lock, memory_order_release); }
