/*
 * Runs all tests of the C API: `c_tests [--no-fork]`. `--no-fork` leaves out the tests that fork. TOKEN_URL is the URL
 * of the token endpoint.
 */
#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "argus_auth.h"

static unsigned passed, failed;
static bool current_failed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool check_that(bool holds, const char *file, int line, const char *text) {
    if (!holds) {
        (void)pthread_mutex_lock(&lock);
        current_failed = true;
        printf("%s:%d: check failed: %s\n", file, line, text);
        (void)pthread_mutex_unlock(&lock);
    }
    return holds;
}

void run_tests(const struct test *tests, size_t count) {
    for (size_t i = 0; i < count; i++) {
        current_failed = false;
        tests[i].run();
        printf("%s %s\n", current_failed ? "FAILED" : "ok    ", tests[i].name);
        (void)fflush(stdout);
        *(current_failed ? &failed : &passed) += 1;
    }
}

int main(int argc, char **argv) {
    bool forks = argc < 2 || strcmp(argv[1], "--no-fork") != 0;
    if (forks) {
        test_first_use(); /* first, because its processes must not have used the library before */
    }
    test_load();
    test_errors();
    test_headers();
    test_policy();
    test_lifecycle();
    test_faults();
    test_operate();
    test_log();
    if (forks) {
        test_fork();
    }
    if (argus_auth_shutdown(5000, NULL) != ARGUS_AUTH_STATUS_OK) {
        printf("the engine's thread did not end within 5 seconds\n");
        failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
