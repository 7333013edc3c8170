/* Headers: their content, calls that wait and calls that do not, and invalidation. */
#include <string.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

static void headers_without_a_token_are_read_by_index_and_by_name(void) {
    argus_auth_resolver *resolver = load("test-static");
    CHECK(resolver != NULL);
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(resolver, "fixed", 0, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(argus_auth_headers_count(headers) == 2);
    CHECK(is(argus_auth_headers_name(headers, 0), "Authorization"));
    CHECK(is(argus_auth_headers_value(headers, 0), STATIC_TOKEN));
    CHECK(is(argus_auth_headers_name(headers, 1), "X-Key"));
    CHECK(is(argus_auth_headers_name(headers, 2), ""));
    CHECK(is(argus_auth_headers_value(headers, 2), ""));
    CHECK(has(headers, "aUTHORIZATION", STATIC_TOKEN));
    argus_auth_headers *same = argus_auth_headers_clone(headers);
    CHECK(argus_auth_headers_value(same, 0).data == argus_auth_headers_value(headers, 0).data);
    argus_auth_headers_free(headers);
    CHECK(is(argus_auth_headers_value(same, 0), STATIC_TOKEN));
    argus_auth_str value = {NULL, 7};
    CHECK(!argus_auth_headers_find(same, "X-None", 6, &value));
    CHECK(is(value, ""));
    CHECK(argus_auth_headers_find(same, "X-Keys", 5, NULL));
    argus_auth_headers_free(same);

    CHECK(try_headers_of(resolver, "plain", &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(headers != NULL);
    CHECK(argus_auth_headers_count(headers) == 0);
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

static void try_headers_during_a_fetch_is_not_ready_and_serves_the_token_afterwards(void) {
    argus_auth_resolver *resolver = load("test-try");
    CHECK(resolver != NULL);
    script("[{\"body\": {\"access_token\": \"try-1\", \"expires_in\": 3600}, \"hold\": true}]");
    argus_auth_headers *headers = (argus_auth_headers *)&headers;
    argus_auth_error *error = (argus_auth_error *)&error;
    CHECK(try_headers_of(resolver, "open", &headers, &error) == ARGUS_AUTH_STATUS_NOT_READY);
    CHECK(headers == NULL);
    CHECK(error == NULL);
    CHECK(await_requests_of("test-try", 1));
    CHECK(headers_of(resolver, "open", 20, &headers, &error) == ARGUS_AUTH_STATUS_DEADLINE);
    CHECK(is(argus_auth_error_code(error), "deadline"));
    CHECK(argus_auth_error_retryable(error));
    argus_auth_error_free(error);
    release();
    CHECK(headers_of(resolver, "open", 20000, &headers, &error) == ARGUS_AUTH_STATUS_OK);
    CHECK(argus_auth_headers_count(headers) == 2);
    CHECK(has(headers, "Authorization", "Bearer try-1"));
    CHECK(has(headers, "X-Source", "argus"));
    argus_auth_headers_free(headers);
    CHECK(try_headers_of(resolver, "open", &headers, &error) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "Authorization", "Bearer try-1"));
    /* A cached hit does not copy the token: `headers` and `again` refer to the same memory. */
    argus_auth_headers *again = NULL;
    CHECK(try_headers_of(resolver, "open", &again, &error) == ARGUS_AUTH_STATUS_OK);
    CHECK(argus_auth_headers_value(again, 1).data == argus_auth_headers_value(headers, 1).data);
    argus_auth_headers_free(again);
    argus_auth_headers_free(headers);
    CHECK(requests_of("test-try") == 1);
    argus_auth_resolver_free(resolver);
}

static argus_auth_status invalidate(const argus_auth_resolver *resolver, const char *rejected) {
    return argus_auth_resolver_invalidate(resolver, "open", 4, rejected, rejected == NULL ? 0 : strlen(rejected), NULL);
}

static void invalidate_replaces_the_token_only_if_it_is_the_refused_token(void) {
    argus_auth_resolver *resolver = load("test-refused");
    CHECK(resolver != NULL);
    script("[{\"body\": {\"access_token\": \"r-1\"}}, {\"body\": {\"access_token\": \"r-2\"}},"
           " {\"body\": {\"access_token\": \"r-3\"}}]");
    static const struct {
        const char *rejected, *then;
    } steps[] = {{"", "Bearer r-1"},           /* not the current token: the current token is kept */
                 {"Bearer r-1", "Bearer r-2"}, /* the current token: it is replaced */
                 {"Bearer r-1", "Bearer r-2"}, /* a token that was replaced already: the current token is kept */
                 {NULL, "Bearer r-3"}};        /* NULL means the current token: it is replaced */
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        argus_auth_headers *headers = NULL;
        CHECK(headers_of(resolver, "open", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
        argus_auth_headers_free(headers);
        CHECK(invalidate(resolver, steps[i].rejected) == ARGUS_AUTH_STATUS_OK);
        CHECK(headers_of(resolver, "open", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
        CHECK(has(headers, "Authorization", steps[i].then));
        argus_auth_headers_free(headers);
    }
    CHECK(requests_of("test-refused") == 3);
    argus_auth_resolver_free(resolver);
}

static void headers_functions_report_invalid_arguments(void) {
    argus_auth_resolver *resolver = load("test-arguments");
    CHECK(resolver != NULL);
    argus_auth_headers *headers = (argus_auth_headers *)&headers;
    argus_auth_error *error = NULL;
    CHECK(headers_of(NULL, "open", 0, &headers, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(headers == NULL);
    CHECK(headers_of(resolver, "open", 0, NULL, &error) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(is(argus_auth_error_message(error), "the argument `out` is NULL"));
    argus_auth_error_free(error);
    CHECK(argus_auth_resolver_headers(resolver, NULL, 4, 0, &headers, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_headers(resolver, "\xc3", 1, 0, &headers, NULL) == ARGUS_AUTH_STATUS_INVALID_UTF8);
    CHECK(headers_of(resolver, "none", 0, &headers, &error) == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
    CHECK(is(argus_auth_error_code(error), "unknown_backend"));
    argus_auth_error_free(error);

    headers = (argus_auth_headers *)&headers;
    CHECK(try_headers_of(NULL, "open", &headers, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(headers == NULL);
    CHECK(try_headers_of(resolver, "open", NULL, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_try_headers(resolver, NULL, 4, &headers, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_try_headers(resolver, "\xff", 1, &headers, NULL) == ARGUS_AUTH_STATUS_INVALID_UTF8);
    CHECK(try_headers_of(resolver, "none", &headers, NULL) == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);

    CHECK(argus_auth_resolver_invalidate(NULL, "open", 4, NULL, 0, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_invalidate(resolver, NULL, 4, NULL, 0, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_invalidate(resolver, "none", 4, NULL, 0, NULL) == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
    CHECK(argus_auth_resolver_invalidate(resolver, "open", 4, "\xff", 1, NULL) == ARGUS_AUTH_STATUS_INVALID_UTF8);

    CHECK(argus_auth_headers_clone(NULL) == NULL);
    argus_auth_headers_free(NULL);
    CHECK(argus_auth_headers_count(NULL) == 0);
    CHECK(is(argus_auth_headers_name(NULL, 0), ""));
    CHECK(is(argus_auth_headers_value(NULL, 0), ""));
    CHECK(!argus_auth_headers_find(NULL, "a", 1, NULL));
    CHECK(headers_of(resolver, "fixed", 0, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(!argus_auth_headers_find(headers, NULL, 1, NULL));
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

void test_headers(void) {
    static const struct test tests[] = {
        TEST(headers_without_a_token_are_read_by_index_and_by_name),
        TEST(try_headers_during_a_fetch_is_not_ready_and_serves_the_token_afterwards),
        TEST(invalidate_replaces_the_token_only_if_it_is_the_refused_token),
        TEST(headers_functions_report_invalid_arguments),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
