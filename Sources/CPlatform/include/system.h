#pragma once
#include <stddef.h>
#include <stdint.h>

/// Where the stack is now.
__attribute__((always_inline)) static inline uintptr_t nnrepl_stack(void) {
  return (uintptr_t)__builtin_frame_address(0);
}

/// Bytes of memory that the process has mapped, and those that it occupies; zeros where the system does not tell.
void nnrepl_memory(size_t *_Nonnull mapped, size_t *_Nonnull resident);

/// Says that this memory will be used, all of it: a system that has large pages need not get it
/// together from small ones.
void nnrepl_expect_use(void *_Nonnull memory, size_t bytes);

#ifndef __wasm__
/// How many processors this process may run on.
int nnrepl_processors(void);

/// Makes the allocator keep freed memory for the next training step instead of returning it.
void nnrepl_keep_freed_memory(void);

/// After all files were closed: the one that tells of memory is opened anew.
void nnrepl_forget_files(void);

/// The lowest address that this thread's stack may reach; 0 where nobody has set it.
size_t *_Nonnull nnrepl_stack_limit(void);
#endif

#ifdef __wasm__
/// Shows HTML where the cell that is running tells what it tells.
__attribute__((import_module("page"), import_name("show"))) void page_show(const unsigned char *_Nonnull text, size_t size);
#endif

/// Seconds on a clock that only goes forward.
double nnrepl_seconds(void);

/// Memory at a multiple of 64 bytes; NULL if there is none. It is given back with the size that it was asked for by.
void *_Nullable nnrepl_allocate(size_t bytes);
void nnrepl_free(void *_Nonnull memory, size_t bytes);
/// The bytes of all that is handed out, to the size of a piece.
size_t nnrepl_allocated(void);

/// Counts memory that is never given back.
void nnrepl_count_kept(size_t bytes);

/// The number of lengths and they, kept for good: one place for each list of them. NULL if there is no memory.
const long *_Nullable nnrepl_keep(const long *_Nullable lengths, long rank);

/// Writes a number as C's `printf` does, with `digits` after the point: `%.{digits}f`, `%.{digits}e` or
/// `%.{digits}g`. Returns the length, without the 0 at the end.
int nnrepl_print_fixed(char *_Nonnull buffer, size_t size, int digits, double number);
int nnrepl_print_scientific(char *_Nonnull buffer, size_t size, int digits, double number);
int nnrepl_print_general(char *_Nonnull buffer, size_t size, int digits, double number);
