// Lists of lengths, each kept once: shapes of many axes refer to them.
#include "lock.h"
#include "system.h"
#include <stdlib.h>
#include <string.h>

/// A table of `size` places, a power of two, at most half full; each holds a number of lengths and they.
static long **table;
static size_t size, used;
static atomic_flag is_taken = ATOMIC_FLAG_INIT;

static size_t place(long *const *in, size_t places, const long *lengths, long rank) {
    unsigned long long hash = 14695981039346656037u;
    for (long k = 0; k < rank; k++) hash = (hash ^ (unsigned long long)lengths[k]) * 1099511628211u;
    size_t at = (size_t)(hash ^ hash >> 29) & (places - 1);
    while (in[at] && (in[at][0] != rank || memcmp(in[at] + 1, lengths, (size_t)rank * sizeof(long)))) {
        at = (at + 1) & (places - 1);
    }
    return at;
}

static int grow(void) {
    const size_t more = size ? 2 * size : 64;
    long **wider = calloc(more, sizeof(long *));
    if (!wider) return 0;
    for (size_t at = 0; at < size; at++) {
        if (table[at]) wider[place(wider, more, table[at] + 1, table[at][0])] = table[at];
    }
    free(table);
    table = wider;
    size = more;
    return 1;
}

const long *nnrepl_keep(const long *lengths, long rank) {
    take(&is_taken);
    const long *kept = NULL;
    if (2 * used < size || grow()) {
        const size_t at = place(table, size, lengths, rank);
        if (!table[at]) {
            const size_t bytes = (size_t)(rank + 1) * sizeof(long);
            long *made = malloc(bytes);
            if (made) {
                nnrepl_count_kept(bytes);
                made[0] = rank;
                memcpy(made + 1, lengths, (size_t)rank * sizeof(long));
                used++;
            }
            table[at] = made;
        }
        kept = table[at];
    }
    give(&is_taken);
    return kept;
}
