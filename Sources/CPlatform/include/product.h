#pragma once

/// C = op(A) · op(B), or added to what C holds, with one order of summation: every element starts with what C holds,
/// or with 0, and takes its products in the order of k, each product and each sum rounded. So the bits are the same
/// on every processor.
///
/// Matrices are row-major: A is stored as [m, k], or as [k, width] if `width`, at least m, is not 0; B as [k, n] or
/// [n, k]; C as [m, n]. If nothing is added, C is not read.
void nnrepl_product_f64(
    const double *_Nonnull a, long width, const double *_Nonnull b, int b_transposed, double *_Nonnull c, int adding,
    long m, long k, long n);

/// The same for single precision.
void nnrepl_product_f32(
    const float *_Nonnull a, long width, const float *_Nonnull b, int b_transposed, float *_Nonnull c, int adding,
    long m, long k, long n);

#ifndef __wasm__
/// The same for large ones: by several threads, and by OpenBLAS, whose order of summation depends on the processor, where
/// it is faster. Return 0, and have done nothing, where neither brings anything.
int nnrepl_large_product_f64(
    const double *_Nonnull a, long width, const double *_Nonnull b, int b_transposed, double *_Nonnull c, int adding,
    long m, long k, long n);
int nnrepl_large_product_f32(
    const float *_Nonnull a, long width, const float *_Nonnull b, int b_transposed, float *_Nonnull c, int adding,
    long m, long k, long n);

/// Loads OpenBLAS, as the first such product would.
void nnrepl_large_products_open(void);
#endif
