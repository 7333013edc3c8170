/* The smallest possible test harness: a test is a function, and fails with its first failed check. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct test {
    const char *name;
    void (*run)(void);
};

/* Runs the tests of one file, and counts. */
void run_tests(const struct test *tests, size_t count);

/* Reports a failed check; `passed` says so when it is true. Returns `passed`. */
bool check_that(bool passed, const char *file, int line, const char *text);

/* Ends the test function when `condition` does not hold. */
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!check_that((condition), __FILE__, __LINE__, #condition)) {                                                \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

/* Notes that `condition` does not hold, and goes on: for functions that have something to clean up or to return. */
#define EXPECT(condition) ((void)check_that((condition), __FILE__, __LINE__, #condition))

/* What the files of this program offer. */
void test_load(void);
void test_errors(void);
void test_headers(void);
void test_policy(void);
void test_life(void);
void test_faults(void);
void test_operate(void);
void test_log(void);
void test_first_use(void);
void test_fork(void);

#endif
