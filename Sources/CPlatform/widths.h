// Includes WIDTH_FILE for vectors of 16, 32 and 64 bytes, as BYTES, each for the processors that have them, and tells
// which of its functions run. It needs nnrepl_type from kernels.h.
#define BYTES 16
#include WIDTH_FILE
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define BYTES 32
#include WIDTH_FILE
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))), apply_to = function)
#define BYTES 64
#include WIDTH_FILE
#pragma clang attribute pop
#endif
#undef WIDTH_FILE

/// Returns what the function of this name gives for `type` and the width of vectors.
#ifdef __x86_64__
#define CHOSEN(name, ...)                                        \
    switch (type | nnrepl_vector_bytes()) {                      \
    case NNREPL_F64 | 64: return name##_f64_64(__VA_ARGS__);     \
    case NNREPL_F32 | 64: return name##_f32_64(__VA_ARGS__);     \
    case NNREPL_F64 | 32: return name##_f64_32(__VA_ARGS__);     \
    case NNREPL_F32 | 32: return name##_f32_32(__VA_ARGS__);     \
    case NNREPL_F32 | 16: return name##_f32_16(__VA_ARGS__);     \
    default: return name##_f64_16(__VA_ARGS__);                  \
    }
#else
#define CHOSEN(name, ...)                                        \
    if (type == NNREPL_F32) return name##_f32_16(__VA_ARGS__);   \
    return name##_f64_16(__VA_ARGS__);
#endif
