#pragma once
#include <stddef.h>

/// Starts this program again with `arguments`, on the same terminal, in a process group of its own. Returns its id,
/// or -1.
int nnrepl_start_beside(const char *const arguments[]);

/// Starts this program again with `arguments`, no environment, no open files, in a process group of its own.
/// Its standard input and output are the other end of `channel`; with `is_silent` its errors go nowhere.
/// Returns its id, or -1.
int nnrepl_start(const char *const arguments[], int is_silent, int *channel);

/// Kills a started process with all its group and waits for it. Returns the signal that ended it, or its exit
/// status, negative.
int nnrepl_end(int process);

/// Makes this process end when its parent does, and forget its environment.
void nnrepl_follow_parent(void);

/// In a process that has never seen a script: forks a child for each that is asked for over `channel`, and
/// returns in each child, whose standard input and output are a channel of its own. Never returns in the parent.
void nnrepl_fork_server(int channel);

/// Asks a fork server for a child. Returns its id, or -1.
int nnrepl_fork_child(int server, int *channel);

/// Has a fork server kill a child with all its group; returns as `nnrepl_end` does.
int nnrepl_end_child(int server, int child);

/// Closes this process off for good: `memory` more bytes, `seconds` of processor time, no files, no new
/// processes, no network. Returns 1 if Landlock holds, plus 2 if seccomp does; 0 if neither.
int nnrepl_confine(size_t memory, unsigned seconds);
