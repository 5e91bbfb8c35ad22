// OpenBLAS, where the machine has it: loaded with the first product that it is faster for.
#include "product.h"

#ifndef __wasm__

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
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
static void (*set_threads)(int);
/// How many threads a large product is worth.
static int threads = 1;

/// Below this many multiplications, waking a second thread costs more than it brings.
static const long worth_threads = 1L << 22;

/// A process that needs no second thread starts none: the library would start them all as it is loaded, and each spins
/// for a while before it sleeps.
static void *load(void) {
  static const char *const settings[] = {
      "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"};
  int is_set = 0;
  for (int i = 0; i < 3; i++) is_set |= getenv(settings[i]) != NULL;
  if (!is_set) setenv(settings[0], "1", 1);
  void *library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL);
  if (!is_set) unsetenv(settings[0]);
  if (!library) return NULL;
  int (*count)(void) = dlsym(library, "openblas_get_num_threads");
  if (count) threads = is_set ? count() : nnrepl_processors();
  return library;
}

static void open_library(void) {
  void *library = load();
  if (!library) return;
  const char *(*kernels)(void) = dlsym(library, "openblas_get_corename");
  set_threads = dlsym(library, "openblas_set_num_threads");
  if (!kernels || !set_threads) return;
  // Where it does not know the processor it falls back to its oldest kernels, and ours are as fast.
  if (strcmp(kernels(), "Prescott") == 0 || strcmp(kernels(), "Core2") == 0) return;
  multiply_f64 = dlsym(library, "cblas_dgemm");
  multiply_f32 = dlsym(library, "cblas_sgemm");
}

void nnrepl_blas_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
}

/// Whether OpenBLAS is there for a product of this size.
static int is_ready(long m, long k, long n, long width) {
  nnrepl_blas_open();
  if (!multiply_f64 || !multiply_f32) return 0;
  if (m > INT_MAX || k > INT_MAX || n > INT_MAX || width > INT_MAX) return 0;
  if (threads > 1) set_threads(m * k * n < worth_threads ? 1 : threads);
  return 1;
}

int nnrepl_blas_product_f64(
    const double *a, long width, const double *b, int b_transposed, double *c, int adding, long m, long k, long n) {
  if (!is_ready(m, k, n, width)) return 0;
  multiply_f64(
      ROW_MAJOR, width ? TRANSPOSED : AS_STORED, b_transposed ? TRANSPOSED : AS_STORED, (int)m, (int)n, (int)k, 1, a,
      (int)(width ? width : k), b, (int)(b_transposed ? k : n), adding ? 1 : 0, c, (int)n);
  return 1;
}

int nnrepl_blas_product_f32(
    const float *a, long width, const float *b, int b_transposed, float *c, int adding, long m, long k, long n) {
  if (!is_ready(m, k, n, width)) return 0;
  multiply_f32(
      ROW_MAJOR, width ? TRANSPOSED : AS_STORED, b_transposed ? TRANSPOSED : AS_STORED, (int)m, (int)n, (int)k, 1, a,
      (int)(width ? width : k), b, (int)(b_transposed ? k : n), adding ? 1 : 0, c, (int)n);
  return 1;
}

#endif
