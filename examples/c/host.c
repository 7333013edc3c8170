/*
 * An example in C of a host, a program that embeds this library: prints the HTTP headers that a request to each backend
 * of a configuration must carry.
 *
 *     host CONFIG [--show-secrets] [--log]
 *
 * --show-secrets prints the values of headers instead of their lengths. --log prints the library's log to stderr.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "argus_auth.h"

/* The longest wait for a token. The library itself gives up after 30 seconds, so no wait gets this long. */
#define TIMEOUT_MS 35000

/* The log callback. The library may call it on any thread, and on several at once. */
static void print_log(void *user_data, argus_auth_log_level level, argus_auth_str target, argus_auth_str message) {
    static const char *const levels[] = {"OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
    FILE *stream = user_data;
    (void)fprintf(stream, "%s %s: %s\n", level < 6 ? levels[level] : "?", target.data, message.data);
}

static void print_headers(const char *backend, const argus_auth_headers *headers, bool show_secrets) {
    size_t count = argus_auth_headers_count(headers);
    if (count == 0) {
        printf("%s\t(no headers)\n", backend);
    }
    for (size_t i = 0; i < count; i++) {
        argus_auth_str name = argus_auth_headers_name(headers, i);
        argus_auth_str value = argus_auth_headers_value(headers, i);
        if (show_secrets) {
            printf("%s\t%s: %s\n", backend, name.data, value.data);
        } else {
            printf("%s\t%s: <redacted> (%zu bytes)\n", backend, name.data, value.len);
        }
    }
}

static void print_backends(const argus_auth_resolver *resolver, bool show_secrets) {
    size_t count = argus_auth_resolver_backend_count(resolver);
    for (size_t i = 0; i < count; i++) {
        argus_auth_str backend = argus_auth_backend_name(argus_auth_resolver_backend(resolver, i));
        argus_auth_headers *headers = NULL;
        argus_auth_error *error = NULL;
        /* For an oauth2 backend, the first call waits for its token; later calls return the cached token. */
        if (argus_auth_resolver_headers(resolver, backend.data, backend.len, TIMEOUT_MS, &headers, &error) ==
            ARGUS_AUTH_STATUS_OK) {
            print_headers(backend.data, headers, show_secrets);
        } else {
            printf("%s\terror: %s\n", backend.data, argus_auth_error_code(error).data);
        }
        /* Either `headers` or `error` is NULL. The free functions accept NULL. */
        argus_auth_headers_free(headers);
        argus_auth_error_free(error);
    }
}

int main(int argc, char **argv) {
    const char *config = NULL;
    bool show_secrets = false;
    bool usage = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--show-secrets") == 0) {
            show_secrets = true;
        } else if (strcmp(argv[i], "--log") == 0) {
            (void)argus_auth_log_register(print_log, stderr, NULL, ARGUS_AUTH_LOG_LEVEL_TRACE, NULL);
        } else if (config == NULL) {
            config = argv[i];
        } else {
            usage = true;
        }
    }
    if (config == NULL || usage) {
        (void)fprintf(stderr, "usage: host CONFIG [--show-secrets] [--log]\n");
        return 2;
    }

    argus_auth_resolver *resolver = NULL;
    argus_auth_error *error = NULL;
    if (argus_auth_resolver_from_file(config, strlen(config), NULL, &resolver, &error) != ARGUS_AUTH_STATUS_OK) {
        /* The message lists every problem of the file with its line and column. */
        (void)fprintf(stderr, "%s\n", argus_auth_error_message(error).data);
        argus_auth_error_free(error);
        return EXIT_FAILURE;
    }
    print_backends(resolver, show_secrets);
    argus_auth_resolver_free(resolver);

    /* A process may end without these calls. They free memory that a memory checker would otherwise report. */
    (void)argus_auth_shutdown(1000, NULL);
    (void)argus_auth_log_unregister(NULL);
    return EXIT_SUCCESS;
}
