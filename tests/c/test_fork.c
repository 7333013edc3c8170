/* A child of fork gets headers and does not disturb its parent. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

/* Returns whether `backend` gets headers with an `Authorization` that is longer than `Bearer `. */
static bool has_headers(const argus_auth_resolver *resolver, const char *backend) {
    argus_auth_headers *headers = NULL;
    argus_auth_status status = headers_of(resolver, backend, 20000, &headers, NULL);
    argus_auth_str value = {"", 0};
    bool found = argus_auth_headers_find(headers, "Authorization", 13, &value) && value.len > 7;
    argus_auth_headers_free(headers);
    return status == ARGUS_AUTH_STATUS_OK && found;
}

/* For a child: uses the parent's resolver. */
static bool uses_inherited_resolver(void *resolver) {
    return has_headers(resolver, "closed") && has_headers(resolver, "fixed");
}

/* For a child: uses a resolver of its own, and stops the engine. */
static bool uses_new_resolver(void *client_id) {
    argus_auth_resolver *resolver = load(client_id);
    bool well = has_headers(resolver, "closed");
    argus_auth_resolver_free(resolver);
    return argus_auth_shutdown(5000, NULL) == ARGUS_AUTH_STATUS_OK && well;
}

static void fork_before_the_engine_runs_lets_child_and_parent_fetch(void) {
    CHECK(argus_auth_shutdown(5000, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_resolver *resolver = load("test-fork-before");
    CHECK(resolver != NULL);
    CHECK(succeeds_in_child(uses_inherited_resolver, resolver));
    CHECK(has_headers(resolver, "closed"));
    CHECK(requests_of("test-fork-before") == 2);
    argus_auth_resolver_free(resolver);
}

static void fork_with_a_cached_token_serves_it_in_the_child_without_a_request(void) {
    static char other[] = "test-fork-new";
    argus_auth_resolver *resolver = load("test-fork-cached");
    CHECK(resolver != NULL);
    CHECK(has_headers(resolver, "closed"));
    CHECK(succeeds_in_child(uses_inherited_resolver, resolver));
    CHECK(requests_of("test-fork-cached") == 1);
    CHECK(succeeds_in_child(uses_new_resolver, other));
    CHECK(has_headers(resolver, "closed"));
    argus_auth_resolver_free(resolver);
}

static void *wait_for_headers(void *resolver) {
    EXPECT(has_headers(resolver, "closed"));
    return NULL;
}

static void fork_during_a_fetch_lets_the_child_make_its_own_fetch(void) {
    argus_auth_resolver *resolver = load("test-fork-middle");
    CHECK(resolver != NULL);
    script("[{\"body\": {\"access_token\": \"parent\"}, \"hold\": true}, {\"body\": {\"access_token\": \"child\"}}]");
    pthread_t waiter;
    CHECK(pthread_create(&waiter, NULL, wait_for_headers, resolver) == 0);
    CHECK(await_requests_of("test-fork-middle", 1));
    CHECK(succeeds_in_child(uses_inherited_resolver, resolver));
    release();
    CHECK(pthread_join(waiter, NULL) == 0);
    argus_auth_headers *headers = NULL;
    CHECK(try_headers_of(resolver, "closed", &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "Authorization", "Bearer parent"));
    argus_auth_headers_free(headers);
    CHECK(requests_of("test-fork-middle") == 2);
    argus_auth_resolver_free(resolver);
}

static int pipe_in[2], pipe_out[2];

/* A log callback. Writes a byte to `pipe_out` when it is called, and returns when it has read a byte from `pipe_in`. */
static void linger(void *user_data, argus_auth_log_level level, argus_auth_str target, argus_auth_str message) {
    char byte = 0;
    (void)user_data, (void)level, (void)target, (void)message;
    EXPECT(write(pipe_out[1], &byte, 1) == 1);
    EXPECT(read(pipe_in[0], &byte, 1) == 1);
}

/* For a child: unregisters the callback that runs in the parent. */
static bool unregisters(void *resolver) {
    return argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK && has_headers(resolver, "closed");
}

static void fork_during_a_log_callback_lets_the_child_unregister_it(void) {
    argus_auth_resolver *resolver = load("test-fork-log");
    CHECK(resolver != NULL);
    CHECK(pipe(pipe_in) == 0 && pipe(pipe_out) == 0);
    CHECK(argus_auth_log_register(linger, NULL, NULL, ARGUS_AUTH_LOG_LEVEL_TRACE, NULL) == ARGUS_AUTH_STATUS_OK);
    pthread_t waiter;
    CHECK(pthread_create(&waiter, NULL, wait_for_headers, resolver) == 0);
    char byte;
    CHECK(read(pipe_out[0], &byte, 1) == 1);
    CHECK(succeeds_in_child(unregisters, resolver));
    char many[64] = {0}; /* enough for every further call of `linger` */
    CHECK(write(pipe_in[1], many, sizeof many) == (ssize_t)sizeof many);
    CHECK(pthread_join(waiter, NULL) == 0);
    CHECK(argus_auth_log_unregister(NULL) == ARGUS_AUTH_STATUS_OK);
    for (int i = 0; i < 2; i++) {
        (void)close(pipe_in[i]);
        (void)close(pipe_out[i]);
    }
    argus_auth_resolver_free(resolver);
}

void test_fork(void) {
    static const struct test tests[] = {
        TEST(fork_before_the_engine_runs_lets_child_and_parent_fetch),
        TEST(fork_with_a_cached_token_serves_it_in_the_child_without_a_request),
        TEST(fork_during_a_fetch_lets_the_child_make_its_own_fetch),
        TEST(fork_during_a_log_callback_lets_the_child_unregister_it),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
