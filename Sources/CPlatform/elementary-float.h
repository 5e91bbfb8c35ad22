// The elementary functions of F, single precision: a number, or a vector of them, within 1.5 units in the last place, but `atan2`
// within two and `erf` within six.
// elementary.c and kernels-width.h include this with F, J, OF_F(name), FLOAT_BITS(x), FLOAT(bits) and FLOAT_ANY(where), as
// elementary-width.h with V. Those that are not here are those of double precision, rounded once.

#define FLOAT_ROUNDER 0x1.8p23f

INLINE F OF_F(magnitude)(F x) { return FLOAT(FLOAT_BITS(x) & 0x7fffffff); }

/// `size` with the sign of x.
INLINE F OF_F(signed)(F size, F x) { return FLOAT(FLOAT_BITS(size) | (FLOAT_BITS(x) & (int)0x80000000)); }

/// 2ⁿ where that is a normal number.
INLINE F OF_F(two_to)(J n) { return FLOAT((n + 127) << 23); }

/// e^x = (1 + less) · 2^power
INLINE F OF_F(reduced)(F x, J *power) {
    F shifted = x * 0x1.715476p+0f + FLOAT_ROUNDER, whole = shifted - FLOAT_ROUNDER;
    // ln 2 in two parts: the first is short, so that its product with a whole number is exact.
    F r = x - whole * 0x1.62ep-1f - whole * 0x1.0bfbe8p-15f;
    F y = r * r;
    F p = 0x1.a1256cp-13f;
    p = p * r + 0x1.6d43b0p-10f;
    p = p * r + 0x1.1110e0p-7f;
    p = p * r + 0x1.5554e8p-5f;
    p = p * r + 0x1.555556p-3f;
    p = p * r + 0.5f;
    *power = FLOAT_BITS(shifted) - FLOAT_BITS((F)FLOAT_ROUNDER);
    return r + y * p;
}

/// e^x
INLINE F OF_F(exp)(F x) {
    J power;
    // Here 2^power is a normal number.
    if (!FLOAT_ANY((OF_F(magnitude)(x) <= 86) == 0)) {
        F scaled = 1 + OF_F(reduced)(x, &power);
        return FLOAT(FLOAT_BITS(scaled) + (power << 23));
    }
    // Past these it overflows, or vanishes; nan passes.
    x = x > 89 ? (F)89 : x;
    x = x < -105 ? (F)-105 : x;
    F scaled = 1 + OF_F(reduced)(x, &power);
    // In two halves, as 2^power may be no normal number.
    J half = power >> 1;
    return scaled * OF_F(two_to)(half) * OF_F(two_to)(power - half);
}

/// e^x - 1
INLINE F OF_F(expm1)(F x) {
    F y = x > 89 ? (F)89 : x;
    y = y < -20 ? (F)-20 : y;
    J power;
    F less = OF_F(reduced)(y, &power);
    // In two halves, as 2^power may be no normal number.
    J half = power >> 1;
    F first = OF_F(two_to)(half), second = OF_F(two_to)(power - half), scale = first * second;
    F near = scale * less + (scale - 1), far = (1 + less) * first * second - 1;
    // ±0 stays as it is.
    return OF_F(magnitude)(x) < 0x1p-25f ? x : power < 24 ? near : far;
}

/// Hyperbolic tangent: near 0 a polynomial of x².
INLINE F OF_F(tanh)(F x) {
    F size = OF_F(magnitude)(x), z = x * x;
    F p = 0x1.2977d8p-9f;
    p = p * z + -0x1.10bbf4p-7f;
    p = p * z + 0x1.648e8ep-6f;
    p = p * z + -0x1.ba0718p-5f;
    p = p * z + 0x1.1110e4p-3f;
    p = p * z + -0x1.555556p-2f;
    F far = 1 - 2 / (OF_F(exp)(2 * size) + 1);
    return OF_F(signed)(size < 0.625f ? size + size * z * p : far, x);
}

/// Parts of a normal number without its sign: x = 2ⁿ · (1 + f) with 1 + f from √½ to √2. Gives f.
INLINE F OF_F(parts)(F x, F *n) {
    J bits = FLOAT_BITS(x) & 0x7fffffff, offset = bits - 0x3f3504f3;
    *n = FLOAT(FLOAT_BITS((F)FLOAT_ROUNDER) + (offset >> 23)) - FLOAT_ROUNDER;
    return FLOAT(bits - (offset & (int)0xff800000)) - 1;
}

/// n · ln 2 + ln (1 + f) + tail, as in double precision.
INLINE F OF_F(log_of)(F n, F f, F tail) {
    F s = f / (2 + f), half = 0.5f * f * f, z = s * s;
    F p = 0x1.de0b02p-3f;
    p = p * z + 0x1.245b28p-2f;
    p = p * z + 0x1.9999eep-2f;
    p = p * z + 0x1.555556p-1f;
    F rest = s * (half + z * p) + (n * 0x1.0bfbe8p-15f + tail);
    return n * 0x1.62ep-1f - ((half - rest) - f);
}

/// Natural logarithm.
INLINE F OF_F(log)(F x) {
    J is_tiny = x < 0x1p-126f;
    F n, f = OF_F(parts)(is_tiny ? x * 0x1p25f : x, &n);
    F log = OF_F(log_of)(is_tiny ? n - 25 : n, f, (F)0);
    log = x > 0 ? log : x == 0 ? (F)-INFINITY : (F)NAN;
    // Infinity and nan stay as they are.
    return x < INFINITY ? log : x;
}

/// ln (1 + x)
INLINE F OF_F(log1p)(F x) {
    F sum = 1 + x;
    // What the sum has lost.
    F lost = x >= 1 ? 1 - (sum - x) : x - (sum - 1);
    F n, f = OF_F(parts)(sum, &n), tail = lost / sum;
    J is_near = (x > -0.29f) & (x < 0.41f);
    f = is_near ? x : f, n = is_near ? (F)0 : n, tail = is_near ? (F)0 : tail;
    F log = OF_F(log_of)(n, f, tail);
    log = OF_F(magnitude)(x) < 0x1p-25f ? x : log;
    log = x > -1 ? log : x == -1 ? (F)-INFINITY : (F)NAN;
    return x < INFINITY ? log : x;
}

/// Gauss's error function: x times a quotient of polynomials of x², fitted by least squares whose weights follow the
/// error.
INLINE F OF_F(erf)(F x) {
    // Here the quotient is 1.
    F size = OF_F(magnitude)(x), y = size > 3.9199998f ? (F)3.9199998f : size, z = y * y;
    F p = 0x1.12afb0p-19f, q = 0x1.3f37c2p-15f;
    p = p * z + 0x1.2aafccp-12f, q = q * z + 0x1.310dcap-10f;
    p = p * z + 0x1.ee5b88p-9f, q = q * z + 0x1.eae8eap-7f;
    p = p * z + 0x1.b043a2p-5f, q = q * z + 0x1.d3a72ep-4f;
    p = p * z + 0x1.86492ap-3f, q = q * z + 0x1.012306p-1f;
    p = p * z + 0x1.20dd74p+0f, q = q * z + 1;
    F erf = y * p / q;
    return OF_F(signed)(erf > 1 ? (F)1 : erf, x);
}

/// The angle of the point (x, y), from -π to π: by a polynomial where it is at most an eighth of a turn from an axis.
INLINE F OF_F(atan2)(F y, F x) {
    F wide = OF_F(magnitude)(x), high = OF_F(magnitude)(y);
    J is_steep = high > wide;
    F t = (is_steep ? wide : high) / (is_steep ? high : wide);
    t = ((wide == 0) & (high == 0)) ? (F)0 : ((wide == INFINITY) & (high == INFINITY)) ? (F)1 : t;
    F z = t * t, p = -0x1.d62e0cp-10f;
    p = p * z + 0x1.65a54ep-7f;
    p = p * z + -0x1.fed064p-6f;
    p = p * z + 0x1.dac964p-5f;
    p = p * z + -0x1.58346cp-4f;
    p = p * z + 0x1.c099f2p-4f;
    p = p * z + -0x1.2421b4p-3f;
    p = p * z + 0x1.9991fep-3f;
    p = p * z + -0x1.55553ep-2f;
    F angle = t + t * z * p;
    angle = is_steep ? 0x1.921fb6p+0f - (angle + 0x1.777a5cp-25f) : angle;
    angle = FLOAT_BITS(x) < 0 ? 0x1.921fb6p+1f - (angle + 0x1.777a5cp-24f) : angle;
    return ((x != x) | (y != y)) ? (F)NAN : OF_F(signed)(angle, y);
}

/// xʸ where that is a special case of IEEE 754, else `power`, that of |x|.
INLINE F OF_F(real_power)(F x, F y, F power) {
    F size = OF_F(magnitude)(x);
    J is_edge = (size == 0) | (size == INFINITY), is_whole = __builtin_elementwise_trunc(y) == y;
    J is_odd = is_whole & (OF_F(magnitude)(y) < 0x1p24f) & (__builtin_elementwise_trunc(y / 2) * 2 != y);
    power = is_edge ? ((size == 0) == (y > 0) ? (F)0 : (F)INFINITY) : power;
    power = size == 1 ? (F)1 : power;
    power = ((FLOAT_BITS(x) < 0) & is_odd) ? -power : power;
    J is_nan = (x != x) | (y != y) | ((x < 0) & (is_whole == 0) & (is_edge == 0));
    return ((y == 0) | (x == 1)) ? (F)1 : is_nan ? (F)NAN : power;
}
