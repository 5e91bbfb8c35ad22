// Loops over many numbers: kernels.h says what they do. C, because a function can be built here for processors with
// wider vectors and be chosen when the program runs.
#include <stdlib.h>
#include "elementary.h"
#include <stdatomic.h>
#include "kernels.h"
#include "meter.h"
#include "threads.h"
#include "vectors.h"

static long chosen_bytes = 0;

long nnrepl_vector_bytes(void) {
    if (!chosen_bytes) chosen_bytes = widest();
    return chosen_bytes;
}

long nnrepl_use_vectors(long bytes) {
    const long most = widest();
    return chosen_bytes = bytes < most ? bytes : most;
}

/// The lanes of a sum, whatever vectors there are.
enum { SUMS = 16 };

double wide_sine(double x, long long turned);

#define WIDTH_FILE "kernels-width.h"
#include "widths.h"

/// A loop over many numbers, each of which comes out alone.
typedef struct loop {
    int (*some)(const struct loop *l, long first, long count);
    /// From how many numbers on threads share it.
    long shared;
    nnrepl_type type;
    int f;
    long count;
    void *out;
    const void *x, *y;
    long x_step, y_step;
    double a, b;
    void *moments[2];
    const nnrepl_adam_numbers *numbers;
    atomic_int is_finite;
} loop;

/// From so many numbers on, it pays that threads share an elementary function, or a loop that waits for memory; and how many
/// they take at a time.
enum { MANY = 1 << 17, VERY_MANY = 1 << 19, PIECE = 1 << 16 };

static void loop_piece(void *raw, long piece) {
    loop *l = raw;
    const long first = piece * PIECE, rest = l->count - first;
    if (!l->some(l, first, rest < PIECE ? rest : PIECE)) {
        atomic_store_explicit(&l->is_finite, 0, memory_order_relaxed);
    }
}

static int looped(loop l) {
    if (l.count < l.shared || nnrepl_threads() == 1) return l.some(&l, 0, l.count);
    nnrepl_in_pieces((l.count + PIECE - 1) / PIECE, loop_piece, &l);
    return l.is_finite;
}

/// From an element on.
static void *from(const loop *l, const void *x, long first) {
    return (char *)x + first * nnrepl_size(l->type);
}

// Short loops, of which a broadcast has one for each row, lay nothing out.

INLINE int map(nnrepl_type type, nnrepl_map_function f, long count, void *out, const void *x, double a, double b) {
    CHOSEN(map, f, count, out, x, a, b)
}

static int map_some(const loop *l, long first, long count) {
    return map(l->type, (nnrepl_map_function)l->f, count, from(l, l->out, first), from(l, l->x, first), l->a, l->b);
}

static __attribute__((noinline)) int map_shared(
    nnrepl_type type, nnrepl_map_function f, long count, void *out, const void *x, double a, double b
) {
    const int is_elementary = (f >= NNREPL_EXP && f <= NNREPL_ERF) || (f >= NNREPL_ELU && f < NNREPL_COPY);
    const long shared = is_elementary ? MANY : VERY_MANY;
    return looped((loop){map_some, shared, type, f, count, out, x, .a = a, .b = b, .is_finite = 1});
}

int nnrepl_map(
    nnrepl_type type, nnrepl_map_function f, long count, void *out, const void *x, double a, double b
) {
    return count < MANY ? map(type, f, count, out, x, a, b) : map_shared(type, f, count, out, x, a, b);
}

INLINE int zip(
    nnrepl_type type, nnrepl_zip_function f, long count, void *out, const void *x, long x_step, const void *y,
    long y_step
) {
    CHOSEN(zip, f, count, out, x, x_step, y, y_step)
}

static int zip_some(const loop *l, long first, long count) {
    const void *x = from(l, l->x, first * l->x_step), *y = from(l, l->y, first * l->y_step);
    return zip(
        l->type, (nnrepl_zip_function)l->f, count, from(l, l->out, first), x, l->x_step, y, l->y_step);
}

static __attribute__((noinline)) int zip_shared(
    nnrepl_type type, nnrepl_zip_function f, long count, void *out, const void *x, long x_step, const void *y,
    long y_step
) {
    const int is_elementary = f == NNREPL_POWER || f == NNREPL_ATAN2 || f == NNREPL_GELU_SLOPE || f == NNREPL_SILU_SLOPE;
    const long shared = is_elementary ? MANY : VERY_MANY;
    return looped((loop){zip_some, shared, type, f, count, out, x, y, x_step, y_step, .is_finite = 1});
}

int nnrepl_zip(
    nnrepl_type type, nnrepl_zip_function f, long count, void *out, const void *x, long x_step, const void *y,
    long y_step
) {
    return count < MANY ? zip(type, f, count, out, x, x_step, y, y_step)
                        : zip_shared(type, f, count, out, x, x_step, y, y_step);
}

int nnrepl_blend(
    nnrepl_type type, long count, void *out, const void *x, double a, const void *y, double b
) {
    CHOSEN(blend, count, out, x, a, y, b)
}

static int adam_some(const loop *l, long first, long count) {
    const nnrepl_type type = l->type;
    void *m = from(l, l->moments[0], first), *v = from(l, l->moments[1], first);
    CHOSEN(adam, count, from(l, l->out, first), from(l, l->x, first), m, v, l->numbers)
}

int nnrepl_adam(
    nnrepl_type type, long count, void *w, const void *g, void *m, void *v, const nnrepl_adam_numbers *numbers
) {
    return looped(
        (loop){adam_some, VERY_MANY, type, 0, count, w, g, .moments = {m, v}, .numbers = numbers, .is_finite = 1});
}

void nnrepl_log_sums(nnrepl_type type, long rows, long n, double *most, double *log, const void *x) {
    CHOSEN(log_sums, rows, n, most, log, x)
}

void nnrepl_log_sum_exp(nnrepl_type type, long rows, long n, double *out, const void *x) {
    CHOSEN(log_sum_exp, rows, n, out, x)
}

int nnrepl_choose(
    nnrepl_type type, nnrepl_zip_function relation, long count, void *out, const void *x, long x_step, const void *y,
    long y_step, const void *a, long a_step, const void *b, long b_step
) {
    CHOSEN(choose, relation, count, out, x, x_step, y, y_step, a, a_step, b, b_step)
}

void nnrepl_add_lanes(nnrepl_type type, long count, void *lanes, const void *x) { CHOSEN(add_lanes, count, lanes, x) }

double nnrepl_fold(nnrepl_type type, nnrepl_fold_function f, long count, const void *x, double a) {
    CHOSEN(fold, f, count, x, a)
}

double nnrepl_dot(nnrepl_type type, long count, const void *x, const void *y) {
    CHOSEN(sum_of_products, count, x, y)
}

long nnrepl_find(nnrepl_type type, long count, const void *x, double value) { CHOSEN(find, count, x, value) }

static void softmax_rows(nnrepl_type type, long rows, long n, void *out, const void *x, int is_log) {
    CHOSEN(softmax, rows, n, out, x, is_log)
}

static void softmax_columns(
    nnrepl_type type, long outer, long n, long inner, void *out, const void *x, int is_log
) {
    CHOSEN(softmax_columns, outer, n, inner, out, x, is_log)
}

void nnrepl_softmax(nnrepl_type type, long outer, long n, long inner, void *out, const void *x, int is_log) {
    if (inner == 1) softmax_rows(type, outer, n, out, x, is_log);
    else softmax_columns(type, outer, n, inner, out, x, is_log);
}

static void softmax_rows_slope(
    nnrepl_type type, long rows, long n, void *out, const void *z, const void *dz, int is_log
) {
    CHOSEN(softmax_slope, rows, n, out, z, dz, is_log)
}

static void softmax_columns_slope(
    nnrepl_type type, long outer, long n, long inner, void *out, const void *z, const void *dz, int is_log
) {
    CHOSEN(softmax_columns_slope, outer, n, inner, out, z, dz, is_log)
}

void nnrepl_softmax_slope(
    nnrepl_type type, long outer, long n, long inner, void *out, const void *z, const void *dz, int is_log
) {
    if (inner == 1) softmax_rows_slope(type, outer, n, out, z, dz, is_log);
    else softmax_columns_slope(type, outer, n, inner, out, z, dz, is_log);
}

int nnrepl_gather(nnrepl_type type, nnrepl_along cut, void *out, const void *x, const double *index) {
    CHOSEN(gather, cut, out, x, index)
}

int nnrepl_scatter_add(nnrepl_type type, nnrepl_along cut, void *out, const void *x, const double *index) {
    CHOSEN(scatter_add, cut, out, x, index)
}

void nnrepl_running_product(nnrepl_type type, long outer, long length, long inner, void *out, const void *x) {
    CHOSEN(running_product, outer, length, inner, out, x)
}

void nnrepl_running_product_slope(
    nnrepl_type type, long outer, long length, long inner, void *dx, const void *x, const void *dz
) {
    CHOSEN(running_product_slope, outer, length, inner, dx, x, dz)
}

void nnrepl_product_of_others(nnrepl_type type, long rows, long n, void *out, const void *x) {
    CHOSEN(product_of_others, rows, n, out, x)
}

void nnrepl_share(
    nnrepl_type type, long outer, long n, long inner, int takes_nan, void *out, const void *x, const void *z,
    const void *dz
) {
    CHOSEN(share, outer, n, inner, takes_nan, out, x, z, dz)
}

void nnrepl_normalize(nnrepl_type type, long rows, long n, double eps, void *out, void *inverse, const void *x) {
    CHOSEN(normalize, rows, n, eps, out, inverse, x)
}

void nnrepl_normalize_slope(
    nnrepl_type type, long rows, long n, void *dx, const void *out, const void *inverse, const void *dz
) {
    CHOSEN(normalize_slope, rows, n, dx, out, inverse, dz)
}

void nnrepl_normalize_back(
    nnrepl_type type, long rows, long n, double eps, void *dx, void *dparts, const void *x, const void *dz,
    const void *weight, void *scratch
) {
    CHOSEN(normalize_back, rows, n, eps, dx, dparts, x, dz, weight, scratch)
}

void nnrepl_scale_rows(nnrepl_type type, long rows, long n, void *x, const void *scale, const void *shift) {
    CHOSEN(scale_rows, rows, n, x, scale, shift)
}

void nnrepl_add_rows(nnrepl_type type, long rows, long n, void *out, const void *x) {
    CHOSEN(add_rows, rows, n, out, x)
}

void nnrepl_powers(
    nnrepl_type type, long count, void *out, const void *x, double most, double log, double scale
) {
    CHOSEN(powers, count, out, x, most, log, scale)
}

void nnrepl_channel_sums(
    nnrepl_type type, nnrepl_channel_function f, nnrepl_channels cut, void *out, const void *x, const void *mean,
    const void *dz
) {
    CHOSEN(channel_sums, f, cut, out, x, mean, dz)
}

void nnrepl_channel_scale(
    nnrepl_type type, nnrepl_channels cut, void *out, const void *x, const void *mean, const void *scale,
    const void *shift
) {
    CHOSEN(channel_scale, cut, out, x, mean, scale, shift)
}

void nnrepl_channel_combine(
    nnrepl_type type, nnrepl_channels cut, void *out, const void *dz, const void *a, const void *x, const void *mean,
    const void *b, const void *c
) {
    CHOSEN(channel_combine, cut, out, dz, a, x, mean, b, c)
}

int nnrepl_lstm_memory(
    nnrepl_type type, long rows, long n, void *out, void *i, void *f, void *g, const void *gates, const void *c
) {
    CHOSEN(lstm_memory, rows, n, out, i, f, g, gates, c)
}

void nnrepl_lstm_memory_slope(
    nnrepl_type type, long rows, long n, void *dgates, const void *dz, const void *c, const void *i, const void *f,
    const void *g
) {
    CHOSEN(lstm_memory_slope, rows, n, dgates, dz, c, i, f, g)
}

int nnrepl_lstm_output(
    nnrepl_type type, long rows, long n, void *out, void *o, void *shown, const void *gates, const void *c
) {
    CHOSEN(lstm_output, rows, n, out, o, shown, gates, c)
}

void nnrepl_lstm_output_slope(
    nnrepl_type type, long rows, long n, void *dgates, void *dc, const void *dz, const void *o, const void *shown
) {
    CHOSEN(lstm_output_slope, rows, n, dgates, dc, dz, o, shown)
}

// Of what has no type to choose by.
#ifdef __x86_64__
#define CHOSEN_WIDTH(name, ...)                           \
    if (nnrepl_vector_bytes() == 64) name##_64(__VA_ARGS__);     \
    else if (nnrepl_vector_bytes() == 32) name##_32(__VA_ARGS__); \
    else name##_16(__VA_ARGS__);
#else
#define CHOSEN_WIDTH(name, ...) name##_16(__VA_ARGS__);
#endif

void nnrepl_temper(long count, unsigned *out, const unsigned *state) { CHOSEN_WIDTH(temper, count, out, state) }

void nnrepl_twist(unsigned *state) { CHOSEN_WIDTH(twist, state) }

void nnrepl_convert(nnrepl_type type, long count, void *out, const void *x) {
    if (type == NNREPL_F32) {
        CHOSEN_WIDTH(narrow, count, out, x)
    } else {
        CHOSEN_WIDTH(widen, count, out, x)
    }
}

void nnrepl_mask(
    nnrepl_type type, long count, void *out, const unsigned *words, unsigned long long limit, double scale
) {
    CHOSEN(mask, count, out, words, limit, scale)
}
