// Windows over images: what they pick or average. C, because a function can be built here for processors with wider
// vectors and be chosen when the program runs.
#include "windows.h"
#include "meter.h"
#include "vectors.h"

#define WIDTH_FILE "windows-width.h"
#include "widths.h"

void nnrepl_largest_places(nnrepl_type type, const nnrepl_windows *w, long *places, const void *x) {
    CHOSEN(largest_places, w, places, x)
}

void nnrepl_means(nnrepl_type type, const nnrepl_windows *w, void *out, const void *x) { CHOSEN(means, w, out, x) }

void nnrepl_share_means(nnrepl_type type, const nnrepl_windows *w, void *dx, const void *dz) {
    CHOSEN(share_means, w, dx, dz)
}
