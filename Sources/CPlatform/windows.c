// Windows over images: what they pick or average.
#include "windows.h"
#include "meter.h"

#include <math.h>
#include <string.h>

// As wide as REAL, so that both lie in vectors alike: a number of a place under a window.
#define TAP long long
#define TYPE f64
#define REAL double
#include "windows-type.h"
#undef TYPE
#undef REAL
#undef TAP
#define TAP int
#define TYPE f32
#define REAL float
#include "windows-type.h"

void nnrepl_largest_places(nnrepl_type type, const nnrepl_windows *w, long *places, const void *x) {
    if (type == NNREPL_F32) largest_places_f32(w, places, x);
    else largest_places_f64(w, places, x);
}

void nnrepl_means(nnrepl_type type, const nnrepl_windows *w, void *out, const void *x) {
    if (type == NNREPL_F32) means_f32(w, out, x);
    else means_f64(w, out, x);
}

void nnrepl_share_means(nnrepl_type type, const nnrepl_windows *w, void *dx, const void *dz) {
    if (type == NNREPL_F32) share_means_f32(w, dx, dz);
    else share_means_f64(w, dx, dz);
}
