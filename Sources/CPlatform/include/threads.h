#pragma once

// Work in pieces, by as many threads as the machine has processors for this process, or fewer if OPENBLAS_NUM_THREADS,
// GOTO_NUM_THREADS or OMP_NUM_THREADS say so. Who does which piece is left open, so no result may depend on it.

#ifdef __wasm__
static inline long nnrepl_threads(void) { return 1; }

static inline void nnrepl_in_pieces(long pieces, void (*_Nonnull work)(void *_Nonnull, long), void *_Nonnull context) {
    for (long piece = 0; piece < pieces; piece++) work(context, piece);
}
#else
/// How many there may be, this one among them.
long nnrepl_threads(void);

/// Calls `work` with the context and each number from 0 to `pieces`, and returns when all is done.
void nnrepl_in_pieces(long pieces, void (*_Nonnull work)(void *_Nonnull, long), void *_Nonnull context);
#endif
