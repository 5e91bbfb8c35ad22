// Threads that help with large work. They are started with the first of it, look out for more for a moment, since in a
// training it comes at once, and sleep then.
#include "threads.h"

#ifndef __wasm__

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "system.h"

enum { MOST_THREADS = 64, LOOKS = 2000 };

typedef struct {
    void (*work)(void *, long);
    void *context;
    long pieces;
    atomic_long next;
} job;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t called = PTHREAD_COND_INITIALIZER;
static atomic_flag is_busy = ATOMIC_FLAG_INIT;
/// How many jobs there were, the one that is under way, and how many look at it.
static atomic_long number;
static job *_Atomic current;
static atomic_long looking;
/// Started ones: those who ask for help are one at a time.
static long helpers = 0;

/// As many as there are processors, or fewer where that is said as OpenBLAS reads it: more would wait for each other.
static long wanted(void) {
    const long processors = nnrepl_processors();
    static const char *const names[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"};
    for (int i = 0; i < 3; i++) {
        const char *text = getenv(names[i]);
        const long threads = text ? atol(text) : 0;
        if (threads > 0) return threads < processors ? threads : processors;
    }
    return processors;
}

long nnrepl_threads(void) {
    static atomic_long threads;
    long known = atomic_load_explicit(&threads, memory_order_relaxed);
    if (known) return known;
    known = wanted();
    if (known > MOST_THREADS) known = MOST_THREADS;
    atomic_store_explicit(&threads, known, memory_order_relaxed);
    return known;
}

static void relax(void) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

static void share(job *job) {
    long piece;
    while ((piece = atomic_fetch_add(&job->next, 1)) < job->pieces) job->work(job->context, piece);
}

static void *help(void *raw) {
    (void)raw;
    long seen = 0;
    for (;;) {
        for (int i = 0; i < LOOKS && atomic_load(&number) == seen; i++) relax();
        if (atomic_load(&number) == seen) {
            pthread_mutex_lock(&lock);
            while (atomic_load(&number) == seen) pthread_cond_wait(&called, &lock);
            pthread_mutex_unlock(&lock);
        }
        seen = atomic_load(&number);
        // Who gave the job waits for all who look, and takes it away first.
        atomic_fetch_add(&looking, 1);
        job *job = atomic_load(&current);
        if (job) share(job);
        atomic_fetch_sub(&looking, 1);
    }
    return NULL;
}

/// Starts helpers, until there are so many or no more can be had. Signals are for the others.
static void start(long count) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; helpers < count; helpers++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, help, NULL) != 0) break;
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void nnrepl_in_pieces(long pieces, void (*work)(void *, long), void *context) {
    job job = {work, context, pieces, 0};
    const long others = (pieces < nnrepl_threads() ? pieces : nnrepl_threads()) - 1;
    // One job at a time: who comes meanwhile does all of it.
    if (others < 1 || atomic_flag_test_and_set(&is_busy)) return share(&job);
    if (helpers < others) start(others);
    atomic_store(&current, &job);
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&number, 1);
    for (long i = 0; i < others; i++) pthread_cond_signal(&called);
    pthread_mutex_unlock(&lock);
    share(&job);
    atomic_store(&current, NULL);
    for (long i = 0; atomic_load(&looking) > 0; i++) {
        if (i < LOOKS) relax();
        else sched_yield();
    }
    atomic_flag_clear(&is_busy);
}

#endif
