/* A process forks at about the moment in which another of its threads uses the library for the first time. */
#include <pthread.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

enum { ROUNDS = 600 };

/* Makes the engine, and nothing else. */
static bool use(void *unused) {
    (void)unused;
    return argus_auth_shutdown(0, NULL) == ARGUS_AUTH_STATUS_OK;
}

static void *use_on_a_thread(void *started) {
    (void)pthread_barrier_wait(started);
    EXPECT(use(NULL));
    return NULL;
}

static bool forks_meanwhile(void *round) {
    pthread_t thread;
    pthread_barrier_t started;
    if (pthread_barrier_init(&started, NULL, 2) != 0 || pthread_create(&thread, NULL, use_on_a_thread, &started) != 0) {
        return false;
    }
    (void)pthread_barrier_wait(&started);
    for (volatile int spent = 0; spent < *(int *)round * 37 % 8000; spent++) {
    }
    bool well = child_does(use, NULL);
    return pthread_join(thread, NULL) == 0 && well;
}

/* Each in a process of its own, whose parent has not used the library: so this is the first of all tests. */
static void while_another_thread_begins(void) {
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(child_does(forks_meanwhile, &round));
    }
}

void test_first_use(void) {
    static const struct test tests[] = {{"fork while another thread begins", while_another_thread_begins}};
    run_tests(tests, sizeof tests / sizeof *tests);
}
