#pragma once

/// C = op(A) · op(B), with one order of summation: every element starts with 0, with what C holds, if `start` is C, or with
/// its column's number in the row `start`, and takes its products in the order of k, each product and each sum rounded. So
/// the bits are the same on every processor.
///
/// Matrices are row-major: A is stored as [m, k], or as [k, width] if `width`, at least m, is not 0; B as [k, n] or
/// [n, k]; C as [m, n]. C is read only where it is `start`.
void nnrepl_product_f64(
    const double *_Nonnull a, long width, const double *_Nonnull b, int b_transposed, double *_Nonnull c,
    const double *_Nullable start, long m, long k, long n);

/// The same for single precision.
void nnrepl_product_f32(
    const float *_Nonnull a, long width, const float *_Nonnull b, int b_transposed, float *_Nonnull c,
    const float *_Nullable start, long m, long k, long n);

#ifndef __wasm__
/// The same for large ones: by several threads, and by OpenBLAS, whose order of summation depends on the processor, where
/// it is faster. Return 0, and have done nothing, where neither brings anything.
int nnrepl_large_product_f64(
    const double *_Nonnull a, long width, const double *_Nonnull b, int b_transposed, double *_Nonnull c,
    const double *_Nullable start, long m, long k, long n);
int nnrepl_large_product_f32(
    const float *_Nonnull a, long width, const float *_Nonnull b, int b_transposed, float *_Nonnull c,
    const float *_Nullable start, long m, long k, long n);

/// Loads OpenBLAS, as the first such product would.
void nnrepl_large_products_open(void);
#endif
