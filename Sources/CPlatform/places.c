// Copies from and to places: slices, transposes, lists of rows and what hands their gradients back.
#include "places.h"

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
