// What every platform has, each in its own way: memory, a clock, a stack, numbers as text.
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

void *nnrepl_allocate(size_t bytes) {
    size_t whole = (bytes + 63) & ~(size_t)63;
    return aligned_alloc(64, whole ? whole : 64);
}

void nnrepl_free(void *memory) { free(memory); }

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
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

size_t *nnrepl_stack_limit(void) {
    static _Thread_local size_t limit = 0;
    return &limit;
}

void nnrepl_keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_MXFAST, 0);
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
