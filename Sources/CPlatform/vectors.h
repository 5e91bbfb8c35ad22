// Vectors of 16, 32 and 64 bytes, and the means to write a function once for each.
#pragma once
#include <math.h>
#include <string.h>

// Roundings are where the code says, and nowhere else.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

/// What a comparison of doubles gives in vectors.
#ifdef __LP64__
typedef long comparison;
#else
typedef long long comparison;
#endif

// Loads and stores need no alignment.
#define VECTORS(bytes)                                                                                \
    typedef double f64_##bytes __attribute__((ext_vector_type(bytes / 8), aligned(8)));               \
    typedef float f32_##bytes __attribute__((ext_vector_type(bytes / 4), aligned(4)));                \
    typedef comparison i64_##bytes      __attribute__((ext_vector_type(bytes / 8), aligned(8)));            \
    typedef int i32_##bytes __attribute__((ext_vector_type(bytes / 4), aligned(4)));                  \
    /* As many floats as there are doubles in a vector. */                                            \
    typedef float half_##bytes __attribute__((ext_vector_type(bytes / 8), aligned(4)));               \
    typedef int ihalf_##bytes __attribute__((ext_vector_type(bytes / 8), aligned(4)));
VECTORS(16)
VECTORS(32)
VECTORS(64)

/// The widest vectors that this processor has, in bytes.
INLINE long widest(void) {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512f") ? 64 : __builtin_cpu_supports("avx2") ? 32 : 16;
#else
    return 16;
#endif
}

/// How wide the vectors of kernels are, in bytes.
long nnrepl_vector_bytes(void);
