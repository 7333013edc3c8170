/* The failure policy (`on_auth_failure`), which decides what callers get without a token; unsupported authentication.
 */
#include "argus_auth.h"
#include "check.h"
#include "support.h"

#define REJECTION "{\"status\": 400, \"body\": {\"error\": \"invalid_scope\"}}"

static void failure_policy_open_serves_headers_without_authentication(void) {
    argus_auth_resolver *resolver = load("test-open");
    CHECK(resolver != NULL);
    script("[" REJECTION "]");
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(resolver, "open", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "X-Source", "argus"));
    CHECK(has(headers, "Authorization", "stale"));
    argus_auth_headers_free(headers);
    /* During the cool-down there is no fetch to wait for. */
    CHECK(try_headers_of(resolver, "open", &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "Authorization", "stale"));
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

static void failure_policy_closed_reports_the_error_and_recovers(void) {
    argus_auth_resolver *resolver = load("test-closed");
    CHECK(resolver != NULL);
    script("[" REJECTION "]");
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(resolver, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_TOKEN_REJECTED);
    CHECK(try_headers_of(resolver, "closed", &headers, NULL) == ARGUS_AUTH_STATUS_TOKEN_REJECTED);
    CHECK(headers == NULL);
    CHECK(requests_of("test-closed") == 1);
    /* Invalidation ends the cool-down. */
    CHECK(argus_auth_resolver_invalidate(resolver, "closed", 6, NULL, 0, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(headers_of(resolver, "closed", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_headers_free(headers);
    CHECK(requests_of("test-closed") == 2);
    argus_auth_resolver_free(resolver);
}

static void pkce_backend_is_reported_as_unsupported(void) {
    argus_auth_resolver *resolver = load("test-unsupported");
    CHECK(resolver != NULL);
    argus_auth_headers *headers = NULL;
    argus_auth_error *error = NULL;
    CHECK(headers_of(resolver, "login", 0, &headers, &error) == ARGUS_AUTH_STATUS_UNSUPPORTED);
    CHECK(is(argus_auth_error_code(error), "unsupported"));
    argus_auth_error_free(error);
    CHECK(try_headers_of(resolver, "login", &headers, NULL) == ARGUS_AUTH_STATUS_UNSUPPORTED);
    argus_auth_resolver_free(resolver);
}

void test_policy(void) {
    static const struct test tests[] = {
        TEST(failure_policy_open_serves_headers_without_authentication),
        TEST(failure_policy_closed_reports_the_error_and_recovers),
        TEST(pkce_backend_is_reported_as_unsupported),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
