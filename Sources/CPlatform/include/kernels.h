#pragma once

// Loops over many numbers, as wide as the processor's vectors: built for several instruction sets, of which the best
// is chosen when the program starts. The same bits come out of all of them, and in a page: no operation is fused, and
// sums have lanes whose number does not depend on the processor.
//
// Results may stand where an operand does.

/// Functions of one number, with up to two settings a and b.
typedef enum {
    NNREPL_NEGATE, NNREPL_ABS, NNREPL_SQUARE, NNREPL_CUBE, NNREPL_RECIPROCAL, NNREPL_SQRT, NNREPL_RSQRT, NNREPL_SIGN, NNREPL_FLOOR, NNREPL_ROUND,
    /// Between a and b.
    NNREPL_CLAMP,
    NNREPL_EXP, NNREPL_EXPM1, NNREPL_LOG, NNREPL_LOG1P, NNREPL_SIN, NNREPL_COS, NNREPL_TANH, NNREPL_ERF,
    NNREPL_RELU,
    /// a is the slope below 0.
    NNREPL_LEAKY_RELU,
    /// Half the square up to a, straight beyond: with c, x held between -a and a, it is c (x - c/2).
    NNREPL_HUBER,
    /// a is alpha.
    NNREPL_ELU,
    NNREPL_SIGMOID, NNREPL_SILU, NNREPL_HARDSWISH, NNREPL_GELU, NNREPL_GELU_TANH,
    /// a is beta, b the threshold.
    NNREPL_SOFTPLUS,
    NNREPL_LOG_SIGMOID,
    NNREPL_TRUNCATE, NNREPL_COPY,
} nnrepl_map_function;

/// Functions of two numbers.
typedef enum {
    NNREPL_ADD, NNREPL_SUBTRACT, NNREPL_MULTIPLY, NNREPL_DIVIDE,
    /// nan wins.
    NNREPL_MAXIMUM, NNREPL_MINIMUM,
    NNREPL_POWER,
    /// x is the ordinate.
    NNREPL_ATAN2,
    /// 1 where it holds, else 0.
    NNREPL_LESS, NNREPL_LESS_OR_EQUAL, NNREPL_GREATER, NNREPL_GREATER_OR_EQUAL, NNREPL_EQUAL, NNREPL_NOT_EQUAL,
    /// What an activation hands back: from its operand or its result, and what reached the result.
    NNREPL_RELU_SLOPE, NNREPL_SIGMOID_SLOPE, NNREPL_TANH_SLOPE, NNREPL_GELU_SLOPE, NNREPL_SILU_SLOPE,
    NNREPL_HARDSWISH_SLOPE,
} nnrepl_zip_function;

/// How many floats, or rows of them, are added up with the precision that they have: blocks of so many are added in
/// double precision.
enum { NNREPL_BLOCK = 8192, NNREPL_ROWS = 512 };

/// Many numbers to one, computed in double precision but for the sum, of which each block has its operand's. Sixteen lanes,
/// added in order, then what is left over.
typedef enum {
    NNREPL_SUM, NNREPL_PRODUCT,
    /// Each number times 0: 0 if all are finite.
    NNREPL_SUM_OF_ZEROS,
    /// nan wins; -inf or inf of none.
    NNREPL_LARGEST, NNREPL_SMALLEST,
    NNREPL_SUM_IN_DOUBLES, NNREPL_SUM_OF_MAGNITUDES, NNREPL_SUM_OF_SQUARES,
    /// Of the differences from a.
    NNREPL_SUM_OF_SQUARED_DIFFERENCES,
    /// Of e^(x - a).
    NNREPL_SUM_OF_POWERS,
} nnrepl_fold_function;

/// What is stored: doubles or floats. Pointers below are to these.
typedef enum { NNREPL_F64, NNREPL_F32 } nnrepl_type;

/// How many bytes a number of a type has.
static inline long nnrepl_size(nnrepl_type type) { return type == NNREPL_F32 ? sizeof(float) : sizeof(double); }

// What gives a number gives 1 where they have seen that all results are finite, else 0, which leaves it open.

/// out[i] = f(x[i]).
int nnrepl_map(
    nnrepl_type type, nnrepl_map_function f, long count, void *_Nonnull out, const void *_Nonnull x, double a, double b);

/// out[i] = f(x[i], y[i]); an operand whose step is 0, not 1, is one number for all.
int nnrepl_zip(
    nnrepl_type type, nnrepl_zip_function f, long count, void *_Nonnull out, const void *_Nonnull x, long x_step,
    const void *_Nonnull y, long y_step);

/// out[i] = a x[i] + b y[i].
int nnrepl_blend(
    nnrepl_type type, long count, void *_Nonnull out, const void *_Nonnull x, double a, const void *_Nonnull y, double b);

/// The numbers of a step of Adam that are the same for all weights.
typedef struct {
    /// What is added to a gradient of its weight, and what is left of a weight before the step.
    double pull, keep;
    /// How much of the moments stays, how much of the gradient and its square comes in, and what corrects them.
    double beta1, share1, beta2, share2, correction1, correction2;
    double lr, eps;
} nnrepl_adam_numbers;

/// A step of Adam in one pass: g + pull w enters the moments m and v, then w = keep w - lr m̂ / (√v̂ + eps).
int nnrepl_adam(
    nnrepl_type type, long count, void *_Nonnull w, const void *_Nonnull g, void *_Nonnull m, void *_Nonnull v,
    const nnrepl_adam_numbers *_Nonnull numbers);

/// ln Σ e^x of each row of n, not rounded to its type.
void nnrepl_log_sum_exp(nnrepl_type type, long rows, long n, double *_Nonnull out, const void *_Nonnull x);

/// The same in two parts: the largest of each row, and what is to be added to it.
void nnrepl_log_sums(
    nnrepl_type type, long rows, long n, double *_Nonnull most, double *_Nonnull log, const void *_Nonnull x);

/// out[i] = where the relation holds between x[i] and y[i] a[i], else b[i]; steps as above.
int nnrepl_choose(
    nnrepl_type type, nnrepl_zip_function relation, long count, void *_Nonnull out, const void *_Nonnull x, long x_step,
    const void *_Nonnull y, long y_step, const void *_Nonnull a, long a_step, const void *_Nonnull b, long b_step);

/// Adds x[i], as far as there are whole sixteens of them, to lanes[i % 16]: a sum that goes on from block to block.
void nnrepl_add_lanes(nnrepl_type type, long count, void *_Nonnull lanes, const void *_Nonnull x);

double nnrepl_fold(nnrepl_type type, nnrepl_fold_function f, long count, const void *_Nonnull x, double a);

/// Numbers of the other type as those of this one.
void nnrepl_convert(nnrepl_type type, long count, void *_Nonnull out, const void *_Nonnull x);

/// Σ x[i] y[i], in lanes.
double nnrepl_dot(nnrepl_type type, long count, const void *_Nonnull x, const void *_Nonnull y);

/// The first place of `value`, or of nan if that is what it is; `count` if it is nowhere.
long nnrepl_find(nnrepl_type type, long count, const void *_Nonnull x, double value);

/// Of numbers as outer × n × inner, for each n of them: e^x over their sum; or its logarithm.
void nnrepl_softmax(
    nnrepl_type type, long outer, long n, long inner, void *_Nonnull out, const void *_Nonnull x, int is_log);

/// What softmax hands back: z (dz - Σ dz z) of each n; of its logarithm dz - e^z Σ dz.
void nnrepl_softmax_slope(
    nnrepl_type type, long outer, long n, long inner, void *_Nonnull out, const void *_Nonnull z,
    const void *_Nonnull dz, int is_log);

/// Rows of n with their mean taken off, over the root of their biased variance plus eps; and one over that.
void nnrepl_normalize(
    nnrepl_type type, long rows, long n, double eps, void *_Nonnull out, void *_Nonnull inverse,
    const void *_Nonnull x);

/// What that hands back, from its results and what reached them: (dz - mean dz - out mean(dz out)) inverse.
void nnrepl_normalize_slope(
    nnrepl_type type, long rows, long n, void *_Nonnull dx, const void *_Nonnull out, const void *_Nonnull inverse,
    const void *_Nonnull dz);

/// The same from x, whose normalized rows were scaled by `weight` and shifted; and in two rows of zeros, dparts, what
/// weight and shift are handed back. Scratch has room for two rows.
void nnrepl_normalize_back(
    nnrepl_type type, long rows, long n, double eps, void *_Nonnull dx, void *_Nonnull dparts, const void *_Nonnull x,
    const void *_Nonnull dz, const void *_Nonnull weight, void *_Nonnull scratch);

/// x[row, i] = x[row, i] scale[i] + shift[i], for rows of n.
void nnrepl_scale_rows(
    nnrepl_type type, long rows, long n, void *_Nonnull x, const void *_Nonnull scale, const void *_Nonnull shift);

/// The memory of an LSTM after a step, out = σ(f) c + σ(i) tanh(g), for rows of n. Each row of gates is i, f, g and o
/// side by side; what the first three come to is kept.
int nnrepl_lstm_memory(
    nnrepl_type type, long rows, long n, void *_Nonnull out, void *_Nonnull i, void *_Nonnull f, void *_Nonnull g,
    const void *_Nonnull gates, const void *_Nonnull c);

/// Adds what that hands back to i, f and g of each row, from what they came to and what reached it.
void nnrepl_lstm_memory_slope(
    nnrepl_type type, long rows, long n, void *_Nonnull dgates, const void *_Nonnull dz, const void *_Nonnull c,
    const void *_Nonnull i, const void *_Nonnull f, const void *_Nonnull g);

/// What an LSTM shows of its memory, out = σ(o) tanh(c); both factors are kept.
int nnrepl_lstm_output(
    nnrepl_type type, long rows, long n, void *_Nonnull out, void *_Nonnull o, void *_Nonnull shown,
    const void *_Nonnull gates, const void *_Nonnull c);

/// What that hands back to c, and adds what it hands back to o of each row.
void nnrepl_lstm_output_slope(
    nnrepl_type type, long rows, long n, void *_Nonnull dgates, void *_Nonnull dc, const void *_Nonnull dz,
    const void *_Nonnull o, const void *_Nonnull shown);

/// out[i] = Σ x[row, i]: rows of n, added to zeros in order.
void nnrepl_add_rows(nnrepl_type type, long rows, long n, void *_Nonnull out, const void *_Nonnull x);

/// out[i] = scale e^(x[i] - most - log): most is a number of the type.
void nnrepl_powers(
    nnrepl_type type, long count, void *_Nonnull out, const void *_Nonnull x, double most, double log, double scale);

/// Numbers as outer × channels × inner, for statistics of each channel.
typedef struct {
    long outer, channels, inner;
} nnrepl_channels;

/// Of each channel, in out, which is 0 before: Σ x, Σ (x - mean)² or Σ dz (x - mean).
typedef enum { NNREPL_CHANNEL_SUM, NNREPL_CHANNEL_SPREAD, NNREPL_CHANNEL_SLOPE } nnrepl_channel_function;
void nnrepl_channel_sums(
    nnrepl_type type, nnrepl_channel_function f, nnrepl_channels cut, void *_Nonnull out, const void *_Nonnull x,
    const void *_Nullable mean, const void *_Nullable dz);

/// out = (x - mean) scale + shift, with numbers for each channel.
void nnrepl_channel_scale(
    nnrepl_type type, nnrepl_channels cut, void *_Nonnull out, const void *_Nonnull x, const void *_Nonnull mean,
    const void *_Nonnull scale, const void *_Nonnull shift);

/// out = dz a + (x - mean) b + c, with numbers for each channel.
void nnrepl_channel_combine(
    nnrepl_type type, nnrepl_channels cut, void *_Nonnull out, const void *_Nonnull dz, const void *_Nonnull a,
    const void *_Nonnull x, const void *_Nonnull mean, const void *_Nonnull b, const void *_Nonnull c);

/// The next state of a Mersenne Twister, 624 words.
void nnrepl_twist(unsigned *_Nonnull state);

/// Lines along an axis of `length`, between `outer` and `inner` others; `count` of them are taken from each.
typedef struct {
    long outer, length, count, inner;
} nnrepl_along;

/// out[o, i, j] = x[o, index[o, i, j], j]; or out[o, index[o, i, j], j] += x[o, i, j]. Both end with 0 where an index is no
/// whole number from 0 to below the length, else with 1.
int nnrepl_gather(
    nnrepl_type type, nnrepl_along cut, void *_Nonnull out, const void *_Nonnull x, const double *_Nonnull index);
int nnrepl_scatter_add(
    nnrepl_type type, nnrepl_along cut, void *_Nonnull out, const void *_Nonnull x, const double *_Nonnull index);

/// Running products along an axis; and what they hand back, without a division.
void nnrepl_running_product(
    nnrepl_type type, long outer, long length, long inner, void *_Nonnull out, const void *_Nonnull x);
void nnrepl_running_product_slope(
    nnrepl_type type, long outer, long length, long inner, void *_Nonnull dx, const void *_Nonnull x,
    const void *_Nonnull dz);

/// Of rows of n, for each number the product of all others.
void nnrepl_product_of_others(nnrepl_type type, long rows, long n, void *_Nonnull out, const void *_Nonnull x);

/// dz/hits where x is z, else 0 of it, for numbers as outer × n × inner of which n share a z and hit it; with takes_nan
/// nan is itself.
void nnrepl_share(
    nnrepl_type type, long outer, long n, long inner, int takes_nan, void *_Nonnull out, const void *_Nonnull x,
    const void *_Nonnull z, const void *_Nonnull dz);

/// Words of a Mersenne Twister from its state.
void nnrepl_temper(long count, unsigned *_Nonnull out, const unsigned *_Nonnull state);

/// `scale` where 53 bits of a pair of words are below the limit, else 0.
void nnrepl_mask(
    nnrepl_type type, long count, void *_Nonnull out, const unsigned *_Nonnull words, unsigned long long limit,
    double scale);

/// Has kernels use vectors of so many bytes, or of fewer where the processor has no such; for tests. Gives what they use
/// now. At the start it is the widest that there are.
long nnrepl_use_vectors(long bytes);
