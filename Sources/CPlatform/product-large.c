// Large products: by several threads, and by OpenBLAS where the machine has it and it is faster. It is loaded with the
// first of them.
#define _GNU_SOURCE
#include "product.h"

#ifndef __wasm__

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "threads.h"

// Of CBLAS's interface, which is the same in every version.
enum { ROW_MAJOR = 101, AS_STORED = 111, TRANSPOSED = 112 };
typedef void gemm_f64(
    int order, int a_form, int b_form, int m, int n, int k, double factor, const double *a, int a_width,
    const double *b, int b_width, double kept, double *c, int c_width);
typedef void gemm_f32(
    int order, int a_form, int b_form, int m, int n, int k, float factor, const float *a, int a_width,
    const float *b, int b_width, float kept, float *c, int c_width);

typedef void gemv_f64(
    int order, int form, int rows, int columns, double factor, const double *a, int width, const double *x, int x_step,
    double kept, double *y, int y_step);
typedef void gemv_f32(
    int order, int form, int rows, int columns, float factor, const float *a, int width, const float *x, int x_step,
    float kept, float *y, int y_step);

/// Whether OpenBLAS makes them.
static int has_library = 0;
static gemm_f64 *multiply_f64;
static gemm_f32 *multiply_f32;
static gemv_f64 *apply_f64;
static gemv_f32 *apply_f32;

/// Loads the library without threads of its own: it would start them at once, each spins for a while before it sleeps,
/// and the bits of a product would depend on their number.
static void *load(void) {
  static const char name[] = "OPENBLAS_NUM_THREADS";
  // They read what is said of them, before it is changed.
  (void)nnrepl_threads();
  char *before = getenv(name);
  if (before) before = strdup(before);
  setenv(name, "1", 1);
  void *library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL);
  if (before) setenv(name, before, 1);
  else unsetenv(name);
  free(before);
  return library;
}

/// Whether OpenBLAS's kernels for this processor are faster than our own, which fuse no multiplication with an addition but
/// are as wide as it has vectors. Where OpenBLAS does not know the processor it falls back to older ones.
static int is_faster(const char *kernels) {
  static const char *const slow[] = {"Prescott", "Core2"}, *const widest[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
  for (int i = 0; i < 2; i++) {
    if (strcmp(kernels, slow[i]) == 0) return 0;
  }
#ifdef __x86_64__
  if (!__builtin_cpu_supports("avx512f")) return 1;
  for (int i = 0; i < 3; i++) {
    if (strcmp(kernels, widest[i]) == 0) return 1;
  }
  return 0;
#else
  (void)widest;
  return 1;
#endif
}

static void open_library(void) {
  void *library = load();
  if (!library) return;
  const char *(*kernels)(void) = (const char *(*)(void))dlsym(library, "openblas_get_corename");
  if (!kernels || !is_faster(kernels())) return;
  multiply_f64 = (gemm_f64 *)dlsym(library, "cblas_dgemm");
  multiply_f32 = (gemm_f32 *)dlsym(library, "cblas_sgemm");
  apply_f64 = (gemv_f64 *)dlsym(library, "cblas_dgemv");
  apply_f32 = (gemv_f32 *)dlsym(library, "cblas_sgemv");
  has_library = multiply_f64 && multiply_f32 && apply_f64 && apply_f32;
}

void nnrepl_large_products_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
}

/// A product, and its pieces: blocks of rows of C, or of columns where these are more and OpenBLAS makes it. They depend
/// on its size alone, and so do the bits, whoever computes which.
struct product {
  const char *a, *b, *start;
  char *c;
  /// Of an element, in bytes.
  long size;
  long width, m, k, n;
  int b_transposed;
  long pieces;
};

/// Up to this many multiplications a product is one piece: another thread costs more than it brings.
static const long worth_threads = 1L << 25;
/// The rows or columns of a piece; with fewer, what OpenBLAS does for each piece is felt.
static const long piece_length = 192;

static int is_by_rows(const struct product *p) { return !has_library || p->m >= p->n; }

/// Where a piece begins; each has a multiple of 8 rows or columns, but for the last.
static long start(const struct product *p, long piece) {
  long length = is_by_rows(p) ? p->m : p->n;
  return piece == p->pieces ? length : length * piece / p->pieces / 8 * 8;
}

static void multiply(void *raw, long piece) {
  const struct product *p = raw;
  long first = start(p, piece), count = start(p, piece + 1) - first;
  const char *a = p->a, *b = p->b;
  char *c = p->c;
  long m = p->m, n = p->n;
  if (is_by_rows(p)) {
    a += (p->width ? first : first * p->k) * p->size;
    c += first * n * p->size;
    m = count;
  } else {
    b += (p->b_transposed ? first * p->k : first) * p->size;
    c += first * p->size;
    n = count;
  }
  if (!has_library) {
    const char *from = p->start == p->c ? c : p->start;
    if (p->size == sizeof(double)) {
      nnrepl_product_f64(
          (const double *)a, p->width, (const double *)b, p->b_transposed, (double *)c, (const double *)from, m, p->k, n);
    } else {
      nnrepl_product_f32(
          (const float *)a, p->width, (const float *)b, p->b_transposed, (float *)c, (const float *)from, m, p->k, n);
    }
    return;
  }
  int adding = p->start != NULL;
  int a_form = p->width ? TRANSPOSED : AS_STORED, b_form = p->b_transposed ? TRANSPOSED : AS_STORED;
  int a_width = (int)(p->width ? p->width : p->k), b_width = (int)(p->b_transposed ? p->k : p->n);
  if (m == 1 || n == 1) {
    // A matrix times a vector: A times a column, or the transpose of B times what was a row.
    int is_column = n == 1, form = is_column ? a_form : b_form == AS_STORED ? TRANSPOSED : AS_STORED;
    long outer = is_column ? m : n, rows = form == AS_STORED ? outer : p->k, columns = form == AS_STORED ? p->k : outer;
    const char *matrix = is_column ? a : b, *vector = is_column ? b : a;
    int width = is_column ? a_width : b_width, step = is_column || !p->width ? 1 : (int)p->width;
    int c_step = is_column ? (int)p->n : 1;
    // What nobody wrote may be nan, and 0 times nan is nan. A column's results lie side by side, too: n is 1.
    if (!adding) memset(c, 0, (size_t)outer * p->size);
    if (p->size == sizeof(double)) {
      apply_f64(
          ROW_MAJOR, form, (int)rows, (int)columns, 1, (const double *)matrix, width, (const double *)vector, step,
          adding, (double *)c, c_step);
    } else {
      apply_f32(
          ROW_MAJOR, form, (int)rows, (int)columns, 1, (const float *)matrix, width, (const float *)vector, step,
          (float)adding, (float *)c, c_step);
    }
  } else if (p->size == sizeof(double)) {
    multiply_f64(
        ROW_MAJOR, a_form, b_form, (int)m, (int)n, (int)p->k, 1, (const double *)a, a_width, (const double *)b,
        b_width, adding, (double *)c, (int)p->n);
  } else {
    multiply_f32(
        ROW_MAJOR, a_form, b_form, (int)m, (int)n, (int)p->k, 1, (const float *)a, a_width, (const float *)b,
        b_width, (float)adding, (float *)c, (int)p->n);
  }
}

static int run(struct product *p) {
  nnrepl_large_products_open();
  if (has_library && (p->m > INT_MAX || p->k > INT_MAX || p->n > INT_MAX || p->width > INT_MAX)) return 0;
  // OpenBLAS adds to what C holds.
  if (has_library && p->start && p->start != p->c) {
    for (long i = 0; i < p->m; i++) memcpy(p->c + i * p->n * p->size, p->start, (size_t)(p->n * p->size));
    p->start = p->c;
  }
  p->pieces = 1;
  if (p->m * p->k * p->n >= worth_threads) {
    long length = is_by_rows(p) ? p->m : p->n;
    p->pieces = length < 16 ? 1 : length < 2 * piece_length ? 2 : length / piece_length;
  }
  // One piece of our own needs nobody's help.
  if (!has_library && (p->pieces == 1 || nnrepl_threads() == 1)) return 0;
  nnrepl_in_pieces(p->pieces, multiply, p);
  return 1;
}

int nnrepl_large_product_f64(
    const double *a, long width, const double *b, int b_transposed, double *c, const double *start, long m, long k, long n) {
  struct product product = {
      (const char *)a, (const char *)b, (const char *)start, (char *)c, sizeof *c, width, m, k, n, b_transposed, 0};
  return run(&product);
}

int nnrepl_large_product_f32(
    const float *a, long width, const float *b, int b_transposed, float *c, const float *start, long m, long k, long n) {
  struct product product = {
      (const char *)a, (const char *)b, (const char *)start, (char *)c, sizeof *c, width, m, k, n, b_transposed, 0};
  return run(&product);
}

#endif
