// Kernels with vectors of BYTES; kernels.c includes this for each.

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
