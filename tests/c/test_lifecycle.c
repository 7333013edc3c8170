/* The lifetime of objects, and the state after a shutdown. */
#include <pthread.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

enum { THREADS = 8, CALLS = 200 };

static void headers_stay_valid_after_their_resolver_is_freed(void) {
    argus_auth_resolver *resolver = load("test-outlive");
    CHECK(resolver != NULL);
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(resolver, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_resolver *second = argus_auth_resolver_clone(resolver);
    argus_auth_resolver_free(resolver);
    CHECK(argus_auth_resolver_backend_count(second) == 5);
    argus_auth_resolver_free(second);
    argus_auth_str value;
    CHECK(argus_auth_headers_find(headers, "Authorization", 13, &value));
    CHECK(value.len > 7);
    argus_auth_headers_free(headers);
}

static void *call_and_free(void *argument) {
    argus_auth_resolver *resolver = argument;
    for (int i = 0; i < CALLS; i++) {
        argus_auth_headers *headers = NULL;
        EXPECT(headers_of(resolver, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
        argus_auth_headers_free(headers);
    }
    argus_auth_resolver_free(resolver);
    return NULL;
}

static void resolver_clones_are_used_and_freed_by_their_threads(void) {
    argus_auth_resolver *resolver = load("test-threads");
    CHECK(resolver != NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, call_and_free, argus_auth_resolver_clone(resolver)) == 0);
    }
    argus_auth_resolver_free(resolver);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(requests_of("test-threads") == 1);
}

static void resolver_freed_during_a_fetch_leaves_the_fetch_to_the_next_resolver(void) {
    argus_auth_resolver *resolver = load("test-abandoned");
    CHECK(resolver != NULL);
    script("[{\"body\": {\"access_token\": \"kept\"}, \"hold\": true}]");
    argus_auth_headers *headers = NULL;
    CHECK(try_headers_of(resolver, "closed", &headers, NULL) == ARGUS_AUTH_STATUS_NOT_READY);
    CHECK(await_requests_of("test-abandoned", 1));
    argus_auth_resolver_free(resolver);
    /* Another resolver with the same credentials joins the same fetch. */
    resolver = load("test-abandoned");
    release();
    CHECK(headers_of(resolver, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "Authorization", "Bearer kept"));
    CHECK(requests_of("test-abandoned") == 1);
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

static void *wait_for_headers(void *argument) {
    argus_auth_headers *headers = NULL;
    argus_auth_error *error = NULL;
    EXPECT(headers_of(argument, "closed", 20000, &headers, &error) == ARGUS_AUTH_STATUS_SHUTDOWN);
    EXPECT(argus_auth_error_retryable(error));
    argus_auth_error_free(error);
    return NULL;
}

static void shutdown_ends_waits_keeps_cached_tokens_and_allows_a_restart(void) {
    argus_auth_resolver *resolver = load("test-shutdown");
    CHECK(resolver != NULL);
    script("[{\"body\": {\"access_token\": \"lost\"}, \"hold\": true}, {\"body\": {\"access_token\": \"found\"}}]");
    pthread_t waiter;
    CHECK(pthread_create(&waiter, NULL, wait_for_headers, resolver) == 0);
    CHECK(await_requests_of("test-shutdown", 1));
    argus_auth_error *error = NULL;
    CHECK(argus_auth_shutdown(5000, &error) == ARGUS_AUTH_STATUS_OK);
    CHECK(error == NULL);
    CHECK(pthread_join(waiter, NULL) == 0);
    CHECK(argus_auth_shutdown(5000, NULL) == ARGUS_AUTH_STATUS_OK);
    release();
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(resolver, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "Authorization", "Bearer found"));
    argus_auth_headers_free(headers);
    /* A cached token is served without the engine's thread. */
    CHECK(argus_auth_shutdown(5000, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(try_headers_of(resolver, "closed", &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "Authorization", "Bearer found"));
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

void test_lifecycle(void) {
    static const struct test tests[] = {
        TEST(headers_stay_valid_after_their_resolver_is_freed),
        TEST(resolver_clones_are_used_and_freed_by_their_threads),
        TEST(resolver_freed_during_a_fetch_leaves_the_fetch_to_the_next_resolver),
        TEST(shutdown_ends_waits_keeps_cached_tokens_and_allows_a_restart),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
