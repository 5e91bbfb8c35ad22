#define _GNU_SOURCE
#include "terminal.h"
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

int test_terminal_start(const char *program, char *const arguments[], char *const environment[],
                        unsigned short rows, unsigned short columns, pid_t *process) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  int terminal;
  *process = forkpty(&terminal, NULL, NULL, &size);
  if (*process < 0) return -1;
  if (*process == 0) {
    execve(program, arguments, environment);
    _exit(127);
  }
  fcntl(terminal, F_SETFL, O_NONBLOCK);
  fcntl(terminal, F_SETFD, FD_CLOEXEC);
  return terminal;
}

void test_terminal_resize(int terminal, unsigned short rows, unsigned short columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  ioctl(terminal, TIOCSWINSZ, &size);
}
