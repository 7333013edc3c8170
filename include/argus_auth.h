/*
 * argus_auth.h - outgoing authentication for MCP gateways. The library reads an Argus configuration and returns the
 * HTTP headers that each backend request must carry. It fetches, caches and renews OAuth 2.0 access tokens.
 *
 * For C99 or later, on Linux. argus_auth.hpp is the interface for C++17.
 *
 * Generated from the comments and declarations in ffi/src; do not edit. `make header` generates it again.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A configuration is a YAML file that lists the backends and their authentication. README.md, section "The
 * configuration", describes all keys. Example:
 *
 * ```yaml
 * backends:
 *   search:
 *     type: streamable-http
 *     url: "https://search.example/mcp"
 *     on_auth_failure: closed  # the default is `open`: see "Tokens" below
 *     auth: {type: oauth2, token_url: "https://auth.example/token", client_id: argus, client_secret: "${SECRET}"}
 * ```
 *
 * `make install` installs the library and the headers. A complete program, which is linked with -largus_auth:
 *
 * ```c
 * #include <stdio.h>
 * #include <string.h>
 *
 * #include "argus_auth.h"
 *
 * int main(void) {
 *     const char *path = "config.yaml", *backend = "search";
 *     argus_auth_resolver *resolver = NULL;
 *     argus_auth_headers *headers = NULL;
 *     argus_auth_error *error = NULL;
 *
 *     if (argus_auth_resolver_from_file(path, strlen(path), NULL, &resolver, &error) == ARGUS_AUTH_STATUS_OK &&
 *         argus_auth_resolver_headers(resolver, backend, strlen(backend), 35000, &headers, &error) ==
 *             ARGUS_AUTH_STATUS_OK) {
 *         for (size_t i = 0; i < argus_auth_headers_count(headers); i++) {
 *             printf("%s: <secret>\n", argus_auth_headers_name(headers, i).data);
 *         }
 *     } else {
 *         fprintf(stderr, "%s\n", argus_auth_error_message(error).data);
 *     }
 *     int status = error != NULL;
 *     argus_auth_headers_free(headers);
 *     argus_auth_resolver_free(resolver);
 *     argus_auth_error_free(error);
 *     return status;
 * }
 * ```
 *
 * Rules for every function
 * ------------------------
 *
 * The comment of a function adds only what is special to that function.
 *
 * Errors
 * - A function that can fail returns an argus_auth_status and takes an argus_auth_error ** as its last argument,
 *   `error`. ARGUS_AUTH_STATUS_OK, which is 0, means success.
 * - `error` may be NULL: then no error object is made. If `error` is not NULL, `*error` is always overwritten: with an
 *   error object that the caller owns, or with NULL if there was no failure. A previous value is not freed.
 * - Every other output argument is also written in every case. If there is nothing to return, an output pointer becomes
 *   NULL.
 * - An argument may be NULL only if the comment says so. A function that can fail reports any other NULL as
 *   ARGUS_AUTH_STATUS_NULL_ARGUMENT.
 * - An accessor (a function without an `error` argument) accepts NULL as its object. It then returns 0, false, NULL or
 *   an empty text, unless its comment names another value.
 * - Every ..._free function accepts NULL and then does nothing.
 * - If memory can't be allocated, the process is aborted.
 *
 * Text
 * - A text argument is a pointer and a number of bytes. It needs no closing NUL. It is borrowed during the call only.
 * - A text argument that is not UTF-8 is reported as ARGUS_AUTH_STATUS_INVALID_UTF8. A length above PTRDIFF_MAX is
 *   reported as ARGUS_AUTH_STATUS_INVALID_ARGUMENT.
 * - A returned text is an argus_auth_str, borrowed from the object that the function was called with.
 *
 * Ownership
 * - An object or a reference that a comment calls "owned by the caller" is freed by the caller, once, with the ..._free
 *   function of its type.
 * - Everything else that is returned is borrowed: it is valid as long as the object that it comes from exists, and must
 *   not be freed separately.
 * - A resolver and headers are reference-counted. The object exists until its last reference is freed. A resolver and
 *   its headers are independent: headers stay valid when the resolver is freed.
 *
 * Tokens
 * - A backend with `auth.type: oauth2` needs an access token, which a fetch gets from a token endpoint. All callers of
 *   one token share one fetch. A fetch consists of up to four requests and takes at most 30 seconds.
 * - If no token can be obtained, the backend's `on_auth_failure` decides. With `open`, the default, a call for headers
 *   returns ARGUS_AUTH_STATUS_OK and the configured headers WITHOUT AUTHENTICATION, and the failure is logged. With
 *   `closed`, the call fails with the reason. With either value, a call that waits fails at the end of its timeout and
 *   at a shutdown.
 * - A failed fetch starts a cool-down, unless a shutdown ended the fetch. During the cool-down no fetch is made, and a
 *   call that finds no valid token returns the result of the failed fetch at once. The cool-down lasts longer after
 *   each failure in a row: usually at least 1 second, at most 5 minutes. A host should pause for
 *   argus_auth_token_status_cool_down_ms before it repeats such a call.
 * - If a backend answers 401, call argus_auth_resolver_invalidate.
 *
 * Threads
 * - The library has one background thread, the engine's thread, which fetches and renews tokens. The first fetch starts
 *   the engine's thread. The engine's thread starts helper threads, which resolve host names. Reading a secret from a
 *   keyring starts a thread that ends before the call returns.
 * - Every function may be called from any thread.
 * - Any number of threads may call functions with a pointer to the same const object at the same time. The library
 *   synchronises the changes that these functions make.
 * - A reference must not be freed while another thread uses it. Give each thread a reference of its own, or join the
 *   thread first.
 * - Output arguments must not be read or written by another thread, or by a callback, until the call returns.
 * - A function does not block unless its comment says so.
 *
 * Signals
 * - The engine's thread and its helper threads block SIGPIPE and all asynchronous signals. The thread for a keyring has
 *   the signal mask of the caller.
 * - No function may be called in a signal handler. A signal does not end a wait.
 * - A call must not be left by longjmp, and a thread must not be cancelled inside a call.
 *
 * Environment
 * - Environment variables are read by argus_auth_resolver_from_file, argus_auth_resolver_from_text and
 *   argus_auth_resolver_reload, and by the library's own threads during fetches and renewals (proxies, CA
 *   certificates, name resolution).
 * - A call of setenv, unsetenv or putenv while the library reads the environment is a data race. Change the environment
 *   before the library is used.
 *
 * Fork
 * - Every function may be called in a child of fork, even if the parent has used the library. The child keeps the
 *   objects and the cached tokens, and starts an engine thread of its own when it needs one. Fetches and cool-downs of
 *   the parent do not exist in the child. A child may end with _exit without any call.
 *
 * End of the program
 * - A process may end without any call, unless its log callback uses objects that are destroyed at the end.
 * - The order of a complete end: join the threads that use the library, free the objects, call argus_auth_shutdown, and
 *   then argus_auth_log_unregister.
 *
 * Panics
 * - No Rust panic leaves a function. A function that can fail reports ARGUS_AUTH_STATUS_PANIC instead; an accessor
 *   returns the same value as for NULL.
 */


#ifndef ARGUS_AUTH_H
#define ARGUS_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header, "major.minor.patch". */
#define ARGUS_AUTH_VERSION "0.1.0"

/** The initial value of an argus_auth_load_options: every option has its default. */
#define ARGUS_AUTH_LOAD_OPTIONS_INIT { sizeof(argus_auth_load_options), 0 }


/**
 * The major part of the version of this header.
 */
#define ARGUS_AUTH_VERSION_MAJOR 0

/**
 * The minor part of the version of this header.
 */
#define ARGUS_AUTH_VERSION_MINOR 1

/**
 * The patch part of the version of this header.
 */
#define ARGUS_AUTH_VERSION_PATCH 0

/**
 * The version of this header as one number: major * 65536 + minor * 256 + patch. A later version has a larger number.
 */
#define ARGUS_AUTH_VERSION_NUMBER (((ARGUS_AUTH_VERSION_MAJOR << 16) | (ARGUS_AUTH_VERSION_MINOR << 8)) | ARGUS_AUTH_VERSION_PATCH)

/**
 * The result of a call. 0 is success. Numbers are never reused. A newer library may return a number that this header
 * does not have: treat it as a failure.
 *
 * ```c
 * argus_auth_headers *headers = NULL;
 * argus_auth_status status = argus_auth_resolver_try_headers(resolver, "search", 6, &headers, NULL);
 * if (status == ARGUS_AUTH_STATUS_OK) {
 *     printf("%zu headers\n", argus_auth_headers_count(headers));
 *     argus_auth_headers_free(headers);
 * } else if (status == ARGUS_AUTH_STATUS_NOT_READY) {
 *     printf("a token is being fetched: try again later\n");
 * } else {
 *     printf("failed with status %u\n", (unsigned)status);
 * }
 * ```
 */
enum argus_auth_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Success.
     */
    ARGUS_AUTH_STATUS_OK = 0,
    /**
     * The headers can't be returned without waiting; a fetch is under way. This is not a failure, so `*error` is NULL.
     * Only `argus_auth_resolver_try_headers` returns this status.
     */
    ARGUS_AUTH_STATUS_NOT_READY = 1,
    /**
     * An argument that must not be NULL was NULL.
     */
    ARGUS_AUTH_STATUS_NULL_ARGUMENT = 10,
    /**
     * A text argument was not UTF-8.
     */
    ARGUS_AUTH_STATUS_INVALID_UTF8 = 11,
    /**
     * An argument had a value that is not allowed.
     */
    ARGUS_AUTH_STATUS_INVALID_ARGUMENT = 12,
    /**
     * The function was called inside the log callback, where it is not allowed or would have to wait.
     */
    ARGUS_AUTH_STATUS_IN_CALLBACK = 13,
    /**
     * The log events can't be delivered to a callback: the program is a Rust program that receives them itself, or the
     * process was forked while its parent was registering its first callback.
     */
    ARGUS_AUTH_STATUS_LOG_IN_USE = 14,
    /**
     * A panic inside the library, which was caught. It is a defect of the library. The objects involved may still be
     * used and freed.
     */
    ARGUS_AUTH_STATUS_PANIC = 20,
    /**
     * The library detected a defect of its own, such as a panic during a fetch.
     */
    ARGUS_AUTH_STATUS_INTERNAL = 21,
    /**
     * The engine could not start, because the system gave it no thread or no file descriptor.
     */
    ARGUS_AUTH_STATUS_ENGINE = 22,
    /**
     * The engine was shut down while the call waited. The next fetch starts it again.
     */
    ARGUS_AUTH_STATUS_SHUTDOWN = 23,
    /**
     * The timeout ended before the result was known. The fetch or the shutdown continues.
     */
    ARGUS_AUTH_STATUS_DEADLINE = 24,
    /**
     * The configuration can't be used. The error object lists the problems.
     */
    ARGUS_AUTH_STATUS_CONFIG = 30,
    /**
     * The configuration has no remote backend of this name.
     */
    ARGUS_AUTH_STATUS_UNKNOWN_BACKEND = 31,
    /**
     * The backend's kind of authentication is not implemented.
     */
    ARGUS_AUTH_STATUS_UNSUPPORTED = 32,
    /**
     * No access token: the token URL can't be requested, or the request can't be built, for example because a
     * certificate file can't be read.
     */
    ARGUS_AUTH_STATUS_TOKEN_REQUEST = 40,
    /**
     * No access token: the host name of the token endpoint or of the proxy did not resolve.
     */
    ARGUS_AUTH_STATUS_TOKEN_DNS = 41,
    /**
     * No access token: no connection to the token endpoint or to the proxy.
     */
    ARGUS_AUTH_STATUS_TOKEN_CONNECT = 42,
    /**
     * No access token: the TLS handshake failed or the certificate is not trusted.
     */
    ARGUS_AUTH_STATUS_TOKEN_TLS = 43,
    /**
     * No access token: the connection broke before the response was complete.
     */
    ARGUS_AUTH_STATUS_TOKEN_TRANSPORT = 44,
    /**
     * No access token: no complete response within 30 seconds, including the wait until a request could be sent.
     */
    ARGUS_AUTH_STATUS_TOKEN_TIMEOUT = 45,
    /**
     * No access token: a temporary HTTP status (408, 429 or 5xx), a temporary OAuth error, or an open circuit breaker
     * (no request was sent, because the token endpoint's host had failed several times in a row).
     */
    ARGUS_AUTH_STATUS_TOKEN_UNAVAILABLE = 46,
    /**
     * No access token: the token endpoint rejected the request with a permanent OAuth error (RFC 6749 section 5.2). A
     * response without an OAuth error also counts as a rejection if it has the HTTP status 401, or another 4xx status
     * (except 408 and 429) and a JSON object as its body.
     */
    ARGUS_AUTH_STATUS_TOKEN_REJECTED = 47,
    /**
     * No access token: the response was a redirect. Redirects are never followed, because the request contains
     * credentials.
     */
    ARGUS_AUTH_STATUS_TOKEN_REDIRECT = 48,
    /**
     * No access token: the response contained no usable token.
     */
    ARGUS_AUTH_STATUS_TOKEN_RESPONSE = 49,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum argus_auth_status argus_auth_status;
#else
typedef uint32_t argus_auth_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The severity of a problem.
 *
 * ```c
 * bool is_error = argus_auth_problem_severity(problem) == ARGUS_AUTH_SEVERITY_ERROR;
 * printf("%s: %s\n", is_error ? "error" : "warning", argus_auth_problem_message(problem).data);
 * ```
 */
enum argus_auth_severity
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The configuration can't be used.
     */
    ARGUS_AUTH_SEVERITY_ERROR = 1,
    /**
     * The configuration can be used, but probably does not mean what was intended.
     */
    ARGUS_AUTH_SEVERITY_WARNING = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum argus_auth_severity argus_auth_severity;
#else
typedef uint32_t argus_auth_severity;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The state of a token. A newer library may return a number that this header does not have.
 *
 * ```c
 * argus_auth_token_state state = argus_auth_token_status_state(token_status);
 * bool served = state == ARGUS_AUTH_TOKEN_STATE_FRESH || state == ARGUS_AUTH_TOKEN_STATE_RENEWING;
 * printf("%s\n", served ? "a token is in use" : "no token is in use");
 * ```
 */
enum argus_auth_token_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The backend has no `auth` block, or its `auth.type` is `static` or `pkce`: this library fetches no token for it.
     */
    ARGUS_AUTH_TOKEN_STATE_NONE = 0,
    /**
     * There is no token: no fetch has succeeded yet, or the last token was invalidated.
     */
    ARGUS_AUTH_TOKEN_STATE_EMPTY = 1,
    /**
     * The token is served and is not yet due for renewal.
     */
    ARGUS_AUTH_TOKEN_STATE_FRESH = 2,
    /**
     * The token is served and is due for renewal.
     */
    ARGUS_AUTH_TOKEN_STATE_RENEWING = 3,
    /**
     * The token has expired and is not served.
     */
    ARGUS_AUTH_TOKEN_STATE_EXPIRED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum argus_auth_token_state argus_auth_token_state;
#else
typedef uint32_t argus_auth_token_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The level of a log event, from the most serious to the least. Also the limit up to which events are delivered.
 *
 * ```c
 * argus_auth_log_register(print_event, NULL, NULL, ARGUS_AUTH_LOG_LEVEL_WARN, NULL); // errors and warnings
 * ```
 */
enum argus_auth_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * As a limit: no events. No event has this level.
     */
    ARGUS_AUTH_LOG_LEVEL_OFF = 0,
    /**
     * Something does not work.
     */
    ARGUS_AUTH_LOG_LEVEL_ERROR = 1,
    /**
     * Something will soon stop working, or does not work as intended.
     */
    ARGUS_AUTH_LOG_LEVEL_WARN = 2,
    /**
     * An event that is of interest to an operator.
     */
    ARGUS_AUTH_LOG_LEVEL_INFO = 3,
    /**
     * An event that is of interest to a developer.
     */
    ARGUS_AUTH_LOG_LEVEL_DEBUG = 4,
    /**
     * The finest detail. As a limit: all events.
     */
    ARGUS_AUTH_LOG_LEVEL_TRACE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum argus_auth_log_level argus_auth_log_level;
#else
typedef uint32_t argus_auth_log_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The treatment of a configuration reference, `${VAR}` or `secret:name`, that can't be resolved. A value for the field
 * `unresolved` of `argus_auth_load_options`.
 *
 * ```c
 * argus_auth_load_options options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
 * options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
 *
 * const char *yaml = "backends: {b: {type: sse, url: 'http://b', headers: {X-Key: '${UNSET}'}}}";
 * argus_auth_resolver *loaded = NULL;
 * if (argus_auth_resolver_from_text(yaml, strlen(yaml), &options, &loaded, NULL) == ARGUS_AUTH_STATUS_OK) {
 *     printf("%zu warnings\n", argus_auth_resolver_warning_count(loaded));
 *     argus_auth_resolver_free(loaded);
 * }
 * ```
 */
enum argus_auth_unresolved
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The reference is an error of the configuration, so the configuration can't be used. This is the default.
     */
    ARGUS_AUTH_UNRESOLVED_ERROR = 0,
    /**
     * The text of the reference stays in the value unchanged, with a warning. The Argus gateway keeps the text too.
     * These are still errors: a variable that is not UTF-8, a secret store or a secret that can't be read, and, with
     * `secrets.strict`, a secret that is missing.
     */
    ARGUS_AUTH_UNRESOLVED_KEEP = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum argus_auth_unresolved argus_auth_unresolved;
#else
typedef uint32_t argus_auth_unresolved;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * One remote backend of a configuration, of the type `sse` or `streamable-http`.
 *
 * Obtained from: `argus_auth_resolver_backend`.
 * Ownership: borrowed from the `argus_auth_resolver`, and valid until that reference and its clones are freed. Must
 * not be freed separately.
 * Threads: immutable; any number of threads may read it at the same time.
 * Functions: `argus_auth_backend_name`, `argus_auth_backend_transport`, `argus_auth_backend_url`,
 * `argus_auth_backend_auth_type`.
 *
 * ```c
 * for (size_t i = 0; i < argus_auth_resolver_backend_count(resolver); i++) {
 *     const argus_auth_backend *backend = argus_auth_resolver_backend(resolver, i);
 *     printf("%s: %s\n", argus_auth_backend_name(backend).data, argus_auth_backend_auth_type(backend).data);
 * }
 * ```
 */
typedef struct argus_auth_backend argus_auth_backend;

/**
 * An error object: the reason why a call failed, as data. Contains no secret.
 *
 * Obtained from: the last argument of a function that failed; `argus_auth_token_status_last_error`.
 * Ownership: in the first case owned by the caller, freed with `argus_auth_error_free`. In the second case borrowed
 * from the `argus_auth_token_status`, and valid until that object is freed.
 * Threads: immutable; any number of threads may read it at the same time.
 * Functions: `argus_auth_error_status`, `argus_auth_error_code`, `argus_auth_error_message`,
 * `argus_auth_error_retryable`, `argus_auth_error_file`, `argus_auth_error_problem_count`, `argus_auth_error_problem`,
 * `argus_auth_error_http_status`, `argus_auth_error_token_url`, `argus_auth_error_oauth_error`,
 * `argus_auth_error_oauth_error_description`, `argus_auth_error_free`.
 *
 * ```c
 * argus_auth_headers *headers = NULL;
 * argus_auth_error *error = NULL;
 * if (argus_auth_resolver_headers(resolver, "search", 6, 35000, &headers, &error) != ARGUS_AUTH_STATUS_OK) {
 *     fprintf(stderr, "%s: %s\n", argus_auth_error_code(error).data, argus_auth_error_message(error).data);
 *     argus_auth_error_free(error);
 * }
 * argus_auth_headers_free(headers);
 * ```
 */
typedef struct argus_auth_error argus_auth_error;

/**
 * The headers that a request to a backend must carry: an ordered list of name and value. No two names are equal when
 * case is ignored.
 *
 * Obtained from: `argus_auth_resolver_headers`, `argus_auth_resolver_try_headers`, `argus_auth_headers_clone`.
 * Ownership: reference-counted; each returned reference is owned by the caller and freed with
 * `argus_auth_headers_free`. The resolver may be freed first.
 * Threads: immutable; any number of threads may read it at the same time.
 * Functions: `argus_auth_headers_count`, `argus_auth_headers_name`, `argus_auth_headers_value`,
 * `argus_auth_headers_find`, `argus_auth_headers_clone`, `argus_auth_headers_free`.
 *
 * Every value counts as a secret. The host's headers and the library's own cache refer to the values. When the last
 * reference to a value is gone, the library overwrites the memory of the value.
 *
 * ```c
 * for (size_t i = 0; i < argus_auth_headers_count(headers); i++) {
 *     argus_auth_str name = argus_auth_headers_name(headers, i), value = argus_auth_headers_value(headers, i);
 *     printf("%s: %zu bytes\n", name.data, value.len);
 * }
 * ```
 */
typedef struct argus_auth_headers argus_auth_headers;

/**
 * One problem of a configuration: an error or a warning, with its place. Contains no value of a secret.
 *
 * Obtained from: `argus_auth_error_problem`, `argus_auth_resolver_warning`.
 * Ownership: borrowed; must not be freed separately. A problem of an `argus_auth_error` is valid until the error is
 * freed. A problem of an `argus_auth_resolver` is valid until that reference and its clones are freed.
 * Threads: immutable; any number of threads may read it at the same time.
 * Functions: `argus_auth_problem_severity`, `argus_auth_problem_line`, `argus_auth_problem_column`,
 * `argus_auth_problem_path`, `argus_auth_problem_message`.
 *
 * ```c
 * for (size_t i = 0; i < argus_auth_error_problem_count(error); i++) {
 *     const argus_auth_problem *problem = argus_auth_error_problem(error, i);
 *     printf("line %u: %s: %s\n", (unsigned)argus_auth_problem_line(problem), argus_auth_problem_path(problem).data,
 *            argus_auth_problem_message(problem).data);
 * }
 * ```
 */
typedef struct argus_auth_problem argus_auth_problem;

/**
 * A loaded configuration. Maps the name of a remote backend to the headers that a request to it must carry.
 *
 * Obtained from: `argus_auth_resolver_from_file`, `argus_auth_resolver_from_text`, `argus_auth_resolver_clone`,
 * `argus_auth_resolver_reload`.
 * Ownership: reference-counted; each returned reference is owned by the caller and freed with
 * `argus_auth_resolver_free`.
 * Threads: any number of threads may use one reference at the same time.
 * Functions: `argus_auth_resolver_headers`, `argus_auth_resolver_try_headers`, `argus_auth_resolver_invalidate`,
 * `argus_auth_resolver_status`, `argus_auth_resolver_metrics`, `argus_auth_resolver_reload`,
 * `argus_auth_resolver_backend_count`, `argus_auth_resolver_backend`, `argus_auth_resolver_warning_count`,
 * `argus_auth_resolver_warning`, `argus_auth_resolver_clone`, `argus_auth_resolver_free`.
 *
 * Backends with equal `auth` blocks (after references are resolved) share one token, also across resolvers.
 *
 * ```c
 * argus_auth_headers *headers = NULL;
 * if (argus_auth_resolver_headers(resolver, "search", 6, 35000, &headers, NULL) == ARGUS_AUTH_STATUS_OK) {
 *     // ... send the request with these headers. If the backend answers 401:
 *     argus_auth_str refused;
 *     if (argus_auth_headers_find(headers, "Authorization", 13, &refused)) {
 *         argus_auth_resolver_invalidate(resolver, "search", 6, refused.data, refused.len, NULL);
 *         // ... get the headers again, and repeat the request once.
 *     }
 *     argus_auth_headers_free(headers);
 * }
 * ```
 */
typedef struct argus_auth_resolver argus_auth_resolver;

/**
 * A text object, for a text that belongs to no other object.
 *
 * Obtained from: `argus_auth_resolver_metrics`.
 * Ownership: owned by the caller, freed with `argus_auth_text_free`.
 * Threads: immutable; any number of threads may read it at the same time.
 * Functions: `argus_auth_text_get`, `argus_auth_text_free`.
 *
 * ```c
 * argus_auth_text *metrics = NULL;
 * if (argus_auth_resolver_metrics(resolver, &metrics, NULL) == ARGUS_AUTH_STATUS_OK) {
 *     argus_auth_str text = argus_auth_text_get(metrics);
 *     fwrite(text.data, 1, text.len, stdout);
 *     argus_auth_text_free(metrics);
 * }
 * ```
 */
typedef struct argus_auth_text argus_auth_text;

/**
 * The state of a backend's token and of its fetches at one moment, for operators. Contains no token and no secret.
 *
 * Obtained from: `argus_auth_resolver_status`.
 * Ownership: owned by the caller, freed with `argus_auth_token_status_free`.
 * Threads: immutable; any number of threads may read it at the same time.
 * Functions: `argus_auth_token_status_state`, `argus_auth_token_status_expires_in_ms`,
 * `argus_auth_token_status_since_success_ms`, `argus_auth_token_status_cool_down_ms`,
 * `argus_auth_token_status_fetching`, `argus_auth_token_status_successes`, `argus_auth_token_status_failures`,
 * `argus_auth_token_status_hits`, `argus_auth_token_status_last_error`, `argus_auth_token_status_free`.
 *
 * Backends with equal `auth` blocks (after references are resolved) share one token, with its state and counters. The
 * counters start at 0 when the first configuration with such a block is loaded. They can start at 0 again after all
 * these configurations have been freed or replaced.
 *
 * ```c
 * argus_auth_token_status *status = NULL;
 * if (argus_auth_resolver_status(resolver, "search", 6, &status, NULL) == ARGUS_AUTH_STATUS_OK && status != NULL) {
 *     printf("expires in %lld ms\n", (long long)argus_auth_token_status_expires_in_ms(status));
 *     printf("last error: %s\n", argus_auth_error_message(argus_auth_token_status_last_error(status)).data);
 *     argus_auth_token_status_free(status);
 * }
 * ```
 */
typedef struct argus_auth_token_status argus_auth_token_status;

/**
 * A text that the library returns, in UTF-8.
 *
 * Ownership: borrowed from the object that the accessor was called with, and valid as long as that object exists. In a
 * log callback, valid during the call. Must not be freed separately.
 *
 * `data` is never NULL, and `data[len]` is `'\0'`, so `data` can be used as a C string. Names and values of headers
 * contain no other NUL. A text from a configuration may contain NUL bytes: use `len` for it. A missing text is empty.
 *
 * ```c
 * argus_auth_str name = argus_auth_backend_name(backend);
 * fwrite(name.data, 1, name.len, stdout);
 * puts(name.data); // stops at an embedded NUL
 * ```
 */
typedef struct argus_auth_str {
    /**
     * The first byte.
     */
    const char *data;
    /**
     * The number of bytes, without the closing NUL.
     */
    size_t len;
} argus_auth_str;

/**
 * The options with which a configuration is loaded. A variable of the caller, initialised with
 * `ARGUS_AUTH_LOAD_OPTIONS_INIT`.
 *
 * Used by: `argus_auth_resolver_from_file`, `argus_auth_resolver_from_text`, which borrow it during the call.
 *
 * ```c
 * argus_auth_load_options options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
 * options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
 *
 * argus_auth_resolver *loaded = NULL;
 * if (argus_auth_resolver_from_file("config.yaml", 11, &options, &loaded, NULL) == ARGUS_AUTH_STATUS_OK) {
 *     argus_auth_resolver_free(loaded);
 * }
 * ```
 *
 * Later versions of the library may add fields of any type at the end. Zero in a field always means its default. The
 * library sees in `size` which fields the caller has:
 * - A program that was compiled with an older header works with a newer library: the new fields have their defaults.
 * - A program that was compiled with a newer header works with an older library as long as the fields that the library
 *   lacks are zero. Otherwise the call fails with `ARGUS_AUTH_STATUS_INVALID_ARGUMENT`.
 */
typedef struct argus_auth_load_options {
    /**
     * `sizeof(argus_auth_load_options)`.
     */
    uint32_t size;
    /**
     * The treatment of configuration references that can't be resolved: an `argus_auth_unresolved`.
     */
    uint32_t unresolved;
} argus_auth_load_options;

/**
 * A function of the host that receives one log event. Registered with `argus_auth_log_register`.
 *
 * `target` names the part of the library, such as `argus_auth::token`. `message` is the event in words, followed by
 * fields as ` name=value`. Its wording may change between versions: do not parse it. Both texts are borrowed during
 * the call and contain no secrets.
 *
 * Threads: called on the thread where the event happens, which may be the engine's thread, and on several threads at
 * the same time. A call that returns static headers or a cached token logs nothing.
 *
 * The callback must return quickly: the engine may be waiting for it. It must end by returning, and not by an
 * exception, `longjmp`, `pthread_exit` or cancellation.
 *
 * The callback may call functions of this library. Some of these fail inside the callback: their comments name
 * `ARGUS_AUTH_STATUS_IN_CALLBACK`. A function that the callback calls may log too, and then the callback is called
 * again on the same thread, inside the first call. If the first call holds a lock that the second call takes, the
 * thread deadlocks.
 *
 * The callback may call `fork`. In the child, no other thread may unregister or replace the callback until the
 * callback that called `fork` has returned.
 *
 * ```c
 * #include <stdio.h>
 *
 * #include "argus_auth.h"
 *
 * static void print_event(void *stream, argus_auth_log_level level, argus_auth_str target, argus_auth_str message) {
 *     fprintf((FILE *)stream, "%u %s: %s\n", (unsigned)level, target.data, message.data);
 * }
 *
 * int main(void) {
 *     argus_auth_log_register(print_event, stderr, NULL, ARGUS_AUTH_LOG_LEVEL_INFO, NULL);
 *     // ... use the library ...
 *     argus_auth_log_unregister(NULL);
 * }
 * ```
 */
typedef void (*argus_auth_log_callback)(void *user_data,
                                        argus_auth_log_level level,
                                        struct argus_auth_str target,
                                        struct argus_auth_str message);

/**
 * A function of the host that frees the `user_data` of a log callback after the last call of that callback. Registered
 * with `argus_auth_log_register`.
 *
 * The rules of `argus_auth_log_callback` apply. Functions that fail with `ARGUS_AUTH_STATUS_IN_CALLBACK` inside the
 * callback also fail inside this function.
 *
 * ```c
 * char *prefix = malloc(16);
 * if (argus_auth_log_register(print_event, prefix, free, ARGUS_AUTH_LOG_LEVEL_INFO, NULL) != ARGUS_AUTH_STATUS_OK) {
 *     free(prefix); // on failure, it is still owned by the caller
 * }
 * ```
 */
typedef void (*argus_auth_log_user_data_free)(void *user_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Frees a text object.
 */
void argus_auth_text_free(struct argus_auth_text *text);

/**
 * Returns the text, borrowed from `text`.
 */
struct argus_auth_str argus_auth_text_get(const struct argus_auth_text *text);

/**
 * Frees an error object.
 */
void argus_auth_error_free(struct argus_auth_error *error);

/**
 * Returns the status of the failed call.
 */
argus_auth_status argus_auth_error_status(const struct argus_auth_error *error);

/**
 * Returns a stable word for the kind of error, for logs and metrics, such as `token_rejected`.
 */
struct argus_auth_str argus_auth_error_code(const struct argus_auth_error *error);

/**
 * Returns the failure in words, for people. The text for a configuration with problems has several lines.
 */
struct argus_auth_str argus_auth_error_message(const struct argus_auth_error *error);

/**
 * Returns whether the same call may succeed later without a change to the configuration. During a cool-down, the call
 * fails again at once: pause for `argus_auth_token_status_cool_down_ms` first.
 */
bool argus_auth_error_retryable(const struct argus_auth_error *error);

/**
 * Returns the path of the configuration file that can't be used; empty if the error concerns no file.
 */
struct argus_auth_str argus_auth_error_file(const struct argus_auth_error *error);

/**
 * Returns the number of problems of the configuration: at least 1 for `ARGUS_AUTH_STATUS_CONFIG`, 0 for every other
 * status. Of more than 100 errors, 100 are listed, and one more problem has the number of the others. The same holds
 * for warnings.
 */
size_t argus_auth_error_problem_count(const struct argus_auth_error *error);

/**
 * Returns the problem at `index`, in file order; NULL if `index` is out of range. The problem is borrowed from
 * `error`.
 */
const struct argus_auth_problem *argus_auth_error_problem(const struct argus_auth_error *error, size_t index);

/**
 * Returns the HTTP status of the token endpoint's response; 0 if the error has no HTTP status, for example because
 * there was no response.
 */
uint32_t argus_auth_error_http_status(const struct argus_auth_error *error);

/**
 * Returns the URL of the token endpoint, without user, password, query and fragment; empty if the error concerns no
 * token.
 */
struct argus_auth_str argus_auth_error_token_url(const struct argus_auth_error *error);

/**
 * Returns the field `error` of the token endpoint's error response (RFC 6749 section 5.2), such as `invalid_client`,
 * cut to 200 characters; empty if there was no such field, or if the field repeated a secret.
 */
struct argus_auth_str argus_auth_error_oauth_error(const struct argus_auth_error *error);

/**
 * Returns the field `error_description` of the token endpoint's error response (RFC 6749 section 5.2), cut to 200
 * characters; empty if there was no such field, or if the field repeated a secret.
 */
struct argus_auth_str argus_auth_error_oauth_error_description(const struct argus_auth_error *error);

/**
 * Returns whether the problem is an error or a warning; `ARGUS_AUTH_SEVERITY_ERROR` if `problem` is NULL.
 */
argus_auth_severity argus_auth_problem_severity(const struct argus_auth_problem *problem);

/**
 * Returns the line, counted from 1; 0 if the problem has no place in the text.
 */
uint32_t argus_auth_problem_line(const struct argus_auth_problem *problem);

/**
 * Returns the column in characters, counted from 1; 0 if the problem has no place in the text.
 */
uint32_t argus_auth_problem_column(const struct argus_auth_problem *problem);

/**
 * Returns the place in the document, such as `backends.my-server.auth.token_url`, with list items as in `scopes[0]`;
 * empty if the problem concerns the whole file.
 */
struct argus_auth_str argus_auth_problem_path(const struct argus_auth_problem *problem);

/**
 * Returns a sentence that says what was found and what would be right.
 */
struct argus_auth_str argus_auth_problem_message(const struct argus_auth_problem *problem);

/**
 * Loads the configuration file at `path` (`path_len` bytes), whose name must end in `.yaml` or `.yml`. A relative path
 * is resolved against the current working directory.
 *
 * `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller.
 *
 * Blocks while it reads the file and the secrets that the configuration refers to: a keyring can take up to 10 seconds
 * per secret. No token is fetched.
 *
 * Failures: `ARGUS_AUTH_STATUS_CONFIG`, also for a file that can't be read. The error object lists the problems.
 */
argus_auth_status argus_auth_resolver_from_file(const char *path,
                                                size_t path_len,
                                                const struct argus_auth_load_options *options,
                                                struct argus_auth_resolver **out,
                                                struct argus_auth_error **error);

/**
 * Loads a configuration from `text` (`text_len` bytes of YAML).
 *
 * `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller.
 *
 * Blocks only while it reads the secrets that the configuration refers to: a keyring can take up to 10 seconds per
 * secret. No token is fetched.
 *
 * Failures: `ARGUS_AUTH_STATUS_CONFIG`, also for a text that is not UTF-8. The error object lists the problems.
 */
argus_auth_status argus_auth_resolver_from_text(const char *text,
                                                size_t text_len,
                                                const struct argus_auth_load_options *options,
                                                struct argus_auth_resolver **out,
                                                struct argus_auth_error **error);

/**
 * Returns one more reference to the same resolver, owned by the caller.
 */
struct argus_auth_resolver *argus_auth_resolver_clone(const struct argus_auth_resolver *resolver);

/**
 * Frees one reference. Headers that the resolver returned stay valid. A fetch under way continues.
 */
void argus_auth_resolver_free(struct argus_auth_resolver *resolver);

/**
 * Loads the file of `resolver` again, with its variables and secrets.
 *
 * Afterwards all references to the resolver, old and new, return headers according to the new configuration. A
 * backend keeps its token and its cool-down if the inputs of its token request (its `auth` block, with the resolved
 * secrets) are the same. Otherwise the old token and the old cool-down no longer apply to the backend. Calls that wait
 * continue, and headers that were returned stay valid. The options of the first load apply again. A relative path is
 * resolved against the current working directory. A resolver that was loaded from text has no file: the call succeeds
 * and changes nothing.
 *
 * `out` may be NULL. Otherwise `*out` becomes a new reference, owned by the caller, with the lists of backends and
 * warnings of the new configuration. An old reference is still owned by the caller and keeps its own lists. Pointers
 * borrowed from an old reference are valid until that reference and its clones are freed.
 *
 * Blocks while it reads the file and the secrets that the configuration refers to: a keyring can take up to 10 seconds
 * per secret. No token is fetched.
 *
 * Failures: `ARGUS_AUTH_STATUS_CONFIG`, also for a file that can't be read. The error object lists the problems, and
 * the previous configuration stays in use.
 */
argus_auth_status argus_auth_resolver_reload(const struct argus_auth_resolver *resolver,
                                             struct argus_auth_resolver **out,
                                             struct argus_auth_error **error);

/**
 * Returns the number of remote backends.
 */
size_t argus_auth_resolver_backend_count(const struct argus_auth_resolver *resolver);

/**
 * Returns the remote backend at `index`, in file order; NULL if `index` is out of range. The backend is borrowed from
 * `resolver`.
 */
const struct argus_auth_backend *argus_auth_resolver_backend(const struct argus_auth_resolver *resolver, size_t index);

/**
 * Returns the number of warnings of the configuration. Of more than 100 warnings, 100 are listed, and one more warning
 * has the number of the others.
 */
size_t argus_auth_resolver_warning_count(const struct argus_auth_resolver *resolver);

/**
 * Returns the warning at `index`, in file order; NULL if `index` is out of range. The warning is borrowed from
 * `resolver`.
 */
const struct argus_auth_problem *argus_auth_resolver_warning(const struct argus_auth_resolver *resolver, size_t index);

/**
 * Returns the headers that a request to `backend` (`backend_len` bytes) must carry, and waits for a token if
 * necessary.
 *
 * `*out` becomes a reference owned by the caller.
 *
 * Blocks while a token is fetched, for at most `timeout_ms` milliseconds. Returns at once if a valid token is cached,
 * if the backend needs no token, and during a cool-down. The fetch continues when a caller stops waiting, and its
 * token is then cached.
 *
 * With a `timeout_ms` of 0, the function starts the fetch and does not wait for it. There is no infinite timeout. A
 * fetch takes at most 30 seconds, so with a longer timeout, such as 35000, the call returns the result of the fetch
 * and not `ARGUS_AUTH_STATUS_DEADLINE`.
 *
 * Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`; `ARGUS_AUTH_STATUS_UNSUPPORTED`; `ARGUS_AUTH_STATUS_DEADLINE`;
 * `ARGUS_AUTH_STATUS_SHUTDOWN`. If no token can be obtained and `on_auth_failure` is `closed`, also the reason, such
 * as one of `ARGUS_AUTH_STATUS_TOKEN_...` or `ARGUS_AUTH_STATUS_ENGINE`. With `open`, the default, the call
 * succeeds instead: the failure is logged, and the configured headers are returned without authentication.
 *
 * Inside the log callback, the function never blocks, because the callback may run on the engine's thread, which
 * performs the fetch. If the function would have to wait, it starts the fetch and fails with
 * `ARGUS_AUTH_STATUS_IN_CALLBACK`.
 */
argus_auth_status argus_auth_resolver_headers(const struct argus_auth_resolver *resolver,
                                              const char *backend,
                                              size_t backend_len,
                                              uint32_t timeout_ms,
                                              struct argus_auth_headers **out,
                                              struct argus_auth_error **error);

/**
 * Returns the headers that a request to `backend` (`backend_len` bytes) must carry, if no wait is necessary.
 *
 * `*out` becomes a reference owned by the caller. If a token must be fetched first, the function starts the fetch,
 * unless one is under way, and returns `ARGUS_AUTH_STATUS_NOT_READY`; `*out` is then NULL.
 *
 * The library does not notify the host of the end of the fetch: call this function again about every 100 milliseconds.
 * When the fetch has got a token, calls return the headers. When it has failed, calls during the cool-down return the
 * same as `argus_auth_resolver_headers`: the error or, with `on_auth_failure: open`, headers without authentication.
 * The first call after the cool-down starts another fetch and returns `ARGUS_AUTH_STATUS_NOT_READY` again. A host that
 * pauses for longer than the cool-down (usually at least 1 second) can therefore miss an error.
 *
 * A fetch takes at most 30 seconds. As long as no call of `argus_auth_resolver_headers` waits for the fetch, it may
 * first have to wait for other fetches. The 30 seconds start after this wait.
 *
 * Failures: those of `argus_auth_resolver_headers`, except `ARGUS_AUTH_STATUS_DEADLINE`, `ARGUS_AUTH_STATUS_SHUTDOWN`
 * and `ARGUS_AUTH_STATUS_IN_CALLBACK`.
 */
argus_auth_status argus_auth_resolver_try_headers(const struct argus_auth_resolver *resolver,
                                                  const char *backend,
                                                  size_t backend_len,
                                                  struct argus_auth_headers **out,
                                                  struct argus_auth_error **error);

/**
 * Reports that `backend` (`backend_len` bytes) refused a request with 401.
 *
 * `rejected` (`rejected_len` bytes) is the value of the `Authorization` header of that request. If this value contains
 * the current token, the token is discarded, a cool-down ends, and the next call for headers needs a new token.
 * Otherwise nothing changes: a newer token is kept, so any number of refusals of one token cause one fetch.
 *
 * `rejected` may be NULL, which means the current token, whichever it is. If the request had no `Authorization`
 * header, do not call this function: with NULL, the call would discard a token that the backend has not refused, and
 * would end a cool-down.
 *
 * After this call, get the headers again and repeat the request once. A second 401 concerns a new token: do not repeat
 * the request again.
 *
 * Fetches nothing itself. Does nothing for a backend for which this library fetches no token.
 *
 * Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`.
 */
argus_auth_status argus_auth_resolver_invalidate(const struct argus_auth_resolver *resolver,
                                                 const char *backend,
                                                 size_t backend_len,
                                                 const char *rejected,
                                                 size_t rejected_len,
                                                 struct argus_auth_error **error);

/**
 * Returns the state of the token of `backend` (`backend_len` bytes). Fetches nothing.
 *
 * `*out` becomes an object owned by the caller. For a backend for which this library fetches no token (no `auth`
 * block, `static` or `pkce`), `*out` becomes NULL, and the function returns `ARGUS_AUTH_STATUS_OK`.
 *
 * Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`.
 */
argus_auth_status argus_auth_resolver_status(const struct argus_auth_resolver *resolver,
                                             const char *backend,
                                             size_t backend_len,
                                             struct argus_auth_token_status **out,
                                             struct argus_auth_error **error);

/**
 * Returns counters and gauges of all backends for which this library fetches tokens, in the Prometheus text format
 * (version 0.0.4). docs/metrics.md lists them. A host serves them together with its own metrics. Fetches nothing.
 *
 * `*out` becomes a text object owned by the caller.
 */
argus_auth_status argus_auth_resolver_metrics(const struct argus_auth_resolver *resolver,
                                              struct argus_auth_text **out,
                                              struct argus_auth_error **error);

/**
 * Returns the name of the backend, which is its key under `backends`.
 */
struct argus_auth_str argus_auth_backend_name(const struct argus_auth_backend *backend);

/**
 * Returns the `type` of the backend: `sse` or `streamable-http`.
 */
struct argus_auth_str argus_auth_backend_transport(const struct argus_auth_backend *backend);

/**
 * Returns the URL of the backend. It may contain a secret, so do not log it.
 */
struct argus_auth_str argus_auth_backend_url(const struct argus_auth_backend *backend);

/**
 * Returns the `type` of the backend's `auth` block: `static`, `oauth2` or `pkce`; empty if the backend has no such
 * block.
 */
struct argus_auth_str argus_auth_backend_auth_type(const struct argus_auth_backend *backend);

/**
 * Returns one more reference to the same headers, owned by the caller.
 */
struct argus_auth_headers *argus_auth_headers_clone(const struct argus_auth_headers *headers);

/**
 * Frees one reference.
 */
void argus_auth_headers_free(struct argus_auth_headers *headers);

/**
 * Returns the number of headers, which may be 0.
 */
size_t argus_auth_headers_count(const struct argus_auth_headers *headers);

/**
 * Returns the name of the header at `index`; empty if `index` is out of range. The name is borrowed from `headers`.
 */
struct argus_auth_str argus_auth_headers_name(const struct argus_auth_headers *headers, size_t index);

/**
 * Returns the value of the header at `index`; empty if `index` is out of range. The value is a secret, and is borrowed
 * from `headers`.
 */
struct argus_auth_str argus_auth_headers_value(const struct argus_auth_headers *headers, size_t index);

/**
 * Finds the header called `name` (`name_len` bytes), ignoring case, and returns whether it exists.
 *
 * `value` may be NULL. Otherwise `*value` becomes the value of the header, or an empty text if there is no such
 * header. The value is a secret, and is borrowed from `headers`. `name` may be NULL. If `name` is NULL or not UTF-8,
 * there is no such header.
 */
bool argus_auth_headers_find(const struct argus_auth_headers *headers,
                             const char *name,
                             size_t name_len,
                             struct argus_auth_str *value);

/**
 * Frees a token status.
 */
void argus_auth_token_status_free(struct argus_auth_token_status *status);

/**
 * Returns the state of the token.
 */
argus_auth_token_state argus_auth_token_status_state(const struct argus_auth_token_status *status);

/**
 * Returns the number of milliseconds until the token expires: 0 if it has expired; -1 if there is no token or `status`
 * is NULL.
 */
int64_t argus_auth_token_status_expires_in_ms(const struct argus_auth_token_status *status);

/**
 * Returns the number of milliseconds since the last successful fetch; -1 if no fetch has succeeded or `status` is
 * NULL.
 */
int64_t argus_auth_token_status_since_success_ms(const struct argus_auth_token_status *status);

/**
 * Returns the rest of the cool-down in milliseconds; 0 if there is no cool-down. The cool-down is the time after a
 * failed fetch in which no new fetch is made, and a call that finds no valid token returns the result of the failed
 * fetch.
 */
int64_t argus_auth_token_status_cool_down_ms(const struct argus_auth_token_status *status);

/**
 * Returns whether a fetch was under way when `status` was made.
 */
bool argus_auth_token_status_fetching(const struct argus_auth_token_status *status);

/**
 * Returns the number of fetches that obtained a token.
 */
uint64_t argus_auth_token_status_successes(const struct argus_auth_token_status *status);

/**
 * Returns the number of fetches that ended without a token, for any reason, including a shutdown. One fetch may
 * consist of several requests. A fetch that the circuit breaker withheld does not count: no request was sent, because
 * the token endpoint's host had failed several times in a row.
 */
uint64_t argus_auth_token_status_failures(const struct argus_auth_token_status *status);

/**
 * Returns the number of times that a token was served without waiting.
 */
uint64_t argus_auth_token_status_hits(const struct argus_auth_token_status *status);

/**
 * Returns the error of the last failed fetch; NULL if there is no such error. It is borrowed from `status`. A later
 * success does not remove it. A fetch that the circuit breaker withheld is not shown here. A fetch that ended by a
 * shutdown or a panic, or because the engine could not start, counts as a failure but is not shown here either.
 */
const struct argus_auth_error *argus_auth_token_status_last_error(const struct argus_auth_token_status *status);

/**
 * Registers `callback` for events of the level `max_level`, an `argus_auth_log_level`, and of all more serious levels.
 * A process has one callback. The previous callback is removed, as `argus_auth_log_unregister` does it, after the new
 * callback is in place. Calls of both callbacks may overlap.
 *
 * `user_data` is passed to each call and may be NULL. On success the library owns it, and passes it to
 * `user_data_free` once, after the last call of the callback, on the thread that unregisters or replaces the callback.
 * `user_data_free` may be NULL if there is nothing to free. On failure `user_data` is still owned by the caller, and
 * `user_data_free` is not called.
 *
 * To change the level, register again. Each registration owns its `user_data`: a pointer that the previous
 * registration will free must not be passed again. A child of `fork` has its own copy of the registration and of
 * `user_data`. `user_data_free` is called in the child only if the child unregisters or replaces the callback.
 *
 * Blocks while calls of the previous callback run. The caller must not hold a lock that the previous callback takes.
 *
 * Failures: `ARGUS_AUTH_STATUS_INVALID_ARGUMENT`, if `max_level` is not an `argus_auth_log_level`;
 * `ARGUS_AUTH_STATUS_IN_CALLBACK`, inside the log callback; `ARGUS_AUTH_STATUS_LOG_IN_USE`, in a Rust program that
 * receives the events itself, and in a child of `fork` if another thread of the parent was registering its first
 * callback at that moment.
 */
argus_auth_status argus_auth_log_register(argus_auth_log_callback callback,
                                          void *user_data,
                                          argus_auth_log_user_data_free user_data_free,
                                          uint32_t max_level,
                                          struct argus_auth_error **error);

/**
 * Removes the log callback. When this function returns, no call of the callback is running on any thread, no call will
 * start, and its `user_data` has been freed. This also holds if another thread has begun the removal. The function
 * also succeeds if there is no callback.
 *
 * Blocks while calls of the callback run. The caller must not hold a lock that the callback takes.
 *
 * Call this function before the code of the callback is unloaded, and before `exit` or the return from `main` destroys
 * objects that the callback uses: the engine's thread may run until the process ends.
 *
 * Failures: `ARGUS_AUTH_STATUS_IN_CALLBACK`, inside the log callback.
 */
argus_auth_status argus_auth_log_unregister(struct argus_auth_error **error);

/**
 * Stops the engine's thread, if it runs. The engine is the part of the library that fetches and renews tokens.
 *
 * Calls that wait for headers fail with `ARGUS_AUTH_STATUS_SHUTDOWN`. All objects stay valid, and cached tokens are
 * kept. The next fetch starts a new thread. Calling this function is optional. Without it, the thread ends with the
 * process.
 *
 * Blocks until the thread has ended, for at most `timeout_ms` milliseconds. A helper thread that resolves a host name
 * may run longer. May be called any number of times.
 *
 * Failures: `ARGUS_AUTH_STATUS_DEADLINE`, if the thread was told to end and did not end in time;
 * `ARGUS_AUTH_STATUS_IN_CALLBACK`, inside the log callback, because the callback may run on the engine's thread. With
 * this status, nothing is stopped.
 */
argus_auth_status argus_auth_shutdown(uint32_t timeout_ms, struct argus_auth_error **error);

/**
 * Returns the version of the loaded library as text, for a comparison with `ARGUS_AUTH_VERSION`. The text is valid
 * until the process ends.
 */
struct argus_auth_str argus_auth_version(void);

/**
 * Returns the version of the loaded library as a number. Compare it with `ARGUS_AUTH_VERSION_NUMBER` to find out
 * whether the library has the functions that this header declares. The number in the SONAME of the library,
 * `libargus_auth.so.0`, is the major version of the ABI.
 */
uint32_t argus_auth_version_number(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ARGUS_AUTH_H */
