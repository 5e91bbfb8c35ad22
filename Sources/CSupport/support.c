#include "support.h"
#include <fcntl.h>
#include <malloc.h>
#include <sha2.h>
#include <stdio.h>
#include <unistd.h>

size_t *nnrepl_stack_limit(void) {
  static _Thread_local size_t limit = 0;
  return &limit;
}

void nnrepl_keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MXFAST, 0);
}

void nnrepl_sha256(const unsigned char *bytes, size_t size, unsigned char digest[32]) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, bytes, size);
  SHA256Final(digest, &context);
}
