// One step of an LSTM's cell for one type and one width of vectors; kernels-type.h includes this for each. Each row of
// gates is i, f, g and o, n numbers each.

/// Vectors of x, the last with zeros for what is not there.
INLINE W OF(load)(const R *x, long count) {
    if (count >= WIDE) return *(const W *)x;
    W z = {0};
    memcpy(&z, x, (size_t)count * sizeof(R));
    return z;
}

INLINE void OF(store)(R *out, W z, long count) {
    if (count >= WIDE) *(W *)out = z;
    else memcpy(out, &z, (size_t)count * sizeof(R));
}

static int OF(lstm_memory)(long rows, long n, R *out, R *is, R *fs, R *gs, const R *gates, const R *c) {
    W odd = {0};
    for (long row = 0; row < rows; row++, gates += 4 * n) {
        for (long j = 0; j < n; j += WIDE) {
            const long at = row * n + j, some = n - j;
            const W i = OF(sigmoid)(OF(load)(gates + j, some)), f = OF(sigmoid)(OF(load)(gates + n + j, some));
            const W g = OF_R(tanh)(OF(load)(gates + 2 * n + j, some));
            const W z = f * OF(load)(c + at, some) + i * g;
            NOTE(z);
            OF(store)(is + at, i, some);
            OF(store)(fs + at, f, some);
            OF(store)(gs + at, g, some);
            OF(store)(out + at, z, some);
        }
    }
    return ALL_FINITE;
}

static void OF(lstm_memory_slope)(
    long rows, long n, R *dgates, const R *dz, const R *c, const R *is, const R *fs, const R *gs
) {
    for (long row = 0; row < rows; row++, dgates += 4 * n) {
        for (long j = 0; j < n; j += WIDE) {
            const long at = row * n + j, some = n - j;
            const W d = OF(load)(dz + at, some), i = OF(load)(is + at, some), f = OF(load)(fs + at, some);
            const W g = OF(load)(gs + at, some);
            const W slopes[3] = {
                d * g * (i * (1 - i)), d * OF(load)(c + at, some) * (f * (1 - f)), d * i * (1 - g * g)};
            EACH(k, 3) {
                R *to = dgates + k * n + j;
                OF(store)(to, OF(load)(to, some) + slopes[k], some);
            }
        }
    }
}

static int OF(lstm_output)(long rows, long n, R *out, R *os, R *shown, const R *gates, const R *c) {
    W odd = {0};
    for (long row = 0; row < rows; row++, gates += 4 * n) {
        for (long j = 0; j < n; j += WIDE) {
            const long at = row * n + j, some = n - j;
            const W o = OF(sigmoid)(OF(load)(gates + 3 * n + j, some)), t = OF_R(tanh)(OF(load)(c + at, some));
            const W z = o * t;
            NOTE(z);
            OF(store)(os + at, o, some);
            OF(store)(shown + at, t, some);
            OF(store)(out + at, z, some);
        }
    }
    return ALL_FINITE;
}

static void OF(lstm_output_slope)(
    long rows, long n, R *dgates, R *dc, const R *dz, const R *os, const R *shown
) {
    for (long row = 0; row < rows; row++, dgates += 4 * n) {
        for (long j = 0; j < n; j += WIDE) {
            const long at = row * n + j, some = n - j;
            const W d = OF(load)(dz + at, some), o = OF(load)(os + at, some), t = OF(load)(shown + at, some);
            R *to = dgates + 3 * n + j;
            OF(store)(to, OF(load)(to, some) + d * t * (o * (1 - o)), some);
            OF(store)(dc + at, d * o * (1 - t * t), some);
        }
    }
}
