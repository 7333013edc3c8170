/*
 * argus_auth.h - outgoing authentication for MCP gateways: from an Argus configuration to the HTTP headers that each
 * backend request must carry, with OAuth 2.0 tokens kept fresh.
 *
 * Generated from the Rust sources in ffi/src; do not edit. CONTRIBUTING.md says how to make it anew.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What holds for every function
 *
 * - A function that can fail returns an argus_auth_status, ARGUS_AUTH_STATUS_OK being 0, and takes an
 *   argus_auth_error ** last. That may be NULL. Otherwise it is written on every path: an error object, owned by the
 *   caller, on failure; NULL on success. What was there before is overwritten, not freed.
 * - Out parameters are written on every path too: NULL on failure, if their own pointer is not NULL.
 * - A NULL that the comment does not allow is reported as ARGUS_AUTH_STATUS_NULL_ARGUMENT and never followed. A text
 *   that is not UTF-8 is reported as ARGUS_AUTH_STATUS_INVALID_UTF8. An accessor, which reports nothing, answers NULL
 *   with nothing: 0, false, NULL, or the empty text. Every ..._free(NULL) does nothing.
 * - Text goes in as a pointer and a number of bytes; it needs no closing zero, and is borrowed during the call only.
 *   Text comes out as an argus_auth_str.
 * - A "reference" or an "owned" object is freed by the caller, with the free function of its type and no other. All
 *   else is borrowed, from the object that it was asked of. Freeing the last reference to an object never invalidates
 *   an object that was returned as a reference.
 * - Any number of threads may use an object at once through a pointer to const: what such a function changes, it
 *   changes safely. One reference must not be freed while another thread still uses that same reference: give each
 *   thread its own, or join it first.
 * - Every function may be called in a child of fork, also if the parent used the library before.
 * - No Rust panic leaves a function: ARGUS_AUTH_STATUS_PANIC is reported instead.
 */


#ifndef ARGUS_AUTH_H
#define ARGUS_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header, "major.minor.patch". */
#define ARGUS_AUTH_VERSION "0.1.0"

/** The initial value of an argus_auth_load_options: all defaults. */
#define ARGUS_AUTH_LOAD_OPTIONS_INIT { sizeof(argus_auth_load_options), 0 }


/**
 * Major part of the version of this header.
 */
#define ARGUS_AUTH_VERSION_MAJOR 0

/**
 * Minor part of the version of this header.
 */
#define ARGUS_AUTH_VERSION_MINOR 1

/**
 * Patch part of the version of this header.
 */
#define ARGUS_AUTH_VERSION_PATCH 0

/**
 * The version of this header as one number that grows with it: `0xMMmmpp`.
 */
#define ARGUS_AUTH_VERSION_NUMBER (((ARGUS_AUTH_VERSION_MAJOR << 16) | (ARGUS_AUTH_VERSION_MINOR << 8)) | ARGUS_AUTH_VERSION_PATCH)

/**
 * What became of a call. Zero is success; numbers are never reused. A newer library may return a number that this
 * header does not have: treat it as a failure.
 */
enum argus_auth_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done.
     */
    ARGUS_AUTH_STATUS_OK = 0,
    /**
     * Not a failure, and no error object comes with it: the headers can't be had without waiting, and are being
     * fetched.
     */
    ARGUS_AUTH_STATUS_NOT_READY = 1,
    /**
     * A pointer that must not be NULL was.
     */
    ARGUS_AUTH_STATUS_NULL_ARGUMENT = 10,
    /**
     * A text was not UTF-8.
     */
    ARGUS_AUTH_STATUS_INVALID_UTF8 = 11,
    /**
     * An argument had a value that it can't have.
     */
    ARGUS_AUTH_STATUS_INVALID_ARGUMENT = 12,
    /**
     * The function can't be called from inside the log callback, or would have to wait there.
     */
    ARGUS_AUTH_STATUS_IN_CALLBACK = 13,
    /**
     * The program this library is linked into has taken its log events for itself.
     */
    ARGUS_AUTH_STATUS_LOG_IN_USE = 14,
    /**
     * A defect of this library, contained. The objects involved may still be used and freed.
     */
    ARGUS_AUTH_STATUS_PANIC = 20,
    /**
     * A defect of this library, noticed.
     */
    ARGUS_AUTH_STATUS_INTERNAL = 21,
    /**
     * The engine can't run: no thread, no descriptors.
     */
    ARGUS_AUTH_STATUS_ENGINE = 22,
    /**
     * The engine was shut down while the caller waited. The next call starts it anew.
     */
    ARGUS_AUTH_STATUS_SHUTDOWN = 23,
    /**
     * The caller's own time ran out. What it waited for goes on.
     */
    ARGUS_AUTH_STATUS_DEADLINE = 24,
    /**
     * The configuration can't be used; the error object has the problems.
     */
    ARGUS_AUTH_STATUS_CONFIG = 30,
    /**
     * No remote backend has this name.
     */
    ARGUS_AUTH_STATUS_UNKNOWN_BACKEND = 31,
    /**
     * The backend's kind of authentication is not implemented.
     */
    ARGUS_AUTH_STATUS_UNSUPPORTED = 32,
    /**
     * No token: its URL can't be requested, or a request can't be built.
     */
    ARGUS_AUTH_STATUS_TOKEN_REQUEST = 40,
    /**
     * No token: the host name did not resolve.
     */
    ARGUS_AUTH_STATUS_TOKEN_DNS = 41,
    /**
     * No token: no connection.
     */
    ARGUS_AUTH_STATUS_TOKEN_CONNECT = 42,
    /**
     * No token: the TLS handshake failed or the certificate is not trusted.
     */
    ARGUS_AUTH_STATUS_TOKEN_TLS = 43,
    /**
     * No token: the connection broke before the whole response was there.
     */
    ARGUS_AUTH_STATUS_TOKEN_TRANSPORT = 44,
    /**
     * No token: no complete response within 30 seconds.
     */
    ARGUS_AUTH_STATUS_TOKEN_TIMEOUT = 45,
    /**
     * No token: an HTTP status that may pass (408, 429, 5xx).
     */
    ARGUS_AUTH_STATUS_TOKEN_UNAVAILABLE = 46,
    /**
     * No token: the endpoint refused, with an error of RFC 6749 or a status that says the same.
     */
    ARGUS_AUTH_STATUS_TOKEN_REJECTED = 47,
    /**
     * No token: the endpoint redirected, which is never followed with credentials.
     */
    ARGUS_AUTH_STATUS_TOKEN_REDIRECT = 48,
    /**
     * No token: the response was not a token response.
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
 * How bad a problem is.
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
     * It can, but probably not as meant.
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
 * Whether a token can be served. A newer library may return a number that this header does not have.
 */
enum argus_auth_token_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The backend's headers need no token.
     */
    ARGUS_AUTH_TOKEN_STATE_NONE = 0,
    /**
     * There is none yet: nobody asked, it was invalidated, or no fetch has succeeded.
     */
    ARGUS_AUTH_TOKEN_STATE_EMPTY = 1,
    /**
     * It is served, and it is not time to renew it.
     */
    ARGUS_AUTH_TOKEN_STATE_FRESH = 2,
    /**
     * It is served, and should be renewed.
     */
    ARGUS_AUTH_TOKEN_STATE_RENEWING = 3,
    /**
     * It has expired and is not served.
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
 * How serious a log event is, and from which seriousness on they are wanted.
 */
enum argus_auth_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No event has this level; as a limit, none are wanted.
     */
    ARGUS_AUTH_LOG_LEVEL_OFF = 0,
    /**
     * Something does not work.
     */
    ARGUS_AUTH_LOG_LEVEL_ERROR = 1,
    /**
     * Something will not work soon, or not as meant.
     */
    ARGUS_AUTH_LOG_LEVEL_WARN = 2,
    /**
     * What an operator wants to see once.
     */
    ARGUS_AUTH_LOG_LEVEL_INFO = 3,
    /**
     * What a developer wants to see.
     */
    ARGUS_AUTH_LOG_LEVEL_DEBUG = 4,
    /**
     * Everything.
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
 * What to do with a `${VAR}` or a `secret:name` that can't be resolved. Held in an `argus_auth_load_options`.
 */
enum argus_auth_unresolved
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It is an error that names the place. The default.
     */
    ARGUS_AUTH_UNRESOLVED_ERROR = 0,
    /**
     * The text is left as it stands, with a warning, as the gateway does.
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
 * One `sse` or `streamable-http` backend. Borrowed from an `argus_auth_resolver` and valid as long as any reference
 * to that is; never freed by itself.
 *
 * Immutable: any number of threads may read it at once.
 */
typedef struct argus_auth_backend argus_auth_backend;

/**
 * Why a call failed. Owned by the caller that it was returned to, who frees it with `argus_auth_error_free`; or
 * borrowed from an `argus_auth_token_status`, valid as long as that is. Never holds a secret.
 *
 * Immutable: any number of threads may read it at once.
 */
typedef struct argus_auth_error argus_auth_error;

/**
 * The headers that a request to a backend must carry: in order, no two of the same name whatever their case. Every
 * value counts as secret; it is overwritten when the last reference is freed and the library no longer serves it.
 * Independent of the resolver, which may be freed before.
 *
 * Reference-counted: every reference returned is freed once, with `argus_auth_headers_free`. Immutable: any number of
 * threads may read it at once.
 */
typedef struct argus_auth_headers argus_auth_headers;

/**
 * One thing that is wrong with a configuration. Borrowed from an `argus_auth_error` or an `argus_auth_resolver` and
 * valid as long as that is; never freed by itself. Never holds the value of a secret.
 *
 * Immutable: any number of threads may read it at once.
 */
typedef struct argus_auth_problem argus_auth_problem;

/**
 * The remote backends of one configuration, and the headers that a request to each must carry.
 *
 * Reference-counted: every reference returned is freed once, with `argus_auth_resolver_free`. Any number of threads
 * may use one reference at once, in a child of `fork` too. Resolvers whose backends have the same credentials share
 * their tokens.
 */
typedef struct argus_auth_resolver argus_auth_resolver;

/**
 * Text with an owner: the caller that it was returned to, who frees it with `argus_auth_text_free`.
 *
 * Immutable: any number of threads may read it at once.
 */
typedef struct argus_auth_text argus_auth_text;

/**
 * A snapshot of a backend's token and of the fetches that got it, for operators. Returned by
 * `argus_auth_resolver_status`; owned by the caller, who frees it with `argus_auth_token_status_free`. Holds no token
 * and no secret.
 *
 * Immutable: any number of threads may read it at once.
 */
typedef struct argus_auth_token_status argus_auth_token_status;

/**
 * Text that the library hands out: UTF-8, borrowed from the object that it was asked of and valid as long as that is.
 * Both `data[len] == '\0'` and the length may be relied on; a zero inside the text, which only a configuration could
 * have put there, ends it early for who looks at the zero alone. `data` is never NULL; no text is the empty text.
 */
typedef struct argus_auth_str {
    /**
     * The first byte.
     */
    const char *data;
    /**
     * How many bytes, without the closing zero.
     */
    size_t len;
} argus_auth_str;

/**
 * How a configuration is loaded. Made by the caller:
 *
 * ```c
 * argus_auth_load_options options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
 * options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
 * ```
 *
 * Later versions add fields at the end, of any type, and zero in a field always means its default. `size` tells the
 * library which fields the caller knows: an older program runs unchanged with a newer library, and a newer program is
 * told by an older library (`ARGUS_AUTH_STATUS_INVALID_ARGUMENT`) if it sets what that one does not have.
 */
typedef struct argus_auth_load_options {
    /**
     * `sizeof(argus_auth_load_options)`.
     */
    uint32_t size;
    /**
     * An `argus_auth_unresolved`.
     */
    uint32_t unresolved;
} argus_auth_load_options;

/**
 * Receives one log event. `target` says where it comes from (`argus_auth::token`, say), `message` what happened; both
 * are borrowed during the call and hold no secrets.
 *
 * Called on whatever thread the event happens on, the library's own included, and on several at once. It must return,
 * and soon: no exception, `longjmp`, `pthread_exit` or cancellation of the thread may end it. It may call functions of
 * this library, except those that say otherwise.
 */
typedef void (*argus_auth_log_callback)(void *user_data,
                                        argus_auth_log_level level,
                                        struct argus_auth_str target,
                                        struct argus_auth_str message);

/**
 * Receives the `user_data` of a log callback that will not be called any more. What the callback may do and must not
 * do holds here too; what fails in the one with `ARGUS_AUTH_STATUS_IN_CALLBACK` does so in the other.
 */
typedef void (*argus_auth_log_user_data_free)(void *user_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Frees a text. Nothing for NULL.
 */
void argus_auth_text_free(struct argus_auth_text *text);

/**
 * What it says, borrowed from `text`. Empty for NULL.
 */
struct argus_auth_str argus_auth_text_get(const struct argus_auth_text *text);

/**
 * Frees an error object. Nothing for NULL.
 */
void argus_auth_error_free(struct argus_auth_error *error);

/**
 * The status that the failed call returned. `ARGUS_AUTH_STATUS_OK` for NULL.
 */
argus_auth_status argus_auth_error_status(const struct argus_auth_error *error);

/**
 * A stable word for the kind of error, for logs and metrics: `token_rejected`, say. Empty for NULL.
 */
struct argus_auth_str argus_auth_error_code(const struct argus_auth_error *error);

/**
 * What went wrong, for people; several lines for a configuration with problems. Empty for NULL.
 */
struct argus_auth_str argus_auth_error_message(const struct argus_auth_error *error);

/**
 * Whether the same call may succeed later without anyone changing anything. False for NULL.
 */
bool argus_auth_error_retryable(const struct argus_auth_error *error);

/**
 * The configuration file that can't be used; empty when the error is not about a file, and for NULL.
 */
struct argus_auth_str argus_auth_error_file(const struct argus_auth_error *error);

/**
 * How many problems the configuration has: at least one for `ARGUS_AUTH_STATUS_CONFIG`, otherwise 0, as for NULL.
 */
size_t argus_auth_error_problem_count(const struct argus_auth_error *error);

/**
 * Returns the problem at `index`, in file order, borrowed from `error`; NULL when there is none, and for NULL.
 */
const struct argus_auth_problem *argus_auth_error_problem(const struct argus_auth_error *error, size_t index);

/**
 * The HTTP status of the token endpoint's response; 0 when there was none, and for NULL.
 */
uint32_t argus_auth_error_http_status(const struct argus_auth_error *error);

/**
 * The token endpoint's URL without user, password, query and fragment; empty when the error is not about a token, and
 * for NULL.
 */
struct argus_auth_str argus_auth_error_token_url(const struct argus_auth_error *error);

/**
 * The `error` of an error response as RFC 6749 section 5.2 has it, `invalid_client` say; empty when there was none,
 * and for NULL.
 */
struct argus_auth_str argus_auth_error_oauth_error(const struct argus_auth_error *error);

/**
 * The `error_description` of such a response, shortened; empty when there was none, and for NULL.
 */
struct argus_auth_str argus_auth_error_oauth_error_description(const struct argus_auth_error *error);

/**
 * Error or warning. `ARGUS_AUTH_SEVERITY_ERROR` for NULL.
 */
argus_auth_severity argus_auth_problem_severity(const struct argus_auth_problem *problem);

/**
 * The line, from 1; 0 when the problem has no place in the text, and for NULL.
 */
uint32_t argus_auth_problem_line(const struct argus_auth_problem *problem);

/**
 * The column in characters, from 1; 0 when the problem has no place in the text, and for NULL.
 */
uint32_t argus_auth_problem_column(const struct argus_auth_problem *problem);

/**
 * Where in the document: `backends.my-server.auth.token_url`, list items as `scopes[0]`; empty for the whole file, and
 * for NULL.
 */
struct argus_auth_str argus_auth_problem_path(const struct argus_auth_problem *problem);

/**
 * What was found and what would be right; empty for NULL.
 */
struct argus_auth_str argus_auth_problem_message(const struct argus_auth_problem *problem);

/**
 * Loads the configuration file at `path` (`path_len` bytes of UTF-8, borrowed during the call). Does no I/O but
 * reading that file; blocks while it is read.
 *
 * `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller; NULL
 * on failure.
 *
 * Failures: `ARGUS_AUTH_STATUS_CONFIG`, with every problem of the file in the error object, also when it can't be
 * read.
 */
argus_auth_status argus_auth_resolver_from_file(const char *path,
                                                size_t path_len,
                                                const struct argus_auth_load_options *options,
                                                struct argus_auth_resolver **out,
                                                struct argus_auth_error **error);

/**
 * Reads a configuration from `text` (`text_len` bytes of YAML in UTF-8, borrowed during the call). Does no I/O.
 *
 * `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller; NULL
 * on failure.
 *
 * Failures: `ARGUS_AUTH_STATUS_CONFIG`, with every problem of the text in the error object, also when it is not UTF-8.
 */
argus_auth_status argus_auth_resolver_from_text(const char *text,
                                                size_t text_len,
                                                const struct argus_auth_load_options *options,
                                                struct argus_auth_resolver **out,
                                                struct argus_auth_error **error);

/**
 * Returns one more reference, owned by the caller, to the same resolver. NULL for NULL.
 */
struct argus_auth_resolver *argus_auth_resolver_clone(const struct argus_auth_resolver *resolver);

/**
 * Frees one reference. Nothing for NULL. Headers that the resolver gave out stay valid; a fetch under way goes on.
 */
void argus_auth_resolver_free(struct argus_auth_resolver *resolver);

/**
 * Reads the file of `resolver` again, its variables and secrets too. Does no I/O but reading that file; blocks while
 * it is read.
 *
 * From then on all references, older ones too, serve what the file says now. A backend whose configuration did not
 * change keeps its token; another starts anew, its cool-down over. Callers that wait are not disturbed, and headers
 * that were given out stay valid. A path that was relative is looked up from the directory of this moment; a resolver
 * made from text has nothing to read and stays as it is.
 *
 * What older references list as backends and warnings does not change, so that what was borrowed from them stays
 * valid. `*out`, unless `out` is NULL, becomes a reference that lists what is in force now, owned by the caller; NULL
 * on failure.
 *
 * Failures: `ARGUS_AUTH_STATUS_CONFIG`, with every problem of the file in the error object, also when it can't be
 * read; the configuration in force stays in force.
 */
argus_auth_status argus_auth_resolver_reload(const struct argus_auth_resolver *resolver,
                                             struct argus_auth_resolver **out,
                                             struct argus_auth_error **error);

/**
 * How many remote backends there are. 0 for NULL.
 */
size_t argus_auth_resolver_backend_count(const struct argus_auth_resolver *resolver);

/**
 * Returns the remote backend at `index`, in file order, borrowed from `resolver`; NULL when there is none, and for
 * NULL.
 */
const struct argus_auth_backend *argus_auth_resolver_backend(const struct argus_auth_resolver *resolver, size_t index);

/**
 * How many warnings the configuration was loaded with. 0 for NULL.
 */
size_t argus_auth_resolver_warning_count(const struct argus_auth_resolver *resolver);

/**
 * Returns the warning at `index`, in file order, borrowed from `resolver`; NULL when there is none, and for NULL.
 */
const struct argus_auth_problem *argus_auth_resolver_warning(const struct argus_auth_resolver *resolver, size_t index);

/**
 * The headers that a request to `backend` (`backend_len` bytes of UTF-8, borrowed during the call) must carry. Blocks
 * while a token is fetched, for at most `timeout_ms` milliseconds; the fetch is shared with all other callers, and
 * goes on and is cached when this one stops waiting. Returns at once when a token is cached or none is needed.
 *
 * `*out` becomes a reference owned by the caller; NULL on failure.
 *
 * Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`; `ARGUS_AUTH_STATUS_UNSUPPORTED`; `ARGUS_AUTH_STATUS_DEADLINE`;
 * `ARGUS_AUTH_STATUS_SHUTDOWN`; and, for a backend with `on_auth_failure: closed`, `ARGUS_AUTH_STATUS_TOKEN_...` and
 * whatever else keeps it from a token. With the policy `open` that is logged instead, and the headers come without
 * authentication. In the log callback, which the engine's thread may be running, it does not wait but fails with
 * `ARGUS_AUTH_STATUS_IN_CALLBACK`; the fetch is under way then.
 */
argus_auth_status argus_auth_resolver_headers(const struct argus_auth_resolver *resolver,
                                              const char *backend,
                                              size_t backend_len,
                                              uint32_t timeout_ms,
                                              struct argus_auth_headers **out,
                                              struct argus_auth_error **error);

/**
 * The headers that a request to `backend` (`backend_len` bytes of UTF-8, borrowed during the call) must carry, if they
 * can be had without waiting. Never blocks.
 *
 * `*out` becomes a reference owned by the caller; NULL on failure, and when this returns
 * `ARGUS_AUTH_STATUS_NOT_READY`: then a fetch is under way, and a later call, or `argus_auth_resolver_headers`, gets
 * its result.
 *
 * Failures: as `argus_auth_resolver_headers`, without those of a wait.
 */
argus_auth_status argus_auth_resolver_try_headers(const struct argus_auth_resolver *resolver,
                                                  const char *backend,
                                                  size_t backend_len,
                                                  struct argus_auth_headers **out,
                                                  struct argus_auth_error **error);

/**
 * Says that `backend` (`backend_len` bytes of UTF-8) refused the headers it got: the next caller gets a new token.
 *
 * `rejected` (`rejected_len` bytes of UTF-8) is the `Authorization` value that was refused. A token that has replaced
 * it since is kept, so that any number of refusals of one token cost one fetch. NULL means whatever is held now. Both
 * texts are borrowed during the call. Never blocks, fetches nothing, does nothing for static headers.
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
 * How the token of `backend` (`backend_len` bytes of UTF-8, borrowed during the call) is doing. Never blocks, fetches
 * nothing.
 *
 * `*out` becomes an object owned by the caller; NULL for a backend that needs no token, and on failure.
 *
 * Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`.
 */
argus_auth_status argus_auth_resolver_status(const struct argus_auth_resolver *resolver,
                                             const char *backend,
                                             size_t backend_len,
                                             struct argus_auth_token_status **out,
                                             struct argus_auth_error **error);

/**
 * Counters and gauges of all backends that need tokens, in the Prometheus text format (version 0.0.4), for the host to
 * serve beside its own. Never blocks, fetches nothing.
 *
 * `*out` becomes a text owned by the caller; NULL on failure.
 */
argus_auth_status argus_auth_resolver_metrics(const struct argus_auth_resolver *resolver,
                                              struct argus_auth_text **out,
                                              struct argus_auth_error **error);

/**
 * The key under `backends`. Empty for NULL.
 */
struct argus_auth_str argus_auth_backend_name(const struct argus_auth_backend *backend);

/**
 * `sse` or `streamable-http`. Empty for NULL.
 */
struct argus_auth_str argus_auth_backend_transport(const struct argus_auth_backend *backend);

/**
 * The backend's URL, which may contain a key: not for logs. Empty for NULL.
 */
struct argus_auth_str argus_auth_backend_url(const struct argus_auth_backend *backend);

/**
 * The `type` of its `auth` block: `static`, `oauth2`, `pkce`; empty when it has none, and for NULL.
 */
struct argus_auth_str argus_auth_backend_auth_type(const struct argus_auth_backend *backend);

/**
 * Returns one more reference, owned by the caller, to the same headers. NULL for NULL.
 */
struct argus_auth_headers *argus_auth_headers_clone(const struct argus_auth_headers *headers);

/**
 * Frees one reference. Nothing for NULL.
 */
void argus_auth_headers_free(struct argus_auth_headers *headers);

/**
 * How many headers there are; there may be none. 0 for NULL.
 */
size_t argus_auth_headers_count(const struct argus_auth_headers *headers);

/**
 * Returns the name of the header at `index`, borrowed from `headers`; empty if there is none, and for NULL.
 */
struct argus_auth_str argus_auth_headers_name(const struct argus_auth_headers *headers, size_t index);

/**
 * Returns the value of the header at `index`, a secret borrowed from `headers`; empty if there is none, and for NULL.
 */
struct argus_auth_str argus_auth_headers_value(const struct argus_auth_headers *headers, size_t index);

/**
 * Looks for the header called `name` (`name_len` bytes, borrowed during the call), whatever its case.
 *
 * Returns whether it is there. `*value`, unless `value` is NULL, becomes its value, a secret borrowed from `headers`;
 * empty when it is not there. False for a NULL `headers` or `name`.
 */
bool argus_auth_headers_find(const struct argus_auth_headers *headers,
                             const char *name,
                             size_t name_len,
                             struct argus_auth_str *value);

/**
 * Frees a status. Nothing for NULL.
 */
void argus_auth_token_status_free(struct argus_auth_token_status *status);

/**
 * What a caller would have met. `ARGUS_AUTH_TOKEN_STATE_NONE` for NULL.
 */
argus_auth_token_state argus_auth_token_status_state(const struct argus_auth_token_status *status);

/**
 * How many milliseconds the token may still be used, 0 when it has expired; -1 without a token, and for NULL.
 */
int64_t argus_auth_token_status_expires_in_ms(const struct argus_auth_token_status *status);

/**
 * How many milliseconds ago a token was last got; -1 when none ever was, and for NULL.
 */
int64_t argus_auth_token_status_since_success_ms(const struct argus_auth_token_status *status);

/**
 * For how many milliseconds the token endpoint is still left alone after a failure; 0 when it is not, and for NULL.
 */
int64_t argus_auth_token_status_cool_down_ms(const struct argus_auth_token_status *status);

/**
 * Whether a fetch was under way. False for NULL.
 */
bool argus_auth_token_status_fetching(const struct argus_auth_token_status *status);

/**
 * How many fetches got a token, since the start. 0 for NULL.
 */
uint64_t argus_auth_token_status_successes(const struct argus_auth_token_status *status);

/**
 * How many fetches ended without one, since the start, whatever the reason, a shutdown included; one fetch may be
 * several requests, and one that was not let out is none. 0 for NULL.
 */
uint64_t argus_auth_token_status_failures(const struct argus_auth_token_status *status);

/**
 * How often the token was served without waiting, since the start. 0 for NULL.
 */
uint64_t argus_auth_token_status_hits(const struct argus_auth_token_status *status);

/**
 * Returns why the last fetch that failed did, kept after a success, borrowed from `status`; NULL when none has failed,
 * and for NULL.
 */
const struct argus_auth_error *argus_auth_token_status_last_error(const struct argus_auth_token_status *status);

/**
 * Has `callback` called for every log event of this library that is as serious as `max_level` (an
 * `argus_auth_log_level`) or more so. There is one callback per process: a previous one is unregistered first, as
 * `argus_auth_log_unregister` does it, waiting included.
 *
 * On success the library holds `user_data` until no call with it can come any more, and then passes it to
 * `user_data_free`, once, on the thread that unregisters or replaces the callback; NULL means that there is nothing to
 * free. On failure `user_data` stays the caller's and `user_data_free` is not called.
 *
 * Failures: `ARGUS_AUTH_STATUS_IN_CALLBACK`; `ARGUS_AUTH_STATUS_LOG_IN_USE`, in a Rust program that receives the
 * events itself, and in a child of `fork` if the parent was just registering its first callback. May be called from
 * any other thread at any time.
 */
argus_auth_status argus_auth_log_register(argus_auth_log_callback callback,
                                          void *user_data,
                                          argus_auth_log_user_data_free user_data_free,
                                          uint32_t max_level,
                                          struct argus_auth_error **error);

/**
 * Has the log callback called no more: when this returns, no call of it is running on any thread, none will come, and
 * its `user_data` has been freed, also if another thread was at it already. Waits for calls that are running, so that
 * the caller must not hold a lock that the callback takes. Nothing to do is a success.
 *
 * To be called before the code of the callback is unloaded, and before `exit` or the end of `main` if the callback
 * uses what these destroy: the library's thread may run until the very end of the process.
 *
 * Failures: `ARGUS_AUTH_STATUS_IN_CALLBACK`. May be called from any other thread at any time.
 */
argus_auth_status argus_auth_log_unregister(struct argus_auth_error **error);

/**
 * Stops the library's engine thread, if it runs, and waits for its end for at most `timeout_ms` milliseconds.
 *
 * Calls that wait for headers end with `ARGUS_AUTH_STATUS_SHUTDOWN`. All objects stay valid, cached tokens are kept,
 * and the engine may be used again: the next fetch starts a new thread. Without a call of this function the thread
 * ends with the process.
 *
 * Failures: `ARGUS_AUTH_STATUS_DEADLINE`, the thread has been told to end but had not done so in time;
 * `ARGUS_AUTH_STATUS_IN_CALLBACK`, and nothing was done. May be called at any time, from any thread, any number of
 * times, but not from the log callback, which the engine's thread may be running.
 */
argus_auth_status argus_auth_shutdown(uint32_t timeout_ms, struct argus_auth_error **error);

/**
 * The version of the library that runs, to be compared with `ARGUS_AUTH_VERSION`. Valid for ever.
 */
struct argus_auth_str argus_auth_version(void);

/**
 * The version of the library that runs, to be compared with `ARGUS_AUTH_VERSION_NUMBER`.
 */
uint32_t argus_auth_version_number(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ARGUS_AUTH_H */
