/* A fork at about the moment at which another thread of the process uses the library for the first time. */
#include <pthread.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

enum { ROUNDS = 600 };

/* Creates the engine and does nothing else: there is no thread to stop. */
static bool use(void *unused) {
    (void)unused;
    return argus_auth_shutdown(0, NULL) == ARGUS_AUTH_STATUS_OK;
}

static void *use_in_a_thread(void *started) {
    (void)pthread_barrier_wait(started);
    EXPECT(use(NULL));
    return NULL;
}

static bool fork_during_first_use(void *round) {
    pthread_t thread;
    pthread_barrier_t started;
    if (pthread_barrier_init(&started, NULL, 2) != 0 || pthread_create(&thread, NULL, use_in_a_thread, &started) != 0) {
        return false;
    }
    (void)pthread_barrier_wait(&started);
    /* A busy loop of a different length in each round varies the moment of the fork. */
    for (volatile int spent = 0; spent < *(int *)round * 37 % 8000; spent++) {
    }
    bool well = succeeds_in_child(use, NULL);
    return pthread_join(thread, NULL) == 0 && well;
}

/* Runs before all other tests: each round forks, and the parent must not have used the library before. */
static void fork_during_first_use_in_another_thread_leaves_child_and_parent_usable(void) {
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(succeeds_in_child(fork_during_first_use, &round));
    }
}

void test_first_use(void) {
    static const struct test tests[] = {TEST(fork_during_first_use_in_another_thread_leaves_child_and_parent_usable)};
    run_tests(tests, sizeof tests / sizeof *tests);
}
