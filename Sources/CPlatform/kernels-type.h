// Kernels for one type: R numbers, W vectors of them with the comparisons WI, E those of which V, of doubles, has as
// many lanes, and OF_R the elementary functions of W. kernels-width.h includes this for each.

#define OF(name) JOIN(JOIN(name, TYPE), BYTES)
#define WIDE ((long)(sizeof(W) / sizeof(R)))

/// What an elementary function of doubles makes of E; in single precision it is rounded once.
#define ONCE(f, x) FROM_V(OF_V(f)(TO_V(x)))
#define AS(T, number) ((T)(R)(number))

/// Keeps in mind whether any of these numbers is nan or inf: its difference from itself is no 0.
#define NOTE(z) odd += (z) - (z)
#define ALL_FINITE (!__builtin_reduce_or(odd != 0))

/// Calls BODY for vectors T of x, and once for what is left over, padded with zeros: it computes z.
#define VECTORS_OF(T, count, BODY)                                          \
    {                                                                       \
        const long step = sizeof(T) / sizeof(R);                            \
        long i = 0;                                                         \
        for (; i + step <= (count); i += step) {                            \
            const T x = *(const T *)(in + i);                               \
            T z;                                                            \
            BODY;                                                           \
            *(T *)(out + i) = z;                                            \
        }                                                                   \
        if (i < (count)) {                                                  \
            T x = {0}, z;                                                   \
            memcpy(&x, in + i, (size_t)((count) - i) * sizeof(R));          \
            BODY;                                                           \
            memcpy(out + i, &z, (size_t)((count) - i) * sizeof(R));         \
        }                                                                   \
    }

INLINE W OF(sigmoid)(W x) { return 1 / (1 + OF_R(exp)(-x)); }

INLINE W OF(huber)(W x, R a) {
    const W held = x > a ? AS(W, a) : x < -a ? AS(W, -a) : x;
    return held * (x - (R)0.5 * held);
}

INLINE W OF(hardswish)(W x) {
    const W part = x / 6 + (R)0.5;
    return x * (part > 1 ? AS(W, 1) : part < 0 ? AS(W, 0) : part);
}

static int OF(map)(nnrepl_map_function f, long count, R *out, const R *in, double setting_a, double setting_b) {
    const R a = (R)setting_a, b = (R)setting_b;
    switch (f) {
#define MAP(name, T, result)                                   \
    case name: {                                               \
        T odd = {0};                                           \
        VECTORS_OF(T, count, z = result; NOTE(z))              \
        return ALL_FINITE;                                     \
    }
        MAP(NNREPL_NEGATE, W, -x)
        MAP(NNREPL_ABS, W, __builtin_elementwise_abs(x))
        MAP(NNREPL_SQUARE, W, x * x)
        MAP(NNREPL_CUBE, W, x * x * x)
        MAP(NNREPL_RECIPROCAL, W, 1 / x)
        MAP(NNREPL_SQRT, W, __builtin_elementwise_sqrt(x))
        MAP(NNREPL_RSQRT, W, 1 / __builtin_elementwise_sqrt(x))
        MAP(NNREPL_SIGN, W, x > 0 ? AS(W, 1) : x < 0 ? AS(W, -1) : AS(W, 0))
        MAP(NNREPL_FLOOR, W, __builtin_elementwise_floor(x))
        MAP(NNREPL_TRUNCATE, W, __builtin_elementwise_trunc(x))
        MAP(NNREPL_ROUND, W, __builtin_elementwise_roundeven(x))
        MAP(NNREPL_CLAMP, W, x > b ? AS(W, b) : x < a ? AS(W, b < a ? b : a) : x)
        MAP(NNREPL_RELU, W, x < 0 ? AS(W, 0) : x)
        MAP(NNREPL_LEAKY_RELU, W, x > 0 ? x : x * a)
        MAP(NNREPL_HUBER, W, OF(huber)(x, a))
        MAP(NNREPL_EXP, W, OF_R(exp)(x))
        MAP(NNREPL_EXPM1, W, OF_R(expm1)(x))
        MAP(NNREPL_LOG, W, OF_R(log)(x))
        MAP(NNREPL_LOG1P, W, OF_R(log1p)(x))
        MAP(NNREPL_SIN, E, ONCE(sin, x))
        MAP(NNREPL_COS, E, ONCE(cos, x))
        MAP(NNREPL_TANH, W, OF_R(tanh)(x))
        MAP(NNREPL_ERF, W, OF_R(erf)(x))
        MAP(NNREPL_ELU, W, x > 0 ? x : OF_R(expm1)(x) * a)
        MAP(NNREPL_SIGMOID, W, OF(sigmoid)(x))
        MAP(NNREPL_SILU, W, x / (1 + OF_R(exp)(-x)))
        MAP(NNREPL_HARDSWISH, W, OF(hardswish)(x))
        MAP(NNREPL_GELU, W, (R)0.5 * x * (1 + OF_R(erf)(x * (R)0.7071067811865476)))
        MAP(NNREPL_GELU_TANH, W,
            (R)0.5 * x * (1 + OF_R(tanh)((R)0.7978845608028654 * (x + (R)0.044715 * x * x * x))))
        MAP(NNREPL_SOFTPLUS, W, x * a > b ? x : OF_R(log1p)(OF_R(exp)(x * a)) / a)
        MAP(NNREPL_LOG_SIGMOID, W, (x < 0 ? x : AS(W, 0)) - OF_R(log1p)(OF_R(exp)(-__builtin_elementwise_abs(x))))
#undef MAP
    case NNREPL_COPY: memmove(out, in, (size_t)count * sizeof(R));
    }
    return 0;
}

/// The operands of `zip` as vectors T: those that are one number for all are spread once.
#define PAIRS_OF(T, BODY)                                                                                  \
    if (x_step && y_step) ROW(T, *(const T *)(xs + i), *(const T *)(ys + i), xs[i], ys[i], BODY)           \
    else if (x_step) ROW(T, *(const T *)(xs + i), y_all, xs[i], *ys, BODY)                                 \
    else if (y_step) ROW(T, x_all, *(const T *)(ys + i), *xs, ys[i], BODY)                                 \
    else ROW(T, x_all, y_all, *xs, *ys, BODY)

/// A row of vectors T; what is left over goes one by one through a vector.
#define ROW(T, x_here, y_here, x_one, y_one, BODY)                        \
    {                                                                     \
        const long step = sizeof(T) / sizeof(R);                          \
        const T x_all = (T)*xs, y_all = (T)*ys;                           \
        (void)x_all, (void)y_all;                                         \
        long i = 0;                                                       \
        for (; i + step <= count; i += step) {                            \
            const T x = x_here, y = y_here;                               \
            T z;                                                          \
            BODY;                                                         \
            *(T *)(out + i) = z;                                          \
        }                                                                 \
        if (i < count) {                                                  \
            const long first = i;                                         \
            T x = {0}, y = {0}, z;                                        \
            for (; i < count; i++) x[i - first] = x_one, y[i - first] = y_one; \
            BODY;                                                         \
            memcpy(out + first, &z, (size_t)(count - first) * sizeof(R)); \
        }                                                                 \
    }

/// xʸ; as in PyTorch, some powers are products, quotients or roots.
INLINE W OF(power)(W x, W y) {
    const W power = OF_R(pow)(x, y), twice = y + y;
    if (!__builtin_reduce_or((twice == __builtin_elementwise_trunc(twice)) & (y >= -2) & (y <= 3))) return power;
    return y == 1 ? x
        : y == 2 ? x * x
        : y == 3 ? x * x * x
        // The root of -inf is no number, its power is.
        : y == (R)0.5 ? (x == -INFINITY ? -x : __builtin_elementwise_sqrt(x))
        : y == -1 ? 1 / x
        : y == -2 ? 1 / (x * x)
        : power;
}

INLINE W OF(silu_slope)(W x, W dz) {
    const W sigmoid = OF(sigmoid)(x);
    return dz * (sigmoid * (1 + x * (1 - sigmoid)));
}

static int OF(zip)(nnrepl_zip_function f, long count, R *out, const R *xs, long x_step, const R *ys, long y_step) {
    // Of one exponent it is asked once which it is.
    if (f == NNREPL_POWER && x_step && !y_step) {
        if (*ys == 1) return OF(map)(NNREPL_COPY, count, out, xs, 0, 0);
        if (*ys == 2) return OF(map)(NNREPL_SQUARE, count, out, xs, 0, 0);
        if (*ys == 3) return OF(map)(NNREPL_CUBE, count, out, xs, 0, 0);
        if (*ys == (R)0.5) return OF(map)(NNREPL_SQRT, count, out, xs, 0, 0);
        if (*ys == (R)-0.5) return OF(map)(NNREPL_RSQRT, count, out, xs, 0, 0);
        if (*ys == -1) return OF(map)(NNREPL_RECIPROCAL, count, out, xs, 0, 0);
    }
    switch (f) {
#define ZIP(name, T, result)                         \
    case name: {                                     \
        T odd = {0};                                 \
        PAIRS_OF(T, z = result; NOTE(z))             \
        return ALL_FINITE;                           \
    }
        ZIP(NNREPL_ADD, W, x + y)
        ZIP(NNREPL_SUBTRACT, W, x - y)
        ZIP(NNREPL_MULTIPLY, W, x * y)
        ZIP(NNREPL_DIVIDE, W, x / y)
        ZIP(NNREPL_MAXIMUM, W, x != x ? x : y != y ? y : x > y ? x : y)
        ZIP(NNREPL_MINIMUM, W, x != x ? x : y != y ? y : x < y ? x : y)
        ZIP(NNREPL_POWER, W, OF(power)(x, y))
        ZIP(NNREPL_ATAN2, W, OF_R(atan2)(x, y))
        ZIP(NNREPL_LESS, W, x < y ? AS(W, 1) : AS(W, 0))
        ZIP(NNREPL_LESS_OR_EQUAL, W, x <= y ? AS(W, 1) : AS(W, 0))
        ZIP(NNREPL_GREATER, W, x > y ? AS(W, 1) : AS(W, 0))
        ZIP(NNREPL_GREATER_OR_EQUAL, W, x >= y ? AS(W, 1) : AS(W, 0))
        ZIP(NNREPL_EQUAL, W, x == y ? AS(W, 1) : AS(W, 0))
        ZIP(NNREPL_NOT_EQUAL, W, x != y ? AS(W, 1) : AS(W, 0))
        ZIP(NNREPL_RELU_SLOPE, W, x <= 0 ? AS(W, 0) : y)
        ZIP(NNREPL_SIGMOID_SLOPE, W, y * (x * (1 - x)))
        ZIP(NNREPL_TANH_SLOPE, W, y * (1 - x * x))
        ZIP(NNREPL_GELU_SLOPE, W,
            y * ((R)0.5 * (1 + OF_R(erf)(x / (R)1.4142135623730951)) +
                 x * OF_R(exp)((R)-0.5 * (x * x)) / (R)2.5066282746310002))
        ZIP(NNREPL_SILU_SLOPE, W, OF(silu_slope)(x, y))
        ZIP(NNREPL_HARDSWISH_SLOPE, W, x <= -3 ? AS(W, 0) : x >= 3 ? y : y * (x / 3 + (R)0.5))
#undef ZIP
    }
    return 0;
}

static int OF(blend)(long count, R *out, const R *xs, double x_share, const R *ys, double y_share) {
    const R a = (R)x_share, b = (R)y_share;
    const long x_step = 1, y_step = 1;
    W odd = {0};
    PAIRS_OF(W, z = x * a + y * b; NOTE(z))
    return ALL_FINITE;
}

/// Adam's rules for one vector of each, in the order in which they are written: it gives the weights.
INLINE W OF(adam_step)(W w, W g, W *m, W *v, const nnrepl_adam_numbers *s) {
    if (s->pull != 0) g = g + w * (R)s->pull;
    w = w * (R)s->keep;
    *m = *m * (R)s->beta1 + g * (R)s->share1;
    *v = *v * (R)s->beta2 + g * g * (R)s->share2;
    const W root = __builtin_elementwise_sqrt(*v * (R)s->correction2) + (R)s->eps;
    return w - *m * (R)s->correction1 * (R)s->lr / root;
}

static int OF(adam)(long count, R *ws, const R *gs, R *ms, R *vs, const nnrepl_adam_numbers *s) {
    W odd = {0};
    long i = 0;
    for (; i + WIDE <= count; i += WIDE) {
        const W w = OF(adam_step)(*(W *)(ws + i), *(const W *)(gs + i), (W *)(ms + i), (W *)(vs + i), s);
        NOTE(w);
        *(W *)(ws + i) = w;
    }
    int are_finite = ALL_FINITE;
    if (i < count) {
        const size_t rest = (size_t)(count - i) * sizeof(R);
        W w = {0}, g = {0}, m = {0}, v = {0};
        memcpy(&w, ws + i, rest), memcpy(&g, gs + i, rest), memcpy(&m, ms + i, rest), memcpy(&v, vs + i, rest);
        w = OF(adam_step)(w, g, &m, &v, s);
        memcpy(ws + i, &w, rest), memcpy(ms + i, &m, rest), memcpy(vs + i, &v, rest);
        for (; i < count; i++) are_finite &= ws[i] - ws[i] == 0;
    }
    return are_finite;
}

static int OF(choose)(
    nnrepl_zip_function relation, long count, R *out, const R *xs, long x_step, const R *ys, long y_step, const R *as,
    long a_step, const R *bs, long b_step
) {
    long i = 0;
    W odd = {0};
    // What is one number for all is read again and again from a vector of it.
    const W x_all = (W)*xs, y_all = (W)*ys, a_all = (W)*as, b_all = (W)*bs;
    const R *x_at = x_step ? xs : (const R *)&x_all, *y_at = y_step ? ys : (const R *)&y_all;
    const R *a_at = a_step ? as : (const R *)&a_all, *b_at = b_step ? bs : (const R *)&b_all;
    switch (relation) {
#define CHOOSE(name, holds)                                                                          \
    case name:                                                                                       \
        for (; i + WIDE <= count; i += WIDE) {                                                       \
            const W x = *(const W *)(x_at + i * x_step), y = *(const W *)(y_at + i * y_step);        \
            const W z = holds ? *(const W *)(a_at + i * a_step) : *(const W *)(b_at + i * b_step);   \
            NOTE(z);                                                                                 \
            *(W *)(out + i) = z;                                                                     \
        }                                                                                            \
        if (i < count) {                                                                             \
            W x = {0}, y = {0}, a = {0}, b = {0};                                                    \
            const long first = i;                                                                    \
            for (; i < count; i++) {                                                                 \
                x[i - first] = xs[i * x_step], y[i - first] = ys[i * y_step];                        \
                a[i - first] = as[i * a_step], b[i - first] = bs[i * b_step];                        \
            }                                                                                        \
            const W z = holds ? a : b;                                                               \
            NOTE(z);                                                                                 \
            memcpy(out + first, &z, (size_t)(count - first) * sizeof(R));                            \
        }                                                                                            \
        break;
        CHOOSE(NNREPL_LESS, x < y)
        CHOOSE(NNREPL_LESS_OR_EQUAL, x <= y)
        CHOOSE(NNREPL_GREATER, x > y)
        CHOOSE(NNREPL_GREATER_OR_EQUAL, x >= y)
        CHOOSE(NNREPL_EQUAL, x == y)
        CHOOSE(NNREPL_NOT_EQUAL, x != y)
#undef CHOOSE
    default: return 0;
    }
    return ALL_FINITE;
}

/// SUMS lanes of terms, each added to its lane by JOINED(s, t), then lane by lane, then what is left over. T are the
/// vectors, S their numbers; `term` is of x.
#define LANE_BY_LANE(T, S, start, load, JOINED, term)                            \
    {                                                                            \
        enum { STEP = sizeof(T) / sizeof(S), PARTS = SUMS / STEP };              \
        T parts[PARTS];                                                          \
        EACH(l, PARTS) parts[l] = (T)(S)(start);                                 \
        long i = 0;                                                              \
        for (; i + SUMS <= count; i += SUMS) {                                   \
            EACH(l, PARTS) {                                                     \
                const T x = load(in + i + l * STEP), t = term;                   \
                parts[l] = JOINED(parts[l], t);                                  \
            }                                                                    \
        }                                                                        \
        S total = start;                                                         \
        if (i) {                                                                 \
            total = parts[0][0];                                                 \
            for (int l = 1; l < SUMS; l++) total = JOINED(total, parts[l / STEP][l % STEP]); \
        }                                                                        \
        for (; i < count; i++) {                                                 \
            const T x = (T)(S)in[i], t = term;                                   \
            total = JOINED(total, t[0]);                                         \
        }                                                                        \
        return total;                                                            \
    }
#define PLUS(s, t) ((s) + (t))
#define TIMES(s, t) ((s) * (t))
#define AS_STORED(place) (*(const W *)(place))
#define AS_DOUBLES(place) TO_V(*(const E *)(place))

/// How many of `count` floats, or rows of them, are summed as they are: all doubles, which have digits to spare.
#define BLOCK_OF(count, block) (sizeof(R) == sizeof(double) || (count) <= (block) ? (count) : (block))

/// The sum of `part`, of `some` numbers from `at` on, block by block: lanes of floats that ran through many numbers would
/// gather their roundings, so blocks are added in double precision.
#define BLOCK_BY_BLOCK(part)                                                                     \
    {                                                                                            \
        const long block = BLOCK_OF(count, NNREPL_BLOCK);                                        \
        double total = 0;                                                                        \
        for (long at = 0; at < count; at += block) {                                             \
            const long some = count - at < block ? count - at : block;                           \
            total += part;                                                                       \
        }                                                                                        \
        return total;                                                                            \
    }

static R OF(block_sum)(long count, const R *in) LANE_BY_LANE(W, R, 0, AS_STORED, PLUS, x)
static double OF(sum)(long count, const R *in) BLOCK_BY_BLOCK(OF(block_sum)(some, in + at))
static R OF(sum_of_zeros)(long count, const R *in) LANE_BY_LANE(W, R, 0, AS_STORED, PLUS, x * 0)
static R OF(block_sum_of_products)(long count, const R *in, const R *by) {
    enum { PARTS = SUMS / (sizeof(W) / sizeof(R)) };
    W parts[PARTS] = {0};
    long i = 0;
    for (; i + SUMS <= count; i += SUMS) {
        EACH(l, PARTS) parts[l] += *(const W *)(in + i + l * WIDE) * *(const W *)(by + i + l * WIDE);
    }
    R total = parts[0][0];
    for (int l = 1; l < SUMS; l++) total += parts[l / WIDE][l % WIDE];
    for (; i < count; i++) total += in[i] * by[i];
    return total;
}
static double OF(sum_of_products)(long count, const R *in, const R *by)
    BLOCK_BY_BLOCK(OF(block_sum_of_products)(some, in + at, by + at))
static void OF(add_lanes)(long count, R *lanes, const R *x) {
    enum { PARTS = SUMS / (sizeof(W) / sizeof(R)) };
    W parts[PARTS];
    memcpy(parts, lanes, sizeof parts);
    for (long i = 0; i + SUMS <= count; i += SUMS) {
        EACH(l, PARTS) parts[l] += *(const W *)(x + i + l * WIDE);
    }
    memcpy(lanes, parts, sizeof parts);
}
static R OF(block_sum_of_squared_differences)(long count, const R *in, R a)
    LANE_BY_LANE(W, R, 0, AS_STORED, PLUS, (x - a) * (x - a))
static double OF(sum_of_squared_differences)(long count, const R *in, R a)
    BLOCK_BY_BLOCK(OF(block_sum_of_squared_differences)(some, in + at, a))

/// The largest of x, or the smallest, where `order` is -1; nan wins. Their order has no part in it, so there may be any
/// number of lanes.
INLINE R OF(extreme)(long count, const R *in, R order) {
    W most[4];
    WI odd = {0};
    EACH(l, 4) most[l] = AS(W, -INFINITY);
    long i = 0;
    for (; i + 4 * WIDE <= count; i += 4 * WIDE) {
        EACH(l, 4) {
            const W x = *(const W *)(in + i + l * WIDE) * order;
            most[l] = most[l] > x ? most[l] : x;
            odd |= x != x;
        }
    }
    R result = -INFINITY;
    EACH(l, 4) for (int k = 0; k < WIDE; k++) result = result > most[l][k] ? result : most[l][k];
    int is_odd = __builtin_reduce_or(odd) != 0;
    for (; i < count; i++) {
        const R x = in[i] * order;
        result = result > x ? result : x;
        is_odd |= x != x;
    }
    return is_odd ? (R)NAN : result * order;
}
static R OF(largest)(long count, const R *in) { return OF(extreme)(count, in, 1); }
static R OF(smallest)(long count, const R *in) { return OF(extreme)(count, in, -1); }
static R OF(block_sum_of_powers)(long count, const R *in, R a)
    LANE_BY_LANE(W, R, 0, AS_STORED, PLUS, OF_R(exp)(x - a))
static double OF(sum_of_powers)(long count, const R *in, R a)
    BLOCK_BY_BLOCK(OF(block_sum_of_powers)(some, in + at, a))

static double OF(fold)(nnrepl_fold_function f, long count, const R *in, double a) {
    switch (f) {
    case NNREPL_SUM: return OF(sum)(count, in);
    case NNREPL_SUM_OF_ZEROS: return OF(sum_of_zeros)(count, in);
    case NNREPL_LARGEST: return OF(largest)(count, in);
    case NNREPL_SMALLEST: return OF(smallest)(count, in);
    case NNREPL_PRODUCT: LANE_BY_LANE(V, double, 1, AS_DOUBLES, TIMES, x)
    case NNREPL_SUM_OF_MAGNITUDES: LANE_BY_LANE(V, double, 0, AS_DOUBLES, PLUS, OF_V(magnitude)(x))
    case NNREPL_SUM_OF_SQUARES: LANE_BY_LANE(V, double, 0, AS_DOUBLES, PLUS, x * x)
    case NNREPL_SUM_OF_SQUARED_DIFFERENCES: LANE_BY_LANE(V, double, 0, AS_DOUBLES, PLUS, (x - a) * (x - a))
    case NNREPL_SUM_OF_POWERS: return OF(sum_of_powers)(count, in, (R)a);
    case NNREPL_SUM_IN_DOUBLES: LANE_BY_LANE(V, double, 0, AS_DOUBLES, PLUS, x)
    }
    return NAN;
}

static long OF(find)(long count, const R *x, double wanted) {
    const R value = (R)wanted;
    long i = 0;
    if (value == value) {
        for (; i + WIDE <= count; i += WIDE) {
            if (__builtin_reduce_or(*(const W *)(x + i) == value)) break;
        }
        while (i < count && x[i] != value) i++;
    } else {
        while (i < count && x[i] == x[i]) i++;
    }
    return i;
}

static void OF(log_sum_exp)(long rows, long count, double *out, const R *in) {
    for (long row = 0; row < rows; row++, in += count) {
        R most = OF(largest)(count, in);
        const int is_infinite = most == -INFINITY || most == INFINITY;
        // Of an infinite score there is no difference to take.
        const R shift = is_infinite ? 0 : most;
        out[row] = most == INFINITY ? INFINITY : shift + nnrepl_log(OF(sum_of_powers)(count, in, shift));
    }
}

static void OF(log_sums)(long rows, long count, double *most, double *log, const R *in) {
    for (long row = 0; row < rows; row++, in += count) {
        const R largest = OF(largest)(count, in);
        most[row] = largest;
        log[row] = nnrepl_log(OF(sum_of_powers)(count, in, largest));
    }
}

static void OF(softmax)(long rows, long count, R *out, const R *in, int is_log) {
    for (; rows-- > 0; in += count, out += count) {
        // The largest is taken off first: large scores keep their digits.
        const R most = OF(largest)(count, in);
        if (is_log) {
            VECTORS_OF(W, count, z = x - most)
            const R log = (R)nnrepl_log(OF(sum_of_powers)(count, out, 0));
            for (long i = 0; i < count; i++) out[i] -= log;
        } else {
            VECTORS_OF(W, count, z = OF_R(exp)(x - most))
            const R sum = (R)OF(sum)(count, out);
            for (long i = 0; i < count; i++) out[i] /= sum;
        }
    }
}

static void OF(softmax_slope)(long rows, long count, R *out, const R *zs, const R *dz, int is_log) {
    for (; rows-- > 0; zs += count, dz += count, out += count) {
        const R sum = (R)(is_log ? OF(sum)(count, dz) : OF(sum_of_products)(count, dz, zs));
        if (is_log) {
            const R *in = zs;
            VECTORS_OF(W, count, z = OF_R(exp)(x) * sum)
            OF(zip)(NNREPL_SUBTRACT, count, out, dz, 1, out, 1);
        } else {
            for (long i = 0; i < count; i++) out[i] = zs[i] * (dz[i] - sum);
        }
    }
}

static void OF(normalize)(long rows, long count, double eps, R *out, R *inverse, const R *in) {
    for (long row = 0; row < rows; row++, in += count, out += count) {
        const R mean = (R)OF(sum)(count, in) / (R)count;
        const R scale = 1 / (R)sqrt((R)OF(sum_of_squared_differences)(count, in, mean) / (R)count + (R)eps);
        inverse[row] = scale;
        VECTORS_OF(W, count, z = (x - mean) * scale)
    }
}

static void OF(normalize_slope)(long rows, long count, R *dx, const R *out, const R *inverse, const R *dz) {
    const R share = 1 / (R)count;
    for (long row = 0; row < rows; row++, dx += count, out += count, dz += count) {
        const R plain = (R)OF(sum)(count, dz) * share, along = (R)OF(sum_of_products)(count, dz, out) * share;
        const R scale = inverse[row];
        for (long i = 0; i < count; i++) dx[i] = (dz[i] - plain - out[i] * along) * scale;
    }
}

/// Room for what `columns` columns sum up in one block of rows, as R, behind that of all blocks, in double precision; none
/// for rows of one block, and where there is no memory: then they are summed in one go.
static double *OF(column_room)(long rows, long columns) {
    return rows > BLOCK_OF(rows, NNREPL_ROWS) ? calloc((size_t)columns, sizeof(double) + sizeof(R)) : NULL;
}

/// Adds up rows in `to`, columns that are 0 at first, by what stands last: `some` rows from `row` on to those at `part`.
#define ROWS_BY_BLOCKS(rows, columns, to, ...)                                                   \
    {                                                                                            \
        double *const sums = OF(column_room)(rows, columns);                                     \
        R *const part = sums ? (R *)(sums + (columns)) : (to);                                   \
        const long block = sums ? NNREPL_ROWS : (rows);                                          \
        for (long row = 0; row < (rows); row += block) {                                         \
            const long some = (rows) - row < block ? (rows) - row : block;                       \
            if (sums) memset(part, 0, (size_t)(columns) * sizeof(R));                            \
            __VA_ARGS__;                                                                         \
            if (sums) for (long c = 0; c < (columns); c++) sums[c] += part[c];                   \
        }                                                                                        \
        if (sums) for (long c = 0; c < (columns); c++) (to)[c] = (R)sums[c];                     \
        free(sums);                                                                              \
    }

static void OF(normalize_rows_back)(
    long rows, long n, double eps, R *dx, R *restrict dweight, R *restrict dbias, const R *restrict x,
    const R *restrict dz, const R *restrict weight, R *restrict scratch
) {
    R *normalized = scratch, *weighed = scratch + n;
    for (long row = 0; row < rows; row++, dx += n, x += n, dz += n) {
        R inverse;
        OF(normalize)(1, n, eps, normalized, &inverse, x);
        for (long i = 0; i < n; i++) {
            weighed[i] = dz[i] * weight[i];
            dweight[i] += dz[i] * normalized[i];
            dbias[i] += dz[i];
        }
        OF(normalize_slope)(1, n, dx, normalized, &inverse, weighed);
    }
}

static void OF(normalize_back)(
    long rows, long n, double eps, R *dx, R *dparts, const R *x, const R *dz, const R *weight, R *scratch
) ROWS_BY_BLOCKS(rows, 2 * n, dparts,
    OF(normalize_rows_back)(
        some, n, eps, dx + row * n, part, part + n, x + row * n, dz + row * n, weight, scratch))

static void OF(scale_rows)(long rows, long n, R *restrict x, const R *restrict scale, const R *restrict shift) {
    for (; rows-- > 0; x += n) {
        for (long i = 0; i < n; i++) x[i] = x[i] * scale[i] + shift[i];
    }
}

static void OF(add_block_of_rows)(long rows, long count, R *out, const R *x) {
    for (; rows >= 4; rows -= 4, x += 4 * count) {
        long i = 0;
        for (; i + WIDE <= count; i += WIDE) {
            W sum = *(W *)(out + i);
            EACH(r, 4) sum += *(const W *)(x + r * count + i);
            *(W *)(out + i) = sum;
        }
        for (; i < count; i++) out[i] = out[i] + x[i] + x[count + i] + x[2 * count + i] + x[3 * count + i];
    }
    for (; rows > 0; rows--, x += count) OF(zip)(NNREPL_ADD, count, out, out, 1, x, 1);
}

static void OF(add_rows)(long rows, long count, R *out, const R *x)
    ROWS_BY_BLOCKS(rows, count, out, OF(add_block_of_rows)(some, count, part, x + row * count))

static void OF(powers)(long count, R *out, const R *in, double most, double log, double scale) {
    // What the logarithm loses as R is taken off after it.
    const R largest = (R)most, less = (R)log, rest = (R)(log - (double)less), times = (R)scale;
    VECTORS_OF(W, count, z = times * OF_R(exp)(x - largest - less - rest))
}

/// Runs BODY for runs of n numbers from i on. With single numbers for each channel a run is a whole row, whose k-th
/// number belongs to channel k; else it lies within channel c.
#define EACH_CHANNEL(cut, whole_row, within)                                                        \
    if ((cut).inner == 1) {                                                                         \
        const long n = (cut).channels;                                                              \
        for (long i = 0; i < (cut).outer * n; i += n) {                                             \
            for (long k = 0; k < n; k++) { whole_row }                                              \
        }                                                                                           \
    } else {                                                                                        \
        const long n = (cut).inner;                                                                 \
        for (long run = 0, i = 0; run < (cut).outer * (cut).channels; run++, i += n) {              \
            const long c = run % (cut).channels;                                                    \
            within                                                                                  \
        }                                                                                           \
    }

static R OF(block_sum_of_slopes)(long count, const R *in, R mean, const R *dz) {
    enum { PARTS = SUMS / (sizeof(W) / sizeof(R)) };
    W parts[PARTS] = {0};
    long i = 0;
    for (; i + SUMS <= count; i += SUMS) {
        EACH(l, PARTS) parts[l] += *(const W *)(dz + i + l * WIDE) * (*(const W *)(in + i + l * WIDE) - mean);
    }
    R total = parts[0][0];
    for (int l = 1; l < SUMS; l++) total += parts[l / WIDE][l % WIDE];
    for (; i < count; i++) total += dz[i] * (in[i] - mean);
    return total;
}
static double OF(sum_of_slopes)(long count, const R *in, R mean, const R *dz)
    BLOCK_BY_BLOCK(OF(block_sum_of_slopes)(some, in + at, mean, dz + at))

static void OF(block_of_channel_sums)(
    nnrepl_channel_function f, nnrepl_channels cut, R *restrict out, const R *restrict x, const R *restrict mean,
    const R *restrict dz
) {
    switch (f) {
    case NNREPL_CHANNEL_SUM: EACH_CHANNEL(cut, out[k] += x[i + k];, out[c] += (R)OF(sum)(n, x + i);) return;
    case NNREPL_CHANNEL_SPREAD:
        EACH_CHANNEL(cut, const R d = x[i + k] - mean[k]; out[k] += d * d;
            , out[c] += (R)OF(sum_of_squared_differences)(n, x + i, mean[c]);)
        return;
    case NNREPL_CHANNEL_SLOPE:
        EACH_CHANNEL(cut, out[k] += dz[i + k] * (x[i + k] - mean[k]);
            , out[c] += (R)OF(sum_of_slopes)(n, x + i, mean[c], dz + i);)
    }
}

static void OF(channel_sums)(
    nnrepl_channel_function f, nnrepl_channels cut, R *out, const R *x, const R *mean, const R *dz
) {
    const long apart = cut.channels * cut.inner;
    ROWS_BY_BLOCKS(cut.outer, cut.channels, out, {
        const nnrepl_channels these = {some, cut.channels, cut.inner};
        OF(block_of_channel_sums)(f, these, part, x + row * apart, mean, dz ? dz + row * apart : dz);
    })
}

static void OF(channel_scale)(
    nnrepl_channels cut, R *restrict out, const R *restrict x, const R *restrict mean, const R *restrict scale,
    const R *restrict shift
) {
    EACH_CHANNEL(cut, out[i + k] = (x[i + k] - mean[k]) * scale[k] + shift[k];
        , for (long k = 0; k < n; k++) out[i + k] = (x[i + k] - mean[c]) * scale[c] + shift[c];)
}

static void OF(channel_combine)(
    nnrepl_channels cut, R *restrict out, const R *restrict dz, const R *restrict a, const R *restrict x,
    const R *restrict mean, const R *restrict b, const R *restrict shift
) {
    EACH_CHANNEL(cut, out[i + k] = dz[i + k] * a[k] + (x[i + k] - mean[k]) * b[k] + shift[k];
        , for (long k = 0; k < n; k++) out[i + k] = dz[i + k] * a[c] + (x[i + k] - mean[c]) * b[c] + shift[c];)
}

/// Calls BODY for numbers i along an axis, with `from` where the index says that they lie: ends the function where it is no
/// whole number from 0 to below the axis's length.
#define ALONG(cut, BODY)                                                                                 \
    enum { SOME = 256 };                                                                                 \
    const double whole = 0x1.8p52;                                                                       \
    long long base, places[SOME];                                                                        \
    memcpy(&base, &whole, sizeof base);                                                                  \
    const long run = (cut).count * (cut).inner;                                                          \
    for (long o = 0; o < (cut).outer; o++) {                                                             \
        for (long first = 0; first < run; first += SOME) {                                               \
            const long some = run - first < SOME ? run - first : SOME;                                   \
            const double *at = index + o * run + first;                                                  \
            /* Whoever asked for them looks afterwards whether the run is to be broken off. */           \
            if ((o * run + first) % (1 << 20) < SOME && nnrepl_must_stop()) return 1;                    \
            long long odd = 0;                                                                           \
            for (long k = 0; k < some; k++) {                                                            \
                /* The sum has a whole number in its last bits. */                                       \
                const double sum = at[k] + whole;                                                        \
                long long bits;                                                                          \
                memcpy(&bits, &sum, sizeof bits);                                                        \
                places[k] = bits - base;                                                                 \
                odd |= places[k] | ((cut).length - 1 - places[k]) | -(long long)(sum - whole != at[k]);  \
            }                                                                                            \
            if (odd < 0) return 0;                                                                       \
            if ((cut).inner == 1) {                                                                      \
                for (long k = 0; k < some; k++) {                                                        \
                    const long i = o * run + first + k, from = o * (cut).length + (long)places[k];       \
                    BODY;                                                                                \
                }                                                                                        \
                continue;                                                                                \
            }                                                                                            \
            for (long k = 0; k < some; k++) {                                                            \
                const long i = o * run + first + k, behind = (first + k) % (cut).inner;                  \
                const long from = (o * (cut).length + (long)places[k]) * (cut).inner + behind;           \
                BODY;                                                                                    \
            }                                                                                            \
        }                                                                                                \
    }                                                                                                    \
    return 1;

static int OF(gather)(nnrepl_along cut, R *restrict out, const R *restrict x, const double *restrict index) {
    ALONG(cut, out[i] = x[from])
}

static int OF(scatter_add)(nnrepl_along cut, R *restrict out, const R *restrict x, const double *restrict index) {
    ALONG(cut, out[from] += x[i])
}

/// Running products, eight lines side by side, so that none waits for itself.
static void OF(running_product)(long outer, long length, long inner, R *out, const R *x) {
    enum { SOME = 8 };
    for (long first = 0; first < outer * inner; first += SOME) {
        if (nnrepl_must_stop()) return;
        const long lines = outer * inner - first < SOME ? outer * inner - first : SOME;
        double product[SOME];
        long start[SOME];
        for (long l = 0; l < lines; l++) {
            product[l] = 1;
            start[l] = (first + l) / inner * length * inner + (first + l) % inner;
        }
        for (long i = 0; i < length * inner; i += inner) {
            for (long l = 0; l < lines; l++) {
                product[l] *= x[start[l] + i];
                out[start[l] + i] = (R)product[l];
            }
        }
    }
}

/// Room for products of `count` numbers in double precision, which reach further than R; none where R is that, or where
/// there is no memory: then they lie where the results will.
static double *OF(wide_room)(long count) {
    return sizeof(R) == sizeof(double) ? NULL : malloc((size_t)count * sizeof(double));
}

/// What they hand back: before[i] after[i], where before[i] is the product of what is before x[i], and after[i] =
/// dz[i] + x[i + 1] after[i + 1].
static void OF(running_product_slope)(long outer, long length, long inner, R *dx, const R *x, const R *dz) {
    enum { SOME = 8 };
    double *const room = OF(wide_room)(SOME * length);
    for (long first = 0; first < outer * inner; first += SOME) {
        if (nnrepl_must_stop()) break;
        const long lines = outer * inner - first < SOME ? outer * inner - first : SOME;
        double before[SOME], after[SOME];
        long start[SOME];
        for (long l = 0; l < lines; l++) {
            before[l] = 1, after[l] = 0;
            start[l] = (first + l) / inner * length * inner + (first + l) % inner;
        }
        for (long i = 0; i < length * inner; i += inner) {
            for (long l = 0; l < lines; l++) {
                if (room) room[l * length + i / inner] = before[l];
                else dx[start[l] + i] = (R)before[l];
                before[l] *= x[start[l] + i];
            }
        }
        for (long i = (length - 1) * inner; i >= 0; i -= inner) {
            for (long l = 0; l < lines; l++) {
                const long k = start[l] + i;
                after[l] = dz[k] + after[l];
                dx[k] = (R)((room ? room[l * length + i / inner] : dx[k]) * after[l]);
                after[l] *= x[k];
            }
        }
    }
    free(room);
}

/// Of rows of n the product of all others for each number.
static void OF(product_of_others)(long rows, long n, R *out, const R *x) {
    enum { SOME = 8 };
    double *const room = OF(wide_room)(SOME * n);
    for (; rows > 0; rows -= SOME, x += SOME * n, out += SOME * n) {
        if (nnrepl_must_stop()) break;
        const long lines = rows < SOME ? rows : SOME;
        double before[SOME], after[SOME];
        for (long l = 0; l < lines; l++) before[l] = after[l] = 1;
        for (long i = 0; i < n; i++) {
            for (long l = 0; l < lines; l++) {
                if (room) room[l * n + i] = before[l];
                else out[l * n + i] = (R)before[l];
                before[l] *= x[l * n + i];
            }
        }
        for (long i = n - 1; i >= 0; i--) {
            for (long l = 0; l < lines; l++) {
                out[l * n + i] = (R)((room ? room[l * n + i] : out[l * n + i]) * after[l]);
                after[l] *= x[l * n + i];
            }
        }
    }
    free(room);
}

/// Numbers to each of which belongs one of `columns` columns at a time.
enum { OF(COLUMNS) = 512 };

/// dz/hits where x is z, else dz 0/hits, for numbers as outer × n × inner of which n share a z.
static void OF(share)(long outer, long n, long inner, int takes_nan, R *out, const R *x, const R *z, const R *dz) {
#define HIT(k, c) (x[k] == z[c] || (takes_nan && x[k] != x[k] && z[c] != z[c]))
    for (long o = 0; o < outer; o++, x += n * inner, out += n * inner, z += inner, dz += inner) {
        if (inner == 1) {
            R hits = 0;
            for (long i = 0; i < n; i++) hits += HIT(i, 0) ? (R)1 : (R)0;
            const R hit = *dz / hits, miss = *dz * 0 / hits;
            for (long i = 0; i < n; i++) out[i] = HIT(i, 0) ? hit : miss;
            continue;
        }
        for (long first = 0; first < inner; first += OF(COLUMNS)) {
            const long columns = inner - first < OF(COLUMNS) ? inner - first : OF(COLUMNS);
            R hit[OF(COLUMNS)] = {0}, miss[OF(COLUMNS)];
            for (long i = first; i < n * inner; i += inner) {
                for (long c = 0; c < columns; c++) hit[c] += HIT(i + c, first + c) ? (R)1 : (R)0;
            }
            for (long c = 0; c < columns; c++) {
                miss[c] = dz[first + c] * 0 / hit[c];
                hit[c] = dz[first + c] / hit[c];
            }
            for (long i = first; i < n * inner; i += inner) {
                for (long c = 0; c < columns; c++) out[i + c] = HIT(i + c, first + c) ? hit[c] : miss[c];
            }
        }
    }
#undef HIT
}

/// What a column of softmax adds up.
typedef enum { OF(ITSELF), OF(POWER), OF(PRODUCT), OF(OTHER) } OF(summand);

/// Adds to the sums of `columns` columns a block of n numbers of each, `inner` apart, in lanes as `block_sum` has them for
/// one: of x, e^x, x y or y.
static void OF(add_block_of_columns)(
    OF(summand) what, long n, long inner, long columns, double *sums, const R *x, const R *y
) {
    R lanes[SUMS][OF(COLUMNS)] = {{0}}, term[OF(COLUMNS)];
    R *const sum = lanes[0];
    const long whole = n / SUMS * SUMS;
    for (long i = 0; i < n; i++, x += inner, y += inner) {
        if (i == whole) for (int l = 1; l < SUMS; l++) OF(zip)(NNREPL_ADD, columns, sum, sum, 1, lanes[l], 1);
        const R *terms = what == OF(ITSELF) ? x : what == OF(OTHER) ? y : term;
        if (what == OF(POWER)) OF(map)(NNREPL_EXP, columns, term, x, 0, 0);
        if (what == OF(PRODUCT)) OF(zip)(NNREPL_MULTIPLY, columns, term, y, 1, x, 1);
        R *to = i < whole ? lanes[i % SUMS] : sum;
        OF(zip)(NNREPL_ADD, columns, to, to, 1, terms, 1);
    }
    if (n == whole) for (int l = 1; l < SUMS; l++) OF(zip)(NNREPL_ADD, columns, sum, sum, 1, lanes[l], 1);
    for (long c = 0; c < columns; c++) sums[c] += sum[c];
}

static void OF(column_sums)(
    OF(summand) what, long n, long inner, long columns, R *sum, const R *x, const R *y
) {
    const long block = BLOCK_OF(n, NNREPL_BLOCK);
    double sums[OF(COLUMNS)] = {0};
    for (long at = 0; at < n; at += block) {
        const long some = n - at < block ? n - at : block;
        OF(add_block_of_columns)(what, some, inner, columns, sums, x + at * inner, y + at * inner);
    }
    for (long c = 0; c < columns; c++) sum[c] = (R)sums[c];
}

static void OF(softmax_columns)(long outer, long n, long inner, R *out, const R *x, int is_log) {
    R most[OF(COLUMNS)], sum[OF(COLUMNS)];
    for (long o = 0; o < outer; o++, x += n * inner, out += n * inner) {
        for (long first = 0; first < inner; first += OF(COLUMNS)) {
            const long columns = inner - first < OF(COLUMNS) ? inner - first : OF(COLUMNS);
            // The largest is taken off first: large scores keep their digits.
            memcpy(most, x + first, (size_t)columns * sizeof(R));
            for (long i = first + inner; i < n * inner; i += inner) {
                OF(zip)(NNREPL_MAXIMUM, columns, most, most, 1, x + i, 1);
            }
            for (long i = first; i < n * inner; i += inner) {
                OF(zip)(NNREPL_SUBTRACT, columns, out + i, x + i, 1, most, 1);
                if (!is_log) OF(map)(NNREPL_EXP, columns, out + i, out + i, 0, 0);
            }
            OF(column_sums)(is_log ? OF(POWER) : OF(ITSELF), n, inner, columns, sum, out + first, out + first);
            if (is_log) {
                for (long c = 0; c < columns; c++) sum[c] = (R)nnrepl_log((double)sum[c]);
            }
            for (long i = first; i < n * inner; i += inner) {
                OF(zip)(is_log ? NNREPL_SUBTRACT : NNREPL_DIVIDE, columns, out + i, out + i, 1, sum, 1);
            }
        }
    }
}

static void OF(softmax_columns_slope)(
    long outer, long n, long inner, R *restrict out, const R *restrict z, const R *restrict dz, int is_log
) {
    R sum[OF(COLUMNS)];
    for (long o = 0; o < outer; o++, z += n * inner, dz += n * inner, out += n * inner) {
        for (long first = 0; first < inner; first += OF(COLUMNS)) {
            const long columns = inner - first < OF(COLUMNS) ? inner - first : OF(COLUMNS);
            OF(column_sums)(is_log ? OF(OTHER) : OF(PRODUCT), n, inner, columns, sum, z + first, dz + first);
            for (long i = first; i < n * inner; i += inner) {
                if (is_log) {
                    OF(map)(NNREPL_EXP, columns, out + i, z + i, 0, 0);
                    for (long c = 0; c < columns; c++) out[i + c] = dz[i + c] - out[i + c] * sum[c];
                } else {
                    for (long c = 0; c < columns; c++) out[i + c] = z[i + c] * (dz[i + c] - sum[c]);
                }
            }
        }
    }
}

static void OF(mask)(long count, R *out, const unsigned *words, unsigned long long limit, double scale) {
    const R kept = (R)scale;
    for (long i = 0; i < count; i++) {
        const unsigned long long u = ((unsigned long long)words[2 * i] << 32 | words[2 * i + 1]) & 0x1fffffffffffff;
        out[i] = u < limit ? kept : 0;
    }
}

#include "gates-type.h"

#undef OF
#undef WIDE
#undef ONCE
#undef AS
#undef NOTE
#undef ALL_FINITE
#undef VECTORS_OF
#undef PAIRS_OF
#undef ROW
#undef LANE_BY_LANE
#undef BLOCK_OF
#undef BLOCK_BY_BLOCK
#undef ROWS_BY_BLOCKS
#undef PLUS
#undef TIMES
#undef AS_STORED
#undef AS_DOUBLES
#undef EACH_CHANNEL
#undef ALONG
