/* The error object: the problems of a configuration, the fields of a token endpoint's error response, and NULL. */
#include <string.h>

#include "argus_auth.h"
#include "check.h"
#include "support.h"

static void error_of_a_bad_configuration_lists_every_problem_with_its_place(void) {
    static const char text[] = "backends:\n"
                               "  one:\n"
                               "    type: streamable-http\n"
                               "    url: ftp://example.com\n"
                               "  two:\n"
                               "    type: streamable-http\n"
                               "    url: http://127.0.0.1:9/mcp\n"
                               "    auth:\n"
                               "      type: oauth2\n"
                               "      token_url: http://127.0.0.1:9/token\n"
                               "      client_id: c\n"
                               "      client_secret: " CLIENT_SECRET "\n"
                               "      scopes: [a, 7]\n";
    argus_auth_resolver *resolver = NULL;
    argus_auth_error *error = NULL;
    CHECK(argus_auth_resolver_from_text(text, sizeof text - 1, NULL, &resolver, &error) == ARGUS_AUTH_STATUS_CONFIG);
    CHECK(resolver == NULL);
    CHECK(is(argus_auth_error_code(error), "config"));
    CHECK(is(argus_auth_error_file(error), ""));
    CHECK(!argus_auth_error_retryable(error));
    CHECK(argus_auth_error_problem_count(error) == 2);
    const argus_auth_problem *url = argus_auth_error_problem(error, 0);
    CHECK(argus_auth_problem_severity(url) == ARGUS_AUTH_SEVERITY_ERROR);
    CHECK(is(argus_auth_problem_path(url), "backends.one.url"));
    CHECK(argus_auth_problem_line(url) == 4);
    CHECK(argus_auth_problem_column(url) == 10);
    CHECK(argus_auth_problem_message(url).len > 0);
    const argus_auth_problem *scope = argus_auth_error_problem(error, 1);
    CHECK(is(argus_auth_problem_path(scope), "backends.two.auth.scopes[1]"));
    CHECK(argus_auth_problem_line(scope) == 13);
    CHECK(argus_auth_error_problem(error, 2) == NULL);
    CHECK(strstr(argus_auth_error_message(error).data, CLIENT_SECRET) == NULL);
    argus_auth_error_free(error);
}

static void error_of_a_rejected_token_request_has_the_fields_of_the_response(void) {
    argus_auth_resolver *resolver = load("test-rejected");
    CHECK(resolver != NULL);
    script("[{\"status\": 400, \"body\": {\"error\": \"invalid_client\", \"error_description\": \"no such client\"}}]");
    argus_auth_headers *headers = NULL;
    argus_auth_error *error = NULL;
    CHECK(headers_of(resolver, "closed", 20000, &headers, &error) == ARGUS_AUTH_STATUS_TOKEN_REJECTED);
    CHECK(headers == NULL);
    CHECK(argus_auth_error_status(error) == ARGUS_AUTH_STATUS_TOKEN_REJECTED);
    CHECK(is(argus_auth_error_code(error), "token_rejected"));
    CHECK(argus_auth_error_http_status(error) == 400);
    CHECK(is(argus_auth_error_oauth_error(error), "invalid_client"));
    CHECK(is(argus_auth_error_oauth_error_description(error), "no such client"));
    CHECK(strncmp(argus_auth_error_token_url(error).data, "http://127.0.0.1:", 17) == 0);
    CHECK(!argus_auth_error_retryable(error));
    CHECK(argus_auth_error_problem_count(error) == 0);
    CHECK(strstr(argus_auth_error_message(error).data, CLIENT_SECRET) == NULL);
    /* The error stays valid after its resolver is freed. */
    argus_auth_resolver_free(resolver);
    CHECK(argus_auth_error_message(error).len > 0);
    argus_auth_error_free(error);
}

static void error_functions_of_null_return_empty_values(void) {
    argus_auth_error_free(NULL);
    CHECK(argus_auth_error_status(NULL) == ARGUS_AUTH_STATUS_OK);
    CHECK(is(argus_auth_error_code(NULL), ""));
    CHECK(is(argus_auth_error_message(NULL), ""));
    CHECK(!argus_auth_error_retryable(NULL));
    CHECK(is(argus_auth_error_file(NULL), ""));
    CHECK(argus_auth_error_problem_count(NULL) == 0);
    CHECK(argus_auth_error_problem(NULL, 0) == NULL);
    CHECK(argus_auth_error_http_status(NULL) == 0);
    CHECK(is(argus_auth_error_token_url(NULL), ""));
    CHECK(is(argus_auth_error_oauth_error(NULL), ""));
    CHECK(is(argus_auth_error_oauth_error_description(NULL), ""));
    CHECK(argus_auth_problem_severity(NULL) == ARGUS_AUTH_SEVERITY_ERROR);
    CHECK(argus_auth_problem_line(NULL) == 0);
    CHECK(argus_auth_problem_column(NULL) == 0);
    CHECK(is(argus_auth_problem_path(NULL), ""));
    CHECK(is(argus_auth_problem_message(NULL), ""));
}

void test_errors(void) {
    static const struct test tests[] = {
        TEST(error_of_a_bad_configuration_lists_every_problem_with_its_place),
        TEST(error_of_a_rejected_token_request_has_the_fields_of_the_response),
        TEST(error_functions_of_null_return_empty_values),
    };
    run_tests(tests, sizeof tests / sizeof *tests);
}
