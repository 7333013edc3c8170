/* Functions for operators: reload, token status, metrics. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

/* Writes a configuration of one backend, `name`, with a token for `client_id`. */
static bool write_config(const char *path, const char *name, const char *client_id) {
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    const char *token_url = getenv("TOKEN_URL");
    int written = fprintf(file,
                          "backends:\n  %s:\n    type: sse\n    url: http://127.0.0.1:9/sse\n"
                          "    auth: {type: oauth2, client_id: %s, client_secret: s, token_url: '%s'}\n",
                          name, client_id, token_url != NULL ? token_url : "http://127.0.0.1:1/token");
    return fclose(file) == 0 && written > 0;
}

static bool first_backend_is(const argus_auth_resolver *resolver, const char *name) {
    return argus_auth_resolver_backend_count(resolver) == 1 &&
           is(argus_auth_backend_name(argus_auth_resolver_backend(resolver, 0)), name);
}

/* Returns the status of a call for the backend's headers. */
static argus_auth_status headers_status(const argus_auth_resolver *resolver, const char *backend) {
    argus_auth_headers *headers = NULL;
    argus_auth_status status = headers_of(resolver, backend, 20000, &headers, NULL);
    argus_auth_headers_free(headers);
    return status;
}

static void reload_changes_every_reference_and_a_failed_reload_changes_nothing(void) {
    char path[] = "/tmp/argus_auth_XXXXXX.yaml";
    int file = mkstemps(path, 5);
    CHECK(file >= 0);
    (void)close(file);
    CHECK(write_config(path, "before", "test-reload"));
    argus_auth_resolver *old = NULL, *new = NULL;
    argus_auth_error *error = NULL;
    CHECK(argus_auth_resolver_from_file(path, strlen(path), NULL, &old, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(old, "before", 20000, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    const argus_auth_backend *borrowed = argus_auth_resolver_backend(old, 0);

    /*
     * Both references serve the new file. But each reference still lists the backends that were configured when the
     * reference was made.
     */
    CHECK(write_config(path, "after", "test-reload"));
    CHECK(argus_auth_resolver_reload(old, &new, &error) == ARGUS_AUTH_STATUS_OK);
    CHECK(error == NULL);
    CHECK(first_backend_is(old, "before") && first_backend_is(new, "after"));
    CHECK(is(argus_auth_backend_name(borrowed), "before"));
    CHECK(headers_status(old, "after") == ARGUS_AUTH_STATUS_OK && headers_status(new, "after") == ARGUS_AUTH_STATUS_OK);
    CHECK(headers_status(old, "before") == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
    CHECK(headers_status(new, "before") == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
    CHECK(requests_of("test-reload") == 1); /* the same credentials share a token */
    argus_auth_resolver_free(old);

    /* A file that can't be used changes nothing. */
    CHECK(write_config(path, "after: {type: nonsense}\n  last", "test-reload"));
    old = (argus_auth_resolver *)path; /* overwritten, not freed */
    CHECK(argus_auth_resolver_reload(new, &old, &error) == ARGUS_AUTH_STATUS_CONFIG);
    CHECK(old == NULL);
    CHECK(is(argus_auth_error_file(error), path));
    CHECK(argus_auth_error_problem_count(error) >= 1);
    argus_auth_error_free(error);
    CHECK(headers_status(new, "after") == ARGUS_AUTH_STATUS_OK);

    /* `out` may be NULL. */
    CHECK(write_config(path, "last", "test-reload"));
    CHECK(argus_auth_resolver_reload(new, NULL, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(first_backend_is(new, "after"));
    CHECK(headers_status(new, "last") == ARGUS_AUTH_STATUS_OK);
    (void)unlink(path);
    CHECK(argus_auth_resolver_reload(new, NULL, NULL) == ARGUS_AUTH_STATUS_CONFIG);
    CHECK(headers_status(new, "last") == ARGUS_AUTH_STATUS_OK);
    argus_auth_resolver_free(new);
    CHECK(headers != NULL && argus_auth_headers_count(headers) == 1);
    argus_auth_headers_free(headers);

    /* A resolver that was loaded from text has no file to read, so a reload does not change it. */
    old = load("test-reload-text");
    CHECK(argus_auth_resolver_reload(old, &new, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(argus_auth_resolver_backend_count(new) == 5);
    argus_auth_resolver_free(old);
    argus_auth_resolver_free(new);

    CHECK(argus_auth_resolver_reload(NULL, &new, &error) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(new == NULL);
    argus_auth_error_free(error);
}

static argus_auth_token_status *status_of(const argus_auth_resolver *resolver, const char *backend) {
    argus_auth_token_status *status = (argus_auth_token_status *)&status; /* overwritten, not freed */
    EXPECT(argus_auth_resolver_status(resolver, backend, strlen(backend), &status, NULL) == ARGUS_AUTH_STATUS_OK);
    return status;
}

static void token_status_reports_state_counters_and_last_error(void) {
    argus_auth_resolver *resolver = load("test-status");
    CHECK(resolver != NULL);
    argus_auth_token_status *status = status_of(resolver, "closed");
    CHECK(argus_auth_token_status_state(status) == ARGUS_AUTH_TOKEN_STATE_EMPTY);
    CHECK(argus_auth_token_status_expires_in_ms(status) == -1);
    CHECK(argus_auth_token_status_since_success_ms(status) == -1);
    CHECK(argus_auth_token_status_cool_down_ms(status) == 0);
    CHECK(!argus_auth_token_status_fetching(status));
    CHECK(argus_auth_token_status_last_error(status) == NULL);
    argus_auth_token_status_free(status);

    script("[{\"status\": 400, \"body\": {\"error\": \"invalid_scope\"}}]");
    CHECK(headers_status(resolver, "closed") == ARGUS_AUTH_STATUS_TOKEN_REJECTED);
    status = status_of(resolver, "closed");
    CHECK(argus_auth_token_status_failures(status) == 1);
    CHECK(argus_auth_token_status_cool_down_ms(status) > 0);
    const argus_auth_error *error = argus_auth_token_status_last_error(status);
    CHECK(argus_auth_error_status(error) == ARGUS_AUTH_STATUS_TOKEN_REJECTED);
    CHECK(is(argus_auth_error_oauth_error(error), "invalid_scope"));
    CHECK(argus_auth_error_http_status(error) == 400);
    argus_auth_token_status_free(status);

    CHECK(argus_auth_resolver_invalidate(resolver, TEXT("closed"), NULL, 0, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(headers_status(resolver, "closed") == ARGUS_AUTH_STATUS_OK);
    CHECK(headers_status(resolver, "closed") == ARGUS_AUTH_STATUS_OK);
    status = status_of(resolver, "closed");
    argus_auth_resolver_free(resolver); /* a status stays valid after its resolver is freed */
    CHECK(argus_auth_token_status_state(status) == ARGUS_AUTH_TOKEN_STATE_FRESH);
    CHECK(argus_auth_token_status_expires_in_ms(status) > 0);
    CHECK(argus_auth_token_status_expires_in_ms(status) <= 3600000);
    CHECK(argus_auth_token_status_since_success_ms(status) >= 0);
    CHECK(argus_auth_token_status_cool_down_ms(status) == 0);
    CHECK(argus_auth_token_status_successes(status) == 1);
    CHECK(argus_auth_token_status_failures(status) == 1);
    CHECK(argus_auth_token_status_hits(status) == 1);
    CHECK(is(argus_auth_error_code(argus_auth_token_status_last_error(status)), "token_rejected"));
    argus_auth_token_status_free(status);
}

static void token_status_of_a_backend_without_a_token_is_null(void) {
    argus_auth_resolver *resolver = load("test-no-status");
    CHECK(resolver != NULL);
    CHECK(status_of(resolver, "fixed") == NULL);
    CHECK(status_of(resolver, "plain") == NULL);
    CHECK(argus_auth_token_status_state(NULL) == ARGUS_AUTH_TOKEN_STATE_NONE);
    CHECK(argus_auth_token_status_expires_in_ms(NULL) == -1);
    CHECK(argus_auth_token_status_since_success_ms(NULL) == -1);
    CHECK(argus_auth_token_status_cool_down_ms(NULL) == 0);
    CHECK(!argus_auth_token_status_fetching(NULL));
    CHECK(argus_auth_token_status_successes(NULL) == 0);
    CHECK(argus_auth_token_status_failures(NULL) == 0);
    CHECK(argus_auth_token_status_hits(NULL) == 0);
    CHECK(argus_auth_token_status_last_error(NULL) == NULL);
    argus_auth_token_status_free(NULL);

    argus_auth_token_status *status = (argus_auth_token_status *)resolver; /* overwritten, not freed */
    CHECK(argus_auth_resolver_status(resolver, TEXT("none"), &status, NULL) == ARGUS_AUTH_STATUS_UNKNOWN_BACKEND);
    CHECK(status == NULL);
    CHECK(argus_auth_resolver_status(resolver, NULL, 0, &status, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_status(resolver, TEXT("open"), NULL, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_status(NULL, TEXT("open"), &status, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    argus_auth_resolver_free(resolver);
}

static void metrics_are_prometheus_text_without_secrets(void) {
    argus_auth_resolver *resolver = load("test-metrics");
    CHECK(resolver != NULL);
    CHECK(headers_status(resolver, "closed") == ARGUS_AUTH_STATUS_OK);
    argus_auth_text *text = NULL;
    CHECK(argus_auth_resolver_metrics(resolver, &text, NULL) == ARGUS_AUTH_STATUS_OK);
    argus_auth_str found = argus_auth_text_get(text);
    CHECK(found.len == strlen(found.data));
    CHECK(strstr(found.data, "\n# TYPE argus_auth_token_fetches_total counter\n") != NULL);
    CHECK(strstr(found.data, "\nargus_auth_token_fetches_total{backend=\"closed\"} 1\n") != NULL);
    CHECK(strstr(found.data, "fixed") == NULL);
    CHECK(strstr(found.data, "canary") == NULL);
    argus_auth_text_free(text);

    CHECK(is(argus_auth_text_get(NULL), ""));
    argus_auth_text_free(NULL);
    CHECK(argus_auth_resolver_metrics(resolver, NULL, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_metrics(NULL, &text, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(text == NULL);
    argus_auth_resolver_free(resolver);
}

void test_operate(void) {
    static const struct test tests[] = {
        TEST(reload_changes_every_reference_and_a_failed_reload_changes_nothing),
        TEST(token_status_reports_state_counters_and_last_error),
        TEST(token_status_of_a_backend_without_a_token_is_null),
        TEST(metrics_are_prometheus_text_without_secrets),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
