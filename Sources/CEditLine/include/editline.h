#pragma once
#include <histedit.h>

// libedit's functions of any number of arguments, which Swift cannot call, one for each use.

/// `EL_SIGNAL`, `EL_PREP_TERM` and other settings that are numbers.
void nnrepl_edit_set(EditLine *el, int setting, int value);
void nnrepl_edit_mode(EditLine *el, const char *editor);
/// The prompt may contain escape sequences between \001 and \001.
void nnrepl_edit_prompt(EditLine *el, char *(*prompt)(EditLine *));
void nnrepl_edit_add(EditLine *el, const char *name, unsigned char (*run)(EditLine *, int));
void nnrepl_edit_bind(EditLine *el, const char *key, const char *name);
/// A flag of the terminal that is off while an entry is edited, as in "-isig".
void nnrepl_edit_without(EditLine *el, const char *flag);
void nnrepl_edit_recalls(EditLine *el, History *from);

void nnrepl_history_limit(History *of, int entries);
void nnrepl_history_clear(History *of);
void nnrepl_history_enter(History *of, const char *entry);
