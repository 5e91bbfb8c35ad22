#pragma once
#include "kernels.h"

/// What one window covers of an axis: where it begins, how many entries it has, and how many a mean counts, which may
/// be more where it reaches into padding.
typedef struct {
    long first, count, length;
} nnrepl_reach;

/// Windows over images of height × width: they are the same for every image, and for each pair of a row's reach with a
/// column's. Steps lie between neighbours under a window.
typedef struct {
    long images, height, width;
    long rows, columns, row_step, column_step;
    const nnrepl_reach *_Nonnull row, *_Nonnull column;
} nnrepl_windows;

/// For each window the offset in x of its largest entry, the first at a tie; nan wins. Of a window of nothing it is the
/// image's first.
void nnrepl_largest_places(nnrepl_type type, const nnrepl_windows *_Nonnull w, long *_Nonnull places, const void *_Nonnull x);

/// The mean under each window, summed in double precision.
void nnrepl_means(nnrepl_type type, const nnrepl_windows *_Nonnull w, void *_Nonnull out, const void *_Nonnull x);

/// What that hands back: each result's gradient is shared out evenly. dx begins as zeros.
void nnrepl_share_means(nnrepl_type type, const nnrepl_windows *_Nonnull w, void *_Nonnull dx, const void *_Nonnull dz);
