/* Shared by the tests: a configuration to load, and control of the token endpoint. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "argus_auth.h"

/* The secrets of the configuration that `load` loads. Tests search the library's output for them. */
#define CLIENT_SECRET "canary-client-secret"
#define STATIC_TOKEN "canary-static-token"

/*
 * Returns a resolver of five backends: `fixed` (static headers), `plain` (no headers), `open` and `closed` (oauth2 with
 * `client_id`, named after their failure policy, both with the configured headers `X-Source` and `authorization`) and
 * `login` (pkce). Resolvers with the same `client_id` share their token, so each test that counts requests uses its own
 * `client_id`. On failure marks the test as failed and returns NULL.
 */
argus_auth_resolver *load(const char *client_id);

/* The library's functions for the headers of a backend, with a NUL-terminated name. */
argus_auth_status headers_of(const argus_auth_resolver *resolver, const char *backend, unsigned timeout_ms,
                             argus_auth_headers **out, argus_auth_error **error);
argus_auth_status try_headers_of(const argus_auth_resolver *resolver, const char *backend, argus_auth_headers **out,
                                 argus_auth_error **error);

/* Returns whether `text` equals `expected` and has its closing NUL. If not, prints both texts. */
bool is(argus_auth_str text, const char *expected);

/* Returns whether the headers include a header called `name` with this value. */
bool has(const argus_auth_headers *headers, const char *name, const char *value);

/* Returns the number of token requests that the endpoint received from this client. */
int requests_of(const char *client_id);
/* Waits for at least `count` such requests. Returns false if there are fewer after about 20 seconds. */
bool await_requests_of(const char *client_id, int count);
/* Queues the endpoint's next replies, a JSON list. */
void script(const char *replies);
/* Lets the endpoint send the replies that it holds. */
void release(void);

/* Runs `task` in a child of fork. Returns whether it returned true within 15 seconds. */
bool succeeds_in_child(bool (*task)(void *), void *argument);

void sleep_ms(long milliseconds);

#endif
