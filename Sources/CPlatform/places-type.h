// Copies of one TYPE, REAL in C; places.c includes this for each.

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define OF(name) JOIN(name, TYPE)

/// Rows that lie side by side in the result and whose entries lie side by side in x: squares of both at a time.
static void OF(transpose)(long rows, long columns, long step, REAL *out, long width, const REAL *x) {
    for (long top = 0; top < rows; top += SQUARE) {
        const long bottom = top + SQUARE < rows ? top + SQUARE : rows;
        for (long left = 0; left < columns; left += SQUARE) {
            const long right = left + SQUARE < columns ? left + SQUARE : columns;
            for (long i = top; i < bottom; i++) {
                for (long j = left; j < right; j++) out[i * width + j] = x[i + j * step];
            }
        }
    }
}

static void OF(pick)(int rank, const nnrepl_axis *axes, REAL *out, const REAL *x) {
    if (rank == 0) {
        *out = *x;
        return;
    }
    const nnrepl_axis *last = axes + rank - 1;
    const long n = last->count;
    if (rank == 1) {
        if (last->places) for (long i = 0; i < n; i++) out[i] = x[last->places[i]];
        else if (last->step == 1) memcpy(out, x, (size_t)n * sizeof(REAL));
        else if (last->step == 0) for (long i = 0; i < n; i++) out[i] = *x;
        else for (long i = 0; i < n; i++) out[i] = x[i * last->step];
        return;
    }
    const long inner = count_of(rank - 1, axes + 1);
    // A transpose: what lies side by side in x is this axis.
    if (!axes->places && axes->step == 1 && !last->places && last->step > 1) {
        if (rank == 2) return OF(transpose)(axes->count, n, last->step, out, inner, x);
        const long between = count_of(rank - 2, axes + 1);
        for (long m = 0; m < between; m++) {
            long from = 0, rest = m;
            for (int k = rank - 2; k > 0; k--) {
                from += at(axes + k, rest % axes[k].count);
                rest /= axes[k].count;
            }
            OF(transpose)(axes->count, n, last->step, out + m * n, inner, x + from);
        }
        return;
    }
    if (rank == 2 && !last->places && last->step == 1) {
        for (long i = 0; i < axes->count; i++) memcpy(out + i * n, x + at(axes, i), (size_t)n * sizeof(REAL));
        return;
    }
    for (long i = 0; i < axes->count; i++) OF(pick)(rank - 1, axes + 1, out + i * inner, x + at(axes, i));
}

static void OF(put)(int rank, const nnrepl_axis *axes, int adds, REAL *out, const REAL *x) {
    if (rank == 0) {
        *out = adds ? *out + *x : *x;
        return;
    }
    if (rank > 1) {
        const long inner = count_of(rank - 1, axes + 1);
        for (long i = 0; i < axes->count; i++) OF(put)(rank - 1, axes + 1, adds, out + at(axes, i), x + i * inner);
        return;
    }
    const long n = axes->count, step = axes->step;
    const long *places = axes->places;
    if (places && adds) for (long i = 0; i < n; i++) out[places[i]] += x[i];
    else if (places) for (long i = 0; i < n; i++) out[places[i]] = x[i];
    else if (step == 1 && adds) for (long i = 0; i < n; i++) out[i] += x[i];
    else if (step == 1) memcpy(out, x, (size_t)n * sizeof(REAL));
    else if (adds) for (long i = 0; i < n; i++) out[i * step] += x[i];
    else for (long i = 0; i < n; i++) out[i * step] = x[i];
}

#undef OF
#undef JOIN
#undef JOIN_
