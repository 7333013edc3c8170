/* The version, loading a configuration, its backends, and invalid arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static const char small[] = "backends:\n  b:\n    type: sse\n    url: http://127.0.0.1:9/sse\n";

static void version_of_the_library_equals_the_header(void) {
    CHECK(is(argus_auth_version(), ARGUS_AUTH_VERSION));
    CHECK(argus_auth_version_number() == ARGUS_AUTH_VERSION_NUMBER);
    char text[32];
    (void)snprintf(text, sizeof text, "%d.%d.%d", ARGUS_AUTH_VERSION_MAJOR, ARGUS_AUTH_VERSION_MINOR,
                   ARGUS_AUTH_VERSION_PATCH);
    CHECK(strcmp(text, ARGUS_AUTH_VERSION) == 0);
}

static void from_file_loads_a_file_and_reports_a_missing_file(void) {
    char path[] = "/tmp/argus_auth_XXXXXX.yaml";
    int file = mkstemps(path, 5);
    CHECK(file >= 0);
    EXPECT(write(file, TEXT(small)) == (ssize_t)sizeof(small) - 1);
    (void)close(file);
    argus_auth_resolver *resolver = NULL;
    argus_auth_error *error = (argus_auth_error *)path; /* overwritten, not freed */
    argus_auth_status status = argus_auth_resolver_from_file(path, strlen(path), NULL, &resolver, &error);
    (void)unlink(path);
    CHECK(status == ARGUS_AUTH_STATUS_OK);
    CHECK(error == NULL);
    CHECK(argus_auth_resolver_backend_count(resolver) == 1);
    argus_auth_resolver_free(resolver);

    CHECK(argus_auth_resolver_from_file(path, strlen(path), NULL, &resolver, &error) == ARGUS_AUTH_STATUS_CONFIG);
    CHECK(resolver == NULL);
    CHECK(is(argus_auth_error_file(error), path));
    CHECK(argus_auth_error_problem_count(error) == 1);
    CHECK(argus_auth_problem_line(argus_auth_error_problem(error, 0)) == 0);
    argus_auth_error_free(error);
}

static void backends_are_listed_in_file_order(void) {
    argus_auth_resolver *resolver = load("test-backends");
    CHECK(resolver != NULL);
    static const char *const expected[][3] = {{"fixed", "sse", "static"},
                                              {"plain", "streamable-http", ""},
                                              {"open", "streamable-http", "oauth2"},
                                              {"closed", "streamable-http", "oauth2"},
                                              {"login", "streamable-http", "pkce"}};
    CHECK(argus_auth_resolver_backend_count(resolver) == 5);
    for (size_t i = 0; i < 5; i++) {
        const argus_auth_backend *backend = argus_auth_resolver_backend(resolver, i);
        CHECK(is(argus_auth_backend_name(backend), expected[i][0]));
        CHECK(is(argus_auth_backend_transport(backend), expected[i][1]));
        CHECK(is(argus_auth_backend_auth_type(backend), expected[i][2]));
        CHECK(is(argus_auth_backend_url(backend), i == 0 ? "http://127.0.0.1:9/sse" : "http://127.0.0.1:9/mcp"));
    }
    CHECK(argus_auth_resolver_backend(resolver, 5) == NULL);
    argus_auth_resolver_free(resolver);
}

static void unresolved_reference_is_an_error_or_a_warning_as_the_options_say(void) {
    static const char text[] = "backends:\n  b:\n    type: sse\n    url: http://127.0.0.1:9/sse\n"
                               "    headers: {X-A: \"${ARGUS_AUTH_TEST_UNSET}\"}\n";
    argus_auth_resolver *resolver = NULL;
    argus_auth_error *error = NULL;
    CHECK(argus_auth_resolver_from_text(TEXT(text), NULL, &resolver, &error) == ARGUS_AUTH_STATUS_CONFIG);
    CHECK(strstr(argus_auth_error_message(error).data, "ARGUS_AUTH_TEST_UNSET") != NULL);
    argus_auth_error_free(error);

    argus_auth_load_options options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
    CHECK(argus_auth_resolver_from_text(TEXT(text), &options, &resolver, NULL) == ARGUS_AUTH_STATUS_CONFIG);
    options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
    CHECK(argus_auth_resolver_from_text(TEXT(text), &options, &resolver, &error) == ARGUS_AUTH_STATUS_OK);
    CHECK(argus_auth_resolver_warning_count(resolver) == 1);
    const argus_auth_problem *warning = argus_auth_resolver_warning(resolver, 0);
    CHECK(argus_auth_problem_severity(warning) == ARGUS_AUTH_SEVERITY_WARNING);
    CHECK(is(argus_auth_problem_path(warning), "backends.b.headers.X-A"));
    CHECK(argus_auth_resolver_warning(resolver, 1) == NULL);
    argus_auth_headers *headers = NULL;
    CHECK(headers_of(resolver, "b", 0, &headers, NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(has(headers, "X-A", "${ARGUS_AUTH_TEST_UNSET}"));
    argus_auth_headers_free(headers);
    argus_auth_resolver_free(resolver);
}

/* The options of a program that was built with a later header: the same fields, and more after them. */
struct later_options {
    argus_auth_load_options known;
    uint32_t later;
};

static argus_auth_status load_small(const argus_auth_load_options *options) {
    argus_auth_resolver *resolver = NULL;
    argus_auth_status status = argus_auth_resolver_from_text(TEXT(small), options, &resolver, NULL);
    argus_auth_resolver_free(resolver);
    return status;
}

static void load_options_of_another_version_are_accepted_unless_they_set_unknown_fields(void) {
    struct later_options options = {ARGUS_AUTH_LOAD_OPTIONS_INIT, 0};
    options.known.size = sizeof options;
    CHECK(load_small(&options.known) == ARGUS_AUTH_STATUS_OK);
    options.later = 1;
    CHECK(load_small(&options.known) == ARGUS_AUTH_STATUS_INVALID_ARGUMENT);
    options.known.size = sizeof options.known;
    CHECK(load_small(&options.known) == ARGUS_AUTH_STATUS_OK);
    options.known.unresolved = 7;
    CHECK(load_small(&options.known) == ARGUS_AUTH_STATUS_INVALID_ARGUMENT);
    options.known.unresolved = 0;
    for (uint32_t size = 0; size < sizeof options.known; size++) {
        options.known.size = size;
        CHECK(load_small(&options.known) == ARGUS_AUTH_STATUS_INVALID_ARGUMENT);
    }
    options.known.size = UINT32_MAX;
    CHECK(load_small(&options.known) == ARGUS_AUTH_STATUS_INVALID_ARGUMENT);
}

static void load_functions_report_invalid_arguments(void) {
    argus_auth_resolver *resolver = (argus_auth_resolver *)&resolver;
    argus_auth_error *error = NULL;
    CHECK(argus_auth_resolver_from_text(NULL, 0, NULL, &resolver, &error) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(resolver == NULL);
    CHECK(is(argus_auth_error_code(error), "null_argument"));
    CHECK(is(argus_auth_error_message(error), "the argument `text` is NULL"));
    CHECK(argus_auth_error_status(error) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    argus_auth_error_free(error);

    CHECK(argus_auth_resolver_from_file(NULL, 3, NULL, &resolver, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_from_text(TEXT(small), NULL, NULL, NULL) == ARGUS_AUTH_STATUS_NULL_ARGUMENT);
    CHECK(argus_auth_resolver_from_text(small, (size_t)-1, NULL, &resolver, NULL) ==
          ARGUS_AUTH_STATUS_INVALID_ARGUMENT);
    CHECK(argus_auth_resolver_from_text("", 0, NULL, &resolver, NULL) == ARGUS_AUTH_STATUS_CONFIG);

    CHECK(argus_auth_resolver_clone(NULL) == NULL);
    argus_auth_resolver_free(NULL);
    CHECK(argus_auth_resolver_backend_count(NULL) == 0);
    CHECK(argus_auth_resolver_backend(NULL, 0) == NULL);
    CHECK(argus_auth_resolver_warning_count(NULL) == 0);
    CHECK(argus_auth_resolver_warning(NULL, 0) == NULL);
    CHECK(is(argus_auth_backend_name(NULL), ""));
    CHECK(is(argus_auth_backend_transport(NULL), ""));
    CHECK(is(argus_auth_backend_url(NULL), ""));
    CHECK(is(argus_auth_backend_auth_type(NULL), ""));
}

static void load_functions_report_invalid_utf8(void) {
    argus_auth_resolver *resolver = NULL;
    argus_auth_error *error = NULL;
    CHECK(argus_auth_resolver_from_file("a\xff.yaml", 7, NULL, &resolver, &error) == ARGUS_AUTH_STATUS_INVALID_UTF8);
    CHECK(strstr(argus_auth_error_message(error).data, "from its byte 1 on") != NULL);
    argus_auth_error_free(error);
    CHECK(argus_auth_resolver_from_text("a: \xff", 4, NULL, &resolver, NULL) == ARGUS_AUTH_STATUS_CONFIG);
    CHECK(resolver == NULL);
    /* An embedded NUL in a path is an error: a system call would end the path there. */
    CHECK(argus_auth_resolver_from_file("/etc\0.yaml", 10, NULL, &resolver, NULL) == ARGUS_AUTH_STATUS_CONFIG);
}

void test_load(void) {
    static const struct test tests[] = {
        TEST(version_of_the_library_equals_the_header),
        TEST(from_file_loads_a_file_and_reports_a_missing_file),
        TEST(backends_are_listed_in_file_order),
        TEST(unresolved_reference_is_an_error_or_a_warning_as_the_options_say),
        TEST(load_options_of_another_version_are_accepted_unless_they_set_unknown_fields),
        TEST(load_functions_report_invalid_arguments),
        TEST(load_functions_report_invalid_utf8),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
