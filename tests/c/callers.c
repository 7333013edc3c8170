/*
 * Requests the headers of one backend from many threads at once, with no token cached at the start:
 *
 *     callers CONFIG BACKEND [--threads T] [--calls N]        (default: 64 threads, 1000 calls each)
 *
 * Prints `calls=64000 failures=0 seconds=0.123`; the exit status is 1 if a call failed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "argus_auth.h"

struct work {
    argus_auth_resolver *resolver;
    const char *backend;
    long calls, failures;
};

static void *call(void *argument) {
    struct work *work = argument;
    for (long i = 0; i < work->calls; i++) {
        argus_auth_headers *headers = NULL;
        argus_auth_str value;
        if (argus_auth_resolver_headers(work->resolver, work->backend, strlen(work->backend), 35000, &headers, NULL) !=
                ARGUS_AUTH_STATUS_OK ||
            !argus_auth_headers_find(headers, "Authorization", 13, &value)) {
            work->failures++;
        }
        argus_auth_headers_free(headers);
    }
    return NULL;
}

static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int run(argus_auth_resolver *resolver, const char *backend, long threads, long calls) {
    struct work *work = calloc((size_t)threads, sizeof *work);
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    if (work == NULL || ids == NULL) {
        free(work);
        free(ids);
        return EXIT_FAILURE;
    }
    double start = now();
    long started = 0;
    for (; started < threads; started++) {
        work[started] = (struct work){resolver, backend, calls, 0};
        if (pthread_create(&ids[started], NULL, call, &work[started]) != 0) {
            break;
        }
    }
    long failures = (threads - started) * calls;
    for (long i = 0; i < started; i++) {
        (void)pthread_join(ids[i], NULL);
        failures += work[i].failures;
    }
    printf("calls=%ld failures=%ld seconds=%.3f\n", threads * calls, failures, now() - start);
    free(work);
    free(ids);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
    long threads = 64, calls = 1000;
    bool usage = argc < 3 || argc % 2 == 0;
    for (int i = 3; i + 1 < argc; i += 2) {
        long number = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--threads") == 0) {
            threads = number;
        } else if (strcmp(argv[i], "--calls") == 0) {
            calls = number;
        } else {
            usage = true;
        }
        usage = usage || number < 1 || number > 1000000;
    }
    if (usage) {
        (void)fprintf(stderr, "usage: callers CONFIG BACKEND [--threads T] [--calls N]\n");
        return 2;
    }
    argus_auth_resolver *resolver = NULL;
    argus_auth_error *error = NULL;
    if (argus_auth_resolver_from_file(argv[1], strlen(argv[1]), NULL, &resolver, &error) != ARGUS_AUTH_STATUS_OK) {
        (void)fprintf(stderr, "%s\n", argus_auth_error_message(error).data);
        argus_auth_error_free(error);
        return EXIT_FAILURE;
    }
    int status = run(resolver, argv[2], threads, calls);
    argus_auth_resolver_free(resolver);
    (void)argus_auth_shutdown(1000, NULL);
    return status;
}
