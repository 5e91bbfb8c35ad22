// The matrix product for one type (TYPE, REAL) and one width of vectors (BYTES); product-type.h includes this for
// each.

/// A tile of C, `rows` × `vectors`, whose sums stay in registers.
INLINE void OF_VECTOR(tile)(PRODUCT x, int rows, int vectors) {
    VECTOR sums[8][4], b[4];
    EACH(r, rows) {
        EACH(v, vectors) {
            sums[r][v] = x.start ? *(const VECTOR *)(x.start + r * x.start_row + AT(v)) : (VECTOR){0};
        }
    }
    for (long p = 0; p < x.k; p++, x.a += x.a_column, x.b += x.b_row) {
        EACH(v, vectors) b[v] = *(const VECTOR *)(x.b + AT(v));
        EACH(r, rows) {
            EACH(v, vectors) sums[r][v] += b[v] * x.a[r * x.a_row];
        }
    }
    EACH(r, rows) {
        EACH(v, vectors) *(VECTOR *)(x.c + r * x.c_row + AT(v)) = sums[r][v];
    }
}

/// Leaves off the first rows.
INLINE void OF_VECTOR(skip)(PRODUCT *x, int rows) {
    x->start = OF_TYPE(starts)(x, rows, 0);
    x->m -= rows, x->a += rows * x->a_row, x->c += rows * x->c_row;
}

/// Tiles below each other: with as many rows as registers hold sums for, and by halves for what is left.
INLINE void OF_VECTOR(tiles)(PRODUCT x, int vectors) {
    const int most = BYTES == 64 || vectors == 1 ? 8 : 4;
    for (; x.m >= most; OF_VECTOR(skip)(&x, most)) OF_VECTOR(tile)(x, most, vectors);
    EACH(i, 3) {
        const int rows = 4 >> i;
        if (rows >= most || !(x.m & rows)) continue;
        OF_VECTOR(tile)(x, rows, vectors);
        OF_VECTOR(skip)(&x, rows);
    }
}

#if BYTES < 64
/// A tile of few rows, where B is turned: its rows become columns while they are read.
INLINE void OF_VECTOR(turning)(PRODUCT x, int rows, int vectors) {
    VECTOR sums[3][2], b[4];
    EACH(r, rows) {
        EACH(v, vectors) {
            sums[r][v] = x.start ? *(const VECTOR *)(x.start + r * x.start_row + AT(v)) : (VECTOR){0};
        }
    }
    for (; x.k >= DEEP; x.k -= DEEP, x.a += DEEP * x.a_column, x.b += DEEP) {
        EACH(v, vectors) {
            JOIN(turn, VECTOR)(x.b + AT(v) * x.b_column, x.b_column, b);
            EACH(r, rows) {
                EACH(p, DEEP) sums[r][v] += b[p] * x.a[r * x.a_row + p * x.a_column];
            }
        }
    }
    for (; x.k > 0; x.k--, x.a += x.a_column, x.b++) {
        EACH(v, vectors) {
            EACH(i, LANES) b[0][i] = x.b[(AT(v) + i) * x.b_column];
            EACH(r, rows) sums[r][v] += b[0] * x.a[r * x.a_row];
        }
    }
    EACH(r, rows) {
        EACH(v, vectors) *(VECTOR *)(x.c + r * x.c_row + AT(v)) = sums[r][v];
    }
}
#endif

/// Copies B to rows of `pitch` numbers, one or two vectors.
INLINE void OF_VECTOR(pack)(PRODUCT x, REAL *panel, long pitch) {
    const long side = (long)sizeof(BLOCK) / SIZE, last = x.n - LANES;
    for (; x.b_column == 1 && x.k > 0; x.k--, x.b += x.b_row, panel += pitch) {
        *(VECTOR *)panel = *(const VECTOR *)x.b;
        *(VECTOR *)(panel + last) = *(const VECTOR *)(x.b + last);
    }
    for (; x.k > 0; x.k -= DEEP, x.b += DEEP, panel += DEEP * pitch) {
        long j = 0;
        for (; j + side <= x.n && x.k >= DEEP; j += side) {
            BLOCK b[4];
            JOIN(turn, BLOCK)(x.b + j * x.b_column, x.b_column, b);
            EACH(p, DEEP) *(BLOCK *)(panel + p * pitch + j) = b[p];
        }
        for (; j < x.n; j++) {
            EACH(p, DEEP) if (p < x.k) panel[p * pitch + j] = x.b[j * x.b_column + p];
        }
    }
}

/// Rows of C as sums of whole rows of B, up to four at a time: of a single row, or of single products, no tile is of use.
INLINE void OF_VECTOR(rows)(const PRODUCT *x) {
    for (long i = 0; i < x->m; i++) {
        REAL *c = x->c + i * x->c_row;
        for (long p = 0, some; p < x->k; p += some) {
            some = x->k - p < 4 ? 1 : 4;
            const REAL *start = p > 0 ? c : OF_TYPE(starts)(x, i, 0);
            const REAL *a = x->a + i * x->a_row + p * x->a_column, *b = x->b + p * x->b_row;
            const REAL by[4] = {
                *a, some > 1 ? a[x->a_column] : 0, some > 2 ? a[2 * x->a_column] : 0, some > 3 ? a[3 * x->a_column] : 0};
            long j = 0;
            for (; j + LANES <= x->n; j += LANES) {
                VECTOR sum = start ? *(const VECTOR *)(start + j) : (VECTOR){0};
                sum += *(const VECTOR *)(b + j) * by[0];
                if (some == 4) EACH(q, 3) sum += *(const VECTOR *)(b + (q + 1) * x->b_row + j) * by[q + 1];
                *(VECTOR *)(c + j) = sum;
            }
            for (; j < x->n; j++) {
                REAL sum = start ? start[j] : 0;
                for (long q = 0; q < some; q++) sum += b[q * x->b_row + j] * by[q];
                c[j] = sum;
            }
        }
    }
}

/// C must have as many columns as a vector has lanes.
static void OF_VECTOR(product)(const PRODUCT *whole) {
    REAL panel[PANEL_DEPTH * 2 * LANES] __attribute__((aligned(64)));
    PRODUCT x = *whole;
    const long m = x.m, k = x.k, n = x.n;
    if (x.b_column == 1 && n > 4 * LANES && (m == 1 || k == 1)) return OF_VECTOR(rows)(whole);
    const int is_turned = x.b_column != 1, turns = BYTES < 64 && is_turned && m <= 3;
    // A copy pays where many rows read it, and where B stays in no near cache.
    const long near = m >= 128 ? 1 << 15 : 1 << 20;
    const int packs = (is_turned && !turns) || (m >= 32 && n > 2 * LANES && k * n * SIZE > near);
    const long most = m == 1 && !is_turned ? 4 : 2;
    long above = 0;
    do {
        x.k = k - above < PANEL_DEPTH ? k - above : PANEL_DEPTH;
        for (long top = 0; top < m; top += PANEL_HEIGHT) {
            x.m = m - top < PANEL_HEIGHT ? m - top : PANEL_HEIGHT;
            x.a = whole->a + top * x.a_row + above * x.a_column;
            for (long j = 0; j < n; j += x.n) {
                // Every tile is as wide as a vector at least, or its last vector would have nothing to overlap.
                const long rest = n - j;
                x.n = rest <= most * LANES ? rest : (rest >= (most + 1) * LANES ? most : most - 1) * LANES;
                x.b = whole->b + above * whole->b_row + j * whole->b_column;
                x.c = whole->c + top * x.c_row + j;
                // What the panels before have summed lies in C.
                if (above > 0) x.start = x.c, x.start_row = x.c_row;
                else x.start = OF_TYPE(starts)(whole, top, j);
                const long vectors = (x.n + LANES - 1) / LANES;
#if BYTES < 64
                if (turns) {
                    if (m == 1) vectors == 1 ? OF_VECTOR(turning)(x, 1, 1) : OF_VECTOR(turning)(x, 1, 2);
                    else if (m == 2) vectors == 1 ? OF_VECTOR(turning)(x, 2, 1) : OF_VECTOR(turning)(x, 2, 2);
                    else vectors == 1 ? OF_VECTOR(turning)(x, 3, 1) : OF_VECTOR(turning)(x, 3, 2);
                    continue;
                }
#endif
                PRODUCT packed = x;
                if (packs) {
                    OF_VECTOR(pack)(x, panel, vectors * LANES);
                    packed.b = panel, packed.b_row = vectors * LANES;
                }
                if (vectors == 1) OF_VECTOR(tiles)(packed, 1);
                else if (vectors == 2) OF_VECTOR(tiles)(packed, 2);
                else if (vectors == 3) OF_VECTOR(tile)(packed, 1, 3);
                else OF_VECTOR(tile)(packed, 1, 4);
            }
        }
        above += PANEL_DEPTH;
    } while (above < k);
}

#undef BYTES
