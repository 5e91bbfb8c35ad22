// Convolution: convolution.h says how. C, because a function can be built here for processors with wider vectors and be
// chosen when the program runs. Products and sums stay two operations.
#include "convolution.h"
#include "meter.h"
#include "threads.h"
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

static void convolve(
    nnrepl_type type, long outputs, long taps, long count, const long *places, void *z, long z_row, const void *w,
    const void *copies, const void *bias, void *scratch
) {
    CHOSEN(convolve, outputs, taps, count, places, z, z_row, w, copies, bias, scratch)
}

long nnrepl_convolution_shares(const nnrepl_convolution *c) {
    const long parts = c->images * c->groups, threads = nnrepl_threads();
    const double work = (double)parts * (double)c->outputs * (double)c->taps
        * (double)(c->kernel.result_height * c->kernel.result_width);
    return work < 0x1p24 ? 1 : least(parts, threads);
}

/// One direction of a convolution: `part` makes what belongs to one image and group, with copies and scratch of its share.
typedef struct work {
    const nnrepl_convolution *c;
    void (*part)(const struct work *, long part, char *copies, char *scratch);
    const long *places;
    /// What is written, the weights, what is read, and what goes with them.
    char *out;
    const char *w, *in, *also;
    long width;
    char *copies, *scratch;
    /// How many numbers of scratch a share has.
    long room;
} work;

static void share_of(void *raw, long share) {
    const work *w = raw;
    const nnrepl_convolution *c = w->c;
    const long parts = c->images * c->groups, end = parts * (share + 1) / c->shares, size = nnrepl_size(c->type);
    for (long part = parts * share / c->shares; part < end; part++) {
        if (nnrepl_must_stop()) return;
        w->part(w, part, w->copies + share * c->room * size, w->scratch + share * w->room * size);
    }
}

static long image_size(const nnrepl_kernel *k) { return k->channels * k->image_height * k->image_width; }

static long result_size(const nnrepl_kernel *k) { return k->result_height * k->result_width; }

static void convolve_part(const work *w, long part, char *copies, char *scratch) {
    const nnrepl_convolution *c = w->c;
    const nnrepl_kernel *k = &c->kernel;
    const long size = nnrepl_size(c->type), group = part % c->groups, places = result_size(k);
    const char *bias = w->also ? w->also + group * c->outputs * size : NULL;
    char *z = w->out + part * c->outputs * places * size;
    for (long first = 0; first < k->result_height; first += c->band) {
        const long lines = least(c->band, k->result_height - first);
        if (first > 0 && nnrepl_must_stop()) return;
        nnrepl_copy_image(
            c->type, k, &c->rows, &c->columns, first, copies, w->in + part * image_size(k) * size);
        convolve(
            c->type, c->outputs, c->taps, lines * k->result_width, w->places, z + first * k->result_width * size, places,
            w->w + group * c->outputs * c->taps * size, copies, bias, scratch);
    }
}

void nnrepl_convolve(
    const nnrepl_convolution *c, const long *places, void *z, const void *w, const void *x, const void *bias,
    void *copies, void *scratch
) {
    work all = {c, convolve_part, places, z, w, x, bias, 0, copies, scratch, 16 * c->outputs};
    nnrepl_in_pieces(c->shares, share_of, &all);
}

static void turn_images(
    nnrepl_type type, long count, long images, long columns, const long *column_places, const void *y, long y_image,
    long width, void *turned
) {
    CHOSEN(turn_images, count, images, columns, column_places, y, y_image, width, turned)
}

/// Sums of rows that threads share: so many rows at a time.
typedef struct {
    nnrepl_type type;
    long count, images, rows, some;
    const long *places;
    const void *x;
    long x_image;
    char *sums;
    long width;
    const void *turned;
} sums;

static void sum_some(void *raw, long piece) {
    const sums *s = raw;
    const nnrepl_type type = s->type;
    const long first = piece * s->some, rows = least(s->some, s->rows - first);
    char *out = s->sums + first * s->width * nnrepl_size(type);
    CHOSEN(sum_rows, s->count, s->images, rows, s->places + first, s->x, s->x_image, (void *)out, s->width, s->turned)
}

void nnrepl_sum_rows(
    nnrepl_type type, long count, long images, long rows, const long *places, const void *x, long x_image, long columns,
    const long *column_places, const void *y, long y_image, void *out, long width, void *scratch
) {
    turn_images(type, count, images, columns, column_places, y, y_image, width, scratch);
    const int is_large = (double)count * (double)images * (double)rows * (double)width >= 0x1p22;
    // Tiles have eight rows.
    const long threads = is_large ? nnrepl_threads() : 1, some = ((rows + threads - 1) / threads + 7) / 8 * 8;
    sums all = {type, count, images, rows, some, places, x, x_image, out, width, scratch};
    nnrepl_in_pieces((rows + some - 1) / some, sum_some, &all);
}

void nnrepl_turn(
    nnrepl_type type, long rows, long columns, void *out, long out_row, const void *x, const long *places
) {
    CHOSEN(turn, rows, columns, out, out_row, x, places)
}

static void convolve_back(
    nnrepl_type type, const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns, long outputs,
    void *dx, const void *w, const void *dz, const void *inside, long width, void *copies, void *scratch
) {
    CHOSEN(convolve_back, k, rows, columns, outputs, dx, w, dz, inside, width, copies, scratch)
}

static void convolve_back_part(const work *w, long part, char *copies, char *scratch) {
    const nnrepl_convolution *c = w->c;
    const nnrepl_kernel *k = &c->kernel;
    const long size = nnrepl_size(c->type);
    convolve_back(
        c->type, k, &c->rows, &c->columns, c->outputs, w->out + part * image_size(k) * size,
        w->w + part % c->groups * c->outputs * c->taps * size, w->in + part * c->outputs * result_size(k) * size, w->also,
        w->width, copies, scratch);
}

void nnrepl_convolve_back(
    const nnrepl_convolution *c, void *dx, const void *w, const void *dz, const void *inside, long width, void *copies,
    void *scratch
) {
    work all = {c, convolve_back_part, NULL, dx, w, dz, inside, width, copies, scratch, width * c->outputs};
    nnrepl_in_pieces(c->shares, share_of, &all);
}
