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

/// Adds each number times `stride` to its place; one below 0 counts from `length`. Gives the first that is no whole number
/// from `low`, 0 or -length, to below `length`, or `count` if there is none.
long nnrepl_add_places(
    long count, long *_Nonnull places, const double *_Nonnull numbers, long low, long length, long stride);

/// The places of count numbers, `step` apart, in rising order, or falling: equal ones in the order in which they are,
/// nan as the largest. They are written as far apart. Scratch has 32 bytes for each.
void nnrepl_order(
    nnrepl_type type, long count, long step, int falls, double *_Nonnull places, const void *_Nonnull x,
    long *_Nonnull scratch);

/// The first k of that order.
void nnrepl_top(
    nnrepl_type type, long count, long step, int falls, long k, double *_Nonnull places, const void *_Nonnull x,
    long *_Nonnull scratch);

/// How many numbers are not 0.
long nnrepl_count_nonzero(nnrepl_type type, long count, const void *_Nonnull x);

/// Where these `found` ones are: a row of places, one for each axis, after the other. `row_places` has room for one.
void nnrepl_nonzero(
    nnrepl_type type, int rank, const long *_Nonnull dims, long found, double *_Nonnull places,
    double *_Nonnull row_places, const void *_Nonnull x);

/// Of each line along an axis, for each number the largest so far, or the smallest, and its place: that of the last of equal
/// ones; nan wins.
void nnrepl_running_extremes(
    nnrepl_type type, long outer, long length, long inner, int largest, void *_Nonnull out, double *_Nonnull places,
    const void *_Nonnull x);
