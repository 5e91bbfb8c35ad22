#include "support.h"

// Every file of lessons/ that the program carries; a test holds this table against the folder.
#define FILE_BYTES(symbol) static const unsigned char symbol[]

FILE_BYTES(lesson01) = {
#embed "../../lessons/lesson01.nn"
};
FILE_BYTES(lesson01_out) = {
#embed "../../lessons/lesson01.nn.out"
};
FILE_BYTES(lesson02) = {
#embed "../../lessons/lesson02.nn"
};
FILE_BYTES(lesson02_out) = {
#embed "../../lessons/lesson02.nn.out"
};
FILE_BYTES(lesson03) = {
#embed "../../lessons/lesson03.nn"
};
FILE_BYTES(lesson03_out) = {
#embed "../../lessons/lesson03.nn.out"
};

static const nnrepl_file files[] = {
    {"lesson01.nn", lesson01, sizeof lesson01},
    {"lesson01.nn.out", lesson01_out, sizeof lesson01_out},
    {"lesson02.nn", lesson02, sizeof lesson02},
    {"lesson02.nn.out", lesson02_out, sizeof lesson02_out},
    {"lesson03.nn", lesson03, sizeof lesson03},
    {"lesson03.nn.out", lesson03_out, sizeof lesson03_out},
};

size_t nnrepl_file_count(void) { return sizeof files / sizeof *files; }

const nnrepl_file *nnrepl_file_at(size_t i) { return &files[i]; }
