/* A minimal test harness. A test is a function; its first CHECK that fails ends it. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct test {
    const char *name;
    void (*run)(void);
};

/* An entry of a table of tests, with the function's name as its name. */
#define TEST(function) {#function, function}

/* Runs the tests of one file, prints a line for each, and adds them to the totals. */
void run_tests(const struct test *tests, size_t count);

/*
 * If `holds` is false, prints the place and the `text` of the check and marks the running test as failed. Returns
 * `holds`. Any thread may call it.
 */
bool check_that(bool holds, const char *file, int line, const char *text);

/* Marks the test as failed and returns from its function if `condition` is false. */
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!check_that((condition), __FILE__, __LINE__, #condition)) {                                                \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

/* Marks the test as failed if `condition` is false, and continues. For functions that clean up or return a value. */
#define EXPECT(condition) ((void)check_that((condition), __FILE__, __LINE__, #condition))

/* Each of these functions runs the tests of the file that has its name. */
void test_load(void);
void test_errors(void);
void test_headers(void);
void test_policy(void);
void test_lifecycle(void);
void test_faults(void);
void test_operate(void);
void test_log(void);
void test_first_use(void);
void test_fork(void);

#endif
