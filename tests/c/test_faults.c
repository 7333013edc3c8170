/*
 * The scenarios single_flight.1, responses.1 and process.3 of the fault suite (docs/faults.md) through the C API. They
 * also run under memcheck, because they must show that no memory leaks and that no freed memory is used.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

enum { CALLERS = 10000, WAITING = 64 };

struct waiter {
    const argus_auth_resolver *resolver;
    pthread_t thread;
    argus_auth_status status;
    argus_auth_headers *headers;
};

static pthread_barrier_t all_started;

static void *wait_for_headers(void *argument) {
    struct waiter *waiter = argument;
    (void)pthread_barrier_wait(&all_started);
    waiter->status = headers_of(waiter->resolver, "closed", 60000, &waiter->headers, NULL);
    return NULL;
}

/* Starts all threads. Returns true when they run and are about to request headers, or false if a thread can't start. */
static bool start(struct waiter *waiters, const argus_auth_resolver *resolver) {
    (void)pthread_barrier_init(&all_started, NULL, WAITING + 1);
    for (int i = 0; i < WAITING; i++) {
        waiters[i] = (struct waiter){.resolver = resolver};
        if (pthread_create(&waiters[i].thread, NULL, wait_for_headers, &waiters[i]) != 0) {
            return false;
        }
    }
    (void)pthread_barrier_wait(&all_started);
    return true;
}

/* Joins all threads. Returns the number of calls that returned `status` and, if that is OK, this `Authorization`. */
static int join(struct waiter *waiters, argus_auth_status status, const char *authorization) {
    int count = 0;
    for (int i = 0; i < WAITING; i++) {
        EXPECT(pthread_join(waiters[i].thread, NULL) == 0);
        bool as_expected = waiters[i].status == status &&
                           (status != ARGUS_AUTH_STATUS_OK || has(waiters[i].headers, "Authorization", authorization));
        count += as_expected ? 1 : 0;
        argus_auth_headers_free(waiters[i].headers);
    }
    return count;
}

/* While the first fetch is under way, 64 threads wait for it and 9,936 calls try without waiting. */
static void callers_during_the_first_fetch_share_its_one_request(void) {
    argus_auth_resolver *resolver = load("test-cold");
    CHECK(resolver != NULL);
    script("[{\"body\": {\"access_token\": \"shared\"}, \"hold\": true}]");
    struct waiter waiters[WAITING];
    CHECK(start(waiters, resolver));
    for (int i = WAITING; i < CALLERS; i++) {
        argus_auth_headers *headers = NULL;
        CHECK(try_headers_of(resolver, "closed", &headers, NULL) == ARGUS_AUTH_STATUS_NOT_READY);
        CHECK(headers == NULL);
    }
    CHECK(await_requests_of("test-cold", 1));
    release();
    CHECK(join(waiters, ARGUS_AUTH_STATUS_OK, "Bearer shared") == WAITING);
    CHECK(requests_of("test-cold") == 1);
    argus_auth_resolver_free(resolver);
}

/*
 * All responses have the status 200. After an empty body, HTML or truncated JSON, the request is retried three times.
 * After a body with `error`, it is not retried.
 */
static void malformed_token_response_fails_and_its_body_is_not_shown(void) {
    static const struct {
        const char *body;
        argus_auth_status status;
        int requests;
    } cases[] = {
        {"\"\"", ARGUS_AUTH_STATUS_TOKEN_RESPONSE, 4},
        {"\"<html>canary-body</html>\"", ARGUS_AUTH_STATUS_TOKEN_RESPONSE, 4},
        {"\"{\\\"access_token\\\": \\\"canary-body\"", ARGUS_AUTH_STATUS_TOKEN_RESPONSE, 4},
        {"{\"error\": \"invalid_grant\", \"access_token\": \"canary-body\"}", ARGUS_AUTH_STATUS_TOKEN_REJECTED, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char client_id[32], replies[128];
        (void)snprintf(client_id, sizeof client_id, "test-response-%zu", i);
        argus_auth_resolver *resolver = load(client_id);
        CHECK(resolver != NULL);
        (void)snprintf(replies, sizeof replies, "[{\"body\": %s}]", cases[i].body);
        for (int request = 0; request < cases[i].requests; request++) {
            script(replies);
        }
        for (int call = 0; call < 2; call++) { /* the second call returns the remembered error */
            argus_auth_headers *headers = NULL;
            argus_auth_error *error = NULL;
            CHECK(headers_of(resolver, "closed", 40000, &headers, &error) == cases[i].status);
            CHECK(headers == NULL);
            CHECK(argus_auth_error_http_status(error) == 200);
            CHECK(strstr(argus_auth_error_message(error).data, "canary") == NULL);
            argus_auth_error_free(error);
        }
        CHECK(requests_of(client_id) == cases[i].requests);
        argus_auth_resolver_free(resolver);
    }
}

/* Repeats a shutdown during a fetch that 64 threads wait for. The engine works again after each shutdown. */
static void shutdown_during_a_fetch_ends_every_wait_and_allows_a_restart(void) {
    argus_auth_resolver *resolver = load("test-mid-fetch");
    CHECK(resolver != NULL);
    for (int round = 1; round <= 3; round++) {
        script("[{\"body\": {\"access_token\": \"lost\"}, \"hold\": true}]");
        struct waiter waiters[WAITING];
        CHECK(start(waiters, resolver));
        CHECK(await_requests_of("test-mid-fetch", round));
        sleep_ms(500); /* time for the last thread to start waiting */
        CHECK(argus_auth_shutdown(20000, NULL) == ARGUS_AUTH_STATUS_OK);
        CHECK(join(waiters, ARGUS_AUTH_STATUS_SHUTDOWN, NULL) == WAITING);
        release();
    }
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(resolver, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

void test_faults(void) {
    static const struct test tests[] = {
        TEST(callers_during_the_first_fetch_share_its_one_request),
        TEST(malformed_token_response_fails_and_its_body_is_not_shown),
        TEST(shutdown_during_a_fetch_ends_every_wait_and_allows_a_restart),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
