#pragma once
#include <stddef.h>

/// Whether Ctrl-C was pressed since the last call. The flag lives in C: a handler may not touch Swift's.
int nnrepl_take_interrupt(void);

/// What the handler does.
void nnrepl_interrupt(void);

/// Makes Ctrl-C set the flag instead of ending the process.
void nnrepl_catch_interrupt(void);

/// Makes the allocator keep freed memory for the next training step instead of returning it.
void nnrepl_keep_freed_memory(void);

/// Bytes of memory that the process occupies; 0 where the system does not tell.
size_t nnrepl_resident_bytes(void);

/// A file of the repository carried inside the program.
typedef struct {
  const char *name;
  const unsigned char *bytes;
  size_t size;
} nnrepl_file;

size_t nnrepl_file_count(void);

const nnrepl_file *nnrepl_file_at(size_t i);
