// Convolution for one type, REAL numbers, VECTORs of them and what masks these; convolution-width.h includes this for
// each.

#define OF(name) JOIN(JOIN(name, TYPE), BYTES)
#define LANES (BYTES / (long)sizeof(REAL))
#define AT(pointer) (*(VECTOR *)(pointer))
#define READ(pointer) (*(const VECTOR *)(pointer))

/// Calls TILE for tiles of `m` rows (by another name) below each other: as many as registers hold sums for, and by halves for what is left.
#define TILES(m, vectors, TILE)                                              \
    {                                                                        \
        enum { MOST = BYTES == 64 || (vectors) == 1 ? 8 : 4 };               \
        long row = 0;                                                        \
        for (; row + MOST <= (m); row += MOST) TILE(row, MOST, vectors);     \
        EACH(i, 3) {                                                         \
            const int rows = 4 >> i;                                         \
            if (rows >= MOST || !(((m) - row) & rows)) continue;             \
            TILE(row, rows, vectors);                                        \
            row += rows;                                                     \
        }                                                                    \
    }

/// Runs BODY for columns j of `width`, one or two vectors at a time, at least one: `n` of them, in `vectors`.
#define COLUMNS(width, work, BODY)                                                              \
    for (long j = 0, n; j < (width); j += n) {                                                  \
        const long rest = (width) - j;                                                          \
        n = rest <= 2 * LANES ? rest : rest >= 3 * LANES ? 2 * LANES : LANES;                   \
        if (nnrepl_stops_after(&left, (work) >> 3)) return;                                     \
        if (n <= LANES) BODY(1) else BODY(2)                                                    \
    }

/// A line of a copy: blocks as large as it has room for, of which the last may overlap the one before it.
INLINE void OF(copy_line)(REAL *out, const REAL *x, long n) {
#define BLOCKS(bytes)                                                       \
    if (n * (long)sizeof(REAL) >= bytes) {                                  \
        const long size = bytes / (long)sizeof(REAL);                       \
        for (long i = 0; i + size < n; i += size) memcpy(out + i, x + i, bytes); \
        memcpy(out + n - size, x + n - size, bytes);                        \
        return;                                                             \
    }
    BLOCKS(BYTES)
    BLOCKS(32)
    BLOCKS(16)
#undef BLOCKS
    for (long i = 0; i < n; i++) out[i] = x[i];
}

INLINE void OF(clear)(REAL *out, long n) {
    for (long i = 0; i < n; i++) out[i] = 0;
}

static void OF(copy_image)(
    const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns, long first_row, REAL *out,
    const REAL *x
) {
    const long n = columns->length, sx = k->column_stride, sy = k->row_stride;
    for (long channel = 0; channel < k->channels; channel++, x += k->image_height * k->image_width) {
        for (long y = 0; y < copies_of(k->height, rows); y++) {
            const long top = first_row * sy + y * k->row_dilation - k->row_padding;
            const run down = run_of(rows->length, top, sy, k->image_height);
            for (long c = 0; c < copies_of(k->width, columns); c++) {
                const run across = run_of(n, c * k->column_dilation - k->column_padding, sx, k->image_width);
                const long end = across.first + across.inside;
                const REAL *line = x + down.start * k->image_width + across.start;
                OF(clear)(out, down.first * n);
                out += down.first * n;
                if (across.inside == k->image_width && across.inside == n && sy == 1) {
                    // Whole lines, one after another.
                    memcpy(out, line, (size_t)(down.inside * n) * sizeof(REAL));
                    out += down.inside * n;
                } else {
                    for (long i = 0; i < down.inside; i++, out += n, line += sy * k->image_width) {
                        OF(clear)(out, across.first);
                        if (sx == 1) OF(copy_line)(out + across.first, line, across.inside);
                        else for (long j = 0; j < across.inside; j++) out[across.first + j] = line[j * sx];
                        OF(clear)(out + end, n - end);
                    }
                }
                const long below = rows->length - down.first - down.inside;
                OF(clear)(out, below * n);
                out += below * n;
            }
        }
    }
    OF(clear)(out, 16);
}

/// A tile of z, rows × n.
INLINE void OF(slid)(
    REAL *z, long z_row, const REAL *w, long w_row, const REAL *copies, const long *places, long k, long n, int adding,
    int rows, int vectors
) {
    VECTOR sums[8][2], b[2];
    const long at[2] = {vectors == 1 ? n - LANES : 0, n - LANES};
    EACH(r, rows) EACH(v, vectors) sums[r][v] = adding ? READ(z + r * z_row + at[v]) : (VECTOR)(REAL)0;
    for (long p = 0; p < k; p++) {
        const REAL *row = copies + places[p];
        EACH(v, vectors) b[v] = READ(row + at[v]);
        EACH(r, rows) EACH(v, vectors) sums[r][v] += b[v] * w[r * w_row + p];
    }
    EACH(r, rows) EACH(v, vectors) AT(z + r * z_row + at[v]) = sums[r][v];
}

static void OF(convolve)(
    long outputs, long taps, long count, const long *places, REAL *z, long z_row, const REAL *w, const REAL *copies,
    const REAL *bias, REAL *scratch
) {
    // Fewer results than a vector has lanes are computed beside others that nobody reads.
    const int is_narrow = count < LANES;
    REAL *out = is_narrow ? scratch : z;
    const long out_row = is_narrow ? LANES : z_row, width = is_narrow ? LANES : count;
    long left = 0, start = 0;
    do {
        const long depth = least(DEPTH, taps - start);
#define TILE(r, rows, vectors)                                                                             \
        OF(slid)(                                                                                          \
            out + (r) * out_row + j, out_row, w + (r) * taps + start, taps, copies + j, places + start, depth, n, \
            start > 0, rows, vectors)
#define BODY(vectors) TILES(outputs, vectors, TILE)
        COLUMNS(width, outputs * depth, BODY)
#undef BODY
#undef TILE
        start += DEPTH;
    } while (start < taps);
    for (long o = 0; is_narrow && o < outputs; o++) {
        for (long i = 0; i < count; i++) z[o * z_row + i] = out[o * LANES + i];
    }
    for (long o = 0; bias && o < outputs; o++) {
        REAL *line = z + o * z_row;
        for (long i = 0; i < count; i++) line[i] += bias[o];
    }
}

/// A tile of sums, rows × n.
INLINE void OF(gathered)(
    REAL *sums_of, long width, const REAL *x, long x_image, const long *places, const REAL *turned, long images, long k,
    long n, int rows, int vectors
) {
    VECTOR sums[8][2], b[2];
    const long at[2] = {vectors == 1 ? n - LANES : 0, n - LANES};
    EACH(r, rows) EACH(v, vectors) sums[r][v] = READ(sums_of + r * width + at[v]);
    for (long image = 0; image < images; image++, x += x_image) {
        const REAL *a[8];
        EACH(r, rows) a[r] = x + places[r];
        for (long i = 0; i < k; i++, turned += width) {
            EACH(v, vectors) b[v] = READ(turned + at[v]);
            EACH(r, rows) EACH(v, vectors) sums[r][v] += b[v] * a[r][i];
        }
    }
    EACH(r, rows) EACH(v, vectors) AT(sums_of + r * width + at[v]) = sums[r][v];
}

/// out[i * out_row + r] = x[places[r] + i].
static void OF(turn)(long rows, long columns, REAL *out, long out_row, const REAL *x, const long *places) {
    enum { SIDE = 16 / sizeof(REAL) };
    typedef REAL block __attribute__((ext_vector_type(SIDE), aligned(sizeof(REAL))));
    // Squares at a time, of which both sides stay in the nearest cache.
    for (long top = 0; top < columns; top += 64) {
        const long bottom = least(columns, top + 64);
        long r = 0;
        for (; r + SIDE <= rows; r += SIDE) {
            long i = top;
            for (; i + SIDE <= bottom; i += SIDE) {
                block lines[SIDE];
                EACH(l, SIDE) lines[l] = *(const block *)(x + places[r + l] + i);
                EACH(c, SIDE) {
                    block column;
                    EACH(l, SIDE) column[l] = lines[l][c];
                    *(block *)(out + (i + c) * out_row + r) = column;
                }
            }
            for (; i < bottom; i++) EACH(l, SIDE) out[i * out_row + r + l] = x[places[r + l] + i];
        }
        for (; r < rows; r++) {
            for (long i = top; i < bottom; i++) out[i * out_row + r] = x[places[r] + i];
        }
    }
}

/// What is added up lies in rows.
static void OF(turn_images)(
    long count, long images, long columns, const long *column_places, const REAL *y, long y_image, long width,
    REAL *turned
) {
    for (long image = 0; image < images; image++) {
        REAL *out = turned + image * count * width;
        OF(turn)(columns, count, out, width, y + image * y_image, column_places);
        for (long i = 0; columns < width && i < count; i++) OF(clear)(out + i * width + columns, width - columns);
    }
}

static void OF(sum_rows)(
    long count, long images, long height, const long *places, const REAL *x, long x_image, REAL *sums, long width,
    const REAL *turned
) {
    long left = 0;
    for (long start = 0; start < count; start += DEPTH) {
        // Of several images there are no more than that.
        const long depth = images > 1 ? count : least(DEPTH, count - start);
#define TILE(r, rows, vectors)                                                                                     \
        OF(gathered)(                                                                                              \
            sums + (r) * width + j, width, x + start, x_image, places + (r), turned + start * width + j, images, depth, \
            n, rows, vectors)
#define BODY(vectors) TILES(height, vectors, TILE)
        COLUMNS(width, height * depth * images, BODY)
#undef BODY
#undef TILE
    }
}

/// A tile of one tap's share of dx, channels by columns, added where they are inside.
INLINE void OF(spread)(
    REAL *copies, long size, const REAL *w, long channels, const REAL *dz, const REAL *inside, long outputs, int rows,
    int vectors
) {
    VECTOR sums[8][2], b[2];
    EACH(r, rows) EACH(v, vectors) sums[r][v] = (VECTOR)(REAL)0;
    for (long o = 0; o < outputs; o++, w += channels, dz += vectors * LANES) {
        EACH(v, vectors) b[v] = READ(dz + v * LANES);
        EACH(r, rows) EACH(v, vectors) sums[r][v] += b[v] * w[r];
    }
    EACH(v, vectors) {
        const BITS mask = *(const BITS *)(inside + v * LANES);
        EACH(r, rows) AT(copies + r * size + v * LANES) += (VECTOR)((BITS)sums[r][v] & mask);
    }
}

/// n columns of a copy from `begin` on, which have one output's results in lines of `pitch`.
INLINE void OF(lay_out)(REAL *out, const REAL *dz, const nnrepl_kernel *k, long pitch, long begin, long n) {
    long y = begin / pitch, column = begin - y * pitch;
    while (n > 0) {
        const int is_inside = y < k->result_height && column < k->result_width;
        const long count = least(n, (is_inside ? k->result_width : pitch) - column);
        if (is_inside) OF(copy_line)(out, dz + y * k->result_width + column, count);
        else OF(clear)(out, count);
        out += count, n -= count, column += count;
        if (column == pitch) y++, column = 0;
    }
}

static void OF(convolve_back)(
    const nnrepl_kernel *k, const nnrepl_copies *rows, const nnrepl_copies *columns, long outputs, REAL *dx,
    const REAL *w, const REAL *dz, const REAL *inside, long width, REAL *copies, REAL *scratch
) {
    const long size = channel_size(k, rows, columns), channels = k->channels, pitch = columns->length;
    long left = 0;
    for (long channel = 0; channel < channels; channel++) {
        if (nnrepl_stops_after(&left, size)) return;
        OF(clear)(copies + channel * size, size);
    }
    OF(clear)(copies + channels * size, 16);
    // As many columns at a time as stay in a near cache, the last first: a place is reached by the taps in their order, and
    // of those that reach it the later ones read columns before those of the earlier ones.
    const long part = least(width, 64 + NEAR / outputs / 64 * 64);
    for (long end = width; end > 0; end -= part) {
        const long begin = end > part ? end - part : 0, length = end - begin;
        // Columns that are multiplied together lie together.
#define BODY(vectors)                                                                                             \
        for (long o = 0; o < outputs; o++) {                                                                      \
            OF(lay_out)(                                                                                          \
                scratch + j * outputs + o * n, dz + o * k->result_height * k->result_width, k, pitch, begin + j, n); \
        }
        COLUMNS(length, outputs, BODY)
#undef BODY
        const REAL *weights = w;
        for (long y = 0; y < k->height; y++) {
            for (long x = 0; x < k->width; x++, weights += outputs * channels) {
                REAL *place = copies + tap_place(k, rows, columns, y, x) + begin;
#define TILE(r, rows, vectors)                                                                                    \
                OF(spread)(                                                                                       \
                    place + (r) * size + j, size, weights + (r), channels, scratch + j * outputs, inside + begin + j, \
                    outputs, rows, vectors)
#define BODY(vectors) TILES(channels, vectors, TILE)
                COLUMNS(length, outputs * channels, BODY)
#undef BODY
#undef TILE
            }
        }
    }
    // Each place of the image lies in one copy at most.
    const long image = k->image_height * k->image_width, sx = k->column_stride;
    for (long channel = 0; channel < channels; channel++, dx += image) {
        if (nnrepl_stops_after(&left, image)) return;
        OF(clear)(dx, image);
        for (long y = 0; y < copies_of(k->height, rows); y++) {
            const run down = run_of(rows->length, y * k->row_dilation - k->row_padding, k->row_stride, k->image_height);
            for (long x = 0; x < copies_of(k->width, columns); x++, copies += rows->length * pitch) {
                const run across = run_of(pitch, x * k->column_dilation - k->column_padding, sx, k->image_width);
                const REAL *line = copies + down.first * pitch + across.first;
                REAL *out = dx + down.start * k->image_width + across.start;
                for (long i = 0; i < down.inside; i++, line += pitch, out += k->row_stride * k->image_width) {
                    if (sx == 1) OF(copy_line)(out, line, across.inside);
                    else for (long j = 0; j < across.inside; j++) out[j * sx] = line[j];
                }
            }
        }
    }
}

#undef OF
#undef LANES
#undef AT
#undef READ
#undef TILES
#undef COLUMNS
