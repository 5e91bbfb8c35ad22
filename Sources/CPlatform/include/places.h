#pragma once
#include "kernels.h"

/// One axis of the result of a selection: how many entries it has, and where they come from, counted from where the
/// axis begins: at even steps, or at places.
typedef struct {
    long count, step;
    const long *_Nullable places;
} nnrepl_axis;

/// out[i, j, …] = x[base + place of i + place of j + …], in row-major order; the last of `rank` axes runs fastest.
void nnrepl_pick(
    nnrepl_type type, int rank, const nnrepl_axis *_Nonnull axes, long base, void *_Nonnull out, const void *_Nonnull x);

/// The other way round: out[base + …] = x[i, j, …], or with `adds` += of these.
void nnrepl_put(
    nnrepl_type type, int rank, const nnrepl_axis *_Nonnull axes, long base, int adds, void *_Nonnull out,
    const void *_Nonnull x);

/// Adds each number times `stride` to its place. Gives the first that is no whole number from 0 to below `length`, or
/// `count` if there is none.
long nnrepl_add_places(
    long count, long *_Nonnull places, const double *_Nonnull numbers, long length, long stride);

/// The places of count numbers, `step` apart, in rising order, or falling: equal ones in the order in which they are,
/// nan as the largest. They are written as far apart. Scratch has 32 bytes for each.
void nnrepl_order(
    nnrepl_type type, long count, long step, int falls, double *_Nonnull places, const void *_Nonnull x,
    long *_Nonnull scratch);
