// Two uniform numbers to two normal ones (Box and Muller 1958), bit for bit as PyTorch's vector code for x86-64.
//
// PyTorch takes logarithm, sine and cosine from the polynomials of Cephes (Moshier), and its compiler joins
// products and sums into one rounding where it can. The same operations in the same order give the same bits; the
// C library's functions are as exact, but differ in the last bit of every sixth number.
//
// C, because one function can be built here for processors that have such fused instructions, and be chosen when
// the program runs. Without them fmaf does the same, only slower.

#include "normals.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// Roundings are where the code says, and nowhere else.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))

/// ln x for a normal positive number: x = 2^e (1 + r) with 1 + r from √½ to √2, then a polynomial in r.
INLINE float logarithm(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    float e = (float)((int32_t)(bits >> 23) - 126);
    bits = (bits & 0x007fffff) | 0x3f000000;
    float half;
    memcpy(&half, &bits, sizeof half);
    int is_low = half < 0.707106781186547524f;
    e = is_low ? e - 1 : e;
    float r = half - 1;
    r = is_low ? r + half : r;
    float y = fmaf(7.0376836292e-2f, r, -1.1514610310e-1f);
    y = fmaf(y, r, 1.1676998740e-1f);
    y = fmaf(y, r, -1.2420140846e-1f);
    y = fmaf(y, r, 1.4249322787e-1f);
    y = fmaf(y, r, -1.6668057665e-1f);
    y = fmaf(y, r, 2.0000714765e-1f);
    y = fmaf(y, r, -2.4999993993e-1f);
    y = fmaf(y, r, 3.3333331174e-1f);
    float square = r * r;
    // ln 2 comes in two parts, of which the larger is short: e times it is exact.
    y = fmaf(y * r, square, e * -2.12194440e-4f);
    y = fmaf(-square, 0.5f, y);
    return fmaf(e, 0.693359375f, r + y);
}

/// Sine and cosine of an angle from 0 to 2π: the nearest even multiple of π/4 is taken off, and its octant decides
/// which polynomial is which.
INLINE void sine_and_cosine(float angle, float *sine, float *cosine) {
    int32_t octant = ((int32_t)(angle * 1.27323954473516f) + 1) & ~1;
    float place = (float)octant;
    // π/4 comes in three parts.
    float x = fmaf(place, -0.78515625f, angle);
    x = fmaf(place, -2.4187564849853515625e-4f, x);
    x = fmaf(place, -3.77489497744594108e-8f, x);
    float square = x * x;
    float even = fmaf(2.443315711809948e-5f, square, -1.388731625493765e-3f);
    even = fmaf(even, square, 4.166664568298827e-2f);
    even = fmaf(even * square, square, -(square * 0.5f)) + 1;
    float odd = fmaf(-1.9515295891e-4f, square, 8.3321608736e-3f);
    odd = fmaf(odd, square, -1.6666654611e-1f);
    odd = fmaf(odd * square, x, x);
    int is_turned = (octant & 2) != 0;
    float s = is_turned ? even : odd;
    float c = is_turned ? odd : even;
    *sine = octant & 4 ? -s : s;
    *cosine = (octant - 2) & 4 ? c : -c;
}

INLINE void transform(float *numbers, size_t count, float mean, float deviation) {
    // PyTorch's constant: 2π rounded once.
    const float turn = 6.283185307179586f;
    for (size_t start = 0; start + 16 <= count; start += 16) {
        float *radii = numbers + start, *angles = radii + 8;
        for (int i = 0; i < 8; i++) {
            float radius = __builtin_elementwise_sqrt(-2 * logarithm(1 - radii[i]));
            float sine, cosine;
            sine_and_cosine(turn * angles[i], &sine, &cosine);
            radii[i] = fmaf(radius * cosine, deviation, mean);
            angles[i] = fmaf(radius * sine, deviation, mean);
        }
    }
}

#ifdef __x86_64__
__attribute__((target("avx2,fma")))
static void transform_fused(float *numbers, size_t count, float mean, float deviation) {
    transform(numbers, count, mean, deviation);
}
#endif

void normals_from_uniforms(float *numbers, size_t count, float mean, float deviation) {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        transform_fused(numbers, count, mean, deviation);
        return;
    }
#endif
    transform(numbers, count, mean, deviation);
}
