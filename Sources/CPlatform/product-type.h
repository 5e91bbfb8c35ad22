// The matrix product for one type (TYPE, REAL); product.c includes this for each.

/// A product or a part of one, with the strides of the stored matrices: op(A) at (i, p) is
/// a[i * a_row + p * a_column], so B is turned if its column stride is not 1. Sums begin at start[i * start_row + j], or
/// at 0 where that is NULL.
typedef struct {
    const REAL *a, *b, *start;
    REAL *c;
    long m, k, n, a_row, a_column, b_row, b_column, start_row, c_row;
} PRODUCT;

/// What the sums of a row begin with, from a column on.
INLINE const REAL *OF_TYPE(starts)(const PRODUCT *x, long i, long j) {
    return x->start ? x->start + i * x->start_row + j : NULL;
}

#define BYTES 16
#include "product-tiles.h"
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define BYTES 32
#include "product-tiles.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#define BYTES 64
#include "product-tiles.h"
#pragma clang attribute pop
#endif

/// Vectors have up to `bytes`. A row of C must hold 16 bytes.
INLINE void OF_TYPE(wide)(const PRODUCT *x, long bytes) {
    (void)bytes;
#ifdef __x86_64__
    // Turning rows while they are read is as fast with vectors of 32 bytes.
    if (bytes >= 64 && x->n * SIZE >= 64 && (x->m > 3 || x->b_column == 1)) return JOIN(product, JOIN(TYPE, 64))(x);
    if (bytes >= 32 && x->n * SIZE >= 32) return JOIN(product, JOIN(TYPE, 32))(x);
#endif
    JOIN(product, JOIN(TYPE, 16))(x);
}

/// Whose sums begin at 0.
INLINE PRODUCT OF_TYPE(transposed)(const PRODUCT *x) {
    return (PRODUCT){x->b, x->a, NULL, x->c, x->n, x->k, x->m, x->b_column, x->b_row, x->a_column, x->a_row, 0, x->m};
}

/// For a few columns: vectors lie across rows, which are columns of the transposed product.
static void OF_TYPE(narrow)(const PRODUCT *whole, long bytes) {
    REAL c[128 * (32 / SIZE)];
    PRODUCT x = OF_TYPE(transposed)(whole);
    x.c = c;
    for (long i = 0; i < whole->m; i += x.n) {
        // What is left for the last part is a vector at least.
        x.c_row = x.n = whole->m - i < 128 ? whole->m - i : 64;
        x.b = whole->a + i * whole->a_row;
        REAL *rows = whole->c + i * whole->n;
        if (whole->start) x.start = c, x.start_row = x.n;
        for (long r = 0; whole->start && r < x.n; r++) {
            const REAL *start = OF_TYPE(starts)(whole, i + r, 0);
            for (long j = 0; j < x.m; j++) c[j * x.n + r] = start[j];
        }
        OF_TYPE(wide)(&x, bytes);
        for (long j = 0; j < x.m; j++) {
            for (long r = 0; r < x.n; r++) rows[r * x.m + j] = c[j * x.n + r];
        }
    }
}

/// For results that hold no vector: at most three columns, whose sums go side by side.
static void OF_TYPE(small)(const PRODUCT *x) {
    const long at[3] = {0, x->n > 1 ? x->b_column : 0, x->n > 2 ? 2 * x->b_column : 0};
    for (long i = 0; i < x->m && x->n > 0; i++) {
        const REAL *a = x->a + i * x->a_row, *b = x->b, *start = OF_TYPE(starts)(x, i, 0);
        REAL *c = x->c + i * x->n, sums[3];
        EACH(j, 3) sums[j] = start && j < x->n ? start[j] : 0;
        for (long p = 0; p < x->k; p++, a += x->a_column, b += x->b_row) {
            EACH(j, 3) sums[j] += *a * b[at[j]];
        }
        EACH(j, 3) if (j < x->n) c[j] = sums[j];
    }
}

INLINE void OF_TYPE(any)(const PRODUCT *x, long bytes) {
    const long row = x->n * SIZE, column = x->m * SIZE;
    if (x->n == 1 && column >= 16) {
        PRODUCT turned = OF_TYPE(transposed)(x);
        if (x->start) {
            for (long i = 0; i < x->m; i++) x->c[i] = *OF_TYPE(starts)(x, i, 0);
            turned.start = x->c;
        }
        OF_TYPE(wide)(&turned, bytes);
    } else if (row >= (bytes < 32 ? 16 : 32) || (row >= 16 && (column < 64 || x->k < 4))) {
        OF_TYPE(wide)(x, bytes);
    } else if (column >= 16) {
        OF_TYPE(narrow)(x, bytes);
    } else {
        OF_TYPE(small)(x);
    }
}

void OF_TYPE(nnrepl_product)(
    const REAL *a, long width, const REAL *b, int b_transposed, REAL *c, const REAL *start, long m, long k, long n
) {
    const PRODUCT x = {
        a, b, start, c, m, k, n, width ? 1 : k, width ? width : 1, b_transposed ? 1 : n, b_transposed ? k : 1,
        start == c ? n : 0, n};
    OF_TYPE(any)(&x, widest());
}
