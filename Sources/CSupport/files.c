#include "support.h"

// Every file that the program carries; a test holds this table against the folders.
#define CARRIED(symbol) static const unsigned char symbol[]

CARRIED(lessons_lesson01_nn) = {
#embed "../../lessons/lesson01.nn"
};
CARRIED(lessons_lesson01_nn_out) = {
#embed "../../lessons/lesson01.nn.out"
};
CARRIED(lessons_lesson02_nn) = {
#embed "../../lessons/lesson02.nn"
};
CARRIED(lessons_lesson02_nn_out) = {
#embed "../../lessons/lesson02.nn.out"
};
CARRIED(lessons_lesson03_nn) = {
#embed "../../lessons/lesson03.nn"
};
CARRIED(lessons_lesson03_nn_out) = {
#embed "../../lessons/lesson03.nn.out"
};
CARRIED(lessons_lesson04_nn) = {
#embed "../../lessons/lesson04.nn"
};
CARRIED(lessons_lesson04_nn_out) = {
#embed "../../lessons/lesson04.nn.out"
};
CARRIED(lessons_lesson05_nn) = {
#embed "../../lessons/lesson05.nn"
};
CARRIED(lessons_lesson05_nn_out) = {
#embed "../../lessons/lesson05.nn.out"
};
CARRIED(lessons_lesson06_nn) = {
#embed "../../lessons/lesson06.nn"
};
CARRIED(lessons_lesson06_nn_out) = {
#embed "../../lessons/lesson06.nn.out"
};
CARRIED(lessons_lesson07_nn) = {
#embed "../../lessons/lesson07.nn"
};
CARRIED(lessons_lesson07_nn_out) = {
#embed "../../lessons/lesson07.nn.out"
};
CARRIED(lessons_lesson08_nn) = {
#embed "../../lessons/lesson08.nn"
};
CARRIED(lessons_lesson08_nn_out) = {
#embed "../../lessons/lesson08.nn.out"
};
CARRIED(lessons_lesson09_nn) = {
#embed "../../lessons/lesson09.nn"
};
CARRIED(lessons_lesson09_nn_out) = {
#embed "../../lessons/lesson09.nn.out"
};
CARRIED(lessons_course_json) = {
#embed "../../lessons/course.json"
};
CARRIED(lessons_exercises_ex01_check_nn) = {
#embed "../../lessons/exercises/ex01.check.nn"
};
CARRIED(lessons_exercises_ex01_nn) = {
#embed "../../lessons/exercises/ex01.nn"
};
CARRIED(lessons_exercises_ex02_check_nn) = {
#embed "../../lessons/exercises/ex02.check.nn"
};
CARRIED(lessons_exercises_ex02_nn) = {
#embed "../../lessons/exercises/ex02.nn"
};
CARRIED(lessons_exercises_ex03_check_nn) = {
#embed "../../lessons/exercises/ex03.check.nn"
};
CARRIED(lessons_exercises_ex03_nn) = {
#embed "../../lessons/exercises/ex03.nn"
};
CARRIED(lessons_exercises_ex04_check_nn) = {
#embed "../../lessons/exercises/ex04.check.nn"
};
CARRIED(lessons_exercises_ex04_nn) = {
#embed "../../lessons/exercises/ex04.nn"
};
CARRIED(lessons_exercises_ex05_check_nn) = {
#embed "../../lessons/exercises/ex05.check.nn"
};
CARRIED(lessons_exercises_ex05_nn) = {
#embed "../../lessons/exercises/ex05.nn"
};
CARRIED(lessons_exercises_ex06_check_nn) = {
#embed "../../lessons/exercises/ex06.check.nn"
};
CARRIED(lessons_exercises_ex06_nn) = {
#embed "../../lessons/exercises/ex06.nn"
};
CARRIED(lessons_exercises_ex07_check_nn) = {
#embed "../../lessons/exercises/ex07.check.nn"
};
CARRIED(lessons_exercises_ex07_nn) = {
#embed "../../lessons/exercises/ex07.nn"
};
CARRIED(lessons_exercises_ex08_check_nn) = {
#embed "../../lessons/exercises/ex08.check.nn"
};
CARRIED(lessons_exercises_ex08_nn) = {
#embed "../../lessons/exercises/ex08.nn"
};
CARRIED(lessons_exercises_ex09_check_nn) = {
#embed "../../lessons/exercises/ex09.check.nn"
};
CARRIED(lessons_exercises_ex09_nn) = {
#embed "../../lessons/exercises/ex09.nn"
};
CARRIED(lessons_exercises_ex10_check_nn) = {
#embed "../../lessons/exercises/ex10.check.nn"
};
CARRIED(lessons_exercises_ex10_nn) = {
#embed "../../lessons/exercises/ex10.nn"
};
CARRIED(lessons_exercises_ex11_check_nn) = {
#embed "../../lessons/exercises/ex11.check.nn"
};
CARRIED(lessons_exercises_ex11_nn) = {
#embed "../../lessons/exercises/ex11.nn"
};
CARRIED(lessons_exercises_ex12_check_nn) = {
#embed "../../lessons/exercises/ex12.check.nn"
};
CARRIED(lessons_exercises_ex12_nn) = {
#embed "../../lessons/exercises/ex12.nn"
};
CARRIED(lessons_solutions_ex01_nn) = {
#embed "../../lessons/solutions/ex01.nn"
};
CARRIED(lessons_solutions_ex02_nn) = {
#embed "../../lessons/solutions/ex02.nn"
};
CARRIED(lessons_solutions_ex03_nn) = {
#embed "../../lessons/solutions/ex03.nn"
};
CARRIED(lessons_solutions_ex04_nn) = {
#embed "../../lessons/solutions/ex04.nn"
};
CARRIED(lessons_solutions_ex05_nn) = {
#embed "../../lessons/solutions/ex05.nn"
};
CARRIED(lessons_solutions_ex06_nn) = {
#embed "../../lessons/solutions/ex06.nn"
};
CARRIED(lessons_solutions_ex07_nn) = {
#embed "../../lessons/solutions/ex07.nn"
};
CARRIED(lessons_solutions_ex08_nn) = {
#embed "../../lessons/solutions/ex08.nn"
};
CARRIED(lessons_solutions_ex09_nn) = {
#embed "../../lessons/solutions/ex09.nn"
};
CARRIED(lessons_solutions_ex10_nn) = {
#embed "../../lessons/solutions/ex10.nn"
};
CARRIED(lessons_solutions_ex11_nn) = {
#embed "../../lessons/solutions/ex11.nn"
};
CARRIED(lessons_solutions_ex12_nn) = {
#embed "../../lessons/solutions/ex12.nn"
};
CARRIED(library_layers_nn) = {
#embed "../Builtins/Library/layers.nn"
};
CARRIED(library_textbook_nn) = {
#embed "../Builtins/Library/textbook.nn"
};
CARRIED(data_breast_cancer_csv) = {
#embed "../../lessons/data/breast_cancer.csv"
};
CARRIED(data_digits_csv) = {
#embed "../../lessons/data/digits.csv"
};
CARRIED(data_iris_csv) = {
#embed "../../lessons/data/iris.csv"
};
CARRIED(data_wine_csv) = {
#embed "../../lessons/data/wine.csv"
};

static const nnrepl_file files[] = {
    {"lessons/lesson01.nn", lessons_lesson01_nn, sizeof lessons_lesson01_nn},
    {"lessons/lesson01.nn.out", lessons_lesson01_nn_out, sizeof lessons_lesson01_nn_out},
    {"lessons/lesson02.nn", lessons_lesson02_nn, sizeof lessons_lesson02_nn},
    {"lessons/lesson02.nn.out", lessons_lesson02_nn_out, sizeof lessons_lesson02_nn_out},
    {"lessons/lesson03.nn", lessons_lesson03_nn, sizeof lessons_lesson03_nn},
    {"lessons/lesson03.nn.out", lessons_lesson03_nn_out, sizeof lessons_lesson03_nn_out},
    {"lessons/lesson04.nn", lessons_lesson04_nn, sizeof lessons_lesson04_nn},
    {"lessons/lesson04.nn.out", lessons_lesson04_nn_out, sizeof lessons_lesson04_nn_out},
    {"lessons/lesson05.nn", lessons_lesson05_nn, sizeof lessons_lesson05_nn},
    {"lessons/lesson05.nn.out", lessons_lesson05_nn_out, sizeof lessons_lesson05_nn_out},
    {"lessons/lesson06.nn", lessons_lesson06_nn, sizeof lessons_lesson06_nn},
    {"lessons/lesson06.nn.out", lessons_lesson06_nn_out, sizeof lessons_lesson06_nn_out},
    {"lessons/lesson07.nn", lessons_lesson07_nn, sizeof lessons_lesson07_nn},
    {"lessons/lesson07.nn.out", lessons_lesson07_nn_out, sizeof lessons_lesson07_nn_out},
    {"lessons/lesson08.nn", lessons_lesson08_nn, sizeof lessons_lesson08_nn},
    {"lessons/lesson08.nn.out", lessons_lesson08_nn_out, sizeof lessons_lesson08_nn_out},
    {"lessons/lesson09.nn", lessons_lesson09_nn, sizeof lessons_lesson09_nn},
    {"lessons/lesson09.nn.out", lessons_lesson09_nn_out, sizeof lessons_lesson09_nn_out},
    {"lessons/course.json", lessons_course_json, sizeof lessons_course_json},
    {"lessons/exercises/ex01.check.nn", lessons_exercises_ex01_check_nn, sizeof lessons_exercises_ex01_check_nn},
    {"lessons/exercises/ex01.nn", lessons_exercises_ex01_nn, sizeof lessons_exercises_ex01_nn},
    {"lessons/exercises/ex02.check.nn", lessons_exercises_ex02_check_nn, sizeof lessons_exercises_ex02_check_nn},
    {"lessons/exercises/ex02.nn", lessons_exercises_ex02_nn, sizeof lessons_exercises_ex02_nn},
    {"lessons/exercises/ex03.check.nn", lessons_exercises_ex03_check_nn, sizeof lessons_exercises_ex03_check_nn},
    {"lessons/exercises/ex03.nn", lessons_exercises_ex03_nn, sizeof lessons_exercises_ex03_nn},
    {"lessons/exercises/ex04.check.nn", lessons_exercises_ex04_check_nn, sizeof lessons_exercises_ex04_check_nn},
    {"lessons/exercises/ex04.nn", lessons_exercises_ex04_nn, sizeof lessons_exercises_ex04_nn},
    {"lessons/exercises/ex05.check.nn", lessons_exercises_ex05_check_nn, sizeof lessons_exercises_ex05_check_nn},
    {"lessons/exercises/ex05.nn", lessons_exercises_ex05_nn, sizeof lessons_exercises_ex05_nn},
    {"lessons/exercises/ex06.check.nn", lessons_exercises_ex06_check_nn, sizeof lessons_exercises_ex06_check_nn},
    {"lessons/exercises/ex06.nn", lessons_exercises_ex06_nn, sizeof lessons_exercises_ex06_nn},
    {"lessons/exercises/ex07.check.nn", lessons_exercises_ex07_check_nn, sizeof lessons_exercises_ex07_check_nn},
    {"lessons/exercises/ex07.nn", lessons_exercises_ex07_nn, sizeof lessons_exercises_ex07_nn},
    {"lessons/exercises/ex08.check.nn", lessons_exercises_ex08_check_nn, sizeof lessons_exercises_ex08_check_nn},
    {"lessons/exercises/ex08.nn", lessons_exercises_ex08_nn, sizeof lessons_exercises_ex08_nn},
    {"lessons/exercises/ex09.check.nn", lessons_exercises_ex09_check_nn, sizeof lessons_exercises_ex09_check_nn},
    {"lessons/exercises/ex09.nn", lessons_exercises_ex09_nn, sizeof lessons_exercises_ex09_nn},
    {"lessons/exercises/ex10.check.nn", lessons_exercises_ex10_check_nn, sizeof lessons_exercises_ex10_check_nn},
    {"lessons/exercises/ex10.nn", lessons_exercises_ex10_nn, sizeof lessons_exercises_ex10_nn},
    {"lessons/exercises/ex11.check.nn", lessons_exercises_ex11_check_nn, sizeof lessons_exercises_ex11_check_nn},
    {"lessons/exercises/ex11.nn", lessons_exercises_ex11_nn, sizeof lessons_exercises_ex11_nn},
    {"lessons/exercises/ex12.check.nn", lessons_exercises_ex12_check_nn, sizeof lessons_exercises_ex12_check_nn},
    {"lessons/exercises/ex12.nn", lessons_exercises_ex12_nn, sizeof lessons_exercises_ex12_nn},
    {"lessons/solutions/ex01.nn", lessons_solutions_ex01_nn, sizeof lessons_solutions_ex01_nn},
    {"lessons/solutions/ex02.nn", lessons_solutions_ex02_nn, sizeof lessons_solutions_ex02_nn},
    {"lessons/solutions/ex03.nn", lessons_solutions_ex03_nn, sizeof lessons_solutions_ex03_nn},
    {"lessons/solutions/ex04.nn", lessons_solutions_ex04_nn, sizeof lessons_solutions_ex04_nn},
    {"lessons/solutions/ex05.nn", lessons_solutions_ex05_nn, sizeof lessons_solutions_ex05_nn},
    {"lessons/solutions/ex06.nn", lessons_solutions_ex06_nn, sizeof lessons_solutions_ex06_nn},
    {"lessons/solutions/ex07.nn", lessons_solutions_ex07_nn, sizeof lessons_solutions_ex07_nn},
    {"lessons/solutions/ex08.nn", lessons_solutions_ex08_nn, sizeof lessons_solutions_ex08_nn},
    {"lessons/solutions/ex09.nn", lessons_solutions_ex09_nn, sizeof lessons_solutions_ex09_nn},
    {"lessons/solutions/ex10.nn", lessons_solutions_ex10_nn, sizeof lessons_solutions_ex10_nn},
    {"lessons/solutions/ex11.nn", lessons_solutions_ex11_nn, sizeof lessons_solutions_ex11_nn},
    {"lessons/solutions/ex12.nn", lessons_solutions_ex12_nn, sizeof lessons_solutions_ex12_nn},
    {"library/layers.nn", library_layers_nn, sizeof library_layers_nn},
    {"library/textbook.nn", library_textbook_nn, sizeof library_textbook_nn},
    {"data/breast_cancer.csv", data_breast_cancer_csv, sizeof data_breast_cancer_csv},
    {"data/digits.csv", data_digits_csv, sizeof data_digits_csv},
    {"data/iris.csv", data_iris_csv, sizeof data_iris_csv},
    {"data/wine.csv", data_wine_csv, sizeof data_wine_csv},
};

size_t nnrepl_file_count(void) { return sizeof files / sizeof *files; }

const nnrepl_file *nnrepl_file_at(size_t i) { return &files[i]; }
