#include "support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static const char *token_url(void) {
    const char *url = getenv("TOKEN_URL");
    return url != NULL ? url : "http://127.0.0.1:1/token";
}

argus_auth_resolver *load(const char *client_id) {
    static const char format[] = "backends:\n"
                                 "  fixed:\n"
                                 "    type: sse\n"
                                 "    url: http://127.0.0.1:9/sse\n"
                                 "    auth: {type: static, headers: {Authorization: " STATIC_TOKEN ", X-Key: k}}\n"
                                 "  plain:\n"
                                 "    type: streamable-http\n"
                                 "    url: http://127.0.0.1:9/mcp\n"
                                 "  open: &oauth2\n"
                                 "    type: streamable-http\n"
                                 "    url: http://127.0.0.1:9/mcp\n"
                                 "    headers: {X-Source: argus, authorization: stale}\n"
                                 "    auth:\n"
                                 "      type: oauth2\n"
                                 "      token_url: %s\n"
                                 "      client_id: %s\n"
                                 "      client_secret: " CLIENT_SECRET "\n"
                                 "  closed:\n"
                                 "    <<: *oauth2\n"
                                 "    on_auth_failure: closed\n"
                                 "  login:\n"
                                 "    type: streamable-http\n"
                                 "    url: http://127.0.0.1:9/mcp\n"
                                 "    auth:\n"
                                 "      type: pkce\n"
                                 "      authorization_endpoint: http://127.0.0.1:9/authorize\n"
                                 "      token_endpoint: http://127.0.0.1:9/token\n"
                                 "      client_id: c\n";
    char text[2048];
    int length = snprintf(text, sizeof text, format, token_url(), client_id);
    argus_auth_resolver *resolver = NULL;
    argus_auth_error *error = NULL;
    if (length < 0 || argus_auth_resolver_from_text(text, (size_t)length, NULL, &resolver, &error) != 0) {
        printf("%s\n", argus_auth_error_message(error).data);
        argus_auth_error_free(error);
    }
    EXPECT(resolver != NULL);
    return resolver;
}

argus_auth_status headers_of(const argus_auth_resolver *resolver, const char *backend, unsigned timeout_ms,
                             argus_auth_headers **out, argus_auth_error **error) {
    return argus_auth_resolver_headers(resolver, backend, strlen(backend), timeout_ms, out, error);
}

argus_auth_status try_headers_of(const argus_auth_resolver *resolver, const char *backend, argus_auth_headers **out,
                                 argus_auth_error **error) {
    return argus_auth_resolver_try_headers(resolver, backend, strlen(backend), out, error);
}

bool is(argus_auth_str text, const char *expected) {
    if (text.data[text.len] != '\0' || strcmp(text.data, expected) != 0 || text.len != strlen(expected)) {
        printf("\"%s\" (%zu bytes) is not \"%s\"\n", text.data, text.len, expected);
        return false;
    }
    return true;
}

bool has(const argus_auth_headers *headers, const char *name, const char *value) {
    argus_auth_str found;
    return argus_auth_headers_find(headers, name, strlen(name), &found) && is(found, value);
}

/* Sends one request to a control path of the endpoint. Returns the whole response, which the caller frees, or NULL. */
static char *control(const char *method, const char *path, const char *body) {
    unsigned port = 0;
    (void)sscanf(token_url(), "http://127.0.0.1:%u/", &port);
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    char head[256];
    int length =
        snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: l\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                 method, path, strlen(body));
    bool written = length > 0 && connect(connection, (struct sockaddr *)&address, sizeof address) == 0 &&
                   write(connection, head, (size_t)length) == length &&
                   write(connection, body, strlen(body)) == (ssize_t)strlen(body);
    /* The endpoint closes the connection after its reply, because it sees that no other request follows. */
    (void)shutdown(connection, SHUT_WR);
    size_t capacity = 4 << 20, used = 0;
    char *response = written ? malloc(capacity) : NULL;
    while (response != NULL && used < capacity - 1) {
        ssize_t got = read(connection, response + used, capacity - 1 - used);
        if (got <= 0) {
            break;
        }
        used += (size_t)got;
    }
    if (response != NULL) {
        response[used] = '\0';
    }
    (void)close(connection);
    EXPECT(response != NULL && strncmp(response, "HTTP/1.1 200", 12) == 0);
    return response;
}

int requests_of(const char *client_id) {
    char *response = control("GET", "/_requests", "");
    char needle[128];
    (void)snprintf(needle, sizeof needle, "client_id=%s&", client_id);
    int count = 0;
    for (const char *at = response; at != NULL && (at = strstr(at, needle)) != NULL; at++) {
        count++;
    }
    free(response);
    return count;
}

bool await_requests_of(const char *client_id, int count) {
    for (int tries = 0; tries < 2000; tries++) {
        if (requests_of(client_id) >= count) {
            return true;
        }
        sleep_ms(10);
    }
    return false;
}

void script(const char *replies) { free(control("POST", "/_script", replies)); }

void release(void) { free(control("POST", "/_release", "")); }

bool succeeds_in_child(bool (*task)(void *), void *argument) {
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(15); /* the signal ends a child that hangs */
        _exit(task(argument) ? 0 : 1);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void sleep_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}
