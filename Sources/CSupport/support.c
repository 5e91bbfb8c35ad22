#include "support.h"
#include <sha2.h>

void nnrepl_sha256(const unsigned char *bytes, size_t size, unsigned char digest[32]) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, bytes, size);
  SHA256Final(digest, &context);
}
