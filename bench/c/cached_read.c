/*
 * Measures the time of a cached read in C.
 *
 *     bench-c CONFIG ROUNDS READS    prints a line per operation: its name, and the nanoseconds per read by round
 *
 * CONFIG has a backend `plain` with OAuth2 alone, and a backend `long` with a fixed header that is as long as a token
 * with claims (JWT). Each operation is a function that is not inlined, so that a profiler finds it by its name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "argus_auth.h"

#define BACKEND "plain"
#define LONG_BACKEND "long"
#define MAX_ROUNDS 1000
#define NOT_INLINED __attribute__((noinline))
/* Makes the compiler treat the memory behind the pointer as used, so that it doesn't optimise the read away. */
#define USED(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

static const argus_auth_resolver *resolver;
static argus_auth_headers *held;

static void fail(const char *what) {
    fprintf(stderr, "bench-c: %s\n", what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

NOT_INLINED static void read_clock(size_t reads) {
    for (size_t i = 0; i < reads; i++) {
        struct timespec time;
        clock_gettime(CLOCK_BOOTTIME, &time);
        USED(&time);
    }
}

/* A baseline: copies the name and the value into new memory, and frees the memory. */
NOT_INLINED static void read_copy(size_t reads) {
    argus_auth_str name = argus_auth_headers_name(held, 0), value = argus_auth_headers_value(held, 0);
    for (size_t i = 0; i < reads; i++) {
        char *copy = malloc(name.len + value.len + 2);
        if (copy == NULL) {
            fail("out of memory");
        }
        memcpy(copy, name.data, name.len + 1);
        memcpy(copy + name.len + 1, value.data, value.len + 1);
        USED(copy);
        free(copy);
    }
}

NOT_INLINED static void read_clone(size_t reads) {
    for (size_t i = 0; i < reads; i++) {
        argus_auth_headers_free(argus_auth_headers_clone(held));
    }
}

static inline void try_headers(const char *backend, size_t backend_len) {
    argus_auth_headers *headers;
    argus_auth_error *error;
    if (argus_auth_resolver_try_headers(resolver, backend, backend_len, &headers, &error) != ARGUS_AUTH_STATUS_OK) {
        fail("no headers at once");
    }
    argus_auth_headers_free(headers);
}

NOT_INLINED static void read_try_headers(size_t reads) {
    for (size_t i = 0; i < reads; i++) {
        try_headers(BACKEND, strlen(BACKEND));
    }
}

NOT_INLINED static void read_try_headers_long(size_t reads) {
    for (size_t i = 0; i < reads; i++) {
        try_headers(LONG_BACKEND, strlen(LONG_BACKEND));
    }
}

NOT_INLINED static void read_headers(size_t reads) {
    for (size_t i = 0; i < reads; i++) {
        argus_auth_headers *headers;
        argus_auth_error *error;
        if (argus_auth_resolver_headers(resolver, BACKEND, strlen(BACKEND), 35000, &headers, &error) !=
            ARGUS_AUTH_STATUS_OK) {
            fail("no headers");
        }
        argus_auth_headers_free(headers);
    }
}

static const struct {
    const char *name;
    void (*read)(size_t reads);
} operations[] = {
    {"clock", read_clock},
    {"copy", read_copy},
    {"clone", read_clone},
    {"try-headers", read_try_headers},
    {"try-headers-long", read_try_headers_long},
    {"headers", read_headers},
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

int main(int argc, char **argv) {
    static double results[OPERATIONS][MAX_ROUNDS];
    if (argc != 4) {
        fail("usage: bench-c CONFIG ROUNDS READS");
    }
    size_t rounds = strtoul(argv[2], NULL, 10), reads = strtoul(argv[3], NULL, 10);
    if (rounds > MAX_ROUNDS || reads == 0) {
        fail("too many rounds, or no reads");
    }

    argus_auth_error *error = NULL;
    argus_auth_resolver *loaded = NULL;
    if (argus_auth_resolver_from_file(argv[1], strlen(argv[1]), NULL, &loaded, &error) != ARGUS_AUTH_STATUS_OK ||
        argus_auth_resolver_headers(loaded, BACKEND, strlen(BACKEND), 35000, &held, &error) != ARGUS_AUTH_STATUS_OK) {
        fail(argus_auth_error_message(error).data);
    }
    resolver = loaded;
    if (argus_auth_headers_count(held) != 1) {
        fail("one header expected");
    }

    for (size_t round = 0; round <= rounds; round++) {
        for (size_t i = 0; i < OPERATIONS; i++) {
            double start = now();
            operations[i].read(reads);
            /* The first round is the warm-up. */
            if (round > 0) {
                results[i][round - 1] = (now() - start) / (double)reads;
            }
        }
    }
    for (size_t i = 0; i < OPERATIONS; i++) {
        printf("%s", operations[i].name);
        for (size_t round = 0; round < rounds; round++) {
            printf(" %.2f", results[i][round]);
        }
        printf("\n");
    }
    argus_auth_headers_free(held);
    argus_auth_resolver_free(loaded);
    return 0;
}
