#pragma once
#include <stdbool.h>
#include <stddef.h>

/// A line editor over libedit whose line may have many lines: one entry of a session.
typedef struct nnrepl_editor nnrepl_editor;

/// What a completion asks for. The strings were made by `malloc` and are freed by the caller.
typedef struct {
  /// Characters before the cursor that the insertion replaces.
  int erase;
  char *insert;
  /// Lines to show below the entry, or NULL.
  char *list;
} nnrepl_completion;

/// What the session knows and the editor must ask for. All texts are UTF-8.
typedef struct {
  /// Whether an entry is complete, so that Return ends it.
  bool (*is_complete)(const char *text);
  /// What to do for Tab at a byte of the entry.
  nnrepl_completion (*complete)(const char *text, size_t cursor, bool again);
  /// What to put in for pasted text; made by `malloc`.
  char *(*pasted)(const char *text);
} nnrepl_editor_calls;

/// Why a read ended.
typedef enum { nnrepl_read_entry, nnrepl_read_end, nnrepl_read_interrupted } nnrepl_read_result;

/// NULL if the terminal cannot be edited on.
nnrepl_editor *nnrepl_editor_open(nnrepl_editor_calls calls);

/// Reads one entry.
/// @param prompt may contain escape sequences between \001 and \001.
/// @param margin spaces that begin every line of the entry but the first.
/// @param entry the text, made by `malloc`, when the result is `nnrepl_read_entry`.
nnrepl_read_result nnrepl_editor_read(
    nnrepl_editor *editor, const char *prompt, int margin, char **entry);

/// Forgets all entries that Up and Ctrl-R find, and takes another.
void nnrepl_editor_clear_history(nnrepl_editor *editor);
void nnrepl_editor_add_history(nnrepl_editor *editor, const char *entry);

/// Rows and columns of the terminal.
void nnrepl_terminal_size(int *rows, int *columns);

/// Columns that a text takes, wide characters counted twice.
int nnrepl_columns(const char *text);
