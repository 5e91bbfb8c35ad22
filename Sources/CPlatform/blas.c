// OpenBLAS, where the machine has it: loaded with the first product that it is faster for.
#define _GNU_SOURCE
#include "product.h"

#ifndef __wasm__

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "system.h"

// Of CBLAS's interface, which is the same in every version.
enum { ROW_MAJOR = 101, AS_STORED = 111, TRANSPOSED = 112 };
typedef void gemm_f64(
    int order, int a_form, int b_form, int m, int n, int k, double factor, const double *a, int a_width,
    const double *b, int b_width, double kept, double *c, int c_width);
typedef void gemm_f32(
    int order, int a_form, int b_form, int m, int n, int k, float factor, const float *a, int a_width,
    const float *b, int b_width, float kept, float *c, int c_width);

static gemm_f64 *multiply_f64;
static gemm_f32 *multiply_f32;

enum { MOST_THREADS = 64 };
/// How many threads a large product may use.
static long threads = 1;

/// What is said of threads: as OpenBLAS reads it.
static const char *said_of_threads(void) {
  static const char *const names[] = {
      "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"};
  for (int i = 0; i < 3; i++) {
    const char *said = getenv(names[i]);
    if (said && atol(said) > 0) return said;
  }
  return NULL;
}

/// Loads the library without threads of its own: it would start them at once, each spins for a while before it sleeps,
/// and the bits of a product would depend on their number.
static void *load(void) {
  static const char name[] = "OPENBLAS_NUM_THREADS";
  const char *said = said_of_threads();
  threads = said ? atol(said) : nnrepl_processors();
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  char *before = getenv(name);
  if (before) before = strdup(before);
  setenv(name, "1", 1);
  void *library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL);
  if (before) setenv(name, before, 1);
  else unsetenv(name);
  free(before);
  return library;
}

static void open_library(void) {
  void *library = load();
  if (!library) return;
  const char *(*kernels)(void) = (const char *(*)(void))dlsym(library, "openblas_get_corename");
  // Where it does not know the processor it falls back to its oldest kernels, and ours are as fast.
  if (!kernels || strcmp(kernels(), "Prescott") == 0 || strcmp(kernels(), "Core2") == 0) return;
  multiply_f64 = (gemm_f64 *)dlsym(library, "cblas_dgemm");
  multiply_f32 = (gemm_f32 *)dlsym(library, "cblas_sgemm");
}

void nnrepl_blas_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
}

/// A product, and its pieces: blocks of rows of C, or of columns where these are more. They depend on its size alone,
/// and so do the bits, whoever computes which.
struct product {
  const char *a, *b;
  char *c;
  /// Of an element, in bytes.
  long size;
  long width, m, k, n;
  int b_transposed, adding;
  long pieces;
  atomic_long next;
};

/// Up to this many multiplications a product is one piece: another thread costs more than it brings.
static const long worth_threads = 1L << 22;
/// The rows or columns of a piece; with fewer, what OpenBLAS does for each piece is felt.
static const long piece_length = 192;

/// Where a piece begins; each has a multiple of 8 rows or columns, but for the last.
static long start(const struct product *p, long piece) {
  long length = p->m >= p->n ? p->m : p->n;
  return piece == p->pieces ? length : length * piece / p->pieces / 8 * 8;
}

static void multiply(const struct product *p, long piece) {
  long first = start(p, piece), count = start(p, piece + 1) - first;
  const char *a = p->a, *b = p->b;
  char *c = p->c;
  long m = p->m, n = p->n;
  if (m >= n) {
    a += (p->width ? first : first * p->k) * p->size;
    c += first * n * p->size;
    m = count;
  } else {
    b += (p->b_transposed ? first * p->k : first) * p->size;
    c += first * p->size;
    n = count;
  }
  int a_form = p->width ? TRANSPOSED : AS_STORED, b_form = p->b_transposed ? TRANSPOSED : AS_STORED;
  int a_width = (int)(p->width ? p->width : p->k), b_width = (int)(p->b_transposed ? p->k : p->n);
  if (p->size == sizeof(double)) {
    multiply_f64(
        ROW_MAJOR, a_form, b_form, (int)m, (int)n, (int)p->k, 1, (const double *)a, a_width, (const double *)b,
        b_width, p->adding, (double *)c, (int)p->n);
  } else {
    multiply_f32(
        ROW_MAJOR, a_form, b_form, (int)m, (int)n, (int)p->k, 1, (const float *)a, a_width, (const float *)b,
        b_width, (float)p->adding, (float *)c, (int)p->n);
  }
}

/// One thread's share: piece after piece, as long as there are any.
static void *work(void *raw) {
  struct product *p = raw;
  long piece;
  while ((piece = atomic_fetch_add(&p->next, 1)) < p->pieces) multiply(p, piece);
  return NULL;
}

static int run(struct product *p) {
  nnrepl_blas_open();
  if (!multiply_f64 || !multiply_f32) return 0;
  if (p->m > INT_MAX || p->k > INT_MAX || p->n > INT_MAX || p->width > INT_MAX) return 0;
  p->pieces = 1;
  if (p->m * p->k * p->n >= worth_threads) {
    long length = p->m >= p->n ? p->m : p->n;
    p->pieces = length < 2 * piece_length ? 2 : length / piece_length;
  }
  pthread_t others[MOST_THREADS];
  long count = 0;
  while (count + 1 < threads && count + 1 < p->pieces) {
    if (pthread_create(&others[count], NULL, work, p) != 0) break;
    count++;
  }
  work(p);
  while (count > 0) pthread_join(others[--count], NULL);
  return 1;
}

int nnrepl_blas_product_f64(
    const double *a, long width, const double *b, int b_transposed, double *c, int adding, long m, long k, long n) {
  struct product product = {
      (const char *)a, (const char *)b, (char *)c, sizeof *c, width, m, k, n, b_transposed, adding, 0, 0};
  return run(&product);
}

int nnrepl_blas_product_f32(
    const float *a, long width, const float *b, int b_transposed, float *c, int adding, long m, long k, long n) {
  struct product product = {
      (const char *)a, (const char *)b, (char *)c, sizeof *c, width, m, k, n, b_transposed, adding, 0, 0};
  return run(&product);
}

#endif
