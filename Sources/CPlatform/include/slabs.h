#pragma once

/// Gives the calling thread the slabs for its small pieces of memory, unless another thread has them. What it frees
/// after it has left them, or others free, goes back to them too.
/// - Returns: whether it had not and has them now.
int nnrepl_slabs_take(void);
void nnrepl_slabs_leave(void);

/// Whether the calling thread has them; always, where there are none.
int nnrepl_slabs_are_mine(void);
