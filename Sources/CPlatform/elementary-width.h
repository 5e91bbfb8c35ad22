// The elementary functions of V, double precision: a number, or a vector of them. elementary.c and kernels-width.h
// include this with
// - V and I, numbers and whole numbers of the same width, and OF_V(name), a name of their own;
// - BITS(x) and REAL(bits), the bits of numbers and back; ANY(where), whether a condition holds anywhere;
// - WIDE_SINE(x, turned, where, sine): `sine`, but `wide_sine` of x where it is wide.
//
// They use what IEEE 754 rounds the same everywhere, sums, products, quotients and roots, and no fused operation, so
// that the same bits come out on every processor, at every width and in a page.

// Polynomials: Chebyshev's interpolation in 240 bits, rounded to doubles. Even and odd powers are summed apart, so that
// two sums go on at once.

/// (e^r - 1 - r)/r² for |r| ≤ ln 2 / 2.
INLINE V OF_V(exponential)(V r) {
    V y = r * r, even = 0x1.1f7340dbc337ep-29;
    even = even * y + 0x1.27e4db46cddd1p-22;
    even = even * y + 0x1.a01a01a6e1e2ap-16;
    even = even * y + 0x1.6c16c16c162c3p-10;
    even = even * y + 0x1.5555555555556p-5;
    even = even * y + 0x1.0000000000000p-1;
    V odd = 0x1.af4e554377204p-26;
    odd = odd * y + 0x1.71de01fdbf9cap-19;
    odd = odd * y + 0x1.a01a01abf85abp-13;
    odd = odd * y + 0x1.11111111100bep-7;
    odd = odd * y + 0x1.5555555555557p-3;
    return even + r * odd;
}

/// (2 artanh s - 2s)/s³ of z = s², s from 0 to 3 - 2√2.
INLINE V OF_V(logarithm)(V z) {
    V y = z * z, even = 0x1.0fb77bcdefa76p-3;
    even = even * y + 0x1.745cf7c1d5dafp-3;
    even = even * y + 0x1.249249247513dp-2;
    even = even * y + 0x1.5555555555555p-1;
    V odd = 0x1.0c4d8297b1431p-3;
    odd = odd * y + 0x1.3b1c79943fca2p-3;
    odd = odd * y + 0x1.c71c7204621fep-3;
    odd = odd * y + 0x1.9999999999a43p-2;
    return even + z * odd;
}

/// (sin x - x)/x³ of z = x², |x| ≤ π/4.
INLINE V OF_V(sine_rest)(V z) {
    V y = z * z, even = -0x1.ab161790d481ep-41;
    even = even * y + -0x1.ae64540f0c1bcp-26;
    even = even * y + -0x1.a01a01a019926p-13;
    even = even * y + -0x1.5555555555555p-3;
    V odd = 0x1.61217c18c5ad8p-33;
    odd = odd * y + 0x1.71de3a545e704p-19;
    odd = odd * y + 0x1.1111111111110p-7;
    return even + z * odd;
}

/// (cos x - 1 + x²/2)/x⁴ of z = x², |x| ≤ π/4.
INLINE V OF_V(cosine_rest)(V z) {
    V y = z * z, even = 0x1.ab76cfa136b4ap-45;
    even = even * y + 0x1.1eed8de9efaa4p-29;
    even = even * y + 0x1.a01a01a019d02p-16;
    even = even * y + 0x1.5555555555555p-5;
    V odd = -0x1.9394b76d752bfp-37;
    odd = odd * y + -0x1.27e4fb7711e1fp-22;
    odd = odd * y + -0x1.6c16c16c16c16p-10;
    return even + z * odd;
}

/// erf(x)/x of z = x², |x| < 0.85.
INLINE V OF_V(error_near)(V z) {
    V y = z * z, even = 0x1.e78ce74511f33p-27;
    even = even * y + 0x1.b9c84aad92c94p-20;
    even = even * y + 0x1.f9a31658993bep-14;
    even = even * y + 0x1.565bcd0cbcf76p-8;
    even = even * y + 0x1.ce2f21a042aa4p-4;
    even = even * y + 0x1.20dd750429b6dp+0;
    V odd = -0x1.e5d4a2f4facb1p-31;
    odd = odd * y + -0x1.5e0ceca83a2b8p-23;
    odd = odd * y + -0x1.f4d0a3d978b80p-17;
    odd = odd * y + -0x1.c02db3963408fp-11;
    odd = odd * y + -0x1.b82ce31280af9p-6;
    odd = odd * y + -0x1.812746b0379e6p-2;
    return even + z * odd;
}

/// (1 - erf x) e^x² of t = (x - 2)/(x + 2), x from 0.84 to 2.25, or from there to 6 where it `is_far`.
INLINE V OF_V(error_rest)(V t, I is_far) {
    V y = t * t;
#define EITHER(far, middle) (is_far ? (V)(far) : (V)(middle))
    V even = EITHER(-0x1.b67a92ee26881p-16, -0x1.26fe5803777a1p-16);
    even = even * y + EITHER(0x1.a8001d4106ce9p-16, 0x1.c4b0867bcb59cp-16);
    even = even * y + EITHER(0x1.6fb7d03e4d55cp-15, 0x1.6d439b644a6f5p-15);
    even = even * y + EITHER(-0x1.bc20c03b74f86p-11, -0x1.bc25a2defdb7fp-11);
    even = even * y + EITHER(0x1.e9471c06fc3efp-9, 0x1.e9471597d9235p-9);
    even = even * y + EITHER(0x1.eeea7dc8c1e8ap-3, 0x1.eeea7dc8a78a7p-3);
    even = even * y + EITHER(0x1.058671b52c78ap-2, 0x1.058671b52c776p-2);
    V odd = EITHER(0x1.a008ef174efd5p-17, -0x1.ccd93ca491d7ep-19);
    odd = odd * y + EITHER(-0x1.54c83fff3511ep-16, -0x1.ebcca993dfbacp-16);
    odd = odd * y + EITHER(0x1.6dc3ef29817e2p-13, 0x1.6d6f0139fb2f4p-13);
    odd = odd * y + EITHER(-0x1.017484e0d6068p-10, -0x1.016b669059d74p-10);
    odd = odd * y + EITHER(0x1.ca95d20b2bbbbp-8, 0x1.ca95ed5a4e759p-8);
    odd = odd * y + EITHER(-0x1.437f0b6cd299bp-4, -0x1.437f0b68c0fe6p-4);
    odd = odd * y + EITHER(-0x1.b57034efd4599p-2, -0x1.b57034efd3f72p-2);
#undef EITHER
    return even + t * odd;
}

// Adding it rounds to a whole number, which then stands in the last bits.
#define ROUNDER 0x1.8p52
// ln 2 and π/2 in parts, of which all but the last are short, so that their products with whole numbers are exact.
#define LN2_HIGH 0x1.62e42fefa2000p-1
#define LN2_LOW 0x1.9ef35793c7673p-41

INLINE V OF_V(magnitude)(V x) { return REAL(BITS(x) & 0x7fffffffffffffff); }

/// `size` with the sign of x.
INLINE V OF_V(signed)(V size, V x) { return REAL(BITS(size) | (BITS(x) & (long long)0x8000000000000000)); }

/// 2ⁿ where that is a normal number.
INLINE V OF_V(two_to)(I n) { return REAL((n + 1023) << 52); }

/// e^x = (1 + less) · 2^power, for |x| < 2²⁰.
INLINE V OF_V(reduced)(V x, I *power) {
    V shifted = x * 0x1.71547652b82fep+0 + ROUNDER, whole = shifted - ROUNDER;
    *power = BITS(shifted) - BITS((V)ROUNDER);
    V rest = x - whole * LN2_HIGH, r = rest - whole * LN2_LOW;
    // What r has lost.
    V tail = (rest - r) - whole * LN2_LOW;
    return r + (tail + r * r * OF_V(exponential)(r));
}

/// e^x
INLINE V OF_V(exp)(V x) {
    // Past these it overflows, or vanishes; nan passes.
    x = x > 710 ? (V)710 : x;
    x = x < -746 ? (V)-746 : x;
    I power;
    V less = OF_V(reduced)(x, &power);
    // In two halves, as 2^power may be no normal number.
    I half = power >> 1;
    return (1 + less) * OF_V(two_to)(half) * OF_V(two_to)(power - half);
}

/// e^x - 1
INLINE V OF_V(expm1)(V x) {
    V y = x > 710 ? (V)710 : x;
    y = y < -40 ? (V)-40 : y;
    I power;
    V less = OF_V(reduced)(y, &power);
    I half = power >> 1;
    V first = OF_V(two_to)(half), second = OF_V(two_to)(power - half), scale = first * second;
    V near = scale * less + (scale - 1), far = (1 + less) * first * second - 1;
    // ±0 stays as it is.
    return OF_V(magnitude)(x) < 0x1p-54 ? x : power < 53 ? near : far;
}

/// Hyperbolic tangent.
INLINE V OF_V(tanh)(V x) {
    V size = OF_V(magnitude)(x);
    size = size > 20 ? (V)20 : size;
    // Of e^2x and e^-2x the one whose difference from 1 is no rest of a subtraction.
    I is_small = size < 0.5;
    V t = OF_V(expm1)(is_small ? -2 * size : 2 * size);
    V quotient = (is_small ? -t : (V)2) / (t + 2);
    return OF_V(signed)(is_small ? quotient : 1 - quotient, x);
}

/// Parts of a normal number without its sign: x = 2ⁿ · (1 + f) with 1 + f from √½ to √2. Gives f.
INLINE V OF_V(parts)(V x, V *n) {
    I bits = BITS(x) & 0x7fffffffffffffff, offset = bits - 0x3fe6a09e667f3bcd;
    *n = REAL(BITS((V)ROUNDER) + (offset >> 52)) - ROUNDER;
    return REAL(bits - (offset & (long long)0xfff0000000000000)) - 1;
}

/// n · ln 2 + ln (1 + f) + tail. With s = f/(2 + f) that logarithm is 2 artanh s = f - (f²/2 - s(f²/2 + R)), where R is
/// what follows 2s in its series.
INLINE V OF_V(log_of)(V n, V f, V tail) {
    V s = f / (2 + f), half = 0.5 * f * f, z = s * s;
    V rest = s * (half + z * OF_V(logarithm)(z)) + (n * LN2_LOW + tail);
    return n * LN2_HIGH - ((half - rest) - f);
}

/// Natural logarithm.
INLINE V OF_V(log)(V x) {
    I is_tiny = x < 0x1p-1022;
    V n, f = OF_V(parts)(is_tiny ? x * 0x1p54 : x, &n);
    V log = OF_V(log_of)(is_tiny ? n - 54 : n, f, (V)0);
    log = x > 0 ? log : x == 0 ? (V)-INFINITY : (V)NAN;
    // Infinity and nan stay as they are.
    return x < INFINITY ? log : x;
}

/// ln (1 + x)
INLINE V OF_V(log1p)(V x) {
    V sum = 1 + x;
    // What the sum has lost.
    V lost = x >= 1 ? 1 - (sum - x) : x - (sum - 1);
    V n, f = OF_V(parts)(sum, &n), tail = lost / sum;
    I is_near = (x > -0.29) & (x < 0.41);
    f = is_near ? x : f, n = is_near ? (V)0 : n, tail = is_near ? (V)0 : tail;
    V log = OF_V(log_of)(n, f, tail);
    log = OF_V(magnitude)(x) < 0x1p-54 ? x : log;
    log = x > -1 ? log : x == -1 ? (V)-INFINITY : (V)NAN;
    return x < INFINITY ? log : x;
}

/// What the error function lacks to 1, for x from 0.85 to 6.
INLINE V OF_V(erf_rest)(V x) {
    return OF_V(exp)(-x * x) * OF_V(error_rest)((x - 2) / (x + 2), x >= 2.25);
}

/// Gauss's error function.
INLINE V OF_V(erf)(V x) {
    V size = OF_V(magnitude)(x), near = x * OF_V(error_near)(x * x);
    I is_near = size < 0.85;
    if (!ANY(is_near == 0)) return near;
    size = size > 6 ? (V)6 : size;
    V far = OF_V(signed)(size >= 6 ? (V)1 : 1 - OF_V(erf_rest)(size), x);
    return is_near ? near : far;
}

/// An angle's sine from what is left of it, high + low, after whole quarters of a turn were taken off.
INLINE V OF_V(quarter_sine)(I quarter, V high, V low) {
    V z = high * high, half = 0.5 * z, most = 1 - half;
    V sine = high + (high * z * OF_V(sine_rest)(z) + low * (1 - half));
    // What the difference has lost comes back.
    V cosine = most + (((1 - most) - half) + (z * z * OF_V(cosine_rest)(z) - high * low));
    V value = (quarter & 1) == 0 ? sine : cosine;
    return (quarter & 2) == 0 ? value : -value;
}

/// Sine of x + `turned` quarters of a turn.
INLINE V OF_V(sine)(V x, long long turned) {
    V shifted = x * 0x1.45f306dc9c883p-1 + ROUNDER, n = shifted - ROUNDER;
    V first = x - n * 0x1.921fb54400000p+0, second = n * 0x1.0b4611a600000p-34;
    V rest = first - second;
    V third = n * 0x1.3198a2e037073p-69 - ((first - rest) - second);
    V high = rest - third;
    V sine = OF_V(quarter_sine)(BITS(shifted) + turned, high, (rest - high) - third);
    // Past this, n times the parts of π/2 is not exact.
    I is_wide = OF_V(magnitude)(x) >= 0x1p20;
    return ANY(is_wide) ? WIDE_SINE(x, turned, is_wide, sine) : sine;
}

INLINE V OF_V(sin)(V x) { return OF_V(magnitude)(x) > 0x1p-27 ? OF_V(sine)(x, 0) : x; }
INLINE V OF_V(cos)(V x) { return OF_V(sine)(x, 1); }

/// (atan t - t)/t³ of z = t², |t| ≤ 7/16.
INLINE V OF_V(angle)(V z) {
    V y = z * z, even = -0x1.0f54730d6c30ep-5;
    even = even * y + -0x1.ab582fd05ec97p-5;
    even = even * y + -0x1.110c9a0c8644ap-4;
    even = even * y + -0x1.745d154ac3da3p-4;
    even = even * y + -0x1.2492492485417p-3;
    even = even * y + -0x1.5555555555555p-2;
    V odd = 0x1.e3ddb8d3850abp-7;
    odd = odd * y + 0x1.6ffb4e901f5dbp-5;
    odd = odd * y + 0x1.e1704532a7e28p-5;
    odd = odd * y + 0x1.3b1375a0eb258p-4;
    odd = odd * y + 0x1.c71c71bd21787p-4;
    odd = odd * y + 0x1.99999999998c4p-3;
    return even + z * odd;
}

/// The angle whose tangent is x, not below 0: atan x = atan c + atan t with t = (x - c)/(1 + x·c), c of a few, so that |t|
/// is at most 7/16.
INLINE V OF_V(steep)(V x) {
    // A half, one, one and a half, or beyond.
    I a = x < 0.4375, b = x < 0.6875, c = x < 1.1875, d = x < 2.4375;
#define ONE_OF(none, half, one, more, far) (a ? (V)(none) : b ? (V)(half) : c ? (V)(one) : d ? (V)(more) : (V)(far))
    V t = ONE_OF(x, 2 * x - 1, x - 1, x - 1.5, -1) / ONE_OF(1, 2 + x, x + 1, 1 + 1.5 * x, x);
    V high = ONE_OF(0, 0x1.dac670561bb4fp-2, 0x1.921fb54442d18p-1, 0x1.f730bd281f69bp-1, 0x1.921fb54442d18p+0);
    V low = ONE_OF(0, 0x1.a2b7f222f65e2p-56, 0x1.1a62633145c07p-55, 0x1.007887af0cbbdp-56, 0x1.1a62633145c07p-54);
#undef ONE_OF
    V angle = high + (low + t * t * t * OF_V(angle)(t * t) + t);
    angle = x < 0x1p60 ? angle : x != x ? x : (V)0x1.921fb54442d18p+0;
    return x > 0x1p-27 ? angle : x;
}

INLINE V OF_V(atan)(V x) { return OF_V(signed)(OF_V(steep)(OF_V(magnitude)(x)), x); }

/// The angle of the point (x, y), from -π to π.
INLINE V OF_V(atan2)(V y, V x) {
    V wide = OF_V(magnitude)(x), high = OF_V(magnitude)(y);
    V angle = OF_V(steep)(high / wide);
    angle = ((wide == 0) & (high == 0)) ? (V)0 : angle;
    angle = ((wide == INFINITY) & (high == INFINITY)) ? (V)0x1.921fb54442d18p-1 : angle;
    angle = BITS(x) < 0 ? 0x1.921fb54442d18p+1 - (angle - 0x1.1a62633145c07p-53) : angle;
    return ((x != x) | (y != y)) ? (V)NAN : OF_V(signed)(angle, y);
}

/// A number as the sum of two, the second within the first's rounding (Dekker 1971).
typedef struct {
    V high, low;
} OF_V(pair);

/// The first is the larger.
INLINE OF_V(pair) OF_V(sum_of)(V a, V b) {
    V high = a + b;
    return (OF_V(pair)){high, b - (high - a)};
}

/// The exact product of two numbers below 2⁹⁹⁶.
INLINE OF_V(pair) OF_V(product_of)(V a, V b) {
    V wide_a = a * 0x1.0000002p27, wide_b = b * 0x1.0000002p27;
    V a1 = wide_a - (wide_a - a), a2 = a - a1, b1 = wide_b - (wide_b - b), b2 = b - b1, high = a * b;
    return (OF_V(pair)){high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2};
}

INLINE OF_V(pair) OF_V(times)(OF_V(pair) a, OF_V(pair) b) {
    OF_V(pair) product = OF_V(product_of)(a.high, b.high);
    return OF_V(sum_of)(product.high, product.low + (a.high * b.low + a.low * b.high));
}

/// The first is the larger.
INLINE OF_V(pair) OF_V(plus)(OF_V(pair) a, OF_V(pair) b) {
    OF_V(pair) sum = OF_V(sum_of)(a.high, b.high);
    return OF_V(sum_of)(sum.high, sum.low + (a.low + b.low));
}

/// (2 artanh s - 2s - ⅔s³)/s⁵ of z = s², s from 0 to 3 - 2√2.
INLINE V OF_V(logarithm_rest)(V z) {
    V y = z * z, even = 0x1.b95e5debc9477p-4;
    even = even * y + 0x1.e1f8aa608e4ecp-4;
    even = even * y + 0x1.3b13b1c327111p-3;
    even = even * y + 0x1.c71c71c71d07cp-3;
    even = even * y + 0x1.999999999999ap-2;
    V odd = 0x1.ac3b374b048f0p-4;
    odd = odd * y + 0x1.1110dda1ec271p-3;
    odd = odd * y + 0x1.745d17450787dp-3;
    odd = odd * y + 0x1.2492492492491p-2;
    return even + z * odd;
}

/// ln x of a positive number in twice the precision, but for its last bits.
INLINE OF_V(pair) OF_V(precise_log)(V x) {
    I is_tiny = x < 0x1p-1022;
    V n, f = OF_V(parts)(is_tiny ? x * 0x1p54 : x, &n);
    n = is_tiny ? n - 54 : n;
    // s = f/(2 + f), and ln (1 + f) = 2s + ⅔s³ + …
    V below = 2 + f, lost = f - (below - 2), high = f / below;
    OF_V(pair) back = OF_V(product_of)(high, below);
    OF_V(pair) s = OF_V(sum_of)(high, (((f - back.high) - back.low) - high * lost) / below);
    OF_V(pair) square = OF_V(times)(s, s), two_thirds = {(V)0x1.5555555555555p-1, (V)0x1.5555555555555p-55};
    OF_V(pair) third = OF_V(times)(OF_V(times)(s, square), two_thirds);
    V z = square.high, rest = s.high * z * z * OF_V(logarithm_rest)(z);
    OF_V(pair) series = OF_V(plus)(
        OF_V(sum_of)(2 * s.high, 2 * s.low), OF_V(sum_of)(third.high, third.low + rest));
    OF_V(pair) log = OF_V(plus)(
        OF_V(sum_of)(n * LN2_HIGH, (V)0), OF_V(sum_of)(series.high, series.low + n * LN2_LOW));
    return (OF_V(pair)){n == 0 ? series.high : log.high, n == 0 ? series.low : log.low};
}

/// xʸ where that is a special case of IEEE 754, else `power`, that of |x|.
INLINE V OF_V(real_power)(V x, V y, V power) {
    V size = OF_V(magnitude)(x), steep = OF_V(magnitude)(y);
    I is_edge = (size == 0) | (size == INFINITY), is_whole = __builtin_elementwise_trunc(y) == y;
    I is_odd = is_whole & (steep < 0x1p53) & (__builtin_elementwise_trunc(y / 2) * 2 != y);
    // Past this every result is 0, 1 or infinite.
    power = steep > 0x1p64 ? ((size > 1) == (y > 0) ? (V)INFINITY : (V)0) : power;
    power = is_edge ? ((size == 0) == (y > 0) ? (V)0 : (V)INFINITY) : power;
    power = size == 1 ? (V)1 : power;
    power = ((BITS(x) < 0) & is_odd) ? -power : power;
    I is_nan = (x != x) | (y != y) | ((x < 0) & (is_whole == 0) & (is_edge == 0));
    return ((y == 0) | (x == 1)) ? (V)1 : is_nan ? (V)NAN : power;
}

/// xʸ, by way of a logarithm in twice the precision.
INLINE V OF_V(pow)(V x, V y) {
    OF_V(pair) log = OF_V(precise_log)(OF_V(magnitude)(x)), product = OF_V(product_of)(y, log.high);
    OF_V(pair) exponent = OF_V(sum_of)(product.high, product.low + y * log.low);
    V about = y * log.high, power = OF_V(exp)(exponent.high);
    power = ((power == INFINITY) | (power == 0)) ? power : power + power * exponent.low;
    return OF_V(real_power)(x, y, about > 710 ? (V)INFINITY : about < -746 ? (V)0 : power);
}

