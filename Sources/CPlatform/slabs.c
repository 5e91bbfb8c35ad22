// Small pieces of memory for the thread that runs a program: recorded values, arguments, what a call needs and gives back.
// Swift asks the C library for each of them, whose cache holds seven of a size: a graph of thousands of values goes past
// it each time that it is made and let go. So malloc and free are here, as that library allows; what is not small, or of
// another thread, is still the library's.
//
// A slab holds pieces of one size. Once all of them are free it begins anew, with the first: values that are recorded one
// after the other lie in that order, which is the order in which a backward pass reads them.
#define _GNU_SOURCE
#include "slabs.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_WATCHED
#endif
#endif

// `__GLIBC__` is defined by any of its headers.
#include <stddef.h>
#include <stdlib.h>

#if defined(__GLIBC__) && defined(__LP64__) && !defined(IS_WATCHED)

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

enum { STEP = 16, LARGEST = 512, SIZES = LARGEST / STEP, SLAB_BITS = 16, CHUNK_BITS = 20, ADDRESS_BITS = 48 };
static const uintptr_t slab_bytes = (uintptr_t)1 << SLAB_BITS, chunk_bytes = (uintptr_t)1 << CHUNK_BITS;

/// A piece that nobody uses.
typedef struct piece {
    struct piece *next;
} piece;

/// Where the pieces of a slab come from: the one at hand, one that has free pieces, one that has none.
enum { AT_HAND, WAITING, FULL };

/// A slab begins with this.
typedef struct slab {
    piece *freed;
    /// From here to the end no piece was used yet.
    char *fresh, *end;
    /// Neighbours among those that wait.
    struct slab *before, *after;
    unsigned used;
    unsigned char size, state;
    /// In the first slab of a chunk: how many of its slabs hold pieces.
    unsigned char busy;
} slab;

/// Where the first piece lies.
enum { HEAD = 64 };
_Static_assert(sizeof(slab) <= HEAD, "the head of a slab has no room");

/// Which of all chunks of the address space are cut into slabs: memory that is touched where they are.
static _Atomic(unsigned char) chunks[(size_t)1 << (ADDRESS_BITS - CHUNK_BITS - 3)];

/// Chunks without any piece in use, and how many of them are kept; others go back to the system.
static unsigned idle;
enum { MOST_IDLE = 64 };

/// Has no pieces.
static slab none;
static slab *at_hand[SIZES];
/// Rings of slabs by size, and of those without any piece in use, which serve for any.
static slab waiting[SIZES], whole;

/// What other threads have freed.
static _Atomic(piece *) foreign;

/// One thread at a time has the slabs.
static atomic_flag has_owner = ATOMIC_FLAG_INIT;
// At a fixed place: looking for it must not ask for memory.
static _Thread_local __attribute__((tls_model("initial-exec"))) int is_owner;

int nnrepl_slabs_take(void) {
    if (is_owner || atomic_flag_test_and_set_explicit(&has_owner, memory_order_acquire)) return 0;
    if (!whole.after) {
        whole.before = whole.after = &whole;
        for (int k = 0; k < SIZES; k++) {
            at_hand[k] = &none;
            waiting[k].before = waiting[k].after = &waiting[k];
        }
    }
    is_owner = 1;
    return 1;
}

void nnrepl_slabs_leave(void) {
    is_owner = 0;
    atomic_flag_clear_explicit(&has_owner, memory_order_release);
}

int nnrepl_slabs_are_mine(void) { return is_owner; }

static inline int is_ours(uintptr_t address) {
    const uintptr_t number = address >> CHUNK_BITS;
    return address >> ADDRESS_BITS == 0
           && (atomic_load_explicit(&chunks[number >> 3], memory_order_relaxed) >> (number & 7) & 1);
}

static inline slab *chunk_of(const slab *s) { return (slab *)((uintptr_t)s & ~(chunk_bytes - 1)); }
static inline slab *slab_of(const void *p) { return (slab *)((uintptr_t)p & ~(slab_bytes - 1)); }
static inline size_t size_of(const slab *s) { return (size_t)s->size * STEP; }

/// Puts a slab before another of a ring.
static void put(slab *s, slab *place) {
    s->before = place->before, s->after = place;
    place->before->after = s, place->before = s;
}

static slab *taken(slab *s) {
    s->before->after = s->after, s->after->before = s->before;
    return s;
}

static void begin(slab *s) {
    s->freed = NULL;
    s->fresh = (char *)s + HEAD;
}

/// Cuts a chunk into slabs.
static void cut(char *start) {
    const uintptr_t number = (uintptr_t)start >> CHUNK_BITS;
    atomic_fetch_or_explicit(&chunks[number >> 3], (unsigned char)(1 << (number & 7)), memory_order_relaxed);
    ((slab *)start)->busy = 0;
    idle++;
    for (char *s = start; s < start + chunk_bytes; s += slab_bytes) put((slab *)s, &whole);
}

/// Adds one or two chunks; 0 if there is no memory.
static int add_chunks(void) {
    // Twice as much holds a chunk that begins where chunks do.
    char *memory = mmap(NULL, 2 * chunk_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 0;
    if ((uintptr_t)memory >> ADDRESS_BITS) {
        munmap(memory, 2 * chunk_bytes);
        return 0;
    }
    char *start = (char *)(((uintptr_t)memory + chunk_bytes - 1) & ~(chunk_bytes - 1));
    const size_t before = (size_t)(start - memory);
    cut(start);
    if (before) {
        munmap(memory, before);
        munmap(start + chunk_bytes, chunk_bytes - before);
    } else {
        cut(start + chunk_bytes);
    }
    return 1;
}

/// A slab has no piece in use any more.
static void keep(slab *s) {
    put(s, whole.after);
    slab *chunk = chunk_of(s);
    if (--chunk->busy > 0 || ++idle <= MOST_IDLE) return;
    for (uintptr_t k = 0; k < chunk_bytes; k += slab_bytes) taken((slab *)((char *)chunk + k));
    const uintptr_t number = (uintptr_t)chunk >> CHUNK_BITS;
    atomic_fetch_and_explicit(&chunks[number >> 3], (unsigned char)~(1 << (number & 7)), memory_order_relaxed);
    idle--;
    munmap(chunk, chunk_bytes);
}

static void free_own(void *memory) {
    slab *s = slab_of(memory);
    piece *p = memory;
    p->next = s->freed;
    s->freed = p;
    s->used--;
    if (s->used == 0) {
        begin(s);
        if (s->state == AT_HAND) return;
        if (s->state == WAITING) taken(s);
        keep(s);
    } else if (s->state == FULL) {
        s->state = WAITING;
        put(s, &waiting[s->size - 1]);
    }
}

/// A slab with free pieces of a size where that at hand has none.
static __attribute__((noinline)) slab *find(size_t k) {
    piece *p = atomic_load_explicit(&foreign, memory_order_relaxed);
    if (p) {
        p = atomic_exchange_explicit(&foreign, NULL, memory_order_acquire);
        while (p) {
            piece *next = p->next;
            free_own(p);
            p = next;
        }
        slab *s = at_hand[k];
        if (s->freed || s->fresh != s->end) return s;
    }
    slab *s;
    if (waiting[k].after != &waiting[k]) {
        s = taken(waiting[k].after);
    } else {
        if (whole.after == &whole && !add_chunks()) return NULL;
        s = taken(whole.after);
        if (chunk_of(s)->busy++ == 0) idle--;
        s->size = (unsigned char)(k + 1);
        s->used = 0;
        begin(s);
        s->end = s->fresh + (slab_bytes - HEAD) / size_of(s) * size_of(s);
    }
    at_hand[k]->state = FULL;
    s->state = AT_HAND;
    return at_hand[k] = s;
}

void *malloc(size_t size) {
    if (!is_owner || size > LARGEST) return __libc_malloc(size);
    const size_t k = size == 0 ? 0 : (size - 1) / STEP;
    slab *s = at_hand[k];
    if (!s->freed && s->fresh == s->end) {
        s = find(k);
        if (!s) return __libc_malloc(size);
    }
    s->used++;
    piece *p = s->freed;
    if (p) {
        s->freed = p->next;
        return p;
    }
    char *fresh = s->fresh;
    s->fresh += size_of(s);
    return fresh;
}

void free(void *memory) {
    if (!is_ours((uintptr_t)memory)) {
        __libc_free(memory);
    } else if (is_owner) {
        free_own(memory);
    } else {
        piece *p = memory;
        p->next = atomic_load_explicit(&foreign, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(
            &foreign, &p->next, p, memory_order_release, memory_order_relaxed)) {
        }
    }
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (!is_owner || __builtin_mul_overflow(count, size, &bytes) || bytes > LARGEST) {
        return __libc_calloc(count, size);
    }
    void *memory = malloc(bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

void *realloc(void *memory, size_t size) {
    if (!memory) return malloc(size);
    if (!is_ours((uintptr_t)memory)) return __libc_realloc(memory, size);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    const size_t old = size_of(slab_of(memory));
    if (size <= old && size > old / 2) return memory;
    void *moved = malloc(size);
    if (!moved) return NULL;
    memcpy(moved, memory, size < old ? size : old);
    free(memory);
    return moved;
}

size_t malloc_usable_size(void *memory) {
    if (!memory) return 0;
    if (is_ours((uintptr_t)memory)) return size_of(slab_of(memory));
    static size_t (*_Atomic theirs)(void *);
    size_t (*ask)(void *) = atomic_load_explicit(&theirs, memory_order_relaxed);
    if (!ask) {
        ask = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
        atomic_store_explicit(&theirs, ask, memory_order_relaxed);
    }
    return ask ? ask(memory) : 0;
}

#else

int nnrepl_slabs_take(void) { return 0; }
void nnrepl_slabs_leave(void) {}
int nnrepl_slabs_are_mine(void) { return 1; }

#endif
