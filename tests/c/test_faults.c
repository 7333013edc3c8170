/*
 * Scenarios 1, 12 and 26 of the fault suite (docs/faults.md) through the C API, to be run under memcheck as well: what
 * they must show is not only the outcome, but that nothing is lost and nothing is touched that is gone.
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

static pthread_barrier_t all_run;

static void *wait_for_headers(void *argument) {
    struct waiter *waiter = argument;
    (void)pthread_barrier_wait(&all_run);
    waiter->status = headers_of(waiter->resolver, "closed", 60000, &waiter->headers, NULL);
    return NULL;
}

/* Returns when all threads run and are about to ask. */
static bool start(struct waiter *waiters, const argus_auth_resolver *resolver) {
    (void)pthread_barrier_init(&all_run, NULL, WAITING + 1);
    for (int i = 0; i < WAITING; i++) {
        waiters[i] = (struct waiter){.resolver = resolver};
        if (pthread_create(&waiters[i].thread, NULL, wait_for_headers, &waiters[i]) != 0) {
            return false;
        }
    }
    (void)pthread_barrier_wait(&all_run);
    return true;
}

/* Joins all; how many ended with `status`, and, if that is OK, with this token. */
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

/* 10,000 callers come while the first fetch is under way: those who can't wait are told so, the others wait. */
static void cold_callers(void) {
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

/* 200 with an empty body, HTML, truncated JSON (each retried three times), and with `error`. */
static void responses_that_are_none(void) {
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
        for (int call = 0; call < 2; call++) { /* the second is told what the first met */
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

/* The engine ends, again and again, while a fetch is under way that many wait for; and goes on afterwards. */
static void shutdown_mid_fetch(void) {
    argus_auth_resolver *resolver = load("test-mid-fetch");
    CHECK(resolver != NULL);
    for (int round = 1; round <= 3; round++) {
        script("[{\"body\": {\"access_token\": \"lost\"}, \"hold\": true}]");
        struct waiter waiters[WAITING];
        CHECK(start(waiters, resolver));
        CHECK(await_requests_of("test-mid-fetch", round));
        sleep_ms(500); /* for the last of them to be waiting */
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
        {"10,000 cold callers", cold_callers},
        {"responses that are none", responses_that_are_none},
        {"shutdown mid-fetch", shutdown_mid_fetch},
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
