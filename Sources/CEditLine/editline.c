#define _GNU_SOURCE
#include "editline.h"
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

struct nnrepl_editor {
  EditLine *el;
  History *history;
  nnrepl_editor_calls calls;
  char *prompt;
  int margin;
  bool interrupted;
  /// The entry as the last Tab left it: another Tab on the same asks for the list.
  char *tabbed;
  /// A paste too tall to be edited; a placeholder stands in the line for it.
  char *held;
  bool has_paste;
};

/// A key of our own that ends an entry by libedit's own hand, which also moves below it.
#define END_KEY "\036"
#define PLACEHOLDER "[%d lines pasted; Return runs them, Ctrl-C drops them]"

static nnrepl_editor *editor_of(EditLine *el) {
  void *data = NULL;
  el_get(el, EL_CLIENTDATA, &data);
  return data;
}

static const char *prompt_of(EditLine *el) { return (char *)editor_of(el)->prompt; }

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

/// The entry so far, without the line's own end; free it.
static char *text_of(EditLine *el, size_t *cursor) {
  const LineInfo *line = el_line(el);
  size_t length = (size_t)(line->lastchar - line->buffer);
  char *text = malloc(length + 1);
  if (!text) abort();
  memcpy(text, line->buffer, length);
  text[length] = 0;
  if (cursor) *cursor = (size_t)(line->cursor - line->buffer);
  return text;
}

/// Characters between two places of UTF-8 text.
static int characters(const char *from, const char *to) {
  int count = 0;
  for (; from < to; from++) count += (*from & 0xC0) != 0x80;
  return count;
}

/// Where the line of a place begins, and where it ends.
static size_t line_start(const char *text, size_t place) {
  while (place > 0 && text[place - 1] != '\n') place--;
  return place;
}

static size_t line_end(const char *text, size_t place) { return place + strcspn(text + place, "\n"); }

static void move_to_end(EditLine *el) {
  size_t cursor;
  char *text = text_of(el, &cursor);
  el_cursor(el, characters(text + cursor, text + strlen(text)));
  free(text);
}

static void clear_line(EditLine *el) {
  move_to_end(el);
  char *text = text_of(el, NULL);
  el_deletestr(el, characters(text, text + strlen(text)));
  free(text);
}

/// Ends the entry. A plain terminal would draw the line anew for nothing if the cursor stands at its end.
static unsigned char finish(EditLine *el) {
  const LineInfo *line = el_line(el);
  bool at_end = line->cursor == line->lastchar;
  if (!at_end) move_to_end(el);
  el_push(el, END_KEY);
  return at_end ? CC_NORM : CC_CURSOR;
}

/// Goes on in a new line, behind the margin.
static unsigned char on_break(EditLine *el, int key) {
  (void)key;
  nnrepl_editor *e = editor_of(el);
  char line[256];
  int margin = e->margin < 250 ? e->margin : 250;
  line[0] = '\n';
  memset(line + 1, ' ', (size_t)margin);
  line[margin + 1] = 0;
  el_insertstr(el, line);
  return CC_REFRESH;
}

/// From here on ^C is the kernel's again: pressed right after Return it must not wait in the queue as a
/// character. What was typed ahead stays there.
static void hand_over_interrupts(bool on) {
  struct termios state;
  if (tcgetattr(STDIN_FILENO, &state) != 0) return;
  tcflag_t flags = ISIG | NOFLSH;
  state.c_lflag = on ? state.c_lflag | flags : state.c_lflag & ~flags;
  tcsetattr(STDIN_FILENO, TCSANOW, &state);
}

static unsigned char on_return(EditLine *el, int key) {
  nnrepl_editor *e = editor_of(el);
  size_t cursor;
  char *text = text_of(el, &cursor);
  hand_over_interrupts(true);
  bool done = e->held || e->calls.is_complete(text);
  free(text);
  if (!done) hand_over_interrupts(false);
  return done ? finish(el) : on_break(el, key);
}

static unsigned char on_interrupt(EditLine *el, int key) {
  (void)key;
  editor_of(el)->interrupted = true;
  return finish(el);
}

static unsigned char on_end(EditLine *el, int key) {
  (void)key;
  const LineInfo *line = el_line(el);
  if (line->lastchar == line->buffer) return CC_EOF;
  if (line->cursor == line->lastchar) return CC_ERROR;
  el_cursor(el, 1);
  el_deletestr(el, 1);
  return CC_REFRESH;
}

static unsigned char on_suspend(EditLine *el, int key) {
  (void)el;
  (void)key;
  kill(getpid(), SIGTSTP);
  return CC_REDISPLAY;
}

static unsigned char on_tab(EditLine *el, int key) {
  (void)key;
  nnrepl_editor *e = editor_of(el);
  size_t cursor;
  char *text = text_of(el, &cursor);
  nnrepl_completion found = e->calls.complete(
      text, cursor, e->tabbed && strcmp(e->tabbed, text) == 0);
  unsigned char result = CC_REFRESH;
  if (found.erase > 0) el_deletestr(el, found.erase);
  if (found.insert && *found.insert) el_insertstr(el, found.insert);
  if (found.list) {
    fprintf(stdout, "\n%s\n", found.list);
    fflush(stdout);
    result = CC_REDISPLAY;
  }
  bool changed = found.erase > 0 || (found.insert && *found.insert);
  free(e->tabbed);
  if (changed) free(text);
  e->tabbed = changed ? text_of(el, NULL) : text;
  free(found.insert);
  free(found.list);
  return result;
}

/// Reads what is pasted, up to ESC [ 2 0 1 ~, and puts it in at once.
static unsigned char on_paste(EditLine *el, int key) {
  (void)key;
  nnrepl_editor *e = editor_of(el);
  static const wchar_t end[] = L"\033[201~";
  size_t matched = 0, length = 0, room = 4096;
  wchar_t *wide = malloc(room * sizeof *wide);
  if (!wide) return CC_ERROR;
  wchar_t c;
  while (matched < 6 && el_wgetc(el, &c) == 1) {
    // Its end may never come: Ctrl-C leaves it.
    if (c == 3) {
      free(wide);
      return on_interrupt(el, key);
    }
    if (length + 2 > room) {
      wchar_t *more = realloc(wide, 2 * room * sizeof *wide);
      if (!more) break;
      wide = more;
      room *= 2;
    }
    wide[length++] = c == L'\r' ? L'\n' : c;
    matched = c == end[matched] ? matched + 1 : c == end[0];
  }
  if (matched == 6) length -= 6;
  wide[length] = 0;
  char *text = malloc(length * MB_CUR_MAX + 1);
  if (!text) {
    free(wide);
    return CC_ERROR;
  }
  size_t bytes = wcstombs(text, wide, length * MB_CUR_MAX + 1);
  free(wide);
  if (bytes == (size_t)-1) {
    free(text);
    return CC_ERROR;
  }
  char *clean = e->calls.pasted(text);
  free(text);
  if (!clean) return CC_REFRESH;
  int lines = 1, rows, columns;
  for (char *p = clean; *p; p++) lines += *p == '\n';
  nnrepl_terminal_size(&rows, &columns);
  const LineInfo *line = el_line(el);
  if (lines > rows - 3 && line->lastchar == line->buffer) {
    // An entry taller than the screen cannot be drawn: it is kept aside.
    char note[128];
    snprintf(note, sizeof note, PLACEHOLDER, lines);
    free(e->held);
    e->held = clean;
    el_insertstr(el, note);
    return CC_REFRESH;
  }
  el_insertstr(el, clean);
  free(clean);
  return CC_REFRESH;
}

// Moving within an entry of several lines; libedit's own keys act on the whole of it.

static unsigned char on_home(EditLine *el, int key) {
  (void)key;
  nnrepl_editor *e = editor_of(el);
  size_t cursor;
  char *text = text_of(el, &cursor);
  size_t start = line_start(text, cursor);
  // The margin belongs to the prompt.
  if (start > 0) {
    for (int i = 0; i < e->margin && text[start] == ' ' && start < cursor; i++) start++;
  }
  el_cursor(el, -characters(text + start, text + cursor));
  free(text);
  return CC_CURSOR;
}

static unsigned char on_line_end(EditLine *el, int key) {
  (void)key;
  size_t cursor;
  char *text = text_of(el, &cursor);
  size_t end = line_end(text, cursor);
  el_cursor(el, characters(text + cursor, text + end));
  free(text);
  return CC_CURSOR;
}

static unsigned char on_kill(EditLine *el, int key) {
  (void)key;
  size_t cursor;
  char *text = text_of(el, &cursor);
  size_t end = line_end(text, cursor);
  if (end == cursor && text[end] == '\n') end++;
  int count = characters(text + cursor, text + end);
  free(text);
  el_cursor(el, count);
  el_deletestr(el, count);
  return CC_REFRESH;
}

/// Moves to the line above or below; false if there is none.
static bool move_line(EditLine *el, bool up) {
  size_t cursor;
  char *text = text_of(el, &cursor);
  size_t start = line_start(text, cursor);
  int column = characters(text + start, text + cursor);
  // The first line stands behind the prompt, the others behind their margin.
  int margin = editor_of(el)->margin;
  if (start == 0) column += margin;
  size_t target;
  if (up) {
    if (start == 0) {
      free(text);
      return false;
    }
    target = line_start(text, start - 1);
  } else {
    target = line_end(text, cursor);
    if (!text[target]) {
      free(text);
      return false;
    }
    target++;
  }
  if (target == 0) column = column > margin ? column - margin : 0;
  size_t place = target;
  while (column > 0 && text[place] && text[place] != '\n') {
    place++;
    while ((text[place] & 0xC0) == 0x80) place++;
    column--;
  }
  int delta = place < cursor ? -characters(text + place, text + cursor)
                             : characters(text + cursor, text + place);
  free(text);
  el_cursor(el, delta);
  return true;
}

static unsigned char on_up(EditLine *el, int key) {
  (void)key;
  if (move_line(el, true)) return CC_CURSOR;
  el_push(el, "\020");
  return CC_NORM;
}

static unsigned char on_down(EditLine *el, int key) {
  (void)key;
  if (move_line(el, false)) return CC_CURSOR;
  el_push(el, "\016");
  return CC_NORM;
}

/// Deleting over the margin of a line joins it to the one above.
static unsigned char on_backspace(EditLine *el, int key) {
  (void)key;
  nnrepl_editor *e = editor_of(el);
  size_t cursor;
  char *text = text_of(el, &cursor);
  size_t start = line_start(text, cursor);
  size_t spaces = start;
  while (spaces < cursor && text[spaces] == ' ') spaces++;
  int count = 1;
  if (start > 0 && spaces == cursor && cursor - start <= (size_t)e->margin) {
    count = (int)(cursor - start) + 1;
  }
  bool empty = cursor == 0;
  free(text);
  if (empty) return CC_ERROR;
  if (e->held) {
    free(e->held);
    e->held = NULL;
    clear_line(el);
    return CC_REFRESH;
  }
  el_deletestr(el, count);
  return CC_REFRESH;
}

nnrepl_editor *nnrepl_editor_open(nnrepl_editor_calls calls) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
  nnrepl_editor *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  e->calls = calls;
  e->el = el_init("nnrepl", stdin, stdout, stderr);
  e->history = history_init();
  if (!e->el || !e->history) {
    free(e);
    return NULL;
  }
  HistEvent event;
  history(e->history, &event, H_SETSIZE, 5000);
  el_set(e->el, EL_CLIENTDATA, e);
  el_set(e->el, EL_PROMPT_ESC, prompt_of, '\001');
  el_set(e->el, EL_EDITOR, "emacs");
  el_set(e->el, EL_HIST, history, e->history);
  el_set(e->el, EL_SIGNAL, 1);
  static const struct {
    const char *name;
    unsigned char (*run)(EditLine *, int);
    const char *keys[4];
  } functions[] = {
      {"nn-return", on_return, {"^M", "^J"}},
      {"nn-break", on_break, {"\\e^M", "\\e^J"}},
      {"nn-interrupt", on_interrupt, {"^C"}},
      {"nn-end", on_end, {"^D"}},
      {"nn-suspend", on_suspend, {"^Z"}},
      {"nn-tab", on_tab, {"^I"}},
      {"nn-paste", on_paste, {"\\e[200~"}},
      {"nn-home", on_home, {"^A", "\\e[H", "\\eOH", "\\e[1~"}},
      {"nn-line-end", on_line_end, {"^E", "\\e[F", "\\eOF", "\\e[4~"}},
      {"nn-kill", on_kill, {"^K"}},
      {"nn-up", on_up, {"\\e[A", "\\eOA"}},
      {"nn-down", on_down, {"\\e[B", "\\eOB"}},
      {"nn-backspace", on_backspace, {"^?", "^H"}},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    el_set(e->el, EL_ADDFN, functions[i].name, "", functions[i].run);
    for (int k = 0; k < 4 && functions[i].keys[k]; k++) {
      el_set(e->el, EL_BIND, functions[i].keys[k], functions[i].name, NULL);
    }
  }
  el_set(e->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_set(e->el, EL_BIND, "^P", "ed-prev-history", NULL);
  el_set(e->el, EL_BIND, "^N", "ed-next-history", NULL);
  el_set(e->el, EL_BIND, "^^", "ed-newline", NULL);
  el_set(e->el, EL_BIND, "\\e[C", "ed-next-char", NULL);
  el_set(e->el, EL_BIND, "\\e[D", "ed-prev-char", NULL);
  el_set(e->el, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
  el_set(e->el, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
  el_set(e->el, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
  const char *term = getenv("TERM");
  e->has_paste = !(term && strcmp(term, "dumb") == 0);
  el_source(e->el, NULL);
  // ^C and ^Z reach the functions above instead of the kernel.
  el_set(e->el, EL_SETTY, "-d", "-isig", NULL);
  return e;
}

nnrepl_read_result nnrepl_editor_read(
    nnrepl_editor *e, const char *prompt, int margin, char **entry) {
  free(e->prompt);
  e->prompt = strdup(prompt);
  e->margin = margin;
  e->interrupted = false;
  free(e->tabbed);
  e->tabbed = NULL;
  if (e->has_paste) {
    fputs("\033[?2004h", stdout);
    fflush(stdout);
  }
  // Before the prompt appears, so that what is typed at once is not echoed by the kernel too.
  el_set(e->el, EL_PREP_TERM, 1);
  int count = 0;
  const char *line = el_gets(e->el, &count);
  if (e->has_paste) {
    fputs("\033[?2004l", stdout);
    fflush(stdout);
  }
  nnrepl_read_result result = nnrepl_read_entry;
  if (e->interrupted) {
    result = nnrepl_read_interrupted;
  } else if (!line || count <= 0) {
    result = nnrepl_read_end;
  } else if (e->held) {
    *entry = e->held;
    e->held = NULL;
  } else {
    *entry = strdup(line);
  }
  free(e->held);
  e->held = NULL;
  return result;
}

void nnrepl_editor_clear_history(nnrepl_editor *e) {
  HistEvent event;
  history(e->history, &event, H_CLEAR);
}

void nnrepl_editor_add_history(nnrepl_editor *e, const char *entry) {
  HistEvent event;
  history(e->history, &event, H_ENTER, entry);
}

void nnrepl_terminal_size(int *rows, int *columns) {
  struct winsize size = {0};
  bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  *rows = known && size.ws_row > 0 ? size.ws_row : 24;
  *columns = known ? size.ws_col : 80;
}

int nnrepl_columns(const char *text) {
  int columns = 0;
  mbstate_t state = {0};
  size_t left = strlen(text);
  while (left > 0) {
    wchar_t c;
    size_t n = mbrtowc(&c, text, left, &state);
    if (n == 0 || n > left) {
      // A byte that is no character here takes one column.
      n = 1;
      c = L'?';
      memset(&state, 0, sizeof state);
    }
    int width = wcwidth(c);
    if (width > 0) columns += width;
    text += n;
    left -= n;
  }
  return columns;
}
