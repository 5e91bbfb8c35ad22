#define _GNU_SOURCE
#include "editline.h"
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// libedit writes past the end of its picture of the screen when a window shrinks below where the cursor stands,
/// and offers no way to tell it another size. It asks for it by this function; whoever asks is told of no window
/// narrower than a prompt with some room. On a real one of fewer columns the terminal wraps.
int ioctl(int file, unsigned long request, ...) {
  enum { least = 20 };
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int result = (int)syscall(SYS_ioctl, file, request, argument);
  if (request == TIOCGWINSZ && result == 0) {
    struct winsize *size = argument;
    if (size->ws_col > 0 && size->ws_col < least) size->ws_col = least;
  }
  return result;
}

void nnrepl_edit_set(EditLine *el, int setting, int value) { el_set(el, setting, value); }

void nnrepl_edit_mode(EditLine *el, const char *editor) { el_set(el, EL_EDITOR, editor); }

void nnrepl_edit_prompt(EditLine *el, char *(*prompt)(EditLine *)) {
  el_set(el, EL_PROMPT_ESC, prompt, '\001');
}

void nnrepl_edit_add(EditLine *el, const char *name, unsigned char (*run)(EditLine *, int)) {
  el_set(el, EL_ADDFN, name, "", run);
}

void nnrepl_edit_bind(EditLine *el, const char *key, const char *name) {
  el_set(el, EL_BIND, key, name, NULL);
}

void nnrepl_edit_without(EditLine *el, const char *flag) { el_set(el, EL_SETTY, "-d", flag, NULL); }

void nnrepl_edit_recalls(EditLine *el, History *from) { el_set(el, EL_HIST, history, from); }

void nnrepl_history_limit(History *of, int entries) {
  HistEvent event;
  history(of, &event, H_SETSIZE, entries);
}

void nnrepl_history_clear(History *of) {
  HistEvent event;
  history(of, &event, H_CLEAR);
}

void nnrepl_history_enter(History *of, const char *entry) {
  HistEvent event;
  history(of, &event, H_ENTER, entry);
}
