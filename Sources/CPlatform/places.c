// Copies from and to places: slices, transposes, lists of rows and what hands their gradients back.
#include "places.h"
#include "meter.h"

#include <string.h>

/// Where an axis takes its i-th entry from.
static long at(const nnrepl_axis *axis, long i) { return axis->places ? axis->places[i] : i * axis->step; }

static long count_of(int rank, const nnrepl_axis *axes) {
    long count = 1;
    for (int k = 0; k < rank; k++) count *= axes[k].count;
    return count;
}

/// Side of the squares that a transpose is copied in: they stay in the nearest cache.
enum { SQUARE = 32 };

#define TYPE f64
#define REAL double
#include "places-type.h"
#undef TYPE
#undef REAL
#define TYPE f32
#define REAL float
#include "places-type.h"

void nnrepl_pick(nnrepl_type type, int rank, const nnrepl_axis *axes, long base, void *out, const void *x) {
    if (type == NNREPL_F32) pick_f32(rank, axes, out, (const float *)x + base);
    else pick_f64(rank, axes, out, (const double *)x + base);
}

void nnrepl_put(
    nnrepl_type type, int rank, const nnrepl_axis *axes, long base, int adds, void *out, const void *x
) {
    if (type == NNREPL_F32) put_f32(rank, axes, adds, (float *)out + base, x);
    else put_f64(rank, axes, adds, (double *)out + base, x);
}

long nnrepl_add_places(long count, long *places, const double *numbers, long low, long length, long stride) {
    for (long i = 0; i < count; i++) {
        if (!(numbers[i] >= (double)low && numbers[i] < (double)length)) return i;
        const long place = (long)numbers[i];
        if ((double)place != numbers[i]) return i;
        places[i] += (place < 0 ? place + length : place) * stride;
    }
    return count;
}

/// Whole numbers in the order of the doubles: -0 beside 0, nan above all.
static unsigned long long key_of(double x, int falls) {
    unsigned long long bits;
    x = x == 0 ? 0 : x;
    memcpy(&bits, &x, sizeof bits);
    bits = x != x ? ~0ull : bits >> 63 ? ~bits : bits | 0x8000000000000000;
    return falls ? ~bits : bits;
}

/// Numbers between two looks whether the run is to be broken off.
enum { OFTEN = 1 << 20 };

typedef struct {
    unsigned long long key;
    unsigned place;
} keyed;

void nnrepl_order(
    nnrepl_type type, long count, long step, int falls, double *places, const void *x, long *scratch
) {
    keyed *from = (keyed *)scratch, *to = from + count;
    unsigned long long first = ~0ull, all = 0;
    for (long i = 0; i < count; i++) {
        const double number = type == NNREPL_F32 ? ((const float *)x)[i * step] : ((const double *)x)[i * step];
        from[i] = (keyed){key_of(number, falls), (unsigned)i};
        first &= from[i].key, all |= from[i].key;
    }
    if (count <= 32) {
        for (long i = 1; i < count; i++) {
            const keyed it = from[i];
            long k = i;
            for (; k > 0 && from[k - 1].key > it.key; k--) from[k] = from[k - 1];
            from[k] = it;
        }
    } else {
        // Digit by digit, the last first, each keeping the order of those before it; digits that are alike are passed
        // over, as the last ones of what was a float.
        for (int shift = 0; shift < 64; shift += 8) {
            if (((first ^ all) >> shift & 255) == 0) continue;
            long starts[256] = {0}, sum = 0;
            for (long i = 0; i < count; i++) {
                // Whoever asked for the order looks afterwards whether it is to be broken off.
                if (i % OFTEN == 0 && nnrepl_must_stop()) return;
                starts[from[i].key >> shift & 255]++;
            }
            for (int digit = 0; digit < 256; digit++) {
                const long n = starts[digit];
                starts[digit] = sum;
                sum += n;
            }
            for (long i = 0; i < count; i++) {
                if (i % OFTEN == 0 && nnrepl_must_stop()) return;
                to[starts[from[i].key >> shift & 255]++] = from[i];
            }
            keyed *swapped = from;
            from = to, to = swapped;
        }
    }
    for (long i = 0; i < count; i++) places[i * step] = from[i].place;
}

static double number_at(nnrepl_type type, const void *x, long i) {
    return type == NNREPL_F32 ? ((const float *)x)[i] : ((const double *)x)[i];
}

void nnrepl_top(
    nnrepl_type type, long count, long step, int falls, long k, double *places, const void *x, long *scratch
) {
    // The best so far in order; most of what comes then is worse than the last of them.
    keyed *best = (keyed *)scratch;
    long n = 0;
    double last = 0;
    for (long i = 0; i < count && k > 0; i++) {
        const double number = number_at(type, x, i * step);
        if (n == k && (falls ? number <= last : number >= last)) continue;
        const keyed it = {key_of(number, falls), (unsigned)i};
        if (n == k && it.key >= best[n - 1].key) continue;
        long place = n < k ? n++ : n - 1;
        for (; place > 0 && best[place - 1].key > it.key; place--) best[place] = best[place - 1];
        best[place] = it;
        last = number_at(type, x, (long)best[n - 1].place * step);
    }
    for (long i = 0; i < n; i++) places[i * step] = best[i].place;
}

long nnrepl_count_nonzero(nnrepl_type type, long count, const void *x) {
    long found = 0;
    if (type == NNREPL_F32) for (long i = 0; i < count; i++) found += ((const float *)x)[i] != 0;
    else for (long i = 0; i < count; i++) found += ((const double *)x)[i] != 0;
    return found;
}

void nnrepl_nonzero(
    nnrepl_type type, int rank, const long *dims, long found, double *places, double *row_places, const void *x
) {
    const long n = dims[rank - 1];
    for (long row = 0; found > 0; row++) {
        if (row * n % OFTEN < n && nnrepl_must_stop()) return;
        long rest = row;
        for (int k = rank - 2; k >= 0; k--) {
            row_places[k] = (double)(rest % dims[k]);
            rest /= dims[k];
        }
        // Each is written, and stays where it counts: that needs no guess.
        for (long i = 0; i < n && found > 0; i++) {
            for (int k = 0; k < rank - 1; k++) places[k] = row_places[k];
            places[rank - 1] = (double)i;
            const long counts = number_at(type, x, row * n + i) != 0;
            places += counts * rank, found -= counts;
        }
    }
}

#define RUNNING(name, REAL, loses)                                                                               \
    static void name(long outer, long length, long inner, REAL *out, double *places, const REAL *x) {            \
        for (long row = 0; row < outer * inner; row++) {                                                         \
            const long start = row / inner * length * inner + row % inner;                                       \
            if (row * length % OFTEN < length && nnrepl_must_stop()) return;                                     \
            REAL best = x[start];                                                                                \
            double place = 0;                                                                                    \
            for (long i = 0; i < length; i++) {                                                                  \
                const REAL now = x[start + i * inner];                                                           \
                /* What is nan is neither: only nan comes after it. */                                           \
                if (!(loses) && (now != now || best == best)) best = now, place = (double)i;                     \
                out[start + i * inner] = best, places[start + i * inner] = place;                                \
            }                                                                                                    \
        }                                                                                                        \
    }
RUNNING(largest_f64, double, now < best)
RUNNING(largest_f32, float, now < best)
RUNNING(smallest_f64, double, now > best)
RUNNING(smallest_f32, float, now > best)

void nnrepl_running_extremes(
    nnrepl_type type, long outer, long length, long inner, int largest, void *out, double *places, const void *x
) {
    if (length == 0) return;
    if (type == NNREPL_F32) (largest ? largest_f32 : smallest_f32)(outer, length, inner, out, places, x);
    else (largest ? largest_f64 : smallest_f64)(outer, length, inner, out, places, x);
}
