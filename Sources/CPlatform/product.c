// Matrix products whose bits are the same everywhere: product.h says how they are summed.
//
// A sum's order is fixed along k, so vectors lie across columns, and what a processor gains it gains from wide
// vectors and from many sums at once. C, because a function can be built here for processors with wider vectors and
// be chosen when the program runs. Products and sums stay two operations: a fused one rounds once.

#include <stddef.h>
#include "product.h"

// Roundings are where the code says, and nowhere else.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))
#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)
#define MIX __builtin_shufflevector
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

// What follows is written once for each TYPE, REAL in C, and for each width of its vectors, BYTES.
#define SIZE ((long)sizeof(REAL))
#define OF_TYPE(name) JOIN(name, TYPE)
#define PRODUCT OF_TYPE(parts)
#define VECTOR JOIN(TYPE, BYTES)
#define OF_VECTOR(name) JOIN(name, VECTOR)
#define LANES (BYTES / SIZE)
// Rows of a turned B become columns in blocks of as many rows as this vector has lanes, and DEEP columns.
#define BLOCK JOIN(TYPE, JOIN(BLOCK, BYTES))
#define BLOCK_16 16
#define BLOCK_32 32
#define BLOCK_64 32
#define DEEP (16 / SIZE)
// Where a tile's vector begins: the last may overlap the one before it, and both have the same sums there.
#define AT(v) ((v) < vectors - 1 ? (v) * LANES : x.n - LANES)

/// B is packed in panels of PANEL_DEPTH × two vectors, at most 16 KB, which stay in the nearest cache for
/// PANEL_HEIGHT rows of A, which stay in the next.
enum { PANEL_DEPTH = 128, PANEL_HEIGHT = 256 };

// Loads and stores need no alignment.
typedef double f64_16 __attribute__((vector_size(16), aligned(8)));
typedef float f32_16 __attribute__((vector_size(16), aligned(4)));
#ifdef __x86_64__
typedef double f64_32 __attribute__((vector_size(32), aligned(8)));
typedef double f64_64 __attribute__((vector_size(64), aligned(8)));
typedef float f32_32 __attribute__((vector_size(32), aligned(4)));
typedef float f32_64 __attribute__((vector_size(64), aligned(4)));
#endif

// `turn` reads 16 bytes of as many rows of a turned B as a vector has lanes: the columns of that block.

INLINE void turn_f64_16(const double *b, long row, f64_16 *x) {
    f64_16 p = *(const f64_16 *)b, q = *(const f64_16 *)(b + row);
    x[0] = MIX(p, q, 0, 2);
    x[1] = MIX(p, q, 1, 3);
}

INLINE void turn_f32_16(const float *b, long row, f32_16 *x) {
    f32_16 p = *(const f32_16 *)b, q = *(const f32_16 *)(b + row);
    f32_16 r = *(const f32_16 *)(b + 2 * row), s = *(const f32_16 *)(b + 3 * row);
    f32_16 pq = MIX(p, q, 0, 4, 1, 5), rs = MIX(r, s, 0, 4, 1, 5);
    x[0] = MIX(pq, rs, 0, 1, 4, 5), x[1] = MIX(pq, rs, 2, 3, 6, 7);
    pq = MIX(p, q, 2, 6, 3, 7), rs = MIX(r, s, 2, 6, 3, 7);
    x[2] = MIX(pq, rs, 0, 1, 4, 5), x[3] = MIX(pq, rs, 2, 3, 6, 7);
}

#ifdef __x86_64__
INLINE void turn_f64_32(const double *b, long row, f64_32 *x) {
    f64_32 p = MIX(*(const f64_16 *)b, *(const f64_16 *)(b + 2 * row), 0, 1, 2, 3);
    f64_32 q = MIX(*(const f64_16 *)(b + row), *(const f64_16 *)(b + 3 * row), 0, 1, 2, 3);
    x[0] = MIX(p, q, 0, 4, 2, 6);
    x[1] = MIX(p, q, 1, 5, 3, 7);
}

INLINE void turn_f32_32(const float *b, long row, f32_32 *x) {
    EACH(i, 4) {
        x[i] = MIX(*(const f32_16 *)(b + i * row), *(const f32_16 *)(b + (4 + i) * row), 0, 1, 2, 3, 4, 5, 6, 7);
    }
    f32_32 p = x[0], q = x[1], r = x[2], s = x[3];
    f32_32 pq = MIX(p, q, 0, 8, 1, 9, 4, 12, 5, 13), rs = MIX(r, s, 0, 8, 1, 9, 4, 12, 5, 13);
    x[0] = MIX(pq, rs, 0, 1, 8, 9, 4, 5, 12, 13), x[1] = MIX(pq, rs, 2, 3, 10, 11, 6, 7, 14, 15);
    pq = MIX(p, q, 2, 10, 3, 11, 6, 14, 7, 15), rs = MIX(r, s, 2, 10, 3, 11, 6, 14, 7, 15);
    x[2] = MIX(pq, rs, 0, 1, 8, 9, 4, 5, 12, 13), x[3] = MIX(pq, rs, 2, 3, 10, 11, 6, 7, 14, 15);
}
#endif

/// The widest vectors that this processor has.
INLINE long widest(void) {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512f") ? 64 : __builtin_cpu_supports("avx2") ? 32 : 16;
#else
    return 16;
#endif
}

#define TYPE f64
#define REAL double
#include "product-type.h"

#undef TYPE
#undef REAL
#define TYPE f32
#define REAL float
#include "product-type.h"
