#pragma once
#include "kernels.h"

// Convolution as products with a matrix of patches that is never made. Its rows are a kernel's taps, and what tap
// (c, y, x) sees lies side by side in a copy of the image, at a place that depends on the tap alone.
//
// Sums have the order of `product.h`, over taps, outputs or places, so the bits are the same everywhere.

/// A kernel of height × width that slides over an image of as many channels, and the results it has.
typedef struct {
    long channels, image_height, image_width, height, width;
    long row_stride, column_stride, row_padding, column_padding, row_dilation, column_dilation;
    long result_height, result_width;
} nnrepl_kernel;

/// Copies of an image's lines, or columns, for the taps of an axis: a copy begins where one of the first `period` taps
/// does and has every stride-th place, `length` of them; a tap `period` further on reads the same copy, `step` places on.
typedef struct {
    long period, step, length;
} nnrepl_copies;

/// Where the taps begin in copies of an image, [channel, row copy, column copy, line, column], as they follow in a kernel.
void nnrepl_tap_places(
    const nnrepl_kernel *_Nonnull k, const nnrepl_copies *_Nonnull rows, const nnrepl_copies *_Nonnull columns,
    long *_Nonnull places);

/// Makes these copies, as if the image began `first` results further down; what is outside is 0.
void nnrepl_copy_image(
    nnrepl_type type, const nnrepl_kernel *_Nonnull k, const nnrepl_copies *_Nonnull rows,
    const nnrepl_copies *_Nonnull columns, long first, void *_Nonnull copies, const void *_Nonnull x);

/// A convolution of `images`, each in so many groups, whose work `shares` threads do: each has copies of its own of `room`
/// numbers, and scratch. A group has so many outputs and taps, and `band` lines of results are made from the same copies.
typedef struct {
    nnrepl_type type;
    nnrepl_kernel kernel;
    nnrepl_copies rows, columns;
    long images, groups, outputs, taps, band, room, shares;
} nnrepl_convolution;

/// How many threads are worth it.
long nnrepl_convolution_shares(const nnrepl_convolution *_Nonnull c);

/// z[o, i] = Σ w[o, t] copies[places[t] + i] + bias[o] for each image x and group. Scratch has 16 numbers for each output.
void nnrepl_convolve(
    const nnrepl_convolution *_Nonnull c, const long *_Nonnull places, void *_Nonnull z, const void *_Nonnull w,
    const void *_Nonnull x, const void *_Nullable bias, void *_Nonnull copies, void *_Nonnull scratch);

/// sums[r, c] += Σ x[places[r] + i] y[column_places[c] + i] over `count` places of each image, which lie x_image and y_image
/// apart; of several images at most 128. So kernels are handed back what their taps saw times what results were handed.
/// Sums lie in rows of `width`, at least 16 and as many as there are columns; scratch has such a row for each place.
void nnrepl_sum_rows(
    nnrepl_type type, long count, long images, long rows, const long *_Nonnull places, const void *_Nonnull x, long x_image,
    long columns, const long *_Nonnull column_places, const void *_Nonnull y, long y_image, void *_Nonnull sums, long width,
    void *_Nonnull scratch);

/// Rows become columns: out[i * out_row + r] = x[places[r] + i].
void nnrepl_turn(
    nnrepl_type type, long rows, long columns, void *_Nonnull out, long out_row, const void *_Nonnull x,
    const long *_Nonnull places);

/// What images are handed back: dx = Σ w dz, tap by tap. Copies have each place of an image in one of them at most. In
/// scratch dz lies as the columns of a copy do: `width` for each output, a multiple of 16. Weights lie as [group, height,
/// width, outputs, channels]. Where the columns of a copy are not results, `inside` has 0 bits, as many numbers as `width`.
void nnrepl_convolve_back(
    const nnrepl_convolution *_Nonnull c, void *_Nonnull dx, const void *_Nonnull w, const void *_Nonnull dz,
    const void *_Nonnull inside, long width, void *_Nonnull copies, void *_Nonnull scratch);
