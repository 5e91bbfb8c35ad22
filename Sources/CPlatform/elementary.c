// The elementary functions of single numbers.
#include "elementary.h"
#include "vectors.h"

#include <stdint.h>

// The functions that Swift calls, and `wide_sine` for vectors.

typedef double V;
typedef long long I;
#define OF_V(name) JOIN(name, number)
#define ANY(where) (where)

INLINE I BITS(V x) {
    I bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE V REAL(I bits) {
    V x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#define WIDE_SINE(x, turned, where, sine) wide_sine(x, turned)
double wide_sine(double x, long long turned);
#include "elementary-width.h"

/// The bits of 2/π after its point.
static const uint64_t two_over_pi[] = {
    0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
    0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
    0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
};

/// 64 bits of 2/π from a place on.
static uint64_t bits_from(int place) {
    const int k = place / 64, shift = place % 64;
    return shift ? two_over_pi[k] << shift | two_over_pi[k + 1] >> (64 - shift) : two_over_pi[k];
}

/// Sine of x + `turned` quarters of a turn for a large x (Payne and Hanek 1983): of 2/π only those bits are multiplied
/// that do not give whole turns.
double wide_sine(double x, long long turned) {
    if (!(fabs(x) < INFINITY)) return NAN;
    const int exponent = (int)(BITS(x) >> 52 & 0x7ff) - 1075;
    const uint64_t whole = ((uint64_t)BITS(x) & 0xfffffffffffff) | 0x10000000000000;
    const int skipped = exponent > 2 ? exponent - 2 : 0;
    // 192 bits of 2/π, times 53: the product's lowest word first.
    const unsigned __int128 low = (unsigned __int128)whole * bits_from(skipped + 128);
    const unsigned __int128 middle = (unsigned __int128)whole * bits_from(skipped + 64) + (uint64_t)(low >> 64);
    const unsigned __int128 high = (unsigned __int128)whole * bits_from(skipped) + (uint64_t)(middle >> 64);
    const uint64_t words[] = {(uint64_t)low, (uint64_t)middle, (uint64_t)high, (uint64_t)(high >> 64), 0};
    // Quarter turns stand before bit `place`, their fraction after it.
    const int place = 192 - (exponent - skipped);
#define WORD(from) \
    ((from) % 64 ? words[(from) / 64] >> (from) % 64 | words[(from) / 64 + 1] << (64 - (from) % 64) : words[(from) / 64])
    long long quarter = (long long)(WORD(place) & 3);
    uint64_t top = WORD(place - 64), rest = WORD(place - 128);
#undef WORD
    const int is_over = top >> 63 == 1;
    if (is_over) {
        quarter += 1;
        rest = ~rest + 1;
        top = ~top + (rest == 0);
    }
    const double a = (double)(top >> 32) * 0x1p-32, b = (double)(top & 0xffffffff) * 0x1p-64;
    const OF_V(pair) fraction = OF_V(sum_of)(a, b + (double)rest * 0x1p-128);
    const OF_V(pair) angle = OF_V(times)(fraction, (OF_V(pair)){0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54});
    const int sign = is_over ? -1 : 1;
    return x < 0 ? OF_V(quarter_sine)(turned - quarter, -sign * angle.high, -sign * angle.low)
                 : OF_V(quarter_sine)(turned + quarter, sign * angle.high, sign * angle.low);
}

typedef float F;
typedef int J;
#define OF_F(name) JOIN(name, float)

INLINE J FLOAT_BITS(F x) {
    J bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE F FLOAT(J bits) {
    F x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#define FLOAT_ANY(where) (where)
#include "elementary-float.h"

float nnrepl_expf(float x) { return OF_F(exp)(x); }
float nnrepl_logf(float x) { return OF_F(log)(x); }
float nnrepl_log1pf(float x) { return OF_F(log1p)(x); }
float nnrepl_tanhf(float x) { return OF_F(tanh)(x); }
float nnrepl_expm1f(float x) { return OF_F(expm1)(x); }
float nnrepl_erff(float x) { return OF_F(erf)(x); }

double nnrepl_exp(double x) { return OF_V(exp)(x); }
double nnrepl_expm1(double x) { return OF_V(expm1)(x); }
double nnrepl_tanh(double x) { return OF_V(tanh)(x); }
double nnrepl_log(double x) { return OF_V(log)(x); }
double nnrepl_log1p(double x) { return OF_V(log1p)(x); }
double nnrepl_erf(double x) { return OF_V(erf)(x); }
double nnrepl_erf_rest(double x) { return OF_V(erf_rest)(x); }
double nnrepl_sin(double x) { return OF_V(sin)(x); }
double nnrepl_cos(double x) { return OF_V(cos)(x); }
double nnrepl_atan(double x) { return OF_V(atan)(x); }
double nnrepl_atan2(double y, double x) { return OF_V(atan2)(y, x); }
double nnrepl_pow(double x, double y) { return OF_V(pow)(x, y); }
