// What every platform has, each in its own way: memory, a clock, a stack, numbers as text.
#define _GNU_SOURCE
#include "lock.h"
#include "system.h"
#include <stdio.h>
#include <stdlib.h>

int nnrepl_print_fixed(char *buffer, size_t size, int digits, double number) {
    return snprintf(buffer, size, "%.*f", digits, number);
}

int nnrepl_print_scientific(char *buffer, size_t size, int digits, double number) {
    return snprintf(buffer, size, "%.*e", digits, number);
}

int nnrepl_print_general(char *buffer, size_t size, int digits, double number) {
    return snprintf(buffer, size, "%.*g", digits, number);
}

// Freed memory waits here for the next of its size: a training step asks for the same sizes again and again. A piece that
// waits begins with the next one.
enum { POOL_CLASSES = 4096 };
static const size_t pool_step = 64, pool_limit = (size_t)256 << 20;
static void *pool[POOL_CLASSES];
static size_t pool_bytes;
/// What is handed out.
static _Atomic(size_t) live_bytes;
static atomic_flag pool_is_taken = ATOMIC_FLAG_INIT;

/// Only while the pool is taken: no addition that others could come between is needed.
static void count_live(size_t bytes) {
    atomic_store_explicit(
        &live_bytes, atomic_load_explicit(&live_bytes, memory_order_relaxed) + bytes, memory_order_relaxed);
}

void nnrepl_count_kept(size_t bytes) {
    take(&pool_is_taken);
    count_live(bytes);
    give(&pool_is_taken);
}

size_t nnrepl_allocated(void) { return atomic_load_explicit(&live_bytes, memory_order_relaxed); }

/// The class of a size: multiples of 64 bytes, larger ones by eighths of powers of two. Makes it that size.
static size_t pool_class(size_t *bytes) {
    const size_t steps = *bytes ? (*bytes + pool_step - 1) / pool_step : 1;
    if (steps <= 1024) {
        *bytes = steps * pool_step;
        return steps - 1;
    }
    const int shift = (int)(sizeof(unsigned long long) * 8 - 4) - __builtin_clzll((unsigned long long)(steps - 1));
    const size_t eighths = ((steps - 1) >> shift) + 1;
    *bytes = (eighths << shift) * pool_step;
    return 1024 + (size_t)shift * 16 + eighths;
}

/// Gives back what waits.
static void drain(void) {
    take(&pool_is_taken);
    for (size_t k = 0; k < POOL_CLASSES; k++) {
        while (pool[k]) {
            void *memory = pool[k];
            pool[k] = *(void **)memory;
            free(memory);
        }
    }
    pool_bytes = 0;
    give(&pool_is_taken);
}

void *nnrepl_allocate(size_t bytes) {
    const size_t k = pool_class(&bytes);
    take(&pool_is_taken);
    void *memory = pool[k];
    if (memory) {
        pool[k] = *(void **)memory;
        pool_bytes -= bytes;
    }
    count_live(bytes);
    give(&pool_is_taken);
    if (memory) return memory;
    memory = aligned_alloc(pool_step, bytes);
    if (!memory) {
        drain();
        memory = aligned_alloc(pool_step, bytes);
    }
    if (!memory) {
        take(&pool_is_taken);
        count_live(-bytes);
        give(&pool_is_taken);
    }
    return memory;
}

void nnrepl_free(void *memory, size_t bytes) {
    const size_t k = pool_class(&bytes);
    take(&pool_is_taken);
    count_live(-bytes);
    const int has_room = pool_bytes + bytes <= pool_limit;
    if (has_room) {
        *(void **)memory = pool[k];
        pool[k] = memory;
        pool_bytes += bytes;
    }
    give(&pool_is_taken);
    if (!has_room) free(memory);
}

#ifdef __wasm__

// One thread, and memory that only grows.

void nnrepl_memory(size_t *mapped, size_t *resident) {
    *mapped = *resident = __builtin_wasm_memory_size(0) * 65536;
}

/// The page's clock, in milliseconds.
__attribute__((import_module("page"), import_name("now"))) double page_now(void);

double nnrepl_seconds(void) { return page_now() * 1e-3; }

void nnrepl_expect_use(void *memory, size_t bytes) {}

#else

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

size_t *nnrepl_stack_limit(void) {
    static _Thread_local size_t limit = 0;
    return &limit;
}

int nnrepl_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void nnrepl_keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_MXFAST, 0);
    // The heap of a thread of its own would be given back page by page.
    mallopt(M_ARENA_MAX, 1);
}

void nnrepl_expect_use(void *memory, size_t bytes) {
    // Below a few large pages it is not worth the call.
    if (bytes < 1 << 20) return;
    const uintptr_t page = 4096;
    uintptr_t start = ((uintptr_t)memory + page - 1) & -page;
    uintptr_t end = ((uintptr_t)memory + bytes) & -page;
    // Where there are none, nothing is lost.
    if (start < end) madvise((void *)start, end - start, MADV_HUGEPAGE);
}

/// Opened once: a process that is closed off later can open no more.
static int memory_file = -1;

void nnrepl_forget_files(void) { memory_file = -1; }

void nnrepl_memory(size_t *mapped, size_t *resident) {
    *mapped = *resident = 0;
    if (memory_file < 0) memory_file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[64] = {0};
    if (memory_file < 0 || pread(memory_file, text, sizeof text - 1, 0) <= 0) return;
    unsigned long pages[2] = {0, 0};
    sscanf(text, "%lu %lu", &pages[0], &pages[1]);
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    *mapped = pages[0] * size;
    *resident = pages[1] * size;
}

double nnrepl_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

#endif
