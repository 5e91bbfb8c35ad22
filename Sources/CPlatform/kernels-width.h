// Kernels with vectors of BYTES; widths.h includes this for each.

#define V JOIN(f64, BYTES)
#define I JOIN(i64, BYTES)
#define OF_V(name) JOIN(name, V)
/// How many doubles a vector has, and so how many numbers an elementary function takes at once.
#define LANES (BYTES / 8)

INLINE I OF_V(bits)(V x) { return (I)x; }
INLINE V OF_V(real)(I bits) { return (V)bits; }
#define BITS OF_V(bits)
#define REAL OF_V(real)
#define ANY(where) (__builtin_reduce_or(where) != 0)
INLINE V OF_V(wide_sines)(V x, long long turned, I where, V sines) {
    EACH(i, LANES) if (where[i]) sines[i] = wide_sine(x[i], turned);
    return sines;
}
#define WIDE_SINE OF_V(wide_sines)

#include "elementary-width.h"

#define F JOIN(f32, BYTES)
#define J JOIN(i32, BYTES)
#define OF_F(name) JOIN(name, F)
INLINE J OF_F(bits)(F x) { return (J)x; }
INLINE F OF_F(float)(J bits) { return (F)bits; }
#define FLOAT_BITS OF_F(bits)
#define FLOAT OF_F(float)
#define FLOAT_ANY ANY
#include "elementary-float.h"

/// xʸ of a positive number, to be rounded to single precision.
INLINE V OF_V(rough_pow)(V x, V y) {
    V n, f = OF_V(parts)(x, &n), s = f / (2 + f), z = s * s;
    V exponent = y * (n * 0x1.62e42fefa39efp-1 + s * (2 + z * OF_V(logarithm)(z)));
    exponent = exponent > 200 ? (V)200 : exponent;
    exponent = exponent < -200 ? (V)-200 : exponent;
    I power;
    V less = OF_V(reduced)(exponent, &power);
    return (1 + less) * OF_V(two_to)(power);
}

/// xʸ, in double precision but for the special cases.
INLINE F OF_F(pow)(F x, F y) {
    const F size = OF_F(magnitude)(x);
    F power;
#define HALF(part)                                                                                  \
    power.part = __builtin_convertvector(                                                           \
        OF_V(rough_pow)(__builtin_convertvector(size.part, V), __builtin_convertvector(y.part, V)), \
        __typeof__(power.part));
    HALF(lo)
    HALF(hi)
#undef HALF
    // That of positive numbers is right as it is.
    const J is_usual = (x > 0) & (x < INFINITY) & (OF_F(magnitude)(y) < INFINITY);
    return ANY(is_usual == 0) ? OF_F(real_power)(x, y, power) : power;
}

static void JOIN(widen, BYTES)(long count, double *out, const float *x) {
    for (long i = 0; i < count; i++) out[i] = x[i];
}

static void JOIN(narrow, BYTES)(long count, float *out, const double *x) {
    for (long i = 0; i < count; i++) out[i] = (float)x[i];
}

static void JOIN(temper, BYTES)(long count, unsigned *out, const unsigned *state) {
    for (long i = 0; i < count; i++) {
        unsigned y = state[i];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        out[i] = y ^ (y >> 18);
    }
}

static void JOIN(twist, BYTES)(unsigned *state) {
#define MIXED(i, next, far)                                                 \
    state[i] = state[far] ^ (((state[i] & 0x80000000) | (state[next] & 0x7fffffff)) >> 1) ^ \
               ((0 - (state[next] & 1)) & 0x9908b0df)
    for (long i = 0; i < 227; i++) MIXED(i, i + 1, i + 397);
    for (long i = 227; i < 623; i++) MIXED(i, i + 1, i - 227);
    MIXED(623, 0, 396);
#undef MIXED
}

#define TYPE f64
#define R double
#define W V
#define WI I
#define E V
#define OF_R OF_V
#define TO_V(x) (x)
#define FROM_V(x) (x)
#include "kernels-type.h"
#undef TYPE
#undef R
#undef W
#undef WI
#undef E
#undef OF_R
#undef TO_V
#undef FROM_V

#define TYPE f32
#define R float
#define W JOIN(f32, BYTES)
#define WI JOIN(i32, BYTES)
#define E JOIN(half, BYTES)
#define OF_R OF_F
#define TO_V(x) __builtin_convertvector(x, V)
#define FROM_V(x) __builtin_convertvector(x, E)
#include "kernels-type.h"
#undef TYPE
#undef R
#undef W
#undef WI
#undef E
#undef OF_R
#undef TO_V
#undef FROM_V

#undef V
#undef I
#undef OF_V
#undef LANES
#undef BITS
#undef REAL
#undef ANY
#undef WIDE_SINE
#undef F
#undef J
#undef OF_F
#undef FLOAT_BITS
#undef FLOAT
#undef FLOAT_ANY
#undef BYTES
