#pragma once
#include <sys/types.h>

/// Starts a program on a new pseudo-terminal of that size.
/// @returns the terminal's other end, which does not block; -1 on failure.
int test_terminal_start(const char *program, char *const arguments[], char *const environment[],
                        unsigned short rows, unsigned short columns, pid_t *process);

void test_terminal_resize(int terminal, unsigned short rows, unsigned short columns);
