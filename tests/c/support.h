/* What the tests share: configurations to load, and control over the token endpoint. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "argus_auth.h"

/* The values of secrets in the configuration below, to be looked for where they must not be. */
#define CLIENT_SECRET "canary-client-secret"
#define STATIC_TOKEN "canary-static-token"

/*
 * A resolver of five backends: `fixed` (static headers), `plain` (no headers), `open` and `closed` (oauth2 as the
 * client `client_id`, by their failure policy; `open` has a header of its own) and `login` (pkce). Tokens are shared by
 * client, so a test that counts requests uses a client of its own. NULL, and a failed test, if it can't be had.
 */
argus_auth_resolver *load(const char *client_id);

/* Headers by a NUL-terminated name. */
argus_auth_status headers_of(const argus_auth_resolver *resolver, const char *backend, unsigned timeout_ms,
                             argus_auth_headers **out, argus_auth_error **error);
argus_auth_status try_headers_of(const argus_auth_resolver *resolver, const char *backend, argus_auth_headers **out,
                                 argus_auth_error **error);

/* Whether `text` is that; and whether its closing zero is where it should be. */
bool is(argus_auth_str text, const char *expected);

/* Whether the headers have the one called `name` with this value. */
bool has(const argus_auth_headers *headers, const char *name, const char *value);

/* How many token requests the endpoint had from this client. */
int requests_of(const char *client_id);
/* Waits, for 20 seconds at most, until there have been so many. */
bool await_requests_of(const char *client_id, int count);
/* The endpoint's next replies, a JSON list. */
void script(const char *replies);
/* Lets held replies go on. */
void release(void);

/* Whether a child of fork that does `task` says that it went well, in 15 seconds. */
bool child_does(bool (*task)(void *), void *argument);

void sleep_ms(long milliseconds);

#endif
