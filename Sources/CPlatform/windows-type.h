// Pooling of one TYPE, REAL in C; windows.c includes this for each.

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define OF(name) JOIN(name, TYPE)

/// Runs BODY for each window, in the order of the results: its reaches r and c, and where its image begins.
#define EACH_WINDOW(w, BODY)                                            \
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

/// Runs BODY for each place under a window.
#define EACH_PLACE(w, BODY)                                                                     \
    for (long y = 0; y < r.count; y++) {                                                        \
        long place = start + (r.first + y * (w)->row_step) * (w)->width + c.first;              \
        for (long k = 0; k < c.count; k++, place += (w)->column_step) { BODY }                  \
    }

static void OF(largest_places)(const nnrepl_windows *w, long *places, const REAL *x) {
    EACH_WINDOW(w, {
        long best = r.count && c.count ? start + r.first * w->width + c.first : start;
        REAL most = x[best];
        EACH_PLACE(w, {
            const REAL new = x[place];
            // A nan that has won stays.
            const int wins = most == most && !(new <= most);
            best = wins ? place : best;
            most = wins ? new : most;
        })
        *places++ = best;
    })
}

static void OF(means)(const nnrepl_windows *w, REAL *out, const REAL *x) {
    EACH_WINDOW(w, {
        double sum = 0;
        EACH_PLACE(w, sum += (double)x[place];)
        *out++ = (REAL)(sum / (double)(r.length * c.length));
    })
}

static void OF(share_means)(const nnrepl_windows *w, REAL *dx, const REAL *dz) {
    EACH_WINDOW(w, {
        const REAL share = (REAL)((double)*dz++ / (double)(r.length * c.length));
        EACH_PLACE(w, dx[place] += share;)
    })
}

#undef OF
#undef JOIN
#undef JOIN_
#undef EACH_WINDOW
#undef EACH_PLACE
