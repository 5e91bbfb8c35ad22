// What a page's Swift asks for, and its C library does not have by that name.
#ifdef __wasm__

#include <stdint.h>
#include <stdlib.h>

uintptr_t __stack_chk_guard = 0x595e9fbd;

void __stack_chk_fail(void) { __builtin_trap(); }

/// A number from text, as the standard library reads one: the end of what was read, or NULL.
const char *_swift_stdlib_strtod_clocale(const char *text, double *number) {
    char *end;
    *number = strtod(text, &end);
    return end == text ? 0 : end;
}

const char *_swift_stdlib_strtof_clocale(const char *text, float *number) {
    char *end;
    *number = strtof(text, &end);
    return end == text ? 0 : end;
}

#endif
