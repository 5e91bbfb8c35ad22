// Convolution: convolution.h says how. C, because a function can be built here for processors with wider vectors and be
// chosen when the program runs. Products and sums stay two operations.
#include "convolution.h"
#include "meter.h"
#include "vectors.h"

#include <string.h>

/// Terms of a sum that are added before the next sum's turn: their operands stay in the nearest cache.
enum { DEPTH = 128 };

/// So many numbers stay in a near cache.
enum { NEAR = 1 << 14 };

static long least(long a, long b) { return a < b ? a : b; }

static long copies_of(long taps, const nnrepl_copies *axis) { return least(taps, axis->period); }

/// How many places a channel has in the copies.
static long channel_size(const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns) {
    return copies_of(k->height, rows) * copies_of(k->width, columns) * rows->length * columns->length;
}

/// Where a tap begins in the copies of its channel.
static long tap_place(
    const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns, long y, long x
) {
    const long copy = y % rows->period * copies_of(k->width, columns) + x % columns->period;
    const long line = copy * rows->length + y / rows->period * rows->step;
    return line * columns->length + x / columns->period * columns->step;
}

void nnrepl_tap_places(
    const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns, long *places
) {
    const long size = channel_size(k, rows, columns);
    for (long channel = 0; channel < k->channels; channel++) {
        for (long y = 0; y < k->height; y++) {
            for (long x = 0; x < k->width; x++) *places++ = channel * size + tap_place(k, rows, columns, y, x);
        }
    }
}

/// Which of `count` places, `stride` apart from `shift` on, lie inside an axis of that length: from `first` on `inside`,
/// and where that is.
typedef struct {
    long first, inside, start;
} run;

static run run_of(long count, long shift, long stride, long length) {
    const long before = shift >= 0 ? 0 : (-shift - 1) / stride + 1;
    if (before >= count) return (run){count, 0, 0};
    const long start = shift + before * stride;
    if (start >= length) return (run){count, 0, 0};
    return (run){before, least(count - before, (length - 1 - start) / stride + 1), start};
}

#define WIDTH_FILE "convolution-width.h"
#include "widths.h"

void nnrepl_copy_image(
    nnrepl_type type, const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns, long first,
    void *copies, const void *x
) {
    CHOSEN(copy_image, k, rows, columns, first, copies, x)
}

void nnrepl_convolve(
    nnrepl_type type, long outputs, long taps, long count, const long *places, void *z, long z_row, const void *w,
    const void *copies, const void *bias, void *scratch
) {
    CHOSEN(convolve, outputs, taps, count, places, z, z_row, w, copies, bias, scratch)
}

void nnrepl_sum_rows(
    nnrepl_type type, long count, long images, long rows, const long *places, const void *x, long x_image, long columns,
    const long *column_places, const void *y, long y_image, void *sums, long width, void *scratch
) {
    CHOSEN(
        sum_rows, count, images, rows, places, x, x_image, columns, column_places, y, y_image, sums, width, scratch)
}

void nnrepl_turn(
    nnrepl_type type, long rows, long columns, void *out, long out_row, const void *x, const long *places
) {
    CHOSEN(turn, rows, columns, out, out_row, x, places)
}

void nnrepl_convolve_back(
    nnrepl_type type, const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns, long outputs,
    void *dx, const void *w, const void *dz, const void *inside, long width, void *copies, void *scratch
) {
    CHOSEN(convolve_back, k, rows, columns, outputs, dx, w, dz, inside, width, copies, scratch)
}
