// Windows over one TYPE, REAL in C; windows-width.h includes this for each.

#define OF(name) JOIN(JOIN(name, TYPE), BYTES)

/// Runs BODY for each window, in the order of the results: its reaches r and c, and where its image begins.
#define EACH_WINDOW(w, BODY)                                            \
    long left = 0;                                                      \
    for (long image = 0; image < (w)->images; image++) {                \
        const long start = image * (w)->height * (w)->width;            \
        for (long i = 0; i < (w)->rows; i++) {                          \
            const nnrepl_reach r = (w)->row[i];                         \
            for (long j = 0; j < (w)->columns; j++) {                   \
                const nnrepl_reach c = (w)->column[j];                  \
                BODY                                                    \
            }                                                           \
        }                                                               \
    }

/// Runs BODY for each place under a window, until the run is to be broken off.
#define EACH_PLACE(w, BODY)                                                                     \
    for (long y = 0; y < r.count; y++) {                                                        \
        if (nnrepl_stops_after(&left, c.count)) return;                                         \
        long place = start + (r.first + y * (w)->row_step) * (w)->width + c.first;              \
        for (long k = 0; k < c.count; k++, place += (w)->column_step) { BODY }                  \
    }

static void OF(largest_places)(const nnrepl_windows *w, long *places, const REAL *x) {
    // As many windows at once as small buffers hold: a tap is the same for all of them, and nothing branches.
    enum { MOST = 256 };
    REAL most[MOST], new[MOST];
    TAP best[MOST], first[MOST];
    const long windows = w->rows * w->columns, size = w->height * w->width;
    long left = 0;
    for (long begin = 0; begin < windows; begin += MOST) {
        const long n = windows - begin < MOST ? windows - begin : MOST;
        long rows = 0, columns = 0;
        int is_even = 1;
        for (long j = 0; j < n; j++) {
            const nnrepl_reach r = w->row[(begin + j) / w->columns], c = w->column[(begin + j) % w->columns];
            first[j] = r.count && c.count ? (TAP)(r.first * w->width + c.first) : 0;
            is_even &= j == 0 || (r.count == rows && c.count == columns);
            rows = r.count > rows ? r.count : rows, columns = c.count > columns ? c.count : columns;
        }
        for (long image = 0; image < w->images; image++) {
            const REAL *plane = x + image * size;
            for (long j = 0; j < n; j++) {
                best[j] = 0;
                most[j] = plane[first[j]];
            }
            if (nnrepl_stops_after(&left, n)) return;
            for (long tap = 1; tap < rows * columns; tap++) {
                if (nnrepl_stops_after(&left, n)) return;
                const long y = tap / columns, k = tap % columns;
                const TAP offset = (TAP)(y * w->row_step * w->width + k * w->column_step);
                const REAL *from = plane + offset;
                if (is_even) for (long j = 0; j < n; j++) new[j] = from[first[j]];
                else for (long j = 0; j < n; j++) {
                    // Where a window ends earlier, what cannot win.
                    const nnrepl_reach r = w->row[(begin + j) / w->columns], c = w->column[(begin + j) % w->columns];
                    new[j] = y < r.count && k < c.count ? from[first[j]] : -INFINITY;
                }
                for (long j = 0; j < n; j++) {
                    // Only another nan wins over a nan.
                    const int wins = (new[j] > most[j]) | (new[j] != new[j]);
                    best[j] = wins ? offset : best[j];
                    most[j] = wins ? new[j] : most[j];
                }
            }
            long *result = places + image * windows + begin;
            for (long j = 0; j < n; j++) result[j] = image * size + first[j] + best[j];
        }
    }
}

static void OF(means)(const nnrepl_windows *w, REAL *out, const REAL *x) {
    EACH_WINDOW(w, {
        double sum = 0;
        EACH_PLACE(w, sum += (double)x[place];)
        *out++ = (REAL)(sum / ((double)r.length * (double)c.length));
    })
}

static void OF(share_means)(const nnrepl_windows *w, REAL *dx, const REAL *dz) {
    EACH_WINDOW(w, {
        const REAL share = (REAL)((double)*dz++ / ((double)r.length * (double)c.length));
        EACH_PLACE(w, dx[place] += share;)
    })
}

#undef OF
#undef EACH_WINDOW
#undef EACH_PLACE
